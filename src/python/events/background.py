"""The loops that a service runs beside its requests: started, watched, restarted, stopped."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import structlog

from events.backoff import Backoff
from events.database import as_unavailable
from events.errors import Unavailable
from events.health import Unhealthy
from events.metrics import LOOP_FAILURES

_log = structlog.get_logger(__name__)

Run = Callable[[asyncio.Event], Awaitable[None]]
"""Works until the event is set, then finishes what is under way and returns."""


@dataclass
class LoopState:
    """How a loop is doing."""

    name: str
    running: bool = False
    failures: int = 0
    """Crashes in a row: it starts from nothing again once the loop has run for a while."""
    last_error: str | None = None


@dataclass
class _Loop:
    state: LoopState
    run: Run
    task: asyncio.Task[None] | None = None


@dataclass
class Supervisor:
    """Runs loops until told to stop. A loop that crashes is logged and started again, after a pause that grows."""

    backoff: Backoff = field(default_factory=lambda: Backoff(0.2, 2.0, 10.0))
    steady_seconds: float = 30.0
    """A loop that ran for so long before it crashed is taken to have recovered from its earlier crashes."""
    _loops: list[_Loop] = field(default_factory=list)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, name: str, run: Run) -> None:
        """Adds a loop, to be started by `start`."""
        self._loops.append(_Loop(LoopState(name), run))

    def start(self) -> None:
        """Starts all loops."""
        for loop in self._loops:
            loop.task = asyncio.create_task(self._keep_running(loop), name=loop.state.name)

    async def stop(self, deadline_seconds: float) -> None:
        """Asks all loops to finish, and cancels those that have not by the deadline."""
        self._stop.set()
        tasks = [loop.task for loop in self._loops if loop.task is not None]
        if not tasks:
            return
        _, late = await asyncio.wait(tasks, timeout=deadline_seconds)
        for task in late:
            _log.warning("background loop cancelled at the deadline", loop=task.get_name())
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def states(self) -> list[LoopState]:
        """How each loop is doing."""
        return [loop.state for loop in self._loops]

    async def check(self) -> Mapping[str, object]:
        """A health check: raises `Unhealthy` while a loop is not running."""
        details = {
            state.name: {"running": state.running, "failures": state.failures, "last_error": state.last_error}
            for state in self.states
        }
        if not all(state.running for state in self.states):
            raise Unhealthy("a background loop is not running", {"loops": details})
        return {"loops": details}

    async def _keep_running(self, loop: _Loop) -> None:
        state = loop.state
        clock = asyncio.get_running_loop().time
        while not self._stop.is_set():
            started = clock()
            state.running = True
            try:
                await loop.run(self._stop)
            except asyncio.CancelledError as error:
                if _is_being_cancelled():
                    raise
                # Something that the loop waited for was cancelled, not the loop: without this, it would end unnoticed.
                self._crashed(state, error, clock() - started)
            except Exception as error:  # noqa: BLE001  # the top of a loop
                self._crashed(state, error, clock() - started)
            finally:
                state.running = False
            await self._pause(self.backoff.delay(max(state.failures, 1)))

    def _crashed(self, state: LoopState, error: BaseException, ran_seconds: float) -> None:
        if ran_seconds >= self.steady_seconds:
            state.failures = 0
        state.failures += 1
        state.last_error = repr(error)
        LOOP_FAILURES.labels(state.name).inc()
        if isinstance(error, Unavailable) or as_unavailable(error) is not None:
            _log.warning("background loop waits for the database", loop=state.name, error=repr(error))
        else:
            _log.error("background loop crashed", loop=state.name, failures=state.failures, exc_info=error)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def every(seconds: float, work: Callable[[], Awaitable[object]], stop: asyncio.Event) -> None:
    """Does `work` at once and then after each pause of so many seconds, until `stop` is set."""
    while not stop.is_set():
        await work()
        try:
            async with asyncio.timeout(seconds):
                await stop.wait()
        except TimeoutError:
            continue
