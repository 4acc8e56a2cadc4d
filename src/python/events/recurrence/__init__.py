"""Repeating due dates: rules, what they mean in words, and which occurrence comes next.

Pure calendar arithmetic, used alike by whoever shows a series and by whoever continues it, so that the two agree.
Nothing here reads a clock.
"""

from events.recurrence.calendar import LAST_DATE
from events.recurrence.due import Due, InvalidDue, local_date, resolve_local, zone
from events.recurrence.parts import ByDay, Frequency, RuleError, Skip, Weekday
from events.recurrence.rule import Rule
from events.recurrence.series import (
    MAX_NAMED_SKIPS,
    Next,
    Occurrence,
    check_start,
    first_due,
    instance_id,
    next_occurrence,
    occurrences,
    preview,
)

__all__ = [
    "LAST_DATE",
    "MAX_NAMED_SKIPS",
    "ByDay",
    "Due",
    "Frequency",
    "InvalidDue",
    "Next",
    "Occurrence",
    "Rule",
    "RuleError",
    "Skip",
    "Weekday",
    "check_start",
    "first_due",
    "instance_id",
    "local_date",
    "next_occurrence",
    "occurrences",
    "preview",
    "resolve_local",
    "zone",
]
