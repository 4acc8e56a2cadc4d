"""The use cases: each works within a unit of work that its caller opened and commits."""
