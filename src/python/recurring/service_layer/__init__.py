"""What the service does with the events it receives."""
