"""Reminders as e-mails."""
