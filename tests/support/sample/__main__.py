"""The sample service as a process of its own: ``python -m tests.support.sample serve``."""

import asyncio

from quart import Quart
from sqlalchemy import insert

from events.cli import service_commands
from events.contracts import UserUpdated
from events.database import create_engine
from events.envelope import Event
from events.http.app import create_app
from events.messaging import Messaging
from events.service import EventService
from events.settings import ServiceSettings
from events.subscriptions import Outcome, Subscriptions
from events.unit_of_work import UnitOfWork
from tests.support.fakes import nth_id
from tests.support.sample.service import EFFECTS, NAME, PACKAGE, TABLES


class SampleSettings(ServiceSettings):
    SERVICE = NAME
    port: int = 8999


async def on_user_updated(event: Event[UserUpdated], uow: UnitOfWork) -> Outcome:
    await uow.connection.execute(
        insert(EFFECTS).values(event_id=event.envelope.id, subject=event.envelope.subject, version=event.data.version)
    )
    return Outcome.APPLIED


def application(service: EventService[UnitOfWork]) -> Quart:
    app = create_app(NAME)
    service.install(app)

    under_way, stopping = asyncio.Event(), asyncio.Event()
    service.health.at_shutdown(stopping.set)

    @app.get("/slow")
    async def is_slow() -> dict[str, bool]:
        return {"under_way": under_way.is_set()}

    @app.post("/slow")
    async def slow() -> dict[str, bool]:
        """Takes as long as the service is not told to stop, and a little longer, and then publishes."""
        under_way.set()
        await stopping.wait()
        await asyncio.sleep(0.1)
        async with service.new_unit_of_work() as uow:
            await uow.publish(UserUpdated(user_id=nth_id(1), version=1, email="a@example.com", timezone="UTC"))
            await uow.commit()
        return {"finished": True}

    return app


async def serve(settings: SampleSettings) -> None:
    service = EventService(
        settings,
        Messaging(settings.SERVICE, create_engine(settings), TABLES),
        UnitOfWork,
        Subscriptions({UserUpdated: on_user_updated}),
    )
    await service.serve(application(service))


if __name__ == "__main__":
    service_commands(SampleSettings, PACKAGE, serve)()
