"""The service's unit of work."""

from typing import Self

from events.unit_of_work import UnitOfWork
from notification.adapters.repositories.deliveries import Deliveries
from notification.adapters.repositories.reminders import Reminders
from notification.adapters.repositories.tasks import Tasks
from notification.adapters.repositories.users import Users


class NotificationUnitOfWork(UnitOfWork):
    """One transaction over reminders, their deliveries, and what is known of tasks and users.

    Rows are locked in this order: task, its deliveries, its reminders. Handlers hold the inbox's lock of their task
    as well, so only erasing a user can meet them in a circle; PostgreSQL ends that, and the loser is tried again.
    """

    users: Users
    tasks: Tasks
    reminders: Reminders
    deliveries: Deliveries

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.users = Users(self.connection)
        self.tasks = Tasks(self.connection)
        self.reminders = Reminders(self.connection)
        self.deliveries = Deliveries(self.connection)
        return self
