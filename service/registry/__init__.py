"""The client registry: who is known, and what they may; kept in SQLite or DynamoDB."""
