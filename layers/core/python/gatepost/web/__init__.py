"""The edge to HTTP: the only part of the core that knows FastAPI."""
