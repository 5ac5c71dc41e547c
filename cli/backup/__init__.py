"""Backups of the tables, and ways back from them."""
