"""Whether a date stands in a sentence as a phrase of its own, or belongs to the words around it."""

from chat_api.assistant.understanding.calendar_terms import MONTHS, WEEKDAYS, Reference
from chat_api.assistant.understanding.labels import PRIORITY_PHRASES
from chat_api.assistant.understanding.patterns import match_any
from chat_api.assistant.understanding.reminding import REMINDER_HEADS
from chat_api.assistant.understanding.repeats import repeat_said
from chat_api.assistant.understanding.tokens import Kind, Token, Tokens, words
from chat_api.assistant.understanding.when import Said, when_said

FOLLOWERS = words(  # what may follow a date in the middle of a sentence
    "about with to for in at on by from and or but if because since re regarding until before after i remind please "
    "then via over near inside so when while as the a an my our your his her their using"
)
_NEVER_BEFORE = words(
    "about of like than since called named titled the a an my your our their his her from between to through until "
    "till into any given black good cyber super ash bloody casual freaky manic ruby blue palm easter every each per "
    "no this next last and"
)
_OPENERS = words("today tomorrow tmr tmrw tonight this next")
_SMALL_WORDS = words("the day days after tomorrow today tonight next this every other week month year last hour hours")
"""Words of dates that nobody writes with a capital letter but in names."""


def stands_alone(said: Said, tokens: Tokens, at: int, end: int, ref: Reference) -> bool:
    """Whether `said`, from index `at` to `end`, says when, and is no part of what is to be done.

    In doubt it is not: a date that stays in the title is seen at once, a title that lost a word may not be.
    """
    if said.day is not None and said.day.is_past and tokens[at].lower != "due":
        return False
    if said.preposition in {"until", "till", "from", "starting", "beginning"}:
        return False
    if said.preposition == "after" and (said.time is None or said.day is not None):
        return False
    before = tokens[at - 1] if at else None
    if before is not None and said.preposition is None and before.lower in _NEVER_BEFORE:
        return False
    if said.preposition in {"for", "about", "around"} and not said.names_day and said.is_hour_bare:
        return False
    if is_part_of_name(tokens, at, end):
        return False
    if ends_phrase(tokens, end):
        return not (said.is_weak and said.day is None and not _is_likely_time(said, before))
    if starts_phrase(tokens, end, ref):
        return True
    if at == 0:
        is_sure = said.preposition is not None or said.delay is not None or tokens[0].lower in _OPENERS
        return is_sure and not said.is_weak and not said.is_hour_bare
    return tokens[end].lower in FOLLOWERS and not (said.day is None and said.is_weak)


def _is_likely_time(said: Said, before: Token | None) -> bool:
    """Digits alone after a name may be a verse, a score or a scale: a time is round, as a rule."""
    if said.time is None or said.time.minute % 5 == 0:
        return True
    return before is None or not before.is_capitalised


def ends_phrase(tokens: Tokens, at: int) -> bool:
    """Whether what comes before index `at` ends there: at the end, punctuation, or a tag."""
    if at >= len(tokens):
        return True
    token = tokens[at]
    return token.kind in {Kind.TAG, Kind.MARK} or (token.kind is Kind.SYMBOL and token.lower not in {"'", "-", "*"})


def stands_at_end(tokens: Tokens, at: int) -> bool:
    """As `ends_phrase`, or a wish to be reminded follows."""
    return ends_phrase(tokens, at) or match_any(REMINDER_HEADS, tokens, at) is not None


def starts_phrase(tokens: Tokens, at: int, ref: Reference) -> bool:
    """Whether another phrase that will be taken starts here."""
    if match_any(REMINDER_HEADS, tokens, at) is not None or repeat_said(tokens, at, ref) is not None:
        return True
    if match_any(tuple(pattern for pattern, _ in PRIORITY_PHRASES), tokens, at) is not None:
        return True
    following = when_said(tokens, at, ref)
    return following is not None and ends_phrase(tokens, following[1])


def is_part_of_name(tokens: Tokens, at: int, end: int) -> bool:
    """Whether capital letters around the phrase say that it belongs to a name, unless Every Word Has One."""
    plain = [token for token in tokens if token.kind is Kind.WORD and token.text[0].isalpha() and len(token.text) > 3]
    if all(token.is_capitalised for token in plain):
        return False
    if sum(token.is_capitalised and token.lower in _SMALL_WORDS for token in tokens[at:end]) > 1:
        return True
    after = tokens[end] if end < len(tokens) else None
    if tokens[end - 1].is_capitalised and after is not None and after.kind is Kind.WORD and after.is_capitalised:
        return after.lower not in {"i", "i'm", "i'd"}
    before = tokens[at - 1] if at > 1 else None
    return (
        tokens[at].is_capitalised
        and tokens[at].text[0].isalpha()
        and at > 0
        and not tokens[at].text.isupper()
        and _looks_named(before)
        and not _is_day_or_month(tokens[at])
    )


def _looks_named(before: Token | None) -> bool:
    return before is not None and before.kind is Kind.WORD and before.is_capitalised


def _is_day_or_month(token: Token) -> bool:
    return token.lower in MONTHS or token.lower in WEEKDAYS
