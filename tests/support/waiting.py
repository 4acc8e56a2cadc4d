"""Waiting for something to become true, for a bounded time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(
    probe: Callable[[], Awaitable[T | None]], what: str | Callable[[], str], *, within: float = 30, every: float = 0.02
) -> T:
    """Asks `probe` again and again until its answer is truthy, and returns that.

    A probe that fails an assertion is asked again as well. Fails, naming `what`, after `within` seconds.
    """
    latest: AssertionError | None = None
    try:
        async with asyncio.timeout(within):
            while True:
                try:
                    if answer := await probe():
                        return answer
                except AssertionError as error:
                    latest = error
                await asyncio.sleep(every)
    except TimeoutError:
        name = what if isinstance(what, str) else what()
        raise AssertionError(f"after {within} s it is still not so: {name}") from latest
