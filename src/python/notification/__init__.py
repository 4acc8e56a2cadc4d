"""The Notification Service: knows what is due when, and sends it by e-mail."""
