"""Accounts: registration, profile, logging in and out.

Where a password is hashed or checked no transaction is open, since that takes tens of milliseconds. So these
functions open their own units of work, one after the other, and commit them; the others work within their caller's.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

from email_validator import EmailNotValidError, validate_email

from chat_api.domain.account import Credentials, Throttle, User
from chat_api.domain.actor import Actor
from chat_api.service_layer.announcements import user_updated
from chat_api.service_layer.errors import AccountGone, EmailTaken, TooManyAttempts, WrongCredentials
from chat_api.service_layer.passwords import PasswordHasher, check_password
from chat_api.service_layer.secrets import new_session_secret, secret_hash
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.contracts import UserDeleted
from events.errors import Invalid
from events.recurrence import zone

FREE_ATTEMPTS = 5
_FIRST_PAUSE_SECONDS = 1
_LONGEST_PAUSE_SECONDS = 60
FORGIVEN_AFTER = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Session:
    """Somebody who has just logged in.

    Attributes:
        secret: the value of the session's cookie.
    """

    user: User
    secret: str


@dataclass(frozen=True)
class ProfileChanges:
    """The fields of a profile to be changed; none leaves one as it is. Address and password need `current_password`."""

    timezone: str | None = None
    email_reminders: bool | None = None
    email: str | None = None
    password: str | None = None
    current_password: str | None = None


@dataclass(frozen=True)
class Accounts:
    """What can be done with accounts."""

    unit_of_work: Callable[[], ChatUnitOfWork]
    passwords: PasswordHasher
    session_lifetime: dt.timedelta

    async def register(self, email: str, password: str, timezone: str) -> Session:
        """Adds an account and logs it in; publishes user.updated.

        Raises:
            Invalid: address, password or zone cannot be accepted.
            EmailTaken: the address has an account, in whatever case.
        """
        address = valid_email(email)
        check_password(password)
        zone(timezone)
        password_hash = await self.passwords.hash(password)
        async with self.unit_of_work() as uow:
            now = uow.clock.now()
            user = User(
                id=uow.ids.new(),
                email=address,
                timezone=timezone,
                email_reminders=True,
                version=1,
                created_at=now,
                updated_at=now,
            )
            if not await uow.users.add(user, password_hash):
                raise EmailTaken
            session = await self._open_session(uow, user)
            await uow.publish(user_updated(user))
            await uow.commit()
        return session

    async def log_in(self, email: str, password: str) -> Session:
        """Opens a session.

        A wrong password takes as long as an address without an account, and is counted alike.

        Raises:
            WrongCredentials: address or password is wrong.
            TooManyAttempts: so many failed that the next has to wait.
        """
        credentials = await self._credentials(email)
        if not await self.passwords.verify(password, None if credentials is None else credentials.password_hash):
            credentials = None
        async with self.unit_of_work() as uow:
            if credentials is None:
                await self._count_failure(uow, email)
                await uow.commit()
                raise WrongCredentials
            await uow.throttles.delete(email)
            user = await uow.users.get_for_update(credentials.user.id)
            if user is None:
                raise WrongCredentials
            session = await self._open_session(uow, user)
            await uow.commit()
        return session

    async def update_profile(self, actor: Actor, changes: ProfileChanges, session_secret: str | None) -> User:
        """Changes the profile; publishes user.updated where something differs.

        A new password ends all other sessions.

        Raises:
            Invalid, EmailTaken: as `register` does.
            WrongCredentials, TooManyAttempts: a new address or password came without the right current one.
        """
        email = None if changes.email is None else valid_email(changes.email)
        if changes.timezone is not None:
            zone(changes.timezone)
        password_hash = None
        if changes.password is not None:
            check_password(changes.password)
        if email is not None or changes.password is not None:
            await self._check_current_password(actor, changes.current_password)
        if changes.password is not None:
            password_hash = await self.passwords.hash(changes.password)
        async with self.unit_of_work() as uow:
            user = await uow.users.get_for_update(actor.user_id)
            if user is None:
                raise AccountGone
            wanted = replace(
                user,
                email=user.email if email is None else email,
                timezone=user.timezone if changes.timezone is None else changes.timezone,
                email_reminders=(user.email_reminders if changes.email_reminders is None else changes.email_reminders),
            )
            if wanted == user and password_hash is None:
                return user
            updated = replace(wanted, version=user.version + 1, updated_at=uow.clock.now())
            if not await uow.users.update(updated, password_hash):
                raise EmailTaken
            if password_hash is not None:
                kept = None if session_secret is None else secret_hash(session_secret)
                await uow.sessions.delete_others(user.id, kept)
            await uow.publish(user_updated(updated))
            await uow.commit()
        return updated

    async def _credentials(self, email: str) -> Credentials | None:
        async with self.unit_of_work() as uow:
            throttle = await uow.throttles.get(email)
            now = uow.clock.now()
            if throttle is not None and throttle.blocked_until > now:
                raise TooManyAttempts(int((throttle.blocked_until - now).total_seconds()) + 1)
            return await uow.users.credentials(email)

    async def _check_current_password(self, actor: Actor, password: str | None) -> None:
        credentials = await self._credentials(actor.email)
        if credentials is None or credentials.user.id != actor.user_id:
            raise AccountGone
        if not await self.passwords.verify(password or "", credentials.password_hash):
            async with self.unit_of_work() as uow:
                await self._count_failure(uow, actor.email)
                await uow.commit()
            raise WrongCredentials("current_password: it is needed for a new address or password, and was not right.")

    async def _count_failure(self, uow: ChatUnitOfWork, email: str) -> None:
        now = uow.clock.now()
        throttle = await uow.throttles.get_for_update(email, now=now)
        forgiven = now - throttle.blocked_until >= FORGIVEN_AFTER
        failures = 1 if forgiven else throttle.failures + 1
        pause = 0
        if failures >= FREE_ATTEMPTS:
            pause = min(_FIRST_PAUSE_SECONDS << min(failures - FREE_ATTEMPTS, 16), _LONGEST_PAUSE_SECONDS)
        await uow.throttles.put(email, Throttle(failures, now + dt.timedelta(seconds=pause)))

    async def _open_session(self, uow: ChatUnitOfWork, user: User) -> Session:
        now = uow.clock.now()
        secret = new_session_secret()
        await uow.sessions.add(secret_hash(secret), user.id, created_at=now, expires_at=now + self.session_lifetime)
        return Session(user, secret)


async def log_out(uow: ChatUnitOfWork, session_secret: str) -> None:
    """Ends a session, if there is one."""
    await uow.sessions.delete(secret_hash(session_secret))


async def delete_account(uow: ChatUnitOfWork, actor: Actor) -> None:
    """Erases the account with all its data; publishes user.deleted, on which every other service does the same.

    Raises:
        AccountGone: that has been done already.
    """
    await uow.erase_messages(actor.user_id)
    user = await uow.users.get_for_update(actor.user_id)
    if user is None:
        raise AccountGone
    await uow.throttles.delete(user.email)
    await uow.users.delete(user.id)
    await uow.publish(UserDeleted(user_id=user.id, version=user.version + 1, deleted_at=uow.clock.now()))


def valid_email(email: str) -> str:
    """`email` in the form it is kept in; whether it can be delivered to is not looked up.

    Raises:
        Invalid: it is no e-mail address.
    """
    try:
        return validate_email(email, check_deliverability=False).normalized
    except (EmailNotValidError, ValueError) as error:
        raise Invalid(f"email: {error}") from error
