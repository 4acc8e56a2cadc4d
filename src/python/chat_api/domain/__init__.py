"""What the Chat API is about, without input or output.

It builds on the standard library, and on the vocabulary that all services share: `events.recurrence` with its dues
and rules, and the typed errors of `events.errors`.
"""
