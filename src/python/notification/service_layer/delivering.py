"""One attempt to deliver a reminder's mail: claim it, send it, say what became of it.

Claim and record are a unit of work each; the mail goes between the two, so that no transaction waits for a mail
server. Whoever dies in between leaves a lease behind that runs out.
"""

import asyncio
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from uuid import UUID

import structlog

from events.backoff import Backoff
from events.clock import Clock
from events.contracts import CancelReason, ReminderSent
from events.errors import Unavailable
from events.tracing import trace_id, use_traceparent
from events.unit_of_work import UnitOfWorkFactory
from notification.adapters.repositories.deliveries import DeliveryContext
from notification.domain.delivery import Delivery, DeliveryState
from notification.domain.mail import Recipient, ReminderMail, TaskText
from notification.domain.reminder import ReminderState, reason_to_cancel
from notification.metrics import ATTEMPTS, DELIVERIES_ENDED, DELIVERY_LATENESS
from notification.service_layer.cancelling import MAY_HAVE_ARRIVED, end_delivery, give_up
from notification.service_layer.mailing import (
    Composer,
    Mailer,
    OutcomeUnknown,
    PermanentlyRefused,
    TemporarilyRefused,
)
from notification.service_layer.unit_of_work import NotificationUnitOfWork

_log = structlog.get_logger(__name__)

_RECORD_AGAIN_SECONDS = 0.5


@dataclass(frozen=True)
class RetryPolicy:
    """How often and when a delivery is tried again."""

    backoff: Backoff
    max_attempts: int


@dataclass(frozen=True)
class _Claim:
    """What an attempt needs to know, read when it began."""

    delivery: Delivery
    attempt: int
    lease_until: dt.datetime
    message_id: str
    recipient: Recipient | None
    task: TaskText


class DeliverReminder:
    """Delivers mails, one attempt at a time.

    Args:
        lease: how long an attempt may take before another worker may begin the next; longer than the mailer waits.
        message_id_domain: the right-hand side of Message-IDs.
    """

    def __init__(
        self,
        new_unit_of_work: UnitOfWorkFactory[NotificationUnitOfWork],
        composer: Composer,
        mailer: Mailer,
        clock: Clock,
        *,
        retries: RetryPolicy,
        lease: dt.timedelta,
        message_id_domain: str,
    ):
        self._new_unit_of_work = new_unit_of_work
        self._composer = composer
        self._mailer = mailer
        self._clock = clock
        self._retries = retries
        self._lease = lease
        self._message_id_domain = message_id_domain

    async def attempt(self, delivery_id: UUID) -> dt.timedelta | None:
        """Makes an attempt, if one is to be made now.

        Returns:
            How long to wait before the next one; none where there is to be none, or where another worker has it.

        Raises:
            Unavailable: the database is away; where the mail is out already, the lease will run out.
        """
        async with self._new_unit_of_work() as uow:
            claim = await self._claim(delivery_id, uow)
            await uow.commit()
        if not isinstance(claim, _Claim):
            return claim
        with (
            _about(claim.delivery),
            structlog.contextvars.bound_contextvars(attempt=claim.attempt, message_id=claim.message_id),
        ):
            return await self._send(claim)

    async def _claim(self, delivery_id: UUID, uow: NotificationUnitOfWork) -> _Claim | dt.timedelta | None:
        now = uow.clock.now()
        context = await uow.deliveries.lock_with_context(delivery_id)
        if context is None:
            return None
        with _about(context.delivery):
            return await self._claim_locked(context, now, uow)

    async def _claim_locked(
        self, context: DeliveryContext, now: dt.datetime, uow: NotificationUnitOfWork
    ) -> _Claim | dt.timedelta | None:
        delivery = context.delivery
        if not delivery.is_claimable(now):
            return delivery.next_attempt_at - now if delivery.is_waiting else None
        if delivery.state is DeliveryState.SENDING:
            ATTEMPTS.labels("uncertain").inc()
            context = replace(context, delivery=delivery.abandoned())
            delivery = context.delivery
        if await self._is_void(context, uow):
            return None
        if delivery.attempts >= self._retries.max_attempts:
            # The worker of the last attempt died; where it lived, it has ended the delivery itself.
            await self._fail(uow, delivery, f"Given up after {delivery.attempts} attempts.", delivery.uncertain)
            return None
        message_id = delivery.message_id or f"<{delivery.id}@{self._message_id_domain}>"
        lease_until = now + self._lease
        attempt = await uow.deliveries.begin_attempt(delivery, lease_until=lease_until, message_id=message_id)
        return _Claim(delivery, attempt, lease_until, message_id, context.recipient, context.text)

    async def _is_void(self, context: DeliveryContext, uow: NotificationUnitOfWork) -> bool:
        """Whether no mail is wanted any more; then the delivery is cancelled."""
        delivery, scheduling = context.delivery, context.scheduling
        if scheduling.version != delivery.reminder_version:
            await self._cancel(uow, delivery, CancelReason.MOVED)
        elif scheduling.state is not ReminderState.TRIGGERED:
            await end_delivery(uow, delivery, DeliveryState.CANCELLED)
        elif reason := reason_to_cancel(scheduling, context.standing):
            await self._cancel(uow, delivery, reason)
        elif context.recipient is not None and not context.recipient.email_reminders:
            await self._cancel(uow, delivery, CancelReason.USER, "Reminders by e-mail are turned off.")
        else:
            return False
        return True

    async def _send(self, claim: _Claim) -> dt.timedelta | None:
        if claim.recipient is None:
            # The profile travels on a topic of its own, and may come after a reminder that is due soon.
            ATTEMPTS.labels("unknown-recipient").inc()
            return await self._postpone(claim, "the recipient is not known yet")
        mail = ReminderMail(claim.message_id, claim.recipient, claim.task, claim.delivery.remind_at)
        try:
            await self._mailer.send(self._composer.compose(mail), claim.recipient.email)
        except TemporarilyRefused as refusal:
            ATTEMPTS.labels("temporary").inc()
            return await self._postpone(claim, str(refusal))
        except OutcomeUnknown as doubt:
            ATTEMPTS.labels("uncertain").inc()
            return await self._postpone(claim, str(doubt), uncertain=True)
        except PermanentlyRefused as refusal:
            ATTEMPTS.labels("permanent").inc()
            await self._refused(claim, str(refusal))
            return None
        ATTEMPTS.labels("sent").inc()
        await self._record_sent(claim)
        return None

    async def _record_sent(self, claim: _Claim) -> None:
        """Records a mail as sent; outlives a short absence of the database, as forgetting would send it twice."""
        while True:
            try:
                return await self._sent(claim)
            except Unavailable:
                if self._clock.now() >= claim.lease_until:
                    raise
                _log.warning("mail sent, and the database is away: trying again to record it", exc_info=True)
                await asyncio.sleep(_RECORD_AGAIN_SECONDS)

    async def _sent(self, claim: _Claim) -> None:
        async with self._new_unit_of_work() as uow:
            delivery = await uow.deliveries.lock(claim.delivery.id)
            if delivery is None or delivery.state is DeliveryState.SENT:
                _log.warning("mail sent, and recorded before or its user erased meanwhile")
                return
            now = uow.clock.now()
            # Sent is sent, even where the lease ran out and others took the delivery for something else.
            await uow.deliveries.mark_sent(delivery, now)
            await uow.reminders.mark_sent(delivery.reminder_id, delivery.reminder_version, now)
            await uow.publish(
                ReminderSent(
                    user_id=delivery.user_id,
                    version=delivery.reminder_version,
                    reminder_id=delivery.reminder_id,
                    task_id=delivery.task_id,
                    remind_at=delivery.remind_at,
                    sent_at=now,
                    message_id=claim.message_id,
                )
            )
            await uow.commit()
        lateness = (now - claim.delivery.remind_at).total_seconds()
        DELIVERY_LATENESS.observe(lateness)
        DELIVERIES_ENDED.labels("sent").inc()
        _log.info("reminder sent", lateness_ms=round(lateness * 1000))

    async def _postpone(self, claim: _Claim, error: str, *, uncertain: bool = False) -> dt.timedelta | None:
        async with self._new_unit_of_work() as uow:
            delivery = await self._still_ours(claim, uow)
            if delivery is None:
                return None
            doubts = delivery.uncertain + uncertain
            if claim.attempt >= self._retries.max_attempts:
                await self._fail(uow, delivery, f"Given up after {claim.attempt} attempts: {error}.", doubts)
                await uow.commit()
                return None
            wait = dt.timedelta(seconds=self._retries.backoff.delay(claim.attempt))
            await uow.deliveries.postpone(
                delivery,
                DeliveryState.UNCERTAIN if doubts else DeliveryState.PENDING,
                uncertain=doubts,
                next_attempt_at=uow.clock.now() + wait,
                error=error,
            )
            await uow.commit()
        _log.warning("reminder not sent, to be tried again", error=error, uncertain=uncertain, wait_s=wait.seconds)
        return wait

    async def _refused(self, claim: _Claim, error: str) -> None:
        async with self._new_unit_of_work() as uow:
            delivery = await self._still_ours(claim, uow)
            if delivery is None:
                return
            await self._fail(uow, delivery, f"The mail server refused it: {error}.", delivery.uncertain)
            await uow.commit()

    async def _still_ours(self, claim: _Claim, uow: NotificationUnitOfWork) -> Delivery | None:
        """The delivery, unless its lease ran out and it went on without this attempt, or its user is erased."""
        delivery = await uow.deliveries.lock(claim.delivery.id)
        if delivery is None or delivery.state is not DeliveryState.SENDING or delivery.attempts != claim.attempt:
            _log.warning("attempt came to an end after its lease; another has taken over")
            return None
        return delivery

    async def _fail(self, uow: NotificationUnitOfWork, delivery: Delivery, detail: str, doubts: int) -> None:
        if doubts:
            detail = f"{detail} {MAY_HAVE_ARRIVED}"
        await give_up(uow, delivery, DeliveryState.FAILED, CancelReason.UNDELIVERABLE, detail)
        _log.error("reminder given up", detail=detail)

    async def _cancel(
        self, uow: NotificationUnitOfWork, delivery: Delivery, reason: CancelReason, detail: str = ""
    ) -> None:
        if delivery.uncertain:
            detail = f"{detail} {MAY_HAVE_ARRIVED}".strip()
        await give_up(uow, delivery, DeliveryState.CANCELLED, reason, detail)
        _log.info("reminder cancelled before its mail", reason=reason.value, detail=detail)


@contextmanager
def _about(delivery: Delivery) -> Iterator[None]:
    """Puts what the delivery is about on every line logged inside, and carries its trace on."""
    with (
        use_traceparent(delivery.traceparent) as traceparent,
        structlog.contextvars.bound_contextvars(
            reminder_id=str(delivery.reminder_id),
            subject=str(delivery.task_id),
            traceparent=traceparent,
            trace_id=trace_id(traceparent),
        ),
    ):
        yield
