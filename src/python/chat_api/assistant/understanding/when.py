"""When something is due: days and times put together, from the words to one date and time."""

import datetime as dt
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from chat_api.assistant.understanding.calendar_terms import MONTHS, Day, Reference, add_duration
from chat_api.assistant.understanding.dates import day, month_alone
from chat_api.assistant.understanding.durations import Duration, duration
from chat_api.assistant.understanding.intents import When
from chat_api.assistant.understanding.patterns import match_any, match_phrase
from chat_api.assistant.understanding.times import DAY_PARTS, TimeOfDay, day_part, time_of_day
from chat_api.assistant.understanding.tokens import Tokens
from events.recurrence import resolve_local

_AT = ("at|@", "around|about", "by|before|after|until|till", "from|starting", "for", "no later than", "not later than")
_DAY_PREPOSITIONS = (
    "due [:] [on|by|at]",
    "on|by|before|for|until|till|from|starting|beginning|as",
    "no later than",
    "not later than",
    "starting|beginning on|from",
)
_BARE_HOUR_AFTER = frozenset({"at", "@", "by", "before", "until", "till", "around", "after"})


@dataclass(frozen=True)
class Said:
    """What was said of a date and time, before it is worked out.

    `preposition` is the first word where it is one. `is_hour_bare`: the time is just a number after "at".
    `delay` counts from now and excludes the others.
    """

    day: Day | None = None
    time: TimeOfDay | None = None
    part: str | None = None
    delay: Duration | None = None
    preposition: str | None = None
    is_hour_bare: bool = False

    @property
    def names_day(self) -> bool:
        """Whether it says which day, be it by counting from now."""
        return self.day is not None or self.delay is not None

    @property
    def names_time(self) -> bool:
        """Whether it says a time of day, or a part of the day."""
        return self.time is not None or self.part is not None or (self.delay is not None and self.delay.is_clocked)

    @property
    def is_weak(self) -> bool:
        """Whether its words, in the middle of a sentence, may well mean something else."""
        if self.delay is not None or self.preposition is not None or self.part is not None:
            return False
        if self.day is None:
            return self.time is not None and self.time.is_plain
        return self.day.is_bare and self.time is None

    def merged(self, other: "Said") -> "Said | None":
        """Both together, where they do not contradict each other."""
        if self.delay is not None or other.delay is not None:
            return None
        if (self.day and other.day) or (self.time and other.time) or (self.part and other.part):
            return None
        return Said(
            day=self.day or other.day,
            time=self.time or other.time,
            part=self.part or other.part,
            preposition=self.preposition or other.preposition,
            is_hour_bare=self.is_hour_bare or other.is_hour_bare,
        )


def when_said(tokens: Tokens, at: int, ref: Reference) -> tuple[Said, int] | None:
    """A date, a time, or both at index `at`, with the prepositions before them: ``(said, end)``."""
    delayed = _delay(tokens, at)
    if delayed is not None:
        return _with_time_of_delay(tokens, delayed[0], delayed[1])
    first = _first_preposition(tokens, at)
    said = Said(preposition=first)
    start = at
    while True:
        found = _next_part(tokens, at, ref, said)
        if found is None:
            break
        said, at = found
    if at == start or not (said.names_day or said.names_time):
        return None
    return said, at


def time_said(tokens: Tokens, at: int) -> tuple[Said, int] | None:
    """A time of day or a part of the day, without a day, at index `at`: ``(said, end)``."""
    said = Said()
    while True:
        part = _day_part(tokens, at, said) if said.part is None else None
        found = part or (_time_part(tokens, at, said) if said.time is None else None)
        if found is None:
            return (said, at) if said.names_time else None
        said, at = found


def worked_out(said: Said, ref: Reference) -> When:
    """The date, and the time where there is one, that was said.

    Without a day, a time is the next such time. A part of a named day that has begun is left out.
    "Before" a day is the day before it. Midnight after a named day is its last minute.

    Raises:
        OverflowError or ValueError: beyond the calendar.
    """
    if said.delay is not None:
        return _after_delay(said, ref)
    named = said.day.date if said.day is not None else None
    if named is not None and said.preposition == "before" and said.time is None and said.part is None:
        named = max(named - dt.timedelta(days=1), ref.today) if named >= ref.today else named
    if said.time is not None:
        return _timed(said.time, said.part, named, ref)
    if said.part is not None:
        return _in_part(said.part, named, ref)
    return When(named or ref.today)


def instant_of(said: Said, ref: Reference) -> dt.datetime | None:
    """The exact moment, aware in the user's zone; None where only a day is said.

    Raises:
        OverflowError or ValueError: beyond the calendar.
    """
    if said.delay is not None and said.delay.is_clocked:
        start = (
            ref.now.replace(microsecond=0) if said.delay.months == said.delay.days == 0 else _stepped(said.delay, ref)
        )
        moment = start.astimezone(dt.UTC) + dt.timedelta(seconds=said.delay.seconds)
        return moment.astimezone(ref.now.tzinfo)
    when = worked_out(said, ref)
    return local_instant(when.date, when.time, ref) if when.time is not None else None


def local_instant(date: dt.date, time: dt.time, ref: Reference) -> dt.datetime:
    """When the user's clocks show this, aware in the user's zone; see `events.recurrence.resolve_local`."""
    zone = ref.now.tzinfo
    if not isinstance(zone, ZoneInfo):
        raise TypeError("the reference's now has no IANA zone")
    return resolve_local(date, time, zone).astimezone(zone)


def _stepped(delay: Duration, ref: Reference) -> dt.datetime:
    return dt.datetime.combine(add_duration(ref.today, delay), ref.now.time().replace(microsecond=0), ref.now.tzinfo)


def _after_delay(said: Said, ref: Reference) -> When:
    delay = said.delay or Duration()
    if delay.is_clocked:
        moment = instant_of(said, ref)
        if moment is None:
            raise ValueError("a delay with seconds has a moment")
        return When(moment.date(), moment.time().replace(second=0, microsecond=0))
    date = add_duration(ref.today, delay)
    if said.time is not None:
        return _timed(said.time, said.part, date, ref)
    return _in_part(said.part, date, ref) if said.part is not None else When(date)


def _timed(time: TimeOfDay, part: str | None, named: dt.date | None, ref: Reference) -> When:
    if part is not None:
        time = time.in_part(part)
    if time.is_midnight:
        return When(ref.today + dt.timedelta(days=1), dt.time()) if named is None else When(named, dt.time(23, 59))
    now = ref.now.time()
    if named is None or (named == ref.today and time.half_unknown):
        ahead = [reading for reading in time.readings() if reading > now]
        if ahead:
            return When(ref.today, ahead[0])
        tomorrow = ref.today + dt.timedelta(days=1)
        return When(named or tomorrow, time.time())
    return When(named, time.time())


def _in_part(part: str, named: dt.date | None, ref: Reference) -> When:
    time = DAY_PARTS[part]
    is_past = time <= ref.now.time()
    if named is None:
        return When(ref.today + dt.timedelta(days=1) if is_past else ref.today, time)
    return When(named, None if named == ref.today and is_past else time)


def _delay(tokens: Tokens, at: int) -> tuple[Said, int] | None:
    """``in 5 minutes``, ``within two weeks``, ``3 days from now``."""
    for pattern in ("in|within [the] [next]", "after"):
        start = match_phrase(pattern, tokens, at)
        found = duration(tokens, start) if start is not None else None
        if found is not None:
            end = match_any(("from now", "time"), tokens, found[1])
            follows = match_phrase("after|before|of", tokens, found[1]) is not None
            return None if follows else (Said(delay=found[0]), end or found[1])
    found = duration(tokens, at)
    if found is None:
        return None
    end = match_any(("from now|today", "hence"), tokens, found[1])
    return (Said(delay=found[0]), end) if end is not None else None


def _with_time_of_delay(tokens: Tokens, said: Said, at: int) -> tuple[Said, int]:
    """A delay of days may have a time of day after it: ``in 3 days at 5pm``."""
    if said.delay is None or said.delay.is_clocked:
        return said, at
    start = match_any(_AT, tokens, at)
    time = time_of_day(tokens, start, after_at=True) if start is not None else None
    if time is not None:
        return replace(said, time=time[0]), time[1]
    part = match_phrase("in the", tokens, at)
    found = day_part(tokens, part) if part is not None else None
    return (replace(said, part=found[0]), found[1]) if found is not None else (said, at)


def _first_preposition(tokens: Tokens, at: int) -> str | None:
    word = tokens[at].lower if at < len(tokens) else ""
    if word == "due" and at + 1 < len(tokens) and tokens[at + 1].lower in {"before", "by", "until"}:
        return tokens[at + 1].lower
    if word in {"no", "not"}:
        return "by"
    known = {"on", "by", "before", "for", "at", "@", "due", "until", "till", "from", "starting", "beginning", "in"}
    return word if word in known | {"around", "about", "after"} else None


def _next_part(tokens: Tokens, at: int, ref: Reference, so_far: Said) -> tuple[Said, int] | None:
    is_first = not (so_far.names_day or so_far.names_time)
    if not is_first:
        at = match_phrase("[,]", tokens, at) or at
    return (
        (_day_part(tokens, at, so_far) if so_far.part is None else None)
        or (_time_part(tokens, at, so_far) if so_far.time is None else None)
        or _a_day(tokens, at, ref, so_far)
    )


def _a_day(tokens: Tokens, at: int, ref: Reference, so_far: Said) -> tuple[Said, int] | None:
    if so_far.day is not None and not so_far.day.is_weekday:
        return None
    month = match_phrase("in", tokens, at)
    found = month_alone(tokens, month, ref) if month is not None and so_far.day is None else None
    if found is None:
        start = match_any(_DAY_PREPOSITIONS, tokens, at)
        start = _at_an_edge(tokens, at) if start is None else start
        start = match_phrase("the", tokens, start) if _is_named_day_after_the(tokens, start) else start
        found = day(tokens, start or at, ref)
    if found is None:
        return None
    said, end = found
    if so_far.day is not None and (said.is_weekday or said.is_past or said.date.weekday() != so_far.day.date.weekday()):
        return None
    part = said.part if so_far.part is None else so_far.part
    return replace(so_far, day=replace(said, part=None), part=part), end


def _at_an_edge(tokens: Tokens, at: int) -> int:
    """The index after the "at" of ``at the end of the month``; `at` where there is none."""
    edges = ("at|in [the] [very] end|start|beginning|middle|mid|month", "at|over|on the|this weekend")
    return at if match_any(edges, tokens, at) is None else at + 1


def _is_named_day_after_the(tokens: Tokens, at: int) -> bool:
    """``on the friday after next`` and the like; "the 25th" keeps its article."""
    return match_phrase("the coming|following|next", tokens, at) is not None


def _time_part(tokens: Tokens, at: int, so_far: Said) -> tuple[Said, int] | None:
    start = match_any(_AT, tokens, at)
    after_at = start is not None and tokens[start - 1].lower in _BARE_HOUR_AFTER | {"than"}
    if start is not None:
        start = match_phrase("[around|about] [exactly]", tokens, start) or start
    found = time_of_day(tokens, start if start is not None else at, after_at=after_at)
    if found is None:
        return None
    time, end = found
    is_bare = time.half_unknown and end == (start or at) + 1
    if is_bare and end < len(tokens) and tokens[end].lower in MONTHS:
        return None
    return replace(so_far, time=time, is_hour_bare=is_bare), end


def _day_part(tokens: Tokens, at: int, so_far: Said) -> tuple[Said, int] | None:
    """``in the morning``, and after a day or a time ``morning`` alone; ``first thing`` is the morning."""
    first_thing = match_phrase("first thing", tokens, at)
    if first_thing is not None:
        end = match_phrase("in the morning", tokens, first_thing)
        if (
            end is None
            and match_phrase("tomorrow|on|monday|tuesday|wednesday|thursday|friday", tokens, first_thing) is None
        ):
            return None
        return replace(so_far, part="morning"), end or first_thing
    the = match_any(("[at] [some] [time] in the [early|late]", "at"), tokens, at)
    if the is not None and (tokens[the - 1].lower != "at" or match_phrase("night", tokens, the) is not None):
        found = day_part(tokens, the)
    elif so_far.names_day:
        found = day_part(tokens, at)
    else:
        found = None
    if found is None or (found[0] == "noon" and so_far.time is not None):
        return None
    return replace(so_far, part=found[0]), found[1]
