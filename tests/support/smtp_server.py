"""A mail server that keeps what it takes, and that misbehaves where a test says so."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

Behaviour = Callable[["SmtpConnection"], Awaitable[str | None]]
"""What to do instead of saying yes: an answer such as "451 later", or none to say yes after all."""


class SmtpConnection(SMTP):
    """One connection of a client."""

    is_cut = False

    def cut(self) -> None:
        """Ends the connection as a crash would."""
        self.is_cut = True
        cast("asyncio.Transport", self.transport).abort()


async def cut(connection: SmtpConnection) -> str | None:
    """A behaviour: the connection ends without an answer."""
    connection.cut()
    return None


def say(answer: str) -> Behaviour:
    """A behaviour: this answer."""

    async def behave(_connection: SmtpConnection) -> str | None:
        return answer

    return behave


@dataclass
class MailServer:
    """What the server took, and how it is to behave."""

    port: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    handed_over: int = 0
    """How many mails arrived in full, whatever the answer."""
    at_sender: list[Behaviour] = field(default_factory=list)
    at_recipient: list[Behaviour] = field(default_factory=list)
    before_taking: list[Behaviour] = field(default_factory=list)
    """After a mail's last byte, before the mail is taken. Each behaviour is for one mail, in their order."""
    after_taking: list[Behaviour] = field(default_factory=list)
    """After the mail is taken, before that is said."""
    always_at_sender: Behaviour | None = None

    @property
    def message_ids(self) -> list[str]:
        return [message["Message-ID"] for message in self.taken]


class _Handler:
    def __init__(self, server: MailServer):
        self._server = server

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's name
        self, connection: SmtpConnection, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await _next(self._server.at_sender, connection)
        if answer is None and self._server.always_at_sender is not None:
            answer = await self._server.always_at_sender(connection)
        if answer is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer or "250 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, connection: SmtpConnection, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = await _next(self._server.at_recipient, connection)
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name
        self, connection: SmtpConnection, _session: Session, envelope: Envelope
    ) -> str:
        self._server.handed_over += 1
        answer = await _next(self._server.before_taking, connection)
        if answer is not None or connection.is_cut:
            return answer or "451 gone"
        content = cast("bytes", envelope.content)
        self._server.taken.append(message_from_bytes(content, policy=default))
        self._server.recipients += envelope.rcpt_tos
        return await _next(self._server.after_taking, connection) or "250 OK"


async def _next(behaviours: list[Behaviour], connection: SmtpConnection) -> str | None:
    return await behaviours.pop(0)(connection) if behaviours else None


@asynccontextmanager
async def mail_server(**options: Any) -> AsyncIterator[MailServer]:
    """Serves on a free port of 127.0.0.1; `options` go to aiosmtpd."""
    state = MailServer()
    connections: list[SmtpConnection] = []

    def connected() -> SmtpConnection:
        state.connections += 1
        connections.append(SmtpConnection(_Handler(state), hostname="mail.test", **options))
        return connections[-1]

    server = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()
        for connection in connections:
            if connection.transport is not None:
                connection.cut()
        await server.wait_closed()
        # Lets each connection's own task notice that its transport is gone.
        await asyncio.gather(
            *(task for c in connections if (task := c._handler_coroutine) is not None), return_exceptions=True
        )
