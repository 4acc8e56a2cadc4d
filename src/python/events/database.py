"""The way to PostgreSQL: engines, and what its failures mean to whoever asked."""

from uuid import uuid4

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from events.errors import Unavailable
from events.settings import ServiceSettings

# SQLSTATEs that speak of the server or of contention, not of what was asked: connection exceptions,
# insufficient resources, operator intervention (shutdown, cancelled), serialization failures and deadlocks,
# a lock not to be had, and a server that has become read-only (a failover).
_TRANSIENT_CLASSES = ("08", "53", "57", "40")
_TRANSIENT_STATES = ("55P03", "25006")


def create_engine(settings: ServiceSettings) -> AsyncEngine:
    """An engine for `settings.database_url`. It connects when first used."""
    connect_args: dict[str, object] = {
        "timeout": settings.database_connect_timeout_seconds,
        "command_timeout": settings.database_command_timeout_seconds,
        "server_settings": {"application_name": settings.SERVICE},
    }
    if settings.behind_pooler:
        # Each transaction may run on another server connection, which knows nothing of the statements prepared on
        # the last one; and names chosen by a counter would collide there.
        return create_async_engine(
            settings.database_url,
            poolclass=NullPool,
            connect_args=connect_args
            | {
                "statement_cache_size": 0,
                "prepared_statement_cache_size": 0,
                "prepared_statement_name_func": lambda: f"__tickler_{uuid4()}__",
            },
        )
    return create_async_engine(
        settings.database_url,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=settings.database_pool_timeout_seconds,
        pool_pre_ping=True,
        connect_args=connect_args,
    )


def as_unavailable(error: BaseException | None) -> Unavailable | None:
    """`Unavailable` where `error` says that the database cannot be used now; none for every other error."""
    if isinstance(error, (OSError, PoolTimeout)):  # a refused connection and a time-out are OSErrors
        return Unavailable()
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None) or ""
        if error.connection_invalidated or state.startswith(_TRANSIENT_CLASSES) or state in _TRANSIENT_STATES:
            return Unavailable()
    return None
