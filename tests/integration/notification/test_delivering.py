"""Attempts to deliver a mail, and what PostgreSQL holds of them whatever dies in between."""

import asyncio
import datetime as dt
from email.message import EmailMessage
from uuid import UUID, uuid4

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from events.contracts import ReminderCancelled, ReminderSent, UserDeleted
from events.envelope import parse_event
from notification.adapters.smtp import SmtpMailer
from notification.service_layer.mailing import Mailer
from tests.integration.notification.harness import FIRST_DELAY, LEASE, MAX_ATTEMPTS, Notification
from tests.support.chat_history import NOW, TaskHistory
from tests.support.fakes import FixedClock
from tests.support.smtp_server import MailServer, cut, say


class Crash(BaseException):
    """A worker's process ends here."""


class CrashingMailer:
    """Sends through another, and dies before it can tell."""

    def __init__(self, mailer: Mailer):
        self._mailer = mailer

    async def send(self, message: EmailMessage, recipient: str) -> None:
        await self._mailer.send(message, recipient)
        raise Crash


class GatedMailer:
    """Waits in the middle of sending until it is let on."""

    def __init__(self, mailer: Mailer):
        self._mailer = mailer
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()

    async def send(self, message: EmailMessage, recipient: str) -> None:
        self.begun.set()
        await self.go_on.wait()
        await self._mailer.send(message, recipient)


async def due_delivery(notification: Notification, history: TaskHistory, **profile: object) -> UUID:
    """A delivery whose attempt is to be made now."""
    await notification.receive(history.register(**profile))
    await notification.receive(history.remind(dt.timedelta()))
    (delivery_id,) = await notification.come_due()
    return delivery_id


@pytest.mark.proves("FR-003", "FR-015", "US3.4")
async def test_a_mail_that_is_taken_ends_the_delivery_and_is_told_once(
    notification: Notification, mailer: SmtpMailer, mails: MailServer
) -> None:
    history = TaskHistory()
    delivery_id = await due_delivery(notification, history)
    assert await notification.deliver(mailer).attempt(delivery_id) is None
    assert await notification.deliver(mailer).attempt(delivery_id) is None

    (message,) = mails.taken
    assert message["To"] == "ada@example.com"
    assert message["Message-ID"] == f"<{delivery_id}@example.com>"
    (sent,) = await notification.published(ReminderSent)
    assert (sent.task_id, sent.version, sent.sent_at) == (history.task_id, 1, NOW)
    assert sent.message_id == f"<{delivery_id}@example.com>"
    assert await notification.reminder_state(sent.reminder_id) == "sent"
    assert (await notification.delivery(delivery_id))["state"] == "sent"


async def test_the_mail_says_what_is_true_when_it_is_sent(
    notification: Notification, mailer: SmtpMailer, mails: MailServer
) -> None:
    history = TaskHistory()
    delivery_id = await due_delivery(notification, history)
    await notification.receive(history.rename("Call the surgeon"))
    await notification.receive(history.register(version=2, email="new@example.com", timezone="Asia/Tokyo"))
    await notification.deliver(mailer).attempt(delivery_id)
    (message,) = mails.taken
    assert message["Subject"] == "Reminder: Call the surgeon"
    assert mails.recipients == ["new@example.com"]
    body = message.get_body(("plain",))
    assert body is not None
    assert "Monday, 2 March 2026 at 18:00 JST (Asia/Tokyo)" in body.get_content()


async def test_a_temporary_refusal_is_tried_again_later_and_later(
    notification: Notification, mailer: SmtpMailer, mails: MailServer, clock: FixedClock
) -> None:
    delivery_id = await due_delivery(notification, TaskHistory())
    deliver = notification.deliver(mailer)
    mails.at_recipient += [say("450 later"), say("450 later")]
    for delay in (FIRST_DELAY, 2 * FIRST_DELAY):
        assert await deliver.attempt(delivery_id) == dt.timedelta(seconds=delay)
        delivery = await notification.delivery(delivery_id)
        assert (delivery["state"], delivery["uncertain"]) == ("pending", 0)
        assert delivery["next_attempt_at"] == clock.now() + dt.timedelta(seconds=delay)
        assert "450 later" in str(delivery["last_error"])
        # A job that runs too early waits for its time.
        assert await deliver.attempt(delivery_id) == dt.timedelta(seconds=delay)
        clock.advance(seconds=delay)
    assert await deliver.attempt(delivery_id) is None
    assert len(mails.taken) == 1


async def test_a_permanent_refusal_ends_it_at_once(
    notification: Notification, mailer: SmtpMailer, mails: MailServer
) -> None:
    delivery_id = await due_delivery(notification, TaskHistory())
    mails.at_recipient.append(say("550 no such user"))
    assert await notification.deliver(mailer).attempt(delivery_id) is None
    (cancelled,) = await notification.published(ReminderCancelled)
    assert cancelled.reason == "undeliverable"
    assert "550 no such user" in cancelled.detail
    assert await notification.reminder_state(cancelled.reminder_id) == "failed"


async def test_an_address_that_is_none_ends_it_at_once(notification: Notification, mailer: SmtpMailer) -> None:
    delivery_id = await due_delivery(notification, TaskHistory(), email="nobody")
    assert await notification.deliver(mailer).attempt(delivery_id) is None
    assert await notification.reasons() == ["undeliverable"]


async def test_a_server_that_refuses_all_the_time_is_given_up_at_the_limit(
    notification: Notification, mailer: SmtpMailer, mails: MailServer, clock: FixedClock
) -> None:
    delivery_id = await due_delivery(notification, TaskHistory())
    mails.always_at_sender = say("451 never")
    attempts = 1
    while wait := await notification.deliver(mailer).attempt(delivery_id):
        clock.advance(seconds=wait.total_seconds())
        attempts += 1
    assert attempts == MAX_ATTEMPTS
    (cancelled,) = await notification.published(ReminderCancelled)
    assert cancelled.reason == "undeliverable"
    assert f"after {MAX_ATTEMPTS} attempts" in cancelled.detail
    assert "arrived" not in cancelled.detail


async def test_a_cut_after_the_last_byte_is_uncertain_and_tried_again_under_the_same_message_id(
    notification: Notification, mailer: SmtpMailer, mails: MailServer, clock: FixedClock
) -> None:
    delivery_id = await due_delivery(notification, TaskHistory())
    mails.after_taking.append(cut)
    wait = await notification.deliver(mailer).attempt(delivery_id)
    delivery = await notification.delivery(delivery_id)
    assert (delivery["state"], delivery["uncertain"]) == ("uncertain", 1)
    assert wait is not None
    clock.advance(seconds=wait.total_seconds())
    assert await notification.deliver(mailer).attempt(delivery_id) is None
    assert len(mails.taken) == 2
    assert set(mails.message_ids) == {f"<{delivery_id}@example.com>"}
    assert len(await notification.published(ReminderSent)) == 1


async def test_one_given_up_in_doubt_says_that_it_may_have_arrived(
    notification: Notification, mailer: SmtpMailer, mails: MailServer, clock: FixedClock
) -> None:
    delivery_id = await due_delivery(notification, TaskHistory())
    mails.before_taking += [cut] * MAX_ATTEMPTS
    while wait := await notification.deliver(mailer).attempt(delivery_id):
        clock.advance(seconds=wait.total_seconds())
    (cancelled,) = await notification.published(ReminderCancelled)
    assert "may have arrived" in cancelled.detail


async def test_a_worker_that_dies_after_the_mail_was_taken_leaves_a_lease_that_the_sweep_ends(
    notification: Notification, mailer: SmtpMailer, mails: MailServer, clock: FixedClock
) -> None:
    delivery_id = await due_delivery(notification, TaskHistory())
    with pytest.raises(Crash):
        await notification.deliver(CrashingMailer(mailer)).attempt(delivery_id)
    assert await notification.deliver(mailer).attempt(delivery_id) is None  # leased: not ours

    requeued: list[UUID] = []
    await notification.sweep(requeued).sweep()
    assert requeued == []
    clock.advance(seconds=LEASE.total_seconds())
    await notification.sweep(requeued).sweep()
    assert requeued == [delivery_id]
    delivery = await notification.delivery(delivery_id)
    assert (delivery["state"], delivery["uncertain"], delivery["attempts"]) == ("uncertain", 1, 1)

    assert await notification.deliver(mailer).attempt(delivery_id) is None
    assert mails.message_ids == [f"<{delivery_id}@example.com>"] * 2
    assert len(await notification.published(ReminderSent)) == 1


async def test_a_worker_that_finds_a_lease_run_out_before_the_sweep_does_takes_over(
    notification: Notification, mailer: SmtpMailer, mails: MailServer, clock: FixedClock
) -> None:
    delivery_id = await due_delivery(notification, TaskHistory())
    with pytest.raises(Crash):
        await notification.deliver(CrashingMailer(mailer)).attempt(delivery_id)
    clock.advance(seconds=LEASE.total_seconds())
    assert await notification.deliver(mailer).attempt(delivery_id) is None
    delivery = await notification.delivery(delivery_id)
    assert (delivery["state"], delivery["uncertain"], delivery["attempts"]) == ("sent", 1, 2)
    assert mails.message_ids == [f"<{delivery_id}@example.com>"] * 2


async def test_workers_that_die_at_every_attempt_come_to_an_end(
    notification: Notification, mailer: SmtpMailer, mails: MailServer, clock: FixedClock
) -> None:
    delivery_id = await due_delivery(notification, TaskHistory())
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(Crash):
            await notification.deliver(CrashingMailer(mailer)).attempt(delivery_id)
        clock.advance(seconds=LEASE.total_seconds())
        await notification.sweep([]).sweep()
    assert await notification.deliver(mailer).attempt(delivery_id) is None
    assert len(mails.taken) == MAX_ATTEMPTS
    (cancelled,) = await notification.published(ReminderCancelled)
    assert "may have arrived" in cancelled.detail


@pytest.mark.proves("FR-016")
async def test_two_workers_send_one_mail(notification: Notification, mailer: SmtpMailer, mails: MailServer) -> None:
    delivery_id = await due_delivery(notification, TaskHistory())
    await asyncio.gather(*(notification.deliver(mailer).attempt(delivery_id) for _ in range(4)))
    assert len(mails.taken) == 1
    assert len(await notification.published(ReminderSent)) == 1


async def test_a_mail_whose_worker_outlived_its_lease_is_still_told_as_sent_and_once(
    notification: Notification, mailer: SmtpMailer, mails: MailServer, clock: FixedClock
) -> None:
    delivery_id = await due_delivery(notification, TaskHistory())
    gated = GatedMailer(mailer)
    slow = asyncio.create_task(notification.deliver(gated).attempt(delivery_id))
    await gated.begun.wait()
    clock.advance(seconds=LEASE.total_seconds())
    await notification.deliver(mailer).attempt(delivery_id)
    gated.go_on.set()
    assert await slow is None
    assert mails.message_ids == [f"<{delivery_id}@example.com>"] * 2
    assert len(await notification.published(ReminderSent)) == 1


async def test_completing_the_task_while_its_mail_is_under_way_comes_too_late(
    notification: Notification, mailer: SmtpMailer
) -> None:
    history = TaskHistory()
    delivery_id = await due_delivery(notification, history)
    gated = GatedMailer(mailer)
    sending = asyncio.create_task(notification.deliver(gated).attempt(delivery_id))
    await gated.begun.wait()
    await notification.receive(history.complete())
    gated.go_on.set()
    await sending
    assert len(await notification.published(ReminderSent)) == 1
    assert await notification.reasons() == []
    assert [state for (state,) in await notification.fetch("SELECT state FROM reminders")] == ["sent"]


async def test_a_refused_mail_is_not_tried_again_once_its_task_is_completed_meanwhile(
    notification: Notification, mailer: SmtpMailer, mails: MailServer, clock: FixedClock
) -> None:
    history = TaskHistory()
    delivery_id = await due_delivery(notification, history)
    gated = GatedMailer(mailer)
    mails.at_recipient.append(say("450 later"))
    sending = asyncio.create_task(notification.deliver(gated).attempt(delivery_id))
    await gated.begun.wait()
    await notification.receive(history.complete())
    gated.go_on.set()
    wait = await sending
    assert wait is not None
    clock.advance(seconds=wait.total_seconds())
    assert await notification.deliver(mailer).attempt(delivery_id) is None
    assert mails.taken == []
    assert await notification.reasons() == ["completed"]


async def test_one_moved_while_its_mail_was_refused_is_sent_at_its_new_time_only(
    notification: Notification, mailer: SmtpMailer, mails: MailServer, clock: FixedClock
) -> None:
    history = TaskHistory()
    delivery_id = await due_delivery(notification, history)
    gated = GatedMailer(mailer)
    mails.at_recipient.append(say("450 later"))
    sending = asyncio.create_task(notification.deliver(gated).attempt(delivery_id))
    await gated.begun.wait()
    published = len(history.events)
    history.move(dt.timedelta(hours=1))
    await notification.receive_all(history.events[published:])
    gated.go_on.set()
    await sending
    clock.advance(hours=1)
    (moved_id,) = await notification.come_due()
    assert await notification.deliver(mailer).attempt(delivery_id) is None
    assert await notification.deliver(mailer).attempt(moved_id) is None
    assert mails.message_ids == [f"<{moved_id}@example.com>"]
    assert await notification.reasons() == ["moved"]


async def test_a_user_who_turned_mails_off_gets_none_and_is_told_so(
    notification: Notification, mailer: SmtpMailer, mails: MailServer
) -> None:
    history = TaskHistory()
    delivery_id = await due_delivery(notification, history)
    await notification.receive(history.register(version=2, email_reminders=False))
    assert await notification.deliver(mailer).attempt(delivery_id) is None
    assert mails.taken == []
    (cancelled,) = await notification.published(ReminderCancelled)
    assert (cancelled.reason, cancelled.detail) == ("user", "Reminders by e-mail are turned off.")


async def test_one_cancelled_before_its_mail_is_told_and_logged_in_the_trace_that_scheduled_it(
    notification: Notification, mailer: SmtpMailer
) -> None:
    history = TaskHistory()
    delivery_id = await due_delivery(notification, history)
    await notification.receive(history.register(version=2, email_reminders=False))
    trace = str((await notification.delivery(delivery_id))["traceparent"])

    with capture_logs(processors=[merge_contextvars]) as lines:
        await notification.deliver(mailer).attempt(delivery_id)

    ((payload,),) = await notification.fetch("SELECT payload FROM outbox WHERE type = 'reminder.cancelled'")
    assert parse_event(payload).envelope.traceparent == trace
    (line,) = lines
    assert (line["event"], line["traceparent"]) == ("reminder cancelled before its mail", trace)
    assert line["subject"] == str(history.task_id)


async def test_a_profile_that_has_not_arrived_is_waited_for(
    notification: Notification, mailer: SmtpMailer, mails: MailServer, clock: FixedClock
) -> None:
    history = TaskHistory()
    await notification.receive(history.remind(dt.timedelta()))
    (delivery_id,) = await notification.come_due()
    wait = await notification.deliver(mailer).attempt(delivery_id)
    assert wait is not None
    await notification.receive(history.register())
    clock.advance(seconds=wait.total_seconds())
    assert await notification.deliver(mailer).attempt(delivery_id) is None
    assert len(mails.taken) == 1


async def test_a_user_who_is_erased_while_a_mail_is_under_way_leaves_nothing_behind(
    notification: Notification, mailer: SmtpMailer
) -> None:
    history = TaskHistory()
    delivery_id = await due_delivery(notification, history)
    gated = GatedMailer(mailer)
    sending = asyncio.create_task(notification.deliver(gated).attempt(delivery_id))
    await gated.begun.wait()
    await notification.receive(UserDeleted(user_id=history.user_id, version=2, deleted_at=NOW))
    gated.go_on.set()
    assert await sending is None
    assert await notification.published(ReminderSent) == []
    assert await notification.deliver(mailer).attempt(delivery_id) is None
    assert await notification.fetch("SELECT 1 FROM deliveries") == []


async def test_a_delivery_that_never_was_is_nobodys(notification: Notification, mailer: SmtpMailer) -> None:
    assert await notification.deliver(mailer).attempt(uuid4()) is None


async def test_the_sweep_takes_up_what_is_overdue_and_leaves_what_is_not(
    notification: Notification, clock: FixedClock
) -> None:
    delivery_id = await due_delivery(notification, TaskHistory())
    requeued: list[UUID] = []
    await notification.sweep(requeued).sweep()
    assert requeued == []
    clock.advance(seconds=5)
    await notification.sweep(requeued).sweep()
    assert requeued == [delivery_id]
