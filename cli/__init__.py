"""The `gatepost` command line, for operators. IAM decides what they may: it works on the tables, not through the API."""
