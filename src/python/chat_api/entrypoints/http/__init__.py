"""The REST interface: it parses, calls the use cases, and renders."""
