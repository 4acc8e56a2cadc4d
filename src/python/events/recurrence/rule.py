"""The rule of a repeat."""

import datetime as dt
from dataclasses import dataclass
from typing import Self

from events.recurrence.calendar import check_possible
from events.recurrence.parsing import parse_parts
from events.recurrence.parts import RuleParts, Skip
from events.recurrence.words import describe


@dataclass(frozen=True)
class Rule(RuleParts):
    """When something repeats. The date of the first occurrence is no part of it."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a rule such as ``FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR``, with or without ``RRULE:`` before it.

        Raises:
            RuleError: it cannot be read, has a part that is not supported, or can never occur.
        """
        parts = parse_parts(text)
        check_possible(parts)
        return cls(**vars(parts))

    def __str__(self) -> str:
        """The rule in one canonical form; rules that are equal read the same."""
        parts = [f"FREQ={self.frequency}"]
        if self.interval != 1:
            parts.append(f"INTERVAL={self.interval}")
        for name, values in (("BYMONTH", self.by_month), ("BYMONTHDAY", self.by_month_day), ("BYDAY", self.by_day)):
            if values:
                parts.append(f"{name}={','.join(map(str, values))}")
        if self.skip is not Skip.OMIT:
            parts.append(f"SKIP={self.skip}")
        if self.count is not None:
            parts.append(f"COUNT={self.count}")
        if self.until is not None:
            parts.append(f"UNTIL={self.until:%Y%m%d}")
        return ";".join(parts)

    def describe(self, start: dt.date | None = None) -> str:
        """The rule in English, such as "every 2 weeks on Monday and Friday".

        With `start`, the date of the first occurrence, what the rule leaves open is said as well.
        """
        return describe(self if start is None else self.anchored(start))
