"""Database migrations: the environment they run in, and the tables that all services share."""
