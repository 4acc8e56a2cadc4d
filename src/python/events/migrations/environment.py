"""Runs a service's migrations, over asyncpg and without an ``alembic.ini``."""

import importlib.resources
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from events.locks import lock_key

_LOCK_TIMEOUT_SECONDS = 5.0


async def upgrade(
    url: str, package: str, *, revision: str = "head", lock_timeout_seconds: float = _LOCK_TIMEOUT_SECONDS
) -> None:
    """Migrates upwards, in one transaction: all of it happens, or none.

    Two that run at once are safe: the second waits, and then finds nothing left to do.

    Args:
        url: ``postgresql+asyncpg://…``, past any pooler, as the role that owns the service's schema.
        package: the package of the service, such as ``chat_api``; revisions are in its ``migrations/versions``.
        revision: where to stop.
        lock_timeout_seconds: how long a statement may wait for a table that is in use, before it gives up
            rather than making the service's own statements queue behind it.
    """
    await _run(url, package, lock_timeout_seconds, lambda config: command.upgrade(config, revision))


async def downgrade(
    url: str, package: str, revision: str, *, lock_timeout_seconds: float = _LOCK_TIMEOUT_SECONDS
) -> None:
    """Migrates down to `revision` (``base`` for nothing at all), in one transaction."""
    await _run(url, package, lock_timeout_seconds, lambda config: command.downgrade(config, revision))


def alembic_config(package: str) -> Config:
    """Alembic's configuration for the service `package`."""
    config = Config()
    config.set_main_option("script_location", str(importlib.resources.files("events") / "migrations"))
    config.set_main_option("version_locations", str(importlib.resources.files(package) / "migrations" / "versions"))
    config.set_main_option("path_separator", "newline")
    return config


def run_in_context(context: Any) -> None:
    """What alembic's ``env.py`` does: migrates on the connection that `upgrade` put there, in its transaction."""
    context.configure(connection=context.config.attributes["connection"], target_metadata=None)
    context.run_migrations()


async def _run(url: str, package: str, lock_timeout_seconds: float, act: Any) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_migrate, package, lock_timeout_seconds, act)
    finally:
        await engine.dispose()


def _migrate(connection: Connection, package: str, lock_timeout_seconds: float, act: Any) -> None:
    # Waits for another runner without a limit, so it comes before the limit is set.
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": lock_key("migrations", package)})
    connection.execute(text(f"SET LOCAL lock_timeout = {int(lock_timeout_seconds * 1000)}"))
    config = alembic_config(package)
    config.attributes["connection"] = connection
    act(config)
