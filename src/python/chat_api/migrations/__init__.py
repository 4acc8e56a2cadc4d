"""The Chat API's database migrations."""
