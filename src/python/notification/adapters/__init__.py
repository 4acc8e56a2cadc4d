"""PostgreSQL, Redis and SMTP."""
