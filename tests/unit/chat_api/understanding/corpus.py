"""Reading the corpora: rows of a message and the notation of what it means."""

import datetime as dt
import tomllib
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

from chat_api.assistant.understanding.intents import Context, KnownTask

ZONE = "Europe/Berlin"
NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo(ZONE))
"""A Tuesday."""
REFERENCES = "references"
AFTER_A_LIST = Context(
    mentioned=(KnownTask(7, "Call Bob"),),
    listed=(KnownTask(3, "Buy milk"), KnownTask(5, "Dentist"), KnownTask(9, "Pay rent")),
)
_HERE = Path(__file__).parent


def corpus_rows() -> Iterator[tuple[str, str, str]]:
    """Topic, message and meaning of every row."""
    for path in sorted((_HERE / "corpus").glob("*.toml")):
        for message, meaning in tomllib.loads(path.read_text("utf-8"))["rows"]:
            yield path.stem, message, meaning


def held_out_rows() -> list[tuple[str, str]]:
    """Message and meaning of the rows that the grammar was measured on."""
    tables = [tomllib.loads(path.read_text("utf-8")) for path in sorted(_HERE.glob("held_out*.toml"))]
    return [(message, meaning) for table in tables for rows in table.values() for message, meaning in rows]


def context_of(topic: str) -> Context:
    return AFTER_A_LIST if topic == REFERENCES else Context()
