"""The commands, one module a group. `cli.app` says which there are."""
