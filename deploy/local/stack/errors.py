"""What can go wrong while the stack is prepared or started."""


class StackError(Exception):
    """Something failed that its message explains, with what to do about it."""


class Interrupted(StackError):
    """The user asked to stop before the work was done."""

    def __init__(self) -> None:
        super().__init__("interrupted")
