"""The assistant: a message becomes tool calls, and what they did becomes a reply."""
