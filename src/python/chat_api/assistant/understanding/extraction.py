"""Taking dates, repeats, reminders, tags and priority out of the words of a new task, and leaving its title.

A phrase is taken only where it stands as a phrase of its own. Words that are part of a name ("Friday Night Lights"),
describe a noun ("next week's plan", "the weekly report") or are quoted stay in the title.
"""

import datetime as dt
from dataclasses import dataclass, field

from chat_api.assistant.understanding.asking import Ask, Refuse
from chat_api.assistant.understanding.dates import MONTHS, WEEKDAYS, Reference
from chat_api.assistant.understanding.durations import Duration, duration
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
from chat_api.assistant.understanding.patterns import match_any, match_phrase
from chat_api.assistant.understanding.phrases import say_date
from chat_api.assistant.understanding.repeats import NoSuchRepeat, Pattern, repeat_said, worked_out_repeat
from chat_api.assistant.understanding.times import DAY_PARTS
from chat_api.assistant.understanding.titles import title_of
from chat_api.assistant.understanding.tokens import Kind, Token, Tokens, words
from chat_api.assistant.understanding.when import Said, instant_of, local_instant, when_said, worked_out

REMINDER_TIME = DAY_PARTS["morning"]
"""When a reminder comes on a day for which no time was said."""
_MARKS: dict[str, Priority] = {
    "!high": "high",
    "!urgent": "high",
    "!important": "high",
    "!!": "high",
    "!!!": "high",
    "!low": "low",
    "!normal": "normal",
    "!medium": "normal",
}
_PRIORITY_PHRASES: tuple[tuple[str, Priority], ...] = (
    ("[with|at|as] [a] high|top|highest priority", "high"),
    ("[with|at|as] [a] low|lowest priority", "low"),
    ("[with|at|as] [a] normal|medium priority", "normal"),
    ("priority [:] high|urgent", "high"),
    ("priority [:] low", "low"),
    ("priority [:] normal|medium", "normal"),
    ("high-priority", "high"),
    ("low-priority", "low"),
)
_FOLLOWERS = words(
    "about with to for in at on by from and or but if because since re regarding until before after i remind please "
    "then via over near inside so when while as the a an my our your his her their using"
)
_NEVER_BEFORE = words(
    "about of like than since called named titled the a an my your our their his her from between to through until "
    "till into black good cyber super ash bloody casual freaky manic ruby blue palm easter every each per usa one's "
    "no this next last and"
)
_NOT_BEFORE_ADVERBS = words("the a an my your our their his her this that of about for")
_REMINDER_HEADS = (
    "[,] [and|with|,] [also|please] remind|notify|alert|ping|email me [about|of] [it|this|that]",
    "[,] [and|with|,] [a] reminder|reminders|alert [at|on|for]",
    "[,] [and] set|add a reminder [for|at|on]",
)
_BEFORE = (
    "before [it|that|it's] [is] [due|starts|begins|happens] [time]",
    "earlier|ahead|prior",
    "in advance",
    "ahead of time",
)
_OPENERS = words("today tomorrow tmr tmrw tonight this next")
_SMALL_WORDS = words("the day days after tomorrow today tonight next this every other week month year last hour hours")
"""Words of dates that nobody writes with a capital letter but in names."""
_ONE_DATE_ONLY = (
    "I see more than one date or time in that, and a task has one. Please say it again with one, or add two tasks; "
    "put words that belong to the title in quotes."
)


@dataclass
class Extracted:
    """What was found in the words of a task. `keeps_words`: the phrase of the due date is left in the title."""

    kept: list[Token] = field(default_factory=list)
    said: Said | None = None
    said_span: tuple[int, int] | None = None
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
    if said.day is None or said.day.other is None:
        return
    written = next(token for token in tokens if "/" in token.text or token.text.count("-") == 2)
    dates = sorted((said.day.date, said.day.other))
    before, after = message[: written.start], message[written.end :]
    options = tuple(Option(say_date(date, ref.today), f"{before}{date.isoformat()}{after}") for date in dates)
    raise Ask(Question(f"Which date is {written.text}?", options, f"{before}{{answer}}{after}"))


def _take(tokens: Tokens, at: int, found: Extracted, message: str, ref: Reference) -> int | None:
    """Take the phrase that starts at `at`, if one does, into `found`; answers where it ends."""
    token = tokens[at]
    if token.kind is Kind.TAG:
        found.tags.append(token.lower[1:])
        return at + 1
    if token.kind is Kind.MARK and token.lower in _MARKS:
        found.priority = _MARKS[token.lower]
        return at + 1
    return (
        _take_label(tokens, at, found)
        or _take_reminder(tokens, at, found, message, ref)
        or _take_repeat(tokens, at, found, ref)
        or _take_when(tokens, at, found, message, ref)
    )


def _end_of_refused(tokens: Tokens, at: int, ref: Reference) -> int:
    """Where the token or the date that was not taken ends: no part of a date is taken without the rest."""
    refused = when_said(tokens, at, ref) if tokens[at].kind is Kind.WORD else None
    return refused[1] if refused is not None else at + 1


def _take_label(tokens: Tokens, at: int, found: Extracted) -> int | None:
    for pattern, priority in _PRIORITY_PHRASES:
        end = match_phrase(pattern, tokens, at)
        if end is not None and _ends_phrase(tokens, end) and at > 0:
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


def tags_said(tokens: Tokens) -> list[str]:
    """``work``, ``#work and #home``: the names, in lower case; none where it is anything else."""
    tags: list[str] = []
    for index, token in enumerate(tokens):
        if token.kind is Kind.TAG:
            tags.append(token.lower[1:])
        elif token.lower in {"and", "&", ",", "tags", "tag"} and index:
            continue
        elif token.kind is Kind.WORD and token.lower.replace("-", "").replace("_", "").isalpha():
            if index and tokens[index - 1].lower not in {"and", "&", ","}:
                return []
            tags.append(token.lower)
        else:
            return []
    return tags


def _take_reminder(tokens: Tokens, at: int, found: Extracted, message: str, ref: Reference) -> int | None:
    start = match_any(_REMINDER_HEADS, tokens, at)
    if start is None or at == 0:
        return None
    before = before_due_said(tokens, start)
    if before is not None:
        found.reminders.append(before[0])
        return before[1]
    said = when_said(tokens, start, ref)
    if said is None or not _ends_phrase(tokens, said[1]):
        return None
    ask_which_reading(said[0], tokens[at : said[1]], message, ref)
    found.reminders.append(said[0])
    return said[1]


def before_due_said(tokens: Tokens, at: int) -> tuple[dt.timedelta, int] | None:
    """``30 minutes before``, ``the day before``, ``when it is due``: how long before the due: ``(span, end)``."""
    when_due = match_any(("when [it|that|it's] [is] due", "at [the] due time", "on time"), tokens, at)
    if when_due is not None:
        return dt.timedelta(), when_due
    start = match_phrase("[at] [least]", tokens, at) or at
    length = duration(tokens, start) or _the_unit(tokens, start)
    if length is None:
        return None
    span = length[0].timedelta()
    end = match_any(_BEFORE, tokens, length[1])
    return (span, end) if span is not None and end is not None else None


def _the_unit(tokens: Tokens, at: int) -> tuple[Duration, int] | None:
    """``the day``, ``one evening``: as in "the day before"."""
    for pattern, length in (
        ("the day", Duration(days=1)),
        ("the week", Duration(days=7)),
        ("the hour", Duration(seconds=3600)),
    ):
        end = match_phrase(pattern, tokens, at)
        if end is not None:
            return length, end
    return None


def _take_repeat(tokens: Tokens, at: int, found: Extracted, ref: Reference) -> int | None:
    if found.pattern is not None:
        return None
    said = repeat_said(tokens, at, ref)
    if said is None:
        return None
    pattern, end = said
    first = tokens[at].lower
    is_adverb = first.endswith(("ly", "days", "ends"))
    if is_adverb and (not _stands_at_end(tokens, end) or (at > 0 and tokens[at - 1].lower in _NOT_BEFORE_ADVERBS)):
        return None
    if _is_part_of_name(tokens, at, end):
        return None
    _refuse_another(tokens, end, ref)
    stands = at == 0 or _ends_phrase(tokens, end) or _starts_phrase(tokens, end, ref)
    if not stands and tokens[end].lower not in _FOLLOWERS:
        return None
    found.pattern = pattern
    return end


def _take_when(tokens: Tokens, at: int, found: Extracted, message: str, ref: Reference) -> int | None:
    result = when_said(tokens, at, ref)
    if result is None:
        return None
    said, end = result
    if not _stands_alone(said, tokens, at, end, ref):
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
    if following is not None and _ends_phrase(tokens, following[1]) and following[0].delay is None:
        raise Ask(Question(_ONE_DATE_ONLY))


def _keeps_words(said: Said, tokens: Tokens, at: int) -> bool:
    """ "Tickets for friday" are due by then and are for friday still; so is what is to be after a time."""
    if at == 0 or tokens[at - 1].kind is Kind.QUOTED:
        return False
    return said.preposition == "after" or (said.preposition == "for" and tokens[at].lower == "for")


def _stands_alone(said: Said, tokens: Tokens, at: int, end: int, ref: Reference) -> bool:
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
    if _is_part_of_name(tokens, at, end):
        return False
    if _ends_phrase(tokens, end):
        return not (said.is_weak and said.day is None and not _is_likely_time(said, before))
    if _starts_phrase(tokens, end, ref):
        return True
    if at == 0:
        is_sure = said.preposition is not None or said.delay is not None or tokens[0].lower in _OPENERS
        return is_sure and not said.is_weak and not said.is_hour_bare
    return tokens[end].lower in _FOLLOWERS and not (said.day is None and said.is_weak)


def _is_likely_time(said: Said, before: Token | None) -> bool:
    """Digits alone after a name may be a verse, a score or a scale: a time is round, as a rule."""
    if said.time is None or said.time.minute % 5 == 0:
        return True
    return before is None or not before.is_capitalised


def _ends_phrase(tokens: Tokens, at: int) -> bool:
    if at >= len(tokens):
        return True
    token = tokens[at]
    return token.kind in {Kind.TAG, Kind.MARK} or (token.kind is Kind.SYMBOL and token.lower not in {"'", "-", "*"})


def _stands_at_end(tokens: Tokens, at: int) -> bool:
    return _ends_phrase(tokens, at) or match_any(_REMINDER_HEADS, tokens, at) is not None


def _starts_phrase(tokens: Tokens, at: int, ref: Reference) -> bool:
    """Whether another phrase that will be taken starts here."""
    if match_any(_REMINDER_HEADS, tokens, at) is not None or repeat_said(tokens, at, ref) is not None:
        return True
    if match_any(tuple(pattern for pattern, _ in _PRIORITY_PHRASES), tokens, at) is not None:
        return True
    following = when_said(tokens, at, ref)
    return following is not None and _ends_phrase(tokens, following[1])


def _is_part_of_name(tokens: Tokens, at: int, end: int) -> bool:
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


def remind_at(said: Said, message: str, ref: Reference) -> RemindAt:
    """The reminder at what was said.

    Raises:
        Ask: it has passed already.
        Refuse: it is beyond the calendar.
    """
    try:
        moment = instant_of(said, ref)
        if moment is None:
            moment = local_instant(worked_out(said, ref).date, REMINDER_TIME, ref)
    except (OverflowError, ValueError) as error:
        raise Refuse("That is further away than the calendar goes.", ("remind me about 3 tomorrow at 9:00",)) from error
    if moment <= ref.now:
        template = None if said.time is not None else f"{message} {{answer}}"
        raise Ask(Question("That time has passed. At what time shall I remind you?", template=template))
    return RemindAt(moment)


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
