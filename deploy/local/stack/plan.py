"""Steps that run as soon as those before them are done, side by side."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

from stack.commands import Commands
from stack.console import Console
from stack.errors import Interrupted, StackError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_NOTEWORTHY_SECONDS = 0.3
_HEARTBEAT_SECONDS = 15.0


class _Skipped(Exception):
    """A step before this one failed."""


class Step(Generic[T_co]):
    """Something to do once, with a result for later steps."""

    def __init__(self, name: str, action: Callable[[], T_co], after: tuple["Step[object]", ...]) -> None:
        self.name = name
        self.after = after
        self.began: float | None = None
        self._action = action
        self._future: Future[T_co] = Future()

    @property
    def value(self) -> T_co:
        """The result; only a step that comes `after` this one may ask."""
        return self._future.result(timeout=0)

    @property
    def running(self) -> bool:
        return self.began is not None and not self._future.done()

    def run(self, console: Console) -> None:
        try:
            for earlier in self.after:
                earlier.wait()
            self.began = time.monotonic()
            result = self._action()
        except BaseException as error:
            self._future.set_exception(error)
            raise
        took = time.monotonic() - self.began
        if took > _NOTEWORTHY_SECONDS:
            console.line(f"{self.name} ({took:.1f} s)")
        self._future.set_result(result)

    def wait(self) -> None:
        if self._future.exception() is not None:
            raise _Skipped


class Plan:
    """A graph of steps. The first failure ends the others; so does an interruption."""

    def __init__(self, console: Console, commands: Commands) -> None:
        self._console = console
        self._commands = commands
        self._steps: list[Step[object]] = []

    def step(self, name: str, action: Callable[[], T], after: Iterable[Step[object]] = ()) -> Step[T]:
        """Adds a step. `name` says what is true once it is done."""
        step = Step(name, action, tuple(after))
        self._steps.append(step)
        return step

    def run(self) -> None:
        """Runs every step.

        Raises:
            StackError: a step failed; what it raised.
            Interrupted: the main thread was interrupted, or another asked the commands to stop.
        """
        pool = ThreadPoolExecutor(max_workers=max(1, len(self._steps)), thread_name_prefix="step")
        with pool:
            futures = [pool.submit(step.run, self._console) for step in self._steps]
            try:
                self._watch(futures)
            except BaseException:
                self._commands.interrupt()
                raise

    def _watch(self, futures: list[Future[None]]) -> None:
        pending = set(futures)
        next_heartbeat = time.monotonic() + _HEARTBEAT_SECONDS
        while pending:
            done, pending = wait(pending, timeout=0.2)
            failures = [error for future in done if (error := future.exception()) is not None]
            for error in failures:
                if not isinstance(error, _Skipped | Interrupted):
                    raise error
            if failures and not pending:
                raise Interrupted
            if time.monotonic() > next_heartbeat:
                next_heartbeat += _HEARTBEAT_SECONDS
                running = [step.name for step in self._steps if step.running]
                self._console.line(f"working on: {', '.join(running)}")


def wait_until(
    ready: Callable[[], bool], *, what: str, timeout: float, commands: Commands, hint: str, every: float = 0.05
) -> None:
    """Asks again and again until `ready`.

    Raises:
        StackError: it did not become true within `timeout` seconds; the message names `what` and the `hint`.
    """
    deadline = time.monotonic() + timeout
    while not ready():
        if time.monotonic() > deadline:
            raise StackError(f"{what} was not ready within {timeout:.0f} s; {hint}")
        commands.pause(every)
