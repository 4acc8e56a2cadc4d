"""The HTTP plumbing that all services share."""
