"""What a message can mean: the vocabulary between people's words and the assistant's tools.

Everything here is a frozen value without behaviour. Dates and times of day are wall-clock values in the user's zone,
the one given to `understand`; instants are aware datetimes.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

Priority = Literal["low", "normal", "high"]
Status = Literal["open", "done", "all"]
Basis = Literal["due", "completion"]


# When ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class When:
    """A date in the user's zone, with a time of day where one was said."""

    date: dt.date
    time: dt.time | None = None


@dataclass(frozen=True)
class TimeOnly:
    """A new time of day on the date that the task already has ("move 3 to 5pm"). See `moves.moved`."""

    time: dt.time


@dataclass(frozen=True)
class Shift:
    """Later (or, negative, earlier) than the task's due ("postpone 3 by two days"). See `moves.moved`.

    Months and days are calendar steps, seconds are elapsed time.
    """

    months: int = 0
    days: int = 0
    seconds: int = 0


@dataclass(frozen=True)
class Repeat:
    """A repeat. `rule` is text that `events.recurrence.Rule.parse` accepts."""

    rule: str
    basis: Basis = "due"


@dataclass(frozen=True)
class RemindAt:
    """A reminder at an instant (aware, in the user's zone)."""

    at: dt.datetime


@dataclass(frozen=True)
class RemindBefore:
    """A reminder this long before the task is due; zero is at its due time. Moves with the due."""

    before: dt.timedelta


ReminderTime = RemindAt | RemindBefore


# Which task ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ByNumber:
    """The task's own number, said outright or found through the context ("it", "the first one")."""

    number: int


@dataclass(frozen=True)
class ByTitle:
    """Words to find a title by; `matching.best_matches` ranks the user's tasks against them."""

    words: str


@dataclass(frozen=True)
class Filter:
    """Which tasks of the user's. Dates are half-open: `due_from <= due < due_before`.

    `overdue` means open and due before now. `text` is looked for in titles and notes.
    """

    status: Status = "open"
    tags: tuple[str, ...] = ()
    due_from: dt.date | None = None
    due_before: dt.date | None = None
    text: str | None = None
    overdue: bool = False
    priority: Priority | None = None


@dataclass(frozen=True)
class Every:
    """All tasks that a filter finds. Whoever acts on it asks first, naming the tasks."""

    filter: Filter


Target = ByNumber | ByTitle
BulkTarget = ByNumber | ByTitle | Every


# Intents -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AddTask:
    """`title` is never empty. A repeat always comes with the due date of its first occurrence."""

    title: str
    notes: str = ""
    due: When | None = None
    recurrence: Repeat | None = None
    priority: Priority = "normal"
    tags: tuple[str, ...] = ()
    reminders: tuple[ReminderTime, ...] = ()


@dataclass(frozen=True)
class ListTasks:
    filter: Filter = field(default_factory=Filter)


@dataclass(frozen=True)
class ShowTask:
    """One task in full ("show task 3", "when is the dentist due?")."""

    target: Target


@dataclass(frozen=True)
class CompleteTask:
    target: BulkTarget


@dataclass(frozen=True)
class SkipTask:
    """Skip the open occurrence of a repeating task."""

    target: Target


@dataclass(frozen=True)
class ReopenTask:
    target: Target


@dataclass(frozen=True)
class DeleteTask:
    """Said in explicit words only. A `ByTitle` target should be acted on only where the match is sure."""

    target: BulkTarget


@dataclass(frozen=True)
class RenameTask:
    target: Target
    title: str


@dataclass(frozen=True)
class RescheduleTask:
    """A new due; None takes the due away. `moves.moved` works out the new one from the task's present one."""

    target: BulkTarget
    due: When | TimeOnly | Shift | None


@dataclass(frozen=True)
class SetPriority:
    target: Target
    priority: Priority


@dataclass(frozen=True)
class AddTags:
    target: Target
    tags: tuple[str, ...]


@dataclass(frozen=True)
class RemoveTags:
    target: Target
    tags: tuple[str, ...]


@dataclass(frozen=True)
class SetRecurrence:
    """Make a task repeat from `first`, the first date of the rule from today on (or the start that was said).

    Where the task has a due date and `first_was_said` is false, the series runs from that due date instead.
    """

    target: Target
    recurrence: Repeat
    first: When
    first_was_said: bool = False


@dataclass(frozen=True)
class StopRecurrence:
    target: Target


@dataclass(frozen=True)
class AddReminder:
    """Remind of an existing task. Where a `ByTitle` target matches nothing, `or_add` is the task to offer instead."""

    target: Target
    when: ReminderTime
    or_add: AddTask | None = None


@dataclass(frozen=True)
class CancelReminder:
    """Cancel a task's scheduled reminders; without a target, all of the user's (ask first)."""

    target: Target | None


@dataclass(frozen=True)
class ListReminders:
    target: Target | None = None


@dataclass(frozen=True)
class Help:
    pass


@dataclass(frozen=True)
class Greeting:
    pass


@dataclass(frozen=True)
class Thanks:
    pass


@dataclass(frozen=True)
class Declined:
    """The answer to the pending question is no, or "never mind"."""


Intent = (
    AddTask
    | ListTasks
    | ShowTask
    | CompleteTask
    | SkipTask
    | ReopenTask
    | DeleteTask
    | RenameTask
    | RescheduleTask
    | SetPriority
    | AddTags
    | RemoveTags
    | SetRecurrence
    | StopRecurrence
    | AddReminder
    | CancelReminder
    | ListReminders
    | Help
    | Greeting
    | Thanks
    | Declined
)


# The result ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Option:
    """One answer to a question: what the user sees, and the message that says the same without doubt."""

    label: str
    message: str


@dataclass(frozen=True)
class Question:
    """One question to the user. Keep it and pass it as `Context.pending` with the next message.

    The next message is understood as an answer if it names an option ("1", "the second", its label), says yes where
    there is one option only, says no (`Declined`), or, with a `template`, completes it: `{answer}` stands for the
    answer. A message that is a command of its own is understood as that command. An answered question comes back from
    `understand` as the finished intents, so nobody else has to interpret it.
    """

    text: str
    options: tuple[Option, ...] = ()
    template: str | None = None


@dataclass(frozen=True)
class Understood:
    """What to do, in the order said. Never empty."""

    intents: tuple[Intent, ...]


@dataclass(frozen=True)
class Ambiguous:
    """The message could mean several things, or lacks something: ask `question`, do nothing yet."""

    question: Question


@dataclass(frozen=True)
class NotUnderstood:
    """No meaning was found, and nothing must be done. `suggestions` are messages that would be understood."""

    reason: str
    suggestions: tuple[str, ...]


Understanding = Understood | Ambiguous | NotUnderstood


# What was said before ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class KnownTask:
    """A task that the conversation has named, or one to match words against."""

    number: int
    title: str


@dataclass(frozen=True)
class Context:
    """What a message may refer back to.

    `mentioned`: the tasks that the last answer was about, most recent last ("it" is the only one, "them" are all).
    `listed`: the last list shown, in its order ("the first one").
    `week_start`: 0 is Monday, 6 is Sunday.
    `date_order`: how the user writes 5/12; None asks.
    `pending`: the question that this message may answer.
    """

    mentioned: tuple[KnownTask, ...] = ()
    listed: tuple[KnownTask, ...] = ()
    week_start: int = 0
    date_order: Literal["day-first", "month-first"] | None = None
    pending: Question | None = None
