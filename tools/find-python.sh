#!/bin/sh
# Prints a Python that fits, for example `sh tools/find-python.sh '>= (3, 11)'`.
#
# Every candidate is run, never only looked up: pyenv puts a shim on PATH for each version it knows, and the shim of a
# version that isn't active fails. Those versions are found in pyenv's own folder, after PATH.
for candidate in python3.13 python3.12 python3.14 python3.11 python3 "$(pyenv root 2>/dev/null)"/versions/3.*/bin/python3; do
    "$candidate" -c "import sys; sys.version_info[:2] $1 or sys.exit(1); print(sys.executable)" 2>/dev/null && exit
done
echo "No Python $1 runs here, neither on PATH nor under pyenv. Install one, put its folder on PATH and try again." >&2
exit 1
