"""What makes mails and what takes them, and how that can end."""

from email.message import EmailMessage
from typing import Protocol

from notification.domain.mail import ReminderMail


class MailNotSent(Exception):
    """No mail server has taken the mail."""


class TemporarilyRefused(MailNotSent):
    """Trying again later may help: no connection, a refusal for now, or one that is not about this mail."""


class PermanentlyRefused(MailNotSent):
    """Trying this mail again cannot help: its recipient or its content is refused for good."""


class OutcomeUnknown(Exception):
    """The connection ended, or time ran out, after the mail was handed over and before it was answered for."""


class Composer(Protocol):
    """Makes messages."""

    def compose(self, mail: ReminderMail) -> EmailMessage:
        """The message of a reminder, without an envelope.

        Raises:
            PermanentlyRefused: the recipient's address is none.
        """
        ...


class Mailer(Protocol):
    """Hands mails to a mail server."""

    async def send(self, message: EmailMessage, recipient: str) -> None:
        """Hands `message` over for `recipient`, an address; returns once the server has taken it.

        Raises:
            TemporarilyRefused: it was not taken.
            PermanentlyRefused: it never will be.
            OutcomeUnknown: it may have been taken.
        """
        ...
