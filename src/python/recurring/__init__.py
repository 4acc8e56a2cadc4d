"""The Recurring Task Service: brings the next instance of a series when one is completed or skipped."""
