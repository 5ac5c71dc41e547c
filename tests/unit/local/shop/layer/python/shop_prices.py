"""A layer of our own."""

PRICE = 42
