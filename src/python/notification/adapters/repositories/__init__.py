"""The service's SQL. Each method is one statement, or a few, on the unit of work's connection."""
