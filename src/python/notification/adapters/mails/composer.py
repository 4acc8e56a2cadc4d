"""Composes the e-mail of a reminder: plain text and HTML, in the reader's zone."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from notification.adapters.addresses import parse_address
from notification.adapters.mails.wording import due_in_words, moment, one_line, zone_or_utc
from notification.domain.mail import ReminderMail

_LONGEST_SUBJECT = 120
_LONGEST_TITLE = 500


class ReminderComposer:
    """A `Composer` with the templates beside it.

    Args:
        sender: for the From header.
        public_url: where the user reaches Tickler.
    """

    def __init__(self, *, sender: Address, public_url: str):
        self._sender = sender
        self._public_url = public_url
        self._templates = Environment(
            loader=PackageLoader("notification.adapters.mails"),
            autoescape=select_autoescape(["html"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def compose(self, mail: ReminderMail) -> EmailMessage:
        """The message of a reminder. Raises as `Composer.compose` does."""
        where = zone_or_utc(mail.recipient.timezone)
        content = {
            "number": mail.task.number,
            "title": one_line(mail.task.title, _LONGEST_TITLE),
            "due": due_in_words(mail.task.due, where) if mail.task.due else None,
            "remind_at": moment(mail.remind_at, where),
            "public_url": self._public_url,
        }
        message = EmailMessage(policy=SMTPUTF8)
        message["From"] = self._sender
        message["To"] = parse_address(mail.recipient.email)
        message["Subject"] = one_line(f"Reminder: {mail.task.title}", _LONGEST_SUBJECT)
        message["Date"] = mail.remind_at
        message["Message-ID"] = mail.message_id
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no vacation answers, please
        # Every mail server takes seven bits.
        message.set_content(self._templates.get_template("reminder.txt").render(content), cte="quoted-printable")
        message.add_alternative(
            self._templates.get_template("reminder.html").render(content), subtype="html", cte="quoted-printable"
        )
        return message
