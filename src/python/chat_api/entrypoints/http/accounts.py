"""``/api/auth/…`` and ``/api/me``."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from quart import Response, request

from chat_api.entrypoints.http.answers import NewTokenAnswer, SignedIn, TokenAnswer, TokenList, UserAnswer
from chat_api.entrypoints.http.api import ApiBlueprint
from chat_api.entrypoints.http.authentication import (
    COOKIE,
    authenticated,
    bearer_token,
    clear_session_cookie,
    set_session_cookie,
)
from chat_api.entrypoints.http.bodies import Login, NewApiToken, ProfileEdit, Registration
from chat_api.service_layer import accounts as use_cases
from chat_api.service_layer import tokens
from chat_api.service_layer.accounts import Accounts, ProfileChanges, Session
from chat_api.service_layer.errors import TokenNotFound
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.http.body import read_model


def accounts_blueprint(
    accounts: Accounts, new_unit_of_work: Callable[[], ChatUnitOfWork], *, secure_cookies: bool
) -> ApiBlueprint:
    """Registration, sessions, bearer tokens and the profile."""
    api = ApiBlueprint("accounts", __name__, url_prefix="/api")

    @api.operation(
        "POST",
        "/auth/register",
        "Register",
        body=Registration,
        answer=SignedIn,
        status=201,
        problems=(409,),
        public=True,
    )
    async def register() -> Response:
        """Adds an account and logs it in with a session cookie."""
        body = await read_model(Registration)
        return _signed_in(await accounts.register(body.email, body.password, body.timezone), 201)

    @api.operation("POST", "/auth/login", "Log in", body=Login, answer=SignedIn, problems=(401, 429), public=True)
    async def log_in() -> Response:
        """Opens a session, kept in a cookie. After some failures the next attempt has to wait."""
        body = await read_model(Login)
        return _signed_in(await accounts.log_in(body.email, body.password), 200)

    @api.operation("POST", "/auth/logout", "Log out", status=204, public=True)
    async def log_out() -> Response:
        """Ends the session of the cookie, if there is one."""
        secret = request.cookies.get(COOKIE)
        if secret is not None:
            async with new_unit_of_work() as uow:
                await use_cases.log_out(uow, secret)
                await uow.commit()
        response = Response(status=204)
        clear_session_cookie(response, secure=secure_cookies)
        return response

    @api.operation(
        "POST",
        "/auth/tokens",
        "Make a bearer token",
        body=NewApiToken,
        answer=NewTokenAnswer,
        status=201,
        problems=(409,),
    )
    async def create_token() -> Response:
        """Makes a token for the API and for MCP clients. It is shown in this answer only."""
        async with authenticated(new_unit_of_work) as (uow, actor):
            body = await read_model(NewApiToken)
            made = await tokens.create_token(uow, actor, body.name)
            await uow.commit()
        answer = NewTokenAnswer(
            id=made.token.id, name=made.token.name, created_at=made.token.created_at, token=made.secret
        )
        return answer.respond(201)

    @api.operation("GET", "/auth/tokens", "List bearer tokens", answer=TokenList)
    async def list_tokens() -> Response:
        """Lists the tokens, oldest first, without their secrets."""
        async with authenticated(new_unit_of_work) as (uow, actor):
            found = await tokens.list_tokens(uow, actor)
        return TokenList(items=[TokenAnswer.of(token) for token in found]).respond()

    @api.operation("DELETE", "/auth/tokens/<token_id>", "Revoke a bearer token", status=204, problems=(404,))
    async def revoke_token(token_id: str) -> Response:
        """Ends a token at once."""
        async with authenticated(new_unit_of_work) as (uow, actor):
            await tokens.revoke_token(uow, actor, _token_id(token_id))
            await uow.commit()
        return Response(status=204)

    @api.operation("GET", "/me", "Show the profile", answer=UserAnswer)
    async def me() -> Response:
        """The account of whoever asks."""
        async with new_unit_of_work() as uow:
            user = await tokens.authenticate(uow, token=bearer_token(), session=request.cookies.get(COOKIE))
        return UserAnswer.of(user).respond()

    @api.operation("PATCH", "/me", "Change the profile", body=ProfileEdit, answer=UserAnswer, problems=(409, 429))
    async def edit_me() -> Response:
        """Changes what is given. Address and password need the current password; a new one ends other sessions."""
        async with authenticated(new_unit_of_work) as (_, actor):
            pass
        body = await read_model(ProfileEdit)
        changes = ProfileChanges(**body.model_dump())
        user = await accounts.update_profile(actor, changes, request.cookies.get(COOKIE))
        return UserAnswer.of(user).respond()

    @api.operation("DELETE", "/me", "Delete the account", status=204)
    async def delete_me() -> Response:
        """Erases the account with all its data, here and, soon after, in every other service."""
        async with authenticated(new_unit_of_work) as (uow, actor):
            await use_cases.delete_account(uow, actor)
            await uow.commit()
        response = Response(status=204)
        clear_session_cookie(response, secure=secure_cookies)
        return response

    def _signed_in(session: Session, status: int) -> Response:
        response = SignedIn(user=UserAnswer.of(session.user)).respond(status)
        set_session_cookie(
            response,
            session.secret,
            secure=secure_cookies,
            max_age_seconds=accounts.session_lifetime / timedelta(seconds=1),
        )
        return response

    return api


def _token_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise TokenNotFound from error
