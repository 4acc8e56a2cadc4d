"""A service with one table of its own, for the tests of what all services share."""
