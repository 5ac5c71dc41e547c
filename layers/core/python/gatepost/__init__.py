"""Gatepost's rules: accounts, credentials, sessions, signing keys and what they are stored in."""
