"""The service's unit of work."""

from typing import Self

from events.unit_of_work import UnitOfWork
from recurring.adapters.repositories import PostgresCompletions, PostgresInstances, PostgresUsers
from recurring.service_layer.repositories import Completions, Instances, Users


class RecurringUnitOfWork(UnitOfWork):
    """One transaction over completions and the instances that follow them."""

    users: Users
    completions: Completions
    instances: Instances

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.users = PostgresUsers(self.connection)
        self.completions = PostgresCompletions(self.connection)
        self.instances = PostgresInstances(self.connection)
        return self
