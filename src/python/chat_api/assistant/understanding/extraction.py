"""Taking dates, repeats, reminders, tags and priority out of the words of a new task, and leaving its title.

A phrase is taken only where it stands as a phrase of its own. Words that are part of a name ("Friday Night Lights"),
describe a noun ("next week's plan", "the weekly report") or are quoted stay in the title.
"""

import datetime as dt
from dataclasses import dataclass, field

from chat_api.assistant.understanding.asking import Ask, Refuse
from chat_api.assistant.understanding.calendar_terms import Day, Reference
from chat_api.assistant.understanding.intents import (
    AddTask,
    Option,
    Priority,
    Question,
    RemindAt,
    RemindBefore,
    ReminderTime,
    Repeat,
    When,
)
from chat_api.assistant.understanding.labels import MARKS, PRIORITY_PHRASES, tags_said
from chat_api.assistant.understanding.patterns import match_any, match_phrase
from chat_api.assistant.understanding.phrases import say_date
from chat_api.assistant.understanding.reminding import REMINDER_HEADS, REMINDER_TIME, before_due_said, remind_at
from chat_api.assistant.understanding.repeats import repeat_said
from chat_api.assistant.understanding.series import NoSuchRepeat, Pattern, worked_out_repeat
from chat_api.assistant.understanding.standing import (
    FOLLOWERS,
    ends_phrase,
    is_part_of_name,
    stands_alone,
    stands_at_end,
    starts_phrase,
)
from chat_api.assistant.understanding.titles import title_of
from chat_api.assistant.understanding.tokens import Kind, Token, Tokens, words
from chat_api.assistant.understanding.when import Said, local_instant, when_said, worked_out

_NOT_BEFORE_ADVERBS = words("the a an my your our their his her this that of about for")
_ONE_DATE_ONLY = (
    "I see more than one date or time in that, and a task has one. Please say it again with one, or add two tasks; "
    "put words that belong to the title in quotes."
)


@dataclass
class Extracted:
    """What was found in the words of a task, and the tokens that were kept for its title."""

    kept: list[Token] = field(default_factory=list)
    said: Said | None = None
    pattern: Pattern | None = None
    priority: Priority | None = None
    tags: list[str] = field(default_factory=list)
    reminders: list[Said | dt.timedelta] = field(default_factory=list)

    @property
    def is_dated(self) -> bool:
        """Whether it says when."""
        return self.said is not None or self.pattern is not None


def extract(tokens: Tokens, message: str, ref: Reference) -> Extracted:
    """Find everything but the title in `tokens`, which are a part of `message`.

    Raises:
        Ask: a date may be read in two ways, or there are two of them.
    """
    found = Extracted()
    at = 0
    while at < len(tokens):
        end = _take(tokens, at, found, message, ref)
        if end is None:
            end = _end_of_refused(tokens, at, ref)
            found.kept += tokens[at:end]
            at = end
        else:
            at = _drop_comma(tokens, end, found)
    return found


def task_from(tokens: Tokens, message: str, ref: Reference, *, reminding: bool = False) -> AddTask | None:
    """The task that `tokens` describe; None where no title is left of them.

    Args:
        reminding: the user asked to be reminded, so that what is said of a time is the reminder's too.

    Raises:
        Ask: something has to be asked first.
        Refuse: the repeat cannot be.
    """
    found = extract(tokens, message, ref)
    title = title_of(found.kept, message)
    if not title:
        return None
    due, repeat = due_of(found, ref)
    reminders = [_reminder(wanted, due, message, ref) for wanted in found.reminders]
    if reminding and found.is_dated and not reminders:
        due, reminder = _reminded(found, due, repeat, message, ref)
        reminders.append(reminder)
    return AddTask(
        title=title,
        due=due,
        recurrence=repeat,
        priority=found.priority or "normal",
        tags=tuple(dict.fromkeys(found.tags)),
        reminders=tuple(dict.fromkeys(reminders)),
    )


def due_of(found: Extracted, ref: Reference) -> tuple[When | None, Repeat | None]:
    """When it is due, and how it repeats.

    Raises:
        Refuse: the repeat cannot be, or the date is beyond the calendar.
    """
    try:
        if found.pattern is not None:
            repeat, first = worked_out_repeat(found.pattern, found.said, ref)
            return first, repeat
        return (worked_out(found.said, ref), None) if found.said is not None else (None, None)
    except NoSuchRepeat as error:
        raise Refuse(str(error), ("add stretch every day at 10:00", "add water the plants every 3 days")) from error
    except (OverflowError, ValueError) as error:
        raise Refuse("That date is further away than the calendar goes.", ("add renew passport in 2 years",)) from error


def ask_which_reading(said: Said, tokens: Tokens, message: str, ref: Reference) -> None:
    """Ask where a date such as 5/12 can be read in two ways.

    Raises:
        Ask: it can.
    """
    _ask_which_date(said.day, tokens, message, ref)


def _ask_which_date(day: Day | None, tokens: Tokens, message: str, ref: Reference) -> None:
    if day is None or day.other is None:
        return
    written = next(token for token in tokens if "/" in token.text or token.text.count("-") == 2)
    dates = sorted((day.date, day.other))
    before, after = message[: written.start], message[written.end :]
    options = tuple(Option(say_date(date, ref.today), f"{before}{date.isoformat()}{after}") for date in dates)
    raise Ask(Question(f"Which date is {written.text}?", options, f"{before}{{answer}}{after}"))


def _take(tokens: Tokens, at: int, found: Extracted, message: str, ref: Reference) -> int | None:
    """Take the phrase that starts at `at`, if one does, into `found`; answers where it ends."""
    token = tokens[at]
    if token.kind is Kind.TAG:
        found.tags.append(token.lower[1:])
        return at + 1
    if token.kind is Kind.MARK and token.lower in MARKS:
        found.priority = MARKS[token.lower]
        return at + 1
    return (
        _take_label(tokens, at, found)
        or _take_reminder(tokens, at, found, message, ref)
        or _take_repeat(tokens, at, found, message, ref)
        or _take_when(tokens, at, found, message, ref)
    )


def _end_of_refused(tokens: Tokens, at: int, ref: Reference) -> int:
    """Where the token or the date that was not taken ends: no part of a date is taken without the rest."""
    refused = when_said(tokens, at, ref) if tokens[at].kind is Kind.WORD else None
    return refused[1] if refused is not None else at + 1


def _take_label(tokens: Tokens, at: int, found: Extracted) -> int | None:
    for pattern, priority in PRIORITY_PHRASES:
        end = match_phrase(pattern, tokens, at)
        if end is not None and ends_phrase(tokens, end) and at > 0:
            found.priority = priority
            return end
    start = match_any(("[and] tagged|labelled [as|with]", "with [the] tag|tags|label"), tokens, at)
    if start is None or at == 0:
        return None
    tags = tags_said(tokens[start:])
    if not tags:
        return None
    found.tags += tags
    return len(tokens)


def _take_reminder(tokens: Tokens, at: int, found: Extracted, message: str, ref: Reference) -> int | None:
    start = match_any(REMINDER_HEADS, tokens, at)
    if start is None or at == 0:
        return None
    before = before_due_said(tokens, start)
    if before is not None:
        found.reminders.append(before[0])
        return before[1]
    said = when_said(tokens, start, ref)
    if said is None or not ends_phrase(tokens, said[1]):
        return None
    ask_which_reading(said[0], tokens[at : said[1]], message, ref)
    found.reminders.append(said[0])
    return said[1]


def _take_repeat(tokens: Tokens, at: int, found: Extracted, message: str, ref: Reference) -> int | None:
    if found.pattern is not None:
        return None
    said = repeat_said(tokens, at, ref)
    if said is None:
        return None
    pattern, end = said
    first = tokens[at].lower
    is_adverb = first.endswith(("ly", "days", "ends"))
    if is_adverb and (not stands_at_end(tokens, end) or (at > 0 and tokens[at - 1].lower in _NOT_BEFORE_ADVERBS)):
        return None
    if is_part_of_name(tokens, at, end):
        return None
    _refuse_another(tokens, end, ref)
    stands = at == 0 or ends_phrase(tokens, end) or starts_phrase(tokens, end, ref)
    if not stands and tokens[end].lower not in FOLLOWERS:
        return None
    if pattern.unclear is not None:
        _ask_which_date(*pattern.unclear, message, ref)
    found.pattern = pattern
    return end


def _take_when(tokens: Tokens, at: int, found: Extracted, message: str, ref: Reference) -> int | None:
    result = when_said(tokens, at, ref)
    if result is None:
        return None
    said, end = result
    if not stands_alone(said, tokens, at, end, ref):
        return None
    ask_which_reading(said, tokens[at:end], message, ref)
    _refuse_another(tokens, end, ref)
    joined = said if found.said is None else found.said.merged(said)
    if joined is None:
        if said.preposition is None or found.said is None:
            return None
        raise Ask(Question(_ONE_DATE_ONLY))
    found.said = joined
    if tokens[at].lower == "due" and found.kept and found.kept[-1].lower in {"is", "are"}:
        found.kept.pop()
    if _keeps_words(said, tokens, at):
        found.kept += tokens[at:end]
    return end


def _refuse_another(tokens: Tokens, end: int, ref: Reference) -> None:
    """``at 8am and 8pm``, ``on monday or tuesday``: two dues, of which a task has one."""
    start = match_phrase("and|or|& [at|on]", tokens, end)
    following = when_said(tokens, start, ref) if start is not None else None
    if following is not None and ends_phrase(tokens, following[1]) and following[0].delay is None:
        raise Ask(Question(_ONE_DATE_ONLY))


def _keeps_words(said: Said, tokens: Tokens, at: int) -> bool:
    """ "Tickets for friday" are due by then and are for friday still; so is what is to be after a time."""
    if at == 0 or tokens[at - 1].kind is Kind.QUOTED:
        return False
    return said.preposition == "after" or (said.preposition == "for" and tokens[at].lower == "for")


def _drop_comma(tokens: Tokens, end: int, found: Extracted) -> int:
    """A comma beside a phrase that was taken goes with it."""
    if found.kept and found.kept[-1].text in {",", "("} and found.kept[-1].end <= tokens[end - 1].start:
        opened = found.kept[-1].text == "("
        if opened and (end >= len(tokens) or tokens[end].text != ")"):
            return end
        found.kept.pop()
        return end + 1 if opened else end
    return end + 1 if end < len(tokens) and tokens[end].text == "," else end


def _reminder(wanted: Said | dt.timedelta, due: When | None, message: str, ref: Reference) -> ReminderTime:
    if isinstance(wanted, dt.timedelta):
        if due is None:
            raise Ask(Question("Before when? It has no due date yet.", template=f"{message} due {{answer}}"))
        return RemindBefore(wanted)
    if due is not None and wanted.day is None and wanted.delay is None and due.date > ref.today:
        time = worked_out(wanted, ref).time or REMINDER_TIME
        return RemindAt(local_instant(due.date, time, ref))
    return remind_at(wanted, message, ref)


def _reminded(
    found: Extracted, due: When | None, repeat: Repeat | None, message: str, ref: Reference
) -> tuple[When | None, ReminderTime]:
    """The due and the reminder of "remind me to … <when>": at the due time, which a repeat without one gets."""
    if repeat is not None and due is not None:
        return When(due.date, due.time or REMINDER_TIME), RemindBefore(dt.timedelta())
    if found.said is not None and due is not None:
        at = remind_at(found.said, message, ref)
        is_by_clock = due.time is not None and found.said.delay is None
        return due, RemindBefore(dt.timedelta()) if is_by_clock else at
    raise Ask(Question("When shall I remind you?", template=f"{message} {{answer}}"))
