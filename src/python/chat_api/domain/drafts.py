"""What a user asks for: a new task, or changes of one."""

from dataclasses import dataclass, fields
from enum import Enum
from typing import Final, Literal

from chat_api.domain.reminder import ReminderDraft
from chat_api.domain.task import Basis, Due, Priority


class _Unset(Enum):
    UNSET = "unset"


UNSET: Final = _Unset.UNSET
"""Stands for a field that is not to be changed, where none means to empty it."""

Unset = Literal[_Unset.UNSET]


@dataclass(frozen=True)
class RecurrenceDraft:
    """A repeat: an RFC 5545 rule in the subset of `events.recurrence`, and what it counts from."""

    rule: str
    basis: Basis = Basis.DUE


@dataclass(frozen=True)
class TaskDraft:
    """A task to be added. A recurrence without a due begins with the first date its rule names, today or later."""

    title: str
    notes: str = ""
    priority: Priority = Priority.NORMAL
    tags: tuple[str, ...] = ()
    due: Due | None = None
    recurrence: RecurrenceDraft | None = None
    reminders: tuple[ReminderDraft, ...] = ()


@dataclass(frozen=True)
class TaskChanges:
    """The fields of a task to be changed. None as `due` or `recurrence` takes it away."""

    title: str | Unset = UNSET
    notes: str | Unset = UNSET
    priority: Priority | Unset = UNSET
    tags: tuple[str, ...] | Unset = UNSET
    due: Due | Unset | None = UNSET
    recurrence: RecurrenceDraft | Unset | None = UNSET

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be changed."""
        return all(getattr(self, field.name) is UNSET for field in fields(self))
