"""The tables. `keys` builds every key, `table` speaks to DynamoDB, and each table has a module of its own."""
