"""The `gatepost` command line, for operators."""
