"""Passwords and tokens of one stack, made once and kept in its state folder."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Secrets:
    """All of them are safe in a URL, in SQL and in a configuration file."""

    postgres: str
    chat_api: str
    notification: str
    recurring: str
    app_api_token: str
    session_secret: str

    @classmethod
    def load_or_make(cls, state: Path) -> "Secrets":
        """What the state folder holds; what it lacks is made now."""
        path = state / "secrets.json"
        kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
        values = cls(**{field.name: kept.get(field.name) or secrets.token_urlsafe(24) for field in fields(cls)})
        if asdict(values) != kept:
            write_private(path, json.dumps(asdict(values), indent=2))
        return values


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    unfinished.replace(path)
