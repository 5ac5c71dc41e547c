"""Prints how large what `sam build` made is, and fails if a function with its layers is larger than was promised.

    python3 tools/artifact_sizes.py .aws-sam/build

Lambda unpacks a function and its layers before the first call. What is larger starts later; 250 MB is the end.
"""

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

MB = 1_000_000  # bytes, unpacked

# The functions with rules in them. They have the layer of this name.
API_LAYER = "ApiLayer"
API_BOUND = 60 * MB
# The authorizer, which stands in the way of every call of another API: what it has beyond cryptography (OpenSSL).
AUTHORIZER_BOUND = 6 * MB
_CRYPTOGRAPHY = "python/cryptography*/**/*"


def main() -> int:
    """Print the sizes of the build folder that is given. Returns the exit code: 1 if a function is too large."""
    folders = sorted(folder for folder in Path(sys.argv[1]).iterdir() if folder.is_dir())
    layers = [folder for folder in folders if (folder / "python").is_dir()]
    functions = [folder for folder in folders if folder not in layers]
    too_large = False
    for layer in layers:
        print(f"{layer.name:20} {size(layer) / MB:6.2f} MB")
    for function in functions:
        measured, bound, what = with_layers(function, layers)
        too_large |= measured > bound
        verdict = f"too large, {bound / MB:.0f} MB are promised" if measured > bound else f"of {bound / MB:.0f} MB"
        print(f"{function.name:20} {size(function) / MB:6.2f} MB, {measured / MB:5.2f} MB {what}: {verdict}")
    return 1 if too_large else 0


def with_layers(function: Path, layers: Sequence[Path]) -> tuple[int, int, str]:
    """Return how many bytes `function` and all `layers` of its template have, how many they may have, and what was counted."""
    whole = size(function, *layers)
    if any(layer.name == API_LAYER for layer in layers):
        return whole, API_BOUND, "with its layers"
    cryptography = _bytes(file for layer in layers for file in layer.glob(_CRYPTOGRAPHY))
    return whole - cryptography, AUTHORIZER_BOUND, "with its layers beyond cryptography"


def size(*folders: Path) -> int:
    """Return how many bytes all files in `folders` have."""
    return _bytes(file for folder in folders for file in folder.rglob("*"))


def _bytes(paths: Iterable[Path]) -> int:
    return sum(path.stat().st_size for path in paths if path.is_file())


if __name__ == "__main__":
    sys.exit(main())
