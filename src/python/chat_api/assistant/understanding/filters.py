"""Descriptions of several tasks: ``overdue``, ``done tasks``, ``everything due this week``, ``#work``."""

import datetime as dt
from dataclasses import replace

from chat_api.assistant.understanding.calendar_terms import Reference
from chat_api.assistant.understanding.durations import duration
from chat_api.assistant.understanding.intents import Filter, Priority
from chat_api.assistant.understanding.patterns import match_any, match_phrase
from chat_api.assistant.understanding.tokens import Kind, Tokens, text_of, words
from chat_api.assistant.understanding.when import Said, when_said, worked_out

_TASKS = words("task tasks todo todos to-do to-dos item items thing things stuff everything anything list")
_BETWEEN = words(
    "my the of that are is which what what's whats with have i've i has to do me on in still there any due s for and "
    "coming up i'm we got get a by so far yet left remaining being their this one's , ' that's plate agenda schedule "
    "calendar currently right now set deadline deadlines up-coming upcoming these those"
)
_ONLY_BULK_BETWEEN = words("my the of that are is which that's with have , due for and marked as were already been")
_OPEN = words("open pending active unfinished incomplete outstanding undone")
_DONE = words("done completed complete finished closed")
_PRIORITIES: tuple[tuple[str, Priority], ...] = (
    ("[with] [a] high|top|highest priority", "high"),
    ("high-priority|important|urgent", "high"),
    ("[with] [a] low|lowest priority", "low"),
    ("low-priority|unimportant", "low"),
    ("[with] [a] normal|medium priority", "normal"),
)
_DAYS_AHEAD = ("in|within|over|during the next|coming", "the next|coming", "next|within|in", "in|within [the]")


def filter_said(tokens: Tokens, message: str, ref: Reference, *, bulk: bool = False) -> Filter | None:
    """The filter that `tokens`, all of them, describe; None where a word does not belong into a description.

    Args:
        bulk: for an action on many tasks, which has to speak of tasks in the plural, or of everything.
    """
    found = Filter()
    speaks_of_tasks = says_all = False
    at = 0
    while at < len(tokens):
        word = tokens[at].lower
        if word in {"all", "every", "each"}:
            says_all, at = True, at + 1
            continue
        step = _status(found, tokens, at) or _label(found, tokens, at) or _text(found, tokens, at, message)
        step = step or _dates(found, tokens, at, ref)
        if step is not None:
            found, at = step
        elif word in _TASKS:
            speaks_of_tasks = speaks_of_tasks or word != "list"
            says_all = says_all or word == "everything"
            at += 1
        elif word in (_ONLY_BULK_BETWEEN if bulk else _BETWEEN) or (not bulk and word in {"?", "."}):
            at += 1
        else:
            return None
    is_limited = found != Filter()
    if bulk and not (speaks_of_tasks and (says_all or _is_plural(tokens))) and not (says_all and is_limited):
        return None
    if says_all and found == Filter():
        return replace(found, status="all")
    return found


def days_said(said: Said, ref: Reference) -> tuple[dt.date | None, dt.date]:
    """The dates that a day or period covers, from the first to the one after the last."""
    day = dt.timedelta(days=1)
    if said.delay is not None:
        return ref.today, worked_out(said, ref).date + day
    if said.day is None:
        return ref.today, ref.today + day
    if said.preposition in {"before", "until", "till"}:
        return None, said.day.date + (day if said.preposition != "before" else dt.timedelta())
    return (None if said.preposition == "by" else said.day.first), said.day.until


def _is_plural(tokens: Tokens) -> bool:
    return any(token.lower in {"tasks", "todos", "to-dos", "items", "things"} for token in tokens)


def _status(found: Filter, tokens: Tokens, at: int) -> tuple[Filter, int] | None:
    overdue = match_any(("overdue|late", "past due", "past their due date", "past the deadline"), tokens, at)
    if overdue is not None:
        return replace(found, overdue=True), overdue
    not_done = match_any(("not [yet] done|completed|finished", "to do", "still open"), tokens, at)
    if not_done is not None:
        return found, not_done
    word = tokens[at].lower
    if word in _OPEN:
        return replace(found, status="open"), at + 1
    return (replace(found, status="done"), at + 1) if word in _DONE else None


def _label(found: Filter, tokens: Tokens, at: int) -> tuple[Filter, int] | None:
    for pattern, priority in _PRIORITIES:
        end = match_phrase(pattern, tokens, at)
        if end is not None:
            return replace(found, priority=priority), end
    if tokens[at].kind is Kind.TAG:
        return replace(found, tags=(*found.tags, tokens[at].lower[1:])), at + 1
    start = match_any(("tagged|labelled|labeled [as|with]", "with [the] tag|label|tags", "tag|label"), tokens, at)
    if start is None or start >= len(tokens):
        return None
    tag = tokens[start]
    if tag.kind is Kind.TAG or (tag.kind is Kind.WORD and tag.lower not in _TASKS):
        return replace(found, tags=(*found.tags, tag.lower.lstrip("#"))), start + 1
    return None


def _text(found: Filter, tokens: Tokens, at: int, message: str) -> tuple[Filter, int] | None:
    start = match_any(
        ("about|containing|mentioning|matching|named|called", "with [the] word|words", "related to"), tokens, at
    )
    if start is None or start >= len(tokens):
        return None
    rest = tokens[start:]
    text = text_of(rest, message)
    is_quoted = len(rest) == 1 and rest[0].kind is Kind.QUOTED
    return replace(found, text=text[1:-1].strip() if is_quoted else text.strip(" ?.!")), len(tokens)


def _dates(found: Filter, tokens: Tokens, at: int, ref: Reference) -> tuple[Filter, int] | None:
    said = None
    for pattern in _DAYS_AHEAD:
        start = match_phrase(pattern, tokens, at)
        if start is not None and start > at:
            said = _ahead(tokens, start, ref)
            if said is not None:
                break
    said = said or when_said(tokens, at, ref)
    if said is None or found.due_before is not None or said[0].time is not None:
        return None
    first, after = days_said(said[0], ref)
    return replace(found, due_from=first, due_before=after), said[1]


def _ahead(tokens: Tokens, at: int, ref: Reference) -> tuple[Said, int] | None:
    found = duration(tokens, at)
    return (Said(delay=found[0]), found[1]) if found is not None and not found[0].is_clocked else None
