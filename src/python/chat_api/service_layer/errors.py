"""What can be wrong with a request, beyond its form."""

from chat_api.domain.task import Task
from events.errors import Conflict, NotFound, PreconditionFailed, TicklerError, Unauthorized


class TaskNotFound(NotFound):
    """The actor has no task of that number."""

    code = "task-not-found"
    title = "There is no such task"

    def __init__(self, number: int | str):
        super().__init__(f"You have no task {number}.")


class ReminderNotFound(NotFound):
    """The actor has no such reminder."""

    code = "reminder-not-found"
    title = "There is no such reminder"


class TaskChanged(PreconditionFailed):
    """The task has another version than the caller saw.

    Attributes:
        task: as it is now.
    """

    code = "task-changed"
    title = "The task was changed in the meantime"

    def __init__(self, task: Task):
        super().__init__(f"Task {task.number} is at version {task.version} now.")
        self.task = task


class NotRecurring(Conflict):
    """Only an occurrence of a series can be skipped."""

    code = "not-recurring"
    title = "The task does not repeat"

    def __init__(self, number: int):
        super().__init__(f"Task {number} does not repeat, so there is no occurrence to skip.")


class ReminderOver(Conflict):
    """The reminder was sent, or is cancelled already."""

    code = "reminder-over"
    title = "The reminder is over"


class AccountGone(Unauthorized):
    """The account was deleted while it was being used."""

    code = "account-gone"
    title = "The account no longer exists"


class EmailTaken(Conflict):
    """There is an account with this address."""

    code = "email-taken"
    title = "There is an account with this e-mail address"


class WrongCredentials(Unauthorized):
    """The address or the password is wrong; which of the two is not told."""

    code = "wrong-credentials"
    title = "E-mail address or password is wrong"


class TooManyAttempts(TicklerError):
    """Too many failed attempts to log in to one account."""

    status = 429
    code = "too-many-attempts"
    title = "Too many attempts"

    def __init__(self, retry_after_seconds: int):
        super().__init__(f"Please try again in {retry_after_seconds} seconds.")
        self.retry_after_seconds = retry_after_seconds

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after_seconds)}


class TooManyTokens(Conflict):
    """An account has a bounded number of bearer tokens."""

    code = "too-many-tokens"
    title = "There are too many tokens"


class TokenNotFound(NotFound):
    """The actor has no such token."""

    code = "token-not-found"
    title = "There is no such token"


class KeyReused(TicklerError):
    """An idempotency key came with another request than the first time."""

    status = 422
    code = "idempotency-key-reused"
    title = "The idempotency key was used for another request"
