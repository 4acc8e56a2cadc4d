"""Bearer tokens, and who a request comes from. Each function works within its caller's unit of work."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chat_api.domain.account import ApiToken, User
from chat_api.domain.actor import Actor
from chat_api.service_layer.errors import AccountGone, TokenNotFound, TooManyTokens
from chat_api.service_layer.secrets import new_token_secret, secret_hash
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.errors import Invalid, Unauthorized

MAX_TOKENS = 50
MAX_TOKEN_NAME = 100


@dataclass(frozen=True)
class NewToken:
    """A token just made, with its secret, which nobody can read again."""

    token: ApiToken
    secret: str


async def create_token(uow: ChatUnitOfWork, actor: Actor, name: str) -> NewToken:
    """Makes a bearer token.

    Raises:
        Invalid: the name is empty or too long.
        TooManyTokens: the account has `MAX_TOKENS`.
    """
    name = name.strip()
    if not name or len(name) > MAX_TOKEN_NAME or not name.isprintable():
        raise Invalid(f"name: 1 to {MAX_TOKEN_NAME} printable characters.")
    if await uow.users.get_for_update(actor.user_id) is None:
        raise AccountGone
    if await uow.tokens.count(actor.user_id) >= MAX_TOKENS:
        raise TooManyTokens(f"An account has at most {MAX_TOKENS}; revoke one first.")
    token = ApiToken(id=uow.ids.new(), name=name, created_at=uow.clock.now())
    secret = new_token_secret()
    await uow.tokens.add(token, actor.user_id, secret_hash(secret))
    return NewToken(token, secret)


async def list_tokens(uow: ChatUnitOfWork, actor: Actor) -> Sequence[ApiToken]:
    """The actor's tokens, oldest first."""
    return await uow.tokens.list(actor.user_id)


async def revoke_token(uow: ChatUnitOfWork, actor: Actor, token_id: UUID) -> None:
    """Ends a token.

    Raises:
        TokenNotFound: the actor has no such token.
    """
    if not await uow.tokens.delete(actor.user_id, token_id):
        raise TokenNotFound


async def authenticate(uow: ChatUnitOfWork, *, token: str | None = None, session: str | None = None) -> User:
    """The user that a bearer token, else a session's cookie, belongs to.

    Raises:
        Unauthorized: neither is given, or the one that is given is not valid (any more).
    """
    if token is not None:
        user = await uow.tokens.user(secret_hash(token))
        if user is None:
            raise Unauthorized("The bearer token is not valid, or was revoked.", code="invalid-token")
        return user
    if session is None:
        raise Unauthorized("Log in, or send a bearer token.")
    user = await uow.sessions.user(secret_hash(session), now=uow.clock.now())
    if user is None:
        raise Unauthorized("The session has ended; log in again.", code="session-ended")
    return user
