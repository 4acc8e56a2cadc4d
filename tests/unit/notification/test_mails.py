"""The e-mail of a reminder, as its reader gets it."""

import datetime as dt
from email import message_from_bytes
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest

from notification.adapters.mails.composer import ReminderComposer
from notification.adapters.mails.wording import due_in_words, moment, one_line, zone_or_utc
from notification.domain.mail import Due, Recipient, ReminderMail, TaskText
from notification.service_layer.mailing import PermanentlyRefused

REMIND_AT = dt.datetime(2026, 3, 6, 15, 0, tzinfo=dt.UTC)


def composed(
    title: str = "Call the dentist",
    due: Due | None = None,
    timezone: str = "Europe/Berlin",
    email: str = "ada@example.com",
) -> EmailMessage:
    """The mail as it is read back from what goes over the wire."""
    composer = ReminderComposer(
        sender=Address("Tickler", addr_spec="tickler@example.com"), public_url="https://tickler.example.com"
    )
    mail = ReminderMail("<1@example.com>", Recipient(email, timezone, True), TaskText(42, title, due), REMIND_AT)
    wire = composer.compose(mail).as_bytes(policy=SMTP)
    assert wire.isascii()
    assert max(map(len, wire.splitlines())) <= 998
    message = message_from_bytes(wire, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def text(message: EmailMessage) -> str:
    return part(message, "plain")


def html(message: EmailMessage) -> str:
    return part(message, "html")


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    content = body.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def test_it_names_task_and_times_in_text_and_html() -> None:
    message = composed(due=Due(dt.date(2026, 3, 6), dt.time(17, 30), "Europe/Berlin"))
    assert message["Subject"] == "Reminder: Call the dentist"
    assert message["From"] == "Tickler <tickler@example.com>"
    assert message["To"] == "ada@example.com"
    assert message["Message-ID"] == "<1@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    for body in (text(message), html(message)):
        assert "task 42" in body
        assert "Call the dentist" in body
        assert "Due: Friday, 6 March 2026 at 17:30 CET (Europe/Berlin)" in body
        assert "Reminder set for: Friday, 6 March 2026 at 16:00 CET (Europe/Berlin)" in body
        assert "https://tickler.example.com" in body


def test_a_task_without_a_due_date_has_no_line_for_it() -> None:
    message = composed()
    assert "Due:" not in text(message)
    assert "Due:" not in html(message)


def test_a_due_date_without_a_time_is_shown_as_it_was_given() -> None:
    due = Due(dt.date(2026, 3, 6), None, "Pacific/Auckland")
    assert "Due: Friday, 6 March 2026\n" in text(composed(due=due))


def test_a_due_time_of_another_zone_is_shown_in_the_readers() -> None:
    due = Due(dt.date(2026, 3, 6), dt.time(9), "America/New_York")
    assert "Due: Friday, 6 March 2026 at 15:00 CET (Europe/Berlin)" in text(composed(due=due))


@pytest.mark.parametrize(
    ("instant", "shown"),
    [
        (dt.datetime(2026, 3, 29, 0, 59, tzinfo=dt.UTC), "Sunday, 29 March 2026 at 01:59 CET (Europe/Berlin)"),
        (dt.datetime(2026, 3, 29, 1, 0, tzinfo=dt.UTC), "Sunday, 29 March 2026 at 03:00 CEST (Europe/Berlin)"),
        (dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC), "Sunday, 25 October 2026 at 02:30 CEST (Europe/Berlin)"),
        (dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC), "Sunday, 25 October 2026 at 02:30 CET (Europe/Berlin)"),
    ],
)
def test_the_hours_around_a_change_of_clocks_are_told_apart(instant: dt.datetime, shown: str) -> None:
    assert moment(instant, zone_or_utc("Europe/Berlin")) == shown


def test_a_due_time_that_a_change_of_clocks_removes_is_the_next_one_there_is() -> None:
    due = Due(dt.date(2026, 3, 29), dt.time(2, 30), "Europe/Berlin")
    assert due_in_words(due, zone_or_utc("Europe/Berlin")).startswith("Sunday, 29 March 2026 at 03:00 CEST")


@pytest.mark.parametrize("name", ["Mars/Olympus", "Europe", "", "../etc/passwd"])
def test_a_zone_that_is_not_known_here_reads_as_utc_rather_than_keeping_the_mail(name: str) -> None:
    due = Due(dt.date(2026, 3, 6), dt.time(9), name)
    message = composed(due=due, timezone=name)
    assert "Reminder set for: Friday, 6 March 2026 at 15:00 UTC (UTC)" in text(message)
    assert "Due: Friday, 6 March 2026 at 09:00 UTC (UTC)" in text(message)


@pytest.mark.parametrize(
    "title", ["Milk\r\nBcc: everyone@example.com", "Milk\nBcc: everyone@example.com", "Milk\u2028Bcc: everyone@x.org"]
)
def test_a_title_adds_no_header_and_no_line(title: str) -> None:
    message = composed(title)
    assert message["Bcc"] is None
    assert message["Subject"].startswith("Reminder: Milk Bcc: everyone@")
    assert "    Milk Bcc: everyone@" in text(message)


def test_a_title_is_no_markup() -> None:
    message = composed("<img src=x onerror=alert(1)> & co")
    assert "&lt;img src=x onerror=alert(1)&gt; &amp; co" in html(message)
    assert "<img src=x onerror=alert(1)> & co" in text(message)


@pytest.mark.parametrize(
    "title", ["Zahnärztin anrufen: 3 €", "打电话给牙医", "להתקשר לרופא השיניים", "اتصل بطبيب الأسنان", "🦷🪥 " * 20]
)
def test_titles_of_all_scripts_arrive_as_they_are(title: str) -> None:
    message = composed(title)
    assert title.strip() in text(message)
    assert title.strip() in html(message)
    assert message["Subject"] == one_line(f"Reminder: {title}", 120)


def test_a_title_cannot_turn_the_direction_of_the_text_around_it() -> None:
    message = composed("Pay \u202einvoice\u2066")
    assert "    Pay invoice\n" in text(message)
    assert 'dir="auto">Pay invoice<' in html(message)


def test_a_long_title_is_cut_in_the_subject_and_whole_in_the_text() -> None:
    title = "Very long " * 45
    message = composed(title)
    assert len(message["Subject"]) <= 120
    assert message["Subject"].endswith("…")
    assert title.strip() in text(message)


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c", "a\r\nBcc: b@example.com", "two@example.com, b@example.com"])
def test_what_is_no_address_is_refused_for_good(email: str) -> None:
    with pytest.raises(PermanentlyRefused):
        composed(email=email)
