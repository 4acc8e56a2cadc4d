"""What the service does, one unit of work at a time."""
