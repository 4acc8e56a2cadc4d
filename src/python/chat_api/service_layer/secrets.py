"""Secrets that prove who somebody is: shown once, kept as a hash.

They are long and random, so a fast hash is enough: there is nothing to guess.
"""

import secrets
from hashlib import sha256

TOKEN_PREFIX = "tickler_"  # noqa: S105 -- it makes a leaked token easy to find, and is no secret
_MAX_LENGTH = 200


def new_session_secret() -> str:
    """The value of a new session's cookie."""
    return secrets.token_urlsafe(32)


def new_token_secret() -> str:
    """A new bearer token."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def secret_hash(secret: str) -> bytes:
    """What is kept of `secret`."""
    return sha256(secret[:_MAX_LENGTH].encode(errors="surrogatepass")).digest()
