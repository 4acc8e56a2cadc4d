"""Mail over SMTP, with connections that are kept for the next mail."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.policy import SMTPUTF8
from typing import Literal, TypeVar

import aiosmtplib

from notification.adapters.addresses import parse_address
from notification.service_layer.mailing import OutcomeUnknown, PermanentlyRefused, TemporarilyRefused

T = TypeVar("T")

Security = Literal["none", "starttls", "tls"]

# Servers close connections that idle, and some count the mails of one.
_IDLE_SECONDS = 10.0
_MAILS_PER_CONNECTION = 100
_QUIT_SECONDS = 1.0


@dataclass(frozen=True)
class SmtpServer:
    """Where mails go, and as whom."""

    host: str
    port: int
    security: Security = "none"
    username: str | None = None
    password: str | None = None


@dataclass
class _Connection:
    client: aiosmtplib.SMTP
    mails: int = 0
    idle_since: float = 0.0
    has_refused: bool = False
    """Whether the server may still hold an envelope that it refused a part of."""


class SmtpMailer:
    """A `Mailer` over a pool of connections to one server.

    Args:
        server: where mails are handed over.
        sender: the envelope's sender, an address.
        timeout_seconds: for one mail, from getting a connection to the server's last answer.
    """

    def __init__(self, server: SmtpServer, *, sender: str, timeout_seconds: float):
        self._server = server
        self._sender = sender
        self._timeout_seconds = timeout_seconds
        self._idle: list[_Connection] = []
        self._tls = ssl.create_default_context() if server.security != "none" else None

    async def send(self, message: EmailMessage, recipient: str) -> None:
        """Hands `message` over for `recipient`. Raises as `Mailer.send` does."""
        recipient = parse_address(recipient).addr_spec
        handed_over = False
        try:
            async with asyncio.timeout(self._timeout_seconds), self._envelope(recipient) as connection:
                content = message.as_bytes(policy=SMTP_POLICY if recipient.isascii() else SMTPUTF8)
                # From here on the server may hold all of it, whatever becomes of its answer.
                handed_over = True
                await _answered(connection.client.data(content), PermanentlyRefused)
        except (OSError, TimeoutError, aiosmtplib.SMTPException) as error:
            detail = _describe(error)
            raise (OutcomeUnknown(detail) if handed_over else TemporarilyRefused(detail)) from error

    async def check(self) -> None:
        """Asks the server for a sign of life.

        Raises:
            TemporarilyRefused: it gives none.
        """
        try:
            async with asyncio.timeout(self._timeout_seconds), self._connection() as connection:
                await connection.client.noop()
        except (OSError, TimeoutError, aiosmtplib.SMTPException) as error:
            raise TemporarilyRefused(_describe(error)) from error

    async def close(self) -> None:
        """Ends the connections that are kept."""
        idle, self._idle = self._idle, []
        for connection in idle:
            await _quit(connection)

    @asynccontextmanager
    async def _envelope(self, recipient: str) -> AsyncIterator[_Connection]:
        """A connection on which sender and recipient are accepted."""
        async with self._connection() as connection:
            try:
                await self._address(connection, recipient)
            except aiosmtplib.SMTPServerDisconnected:
                if connection.mails == 0:
                    raise
                # The server closed it while it was kept; nothing of this mail has been said yet.
                await self._connect(connection)
                await self._address(connection, recipient)
            yield connection

    async def _address(self, connection: _Connection, recipient: str) -> None:
        client = connection.client
        if connection.has_refused:
            await _answered(client.rset(), TemporarilyRefused)
            connection.has_refused = False
        options, encoding = [], "ascii"
        if not recipient.isascii():
            if client.is_ehlo_or_helo_needed:
                await _answered(client.ehlo(), TemporarilyRefused)
            if not client.supports_extension("smtputf8"):
                raise PermanentlyRefused("the mail server takes no addresses beyond ASCII")
            options, encoding = ["SMTPUTF8"], "utf-8"
        # A refusal of the sender is about us, whatever its code: it must not use up everybody's reminders.
        await _answered(client.mail(self._sender, options=options, encoding=encoding), TemporarilyRefused)
        try:
            await _answered(client.rcpt(recipient, encoding=encoding), PermanentlyRefused)
        except ValueError as error:
            raise PermanentlyRefused(f"the address cannot be used: {error}") from error

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Connection]:
        """A connection, kept for the next one unless something went wrong with it."""
        connection = self._kept() or _Connection(self._new_client())
        try:
            if not connection.client.is_connected:
                await self._connect(connection)
            yield connection
        except (TemporarilyRefused, PermanentlyRefused):
            connection.has_refused = True
            self._keep(connection)
            raise
        except BaseException:
            connection.client.close()
            raise
        self._keep(connection)

    def _kept(self) -> _Connection | None:
        now = asyncio.get_running_loop().time()
        while self._idle:
            connection = self._idle.pop()
            if connection.client.is_connected and now - connection.idle_since < _IDLE_SECONDS:
                return connection
            connection.client.close()
        return None

    def _keep(self, connection: _Connection) -> None:
        connection.mails += 1
        if connection.mails >= _MAILS_PER_CONNECTION or not connection.client.is_connected:
            connection.client.close()
            return
        connection.idle_since = asyncio.get_running_loop().time()
        self._idle.append(connection)

    def _new_client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            username=self._server.username,
            password=self._server.password,
            use_tls=self._server.security == "tls",
            start_tls=self._server.security == "starttls",
            tls_context=self._tls,
            local_hostname=socket.gethostname(),
            timeout=self._timeout_seconds,
        )

    async def _connect(self, connection: _Connection) -> None:
        connection.mails = 0
        connection.has_refused = False
        await _answered(connection.client.connect(), TemporarilyRefused)


async def _answered(exchange: Awaitable[T], permanent: type[TemporarilyRefused] | type[PermanentlyRefused]) -> T:
    """The answer to `exchange`; a refusal for good (5xx) is raised as `permanent`, one for now (4xx) as temporary."""
    try:
        return await exchange
    except aiosmtplib.SMTPResponseException as error:
        if 500 <= error.code < 600:
            raise permanent(_describe(error)) from error
        if 400 <= error.code < 500:
            raise TemporarilyRefused(_describe(error)) from error
        raise  # no refusal but an answer that cannot be understood


async def _quit(connection: _Connection) -> None:
    try:
        async with asyncio.timeout(_QUIT_SECONDS):
            await connection.client.quit()
    except (OSError, TimeoutError, aiosmtplib.SMTPException):
        connection.client.close()


def _describe(error: BaseException) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{error.code} {error.message}"
    return str(error) or type(error).__name__
