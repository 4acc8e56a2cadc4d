"""The Chat API: accounts, tasks and reminders as their users see them, and the assistant that they talk to."""
