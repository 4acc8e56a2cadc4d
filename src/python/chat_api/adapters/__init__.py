"""What the use cases need of the outside world: PostgreSQL, password hashing, notifications."""
