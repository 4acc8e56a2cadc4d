"""Text that users hand in, made fit to be kept."""

import re
import unicodedata

from events.errors import Invalid

MAX_TITLE = 500
MAX_NOTES = 10_000
MAX_TAG = 50
MAX_TAGS = 20

_SPACES = re.compile(r"\s+")
_WORD = re.compile(r"\w+")
_MAX_LEXEME = 100


def clean_title(text: str) -> str:
    """`text` on one line, without spaces around it.

    Raises:
        Invalid: nothing is left, or more than `MAX_TITLE` characters.
    """
    title = _SPACES.sub(" ", _storable(text, "title")).strip()
    if not title:
        raise Invalid("title: a task needs a title.")
    if len(title) > MAX_TITLE:
        raise Invalid(f"title: at most {MAX_TITLE} characters; put the rest into the notes.")
    return title


def clean_notes(text: str) -> str:
    """`text`, kept as it is.

    Raises:
        Invalid: more than `MAX_NOTES` characters.
    """
    if len(text) > MAX_NOTES:
        raise Invalid(f"notes: at most {MAX_NOTES} characters.")
    return _storable(text, "notes")


def clean_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Tags in lower case, each once, in the order given; a leading "#" is dropped.

    Raises:
        Invalid: an empty tag, one of more than `MAX_TAG` characters or with a comma, or more than `MAX_TAGS` tags.
    """
    cleaned = tuple(dict.fromkeys(clean_tag(tag) for tag in tags))
    if len(cleaned) > MAX_TAGS:
        raise Invalid(f"tags: at most {MAX_TAGS} of them.")
    return cleaned


def clean_tag(tag: str) -> str:
    """One tag as it is kept; raises as `clean_tags` does."""
    cleaned = _SPACES.sub(" ", _storable(tag, "tags").strip().removeprefix("#")).strip().lower()
    if not cleaned:
        raise Invalid("tags: a tag cannot be empty.")
    if len(cleaned) > MAX_TAG:
        raise Invalid(f"tags: at most {MAX_TAG} characters each.")
    if "," in cleaned:
        raise Invalid("tags: a tag cannot contain a comma; send a list of tags.")
    return cleaned


def search_words(text: str) -> tuple[str, ...]:
    """The words of `text` as a search compares them: without regard to case or to forms of the same letter."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return tuple(dict.fromkeys(word[:_MAX_LEXEME] for word in words))


def is_storable(text: str) -> bool:
    """Whether UTF-8 in PostgreSQL can hold `text`: not the NUL character, nor halves of surrogate pairs."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _storable(text: str, field: str) -> str:
    if not is_storable(text):
        raise Invalid(f"{field}: it contains a character that is no text.")
    return unicodedata.normalize("NFC", text)
