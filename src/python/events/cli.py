"""The commands that every service has: ``serve``, ``migrate`` and ``dead-letters``."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import update_wrapper
from typing import Any, TypeVar
from uuid import UUID

import click
from pydantic import ValidationError
from sqlalchemy import MetaData

from events.database import create_engine
from events.dead_letters import DeadLetters, DeadLetterView, Reason, State
from events.errors import TicklerError
from events.logs import configure_logging
from events.messaging import Messaging
from events.migrations.environment import upgrade
from events.settings import ServiceSettings
from events.tables import messaging_tables
from events.unit_of_work import UnitOfWork

S = TypeVar("S", bound=ServiceSettings)
T = TypeVar("T")


def service_commands(
    settings_type: type[S], package: str, serve: Callable[[S], Coroutine[Any, Any, None]]
) -> click.Group:
    """The command group of a service; the service may add its own commands to it.

    Args:
        settings_type: read from the environment when a command runs.
        package: the service's package, in which the migrations are.
        serve: serves until told to stop.
    """

    @click.group(name=settings_type.SERVICE)
    def commands() -> None:
        pass

    @commands.command("serve")
    def serve_command() -> None:
        """Serve HTTP and run the background loops, until SIGTERM."""
        settings = read_settings(settings_type)
        configure_logging(settings)
        asyncio.run(serve(settings))

    @commands.command("migrate")
    @click.option("--revision", default="head", show_default=True, help="Where to stop.")
    @click.option("--lock-timeout", default=5.0, show_default=True, help="Seconds to wait for a table in use.")
    def migrate_command(revision: str, lock_timeout: float) -> None:
        """Bring the service's own schema up to date."""
        settings = read_settings(settings_type)
        asyncio.run(upgrade(settings.direct_url, package, revision=revision, lock_timeout_seconds=lock_timeout))
        click.echo(f"{settings.SERVICE}: the database is at {revision}.")

    commands.add_command(dead_letters_commands(settings_type))
    return commands


def read_settings(settings_type: type[S]) -> S:
    """The settings in the environment; ends the command, naming each variable that is missing or wrong."""
    try:
        return settings_type()  # type: ignore[call-arg]  # the environment has them
    except ValidationError as error:
        problems = "\n".join(
            f"  {'.'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise click.ClickException(f"The environment lacks something, or it is wrong:\n{problems}") from error


def dead_letters_commands(settings_type: type[ServiceSettings]) -> click.Group:
    """``dead-letters list | show | replay | discard``."""

    @click.group("dead-letters")
    def dead_letters() -> None:
        """Events that will not be tried again unless you say so."""

    def command(act: Callable[..., Awaitable[None]]) -> Callable[..., None]:
        def run(**arguments: Any) -> None:
            asyncio.run(_with_dead_letters(settings_type, act, arguments))

        return update_wrapper(run, act)

    @dead_letters.command("list")
    @click.option("--state", type=click.Choice([*map(str, State), "all"]), default="open", show_default=True)
    @click.option("--type", "event_type", help="Only events of this type, such as task.completed.")
    @click.option("--reason", type=click.Choice([*map(str, Reason)]))
    @click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
    @click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
    @command
    async def list_(
        letters: DeadLetters,
        uow: UnitOfWork,
        state: str,
        event_type: str | None,
        reason: str | None,
        limit: int,
        as_json: bool,
    ) -> None:
        """List dead letters, the oldest first."""
        found = await letters.find(
            uow,
            state=None if state == "all" else State(state),
            event_type=event_type,
            reason=Reason(reason) if reason else None,
            limit=limit,
        )
        for letter in found:
            click.echo(json.dumps(letter.as_json()) if as_json else _line(letter))
        if not found and not as_json:
            click.echo("There are none.")

    @dead_letters.command("show")
    @click.argument("letter_id", type=click.UUID)
    @command
    async def show(letters: DeadLetters, uow: UnitOfWork, letter_id: UUID) -> None:
        """Show one dead letter with its payload, by its id or its event's."""
        click.echo(json.dumps((await letters.get(uow, letter_id)).as_json(), indent=2, ensure_ascii=False))

    @dead_letters.command("replay")
    @click.argument("letter_ids", type=click.UUID, nargs=-1)
    @click.option("--type", "event_type", help="Replay every open one of this type.")
    @command
    async def replay(
        letters: DeadLetters, uow: UnitOfWork, letter_ids: tuple[UUID, ...], event_type: str | None
    ) -> None:
        """Have events tried again, at once and with all their attempts before them."""
        chosen = await _chosen(letters, uow, letter_ids, event_type)
        for letter in chosen:
            await letters.replay(uow, letter)
        await uow.commit()
        click.echo(f"{len(chosen)} replayed.")

    @dead_letters.command("discard")
    @click.argument("letter_ids", type=click.UUID, nargs=-1)
    @click.option("--type", "event_type", help="Discard every open one of this type.")
    @command
    async def discard(
        letters: DeadLetters, uow: UnitOfWork, letter_ids: tuple[UUID, ...], event_type: str | None
    ) -> None:
        """Close dead letters; their events will have no effect."""
        chosen = await _chosen(letters, uow, letter_ids, event_type)
        for letter in chosen:
            await letters.discard(uow, letter)
        await uow.commit()
        click.echo(f"{len(chosen)} discarded.")

    return dead_letters


async def _chosen(
    letters: DeadLetters, uow: UnitOfWork, letter_ids: tuple[UUID, ...], event_type: str | None
) -> list[DeadLetterView]:
    if bool(letter_ids) == bool(event_type):
        raise click.UsageError("Name either ids or a --type.")
    if event_type:
        return await letters.find(uow, event_type=event_type, limit=None)
    return [await letters.get(uow, letter_id) for letter_id in letter_ids]


async def _with_dead_letters(
    settings_type: type[ServiceSettings], act: Callable[..., Awaitable[None]], arguments: dict[str, Any]
) -> None:
    async with _messaging(read_settings(settings_type)) as messaging:
        try:
            async with UnitOfWork(messaging) as uow:
                await act(DeadLetters(messaging), uow, **arguments)
        except TicklerError as error:
            raise click.ClickException(f"{error.title}. {error.detail}") from error


@asynccontextmanager
async def _messaging(settings: ServiceSettings) -> AsyncIterator[Messaging]:
    engine = create_engine(settings)
    try:
        yield Messaging(settings.SERVICE, engine, messaging_tables(MetaData()))
    finally:
        await engine.dispose()


def _line(letter: DeadLetterView) -> str:
    return (
        f"{letter.id}  {letter.died_at:%Y-%m-%d %H:%M:%S}Z  {letter.state:9}  {letter.reason:16}"
        f"  {letter.type or '-':22}  {letter.subject or '-'}  attempts={letter.attempts}  {letter.error[:120]}"
    )
