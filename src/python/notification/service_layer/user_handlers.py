"""What account events mean: whom mail goes to, and whose data is erased."""

from events.contracts import UserDeleted, UserUpdated
from events.envelope import Event
from events.subscriptions import Outcome
from notification.domain.mail import Recipient
from notification.service_layer.unit_of_work import NotificationUnitOfWork


async def on_user_updated(event: Event[UserUpdated], uow: NotificationUnitOfWork) -> Outcome:
    """Keeps the profile; mails sent from now on go by it."""
    data = event.data
    kept = await uow.users.keep(data.user_id, data.version, Recipient(data.email, data.timezone, data.email_reminders))
    return Outcome.APPLIED if kept else Outcome.STALE


async def on_user_deleted(event: Event[UserDeleted], uow: NotificationUnitOfWork) -> Outcome:
    """Erases the user; what still arrives about them later is kept out by the tombstone."""
    await uow.erase_messages(event.data.user_id)
    erased = await uow.users.erase(event.data.user_id, uow.clock.now())
    return Outcome.APPLIED if erased else Outcome.STALE
