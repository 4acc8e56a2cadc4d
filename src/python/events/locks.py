"""Keys of PostgreSQL's advisory locks.

Only transaction-level ones are used, since a session's would stay behind in a transaction pooler. They are
shared by all schemas of a database, so whoever uses one puts its service's name into the key.
"""

from hashlib import blake2b


def lock_key(*parts: str) -> int:
    """A signed 64-bit key that is the same for the same `parts` everywhere."""
    digest = blake2b("\x1f".join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
