"""`python -m cli` is `gatepost`, which the launcher .venv/bin/gatepost runs from any folder."""

from cli.app import gatepost

gatepost(prog_name="gatepost")
