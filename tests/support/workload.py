"""People at work: users who add, complete and set reminders, and remember what they were told."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator

import httpx

from tests.support.ledger import Acknowledged
from tests.support.tickler import User
from tests.support.waiting import eventually

REMIND_AFTER = dt.timedelta(seconds=3)


class Workload:
    """Runs until told to stop. Only what the server answered with success counts as acknowledged."""

    def __init__(self, users: list[User]) -> None:
        self.acknowledged = Acknowledged(users=users)
        self._stop = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Workload"]:
        async with asyncio.TaskGroup() as group:
            for user in self.acknowledged.users:
                group.create_task(self._work(user))
            try:
                yield self
            finally:
                self._stop.set()

    async def until_acknowledged(self, more: int) -> None:
        """Waits until `more` further tasks were acknowledged."""
        target = len(self.acknowledged.tasks) + more

        async def reached() -> bool:
            return len(self.acknowledged.tasks) >= target

        await eventually(reached, f"{more} more tasks are acknowledged", within=120)

    async def _work(self, user: User) -> None:
        while not self._stop.is_set():
            # Refused or cut off: nothing was promised, so nothing is counted.
            with contextlib.suppress(httpx.HTTPError):
                await self._round(user)

    async def _round(self, user: User) -> None:
        plain = await user.add_task(title="Call the dentist")
        self.acknowledged.tasks.append(plain)
        remind_at = dt.datetime.now(dt.UTC) + REMIND_AFTER
        reminder = await user.remind(plain["number"], remind_at)
        self.acknowledged.reminders.append((user, reminder))

        today = dt.datetime.now(dt.UTC).date()
        daily = await user.add_task(
            title="Water the plants", due={"date": today.isoformat()}, recurrence={"rule": "FREQ=DAILY"}
        )
        self.acknowledged.tasks.append(daily)
        await user.complete_task(daily["number"])
        self.acknowledged.completed_in_series.append(daily)
