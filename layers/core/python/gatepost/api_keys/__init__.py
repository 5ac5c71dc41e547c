"""API keys: what scripts and machines of a user prove themselves with, in exchange for a short access token."""
