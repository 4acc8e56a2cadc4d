"""Mails over real SMTP: what each of a server's ways to say no, or nothing, means."""

import asyncio
from email.message import EmailMessage

import pytest

from notification.adapters.smtp import SmtpMailer, SmtpServer
from notification.service_layer.mailing import OutcomeUnknown, PermanentlyRefused, TemporarilyRefused
from tests.support.smtp_server import Behaviour, MailServer, cut, mail_server, say


def mail(message_id: str = "<1@example.com>") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "tickler@example.com"
    message["To"] = "ada@example.com"
    message["Subject"] = "Reminder"
    message["Message-ID"] = message_id
    message.set_content("Hello")
    return message


async def stall(_connection: object) -> str | None:
    await asyncio.Event().wait()
    return None


async def test_a_mail_is_taken_with_its_envelope(mailer: SmtpMailer, mails: MailServer) -> None:
    await mailer.send(mail(), "ada@example.com")
    assert mails.message_ids == ["<1@example.com>"]
    assert mails.recipients == ["ada@example.com"]


async def test_the_next_mail_goes_over_the_same_connection(mailer: SmtpMailer, mails: MailServer) -> None:
    for number in range(3):
        await mailer.send(mail(f"<{number}@example.com>"), "ada@example.com")
    assert len(mails.taken) == 3
    assert mails.connections == 1


async def test_mails_at_the_same_time_have_a_connection_each(mailer: SmtpMailer, mails: MailServer) -> None:
    await asyncio.gather(*(mailer.send(mail(f"<{number}@example.com>"), "ada@example.com") for number in range(4)))
    assert len(set(mails.message_ids)) == 4
    assert mails.connections <= 4


async def test_a_connection_that_the_server_closed_meanwhile_costs_no_attempt(
    mailer: SmtpMailer, mails: MailServer
) -> None:
    await mailer.send(mail("<1@example.com>"), "ada@example.com")
    mails.at_sender.append(cut)
    await mailer.send(mail("<2@example.com>"), "ada@example.com")
    assert mails.message_ids == ["<1@example.com>", "<2@example.com>"]
    assert mails.connections == 2


@pytest.mark.parametrize(
    ("step", "behaviour", "error"),
    [
        ("at_sender", say("451 try later"), TemporarilyRefused),
        ("at_sender", say("550 not you"), TemporarilyRefused),  # about us, not about this mail
        ("at_sender", cut, TemporarilyRefused),
        ("at_sender", stall, TemporarilyRefused),
        ("at_recipient", say("450 greylisted"), TemporarilyRefused),
        ("at_recipient", say("550 no such user"), PermanentlyRefused),
        ("at_recipient", cut, TemporarilyRefused),
        ("before_taking", say("452 disk full"), TemporarilyRefused),
        ("before_taking", say("554 looks like spam"), PermanentlyRefused),
        ("before_taking", cut, OutcomeUnknown),
        ("before_taking", stall, OutcomeUnknown),
        ("after_taking", cut, OutcomeUnknown),
        ("after_taking", say("what?"), OutcomeUnknown),
    ],
)
async def test_what_the_server_does_decides_whether_trying_again_can_help(
    mailer: SmtpMailer, mails: MailServer, step: str, behaviour: Behaviour, error: type[Exception]
) -> None:
    getattr(mails, step).append(behaviour)
    with pytest.raises(error):
        await mailer.send(mail("<1@example.com>"), "ada@example.com")

    await mailer.send(mail("<2@example.com>"), "ada@example.com")
    assert mails.message_ids[-1] == "<2@example.com>"
    assert mails.recipients.count("ada@example.com") == len(mails.taken)


async def test_no_server_at_all_is_temporary() -> None:
    async with mail_server() as gone:
        port = gone.port
    mailer = SmtpMailer(SmtpServer("127.0.0.1", port), sender="tickler@example.com", timeout_seconds=5)
    with pytest.raises(TemporarilyRefused):
        await mailer.send(mail(), "ada@example.com")


async def test_a_login_that_is_refused_is_temporary_since_it_is_about_everybody() -> None:
    async with mail_server(auth_require_tls=False) as server:
        mailer = SmtpMailer(
            SmtpServer("127.0.0.1", server.port, username="tickler", password="wrong"),
            sender="tickler@example.com",
            timeout_seconds=5,
        )
        with pytest.raises(TemporarilyRefused):
            await mailer.send(mail(), "ada@example.com")
        assert server.taken == []


@pytest.mark.parametrize("recipient", ["a\r\nRCPT TO:<b@example.com>", "ada\x00@example.com"])
async def test_an_address_cannot_carry_a_command(mailer: SmtpMailer, mails: MailServer, recipient: str) -> None:
    with pytest.raises(PermanentlyRefused):
        await mailer.send(mail(), recipient)
    assert mails.taken == []


async def test_an_address_beyond_ascii_needs_a_server_that_takes_it() -> None:
    for takes_it in (True, False):
        async with mail_server(enable_SMTPUTF8=takes_it) as server:
            mailer = SmtpMailer(SmtpServer("127.0.0.1", server.port), sender="tickler@example.com", timeout_seconds=5)
            if takes_it:
                await mailer.send(mail(), "änne@example.com")
                assert server.recipients == ["änne@example.com"]
            else:
                with pytest.raises(PermanentlyRefused):
                    await mailer.send(mail(), "änne@example.com")
            await mailer.close()


async def test_the_check_tells_whether_there_is_a_server(mailer: SmtpMailer, mails: MailServer) -> None:
    await mailer.check()
    assert mails.connections == 1
    nobody = SmtpMailer(SmtpServer("127.0.0.1", 1), sender="tickler@example.com", timeout_seconds=5)
    with pytest.raises(TemporarilyRefused):
        await nobody.check()
