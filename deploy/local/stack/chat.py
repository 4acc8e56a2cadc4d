"""``make chat``: a conversation with the running stack, in the terminal.

The first time it registers a user of this machine; the address and a bearer token stay in ``chat.json`` in the stack's
state directory. Beside the answers it shows what happens meanwhile: reminders sent, next tasks of a series.
"""

import contextlib
import json
import os
import secrets
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import available_timezones

from stack.errors import StackError
from stack.settings import Settings

try:
    import readline
except ImportError:  # some builds of Python have none; lines can then not be edited
    readline = None  # type: ignore[assignment]

T = TypeVar("T")

_ANSWER_TIMEOUT_SECONDS = 120
_STREAM_TIMEOUT_SECONDS = 60  # longer than the stream is ever silent
_PROMPT = "you> "
_UNAUTHORIZED = 401


class NoAnswer(StackError):
    """Chat API cannot be reached."""


class Refused(StackError):
    """Chat API answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Api:
    """Chat API over HTTP, as one user or as nobody."""

    base_url: str
    token: str | None = None

    def call(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Any:
        """The JSON that Chat API answers.

        Raises:
            Refused: it answered with an error.
            NoAnswer: it did not answer.
        """
        with self.open(method, path, body, headers) as response:
            content = _readable(response.read)
        return json.loads(content) if content else None

    def open(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = _ANSWER_TIMEOUT_SECONDS,
    ) -> HTTPResponse:
        """The answer, to be read and closed. Raises as `call` does."""
        request = urllib.request.Request(  # noqa: S310 - the scheme is that of our own stack
            self.base_url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Content-Type": "application/json", "Accept": "application/json", **(headers or {})},
        )
        if self.token is not None:
            request.add_header("Authorization", f"Bearer {self.token}")

        def send() -> HTTPResponse:
            try:
                response: HTTPResponse = urllib.request.urlopen(request, timeout=timeout_seconds)  # noqa: S310
            except urllib.error.HTTPError as error:
                with error:
                    raise Refused(error.code, _problem(error.read())) from error
            return response

        return _readable(send)


class Conversation:
    """Messages and answers that belong together."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._id: str | None = None

    def say(self, message: str) -> str:
        """The assistant's reply.

        Where the connection breaks, the message is sent once more, under the same key: it is done once in any case.
        """
        body = {"message": message} | ({"conversation_id": self._id} if self._id else {})
        key = {"Idempotency-Key": secrets.token_hex(16)}
        try:
            answer = self._api.call("POST", "/api/chat", body, key)
        except NoAnswer:
            answer = self._api.call("POST", "/api/chat", body, key)
        self._id = answer["conversation_id"]
        return str(answer["reply"])


class Terminal:
    """Lines in and out, where something may be shown while the user types."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asking = False

    def ask(self) -> str:
        """The next line that the user types. Raises EOFError at the end."""
        self._asking = True
        try:
            return input(_PROMPT)
        finally:
            self._asking = False

    def show(self, text: str) -> None:
        """Shows a text, above the line that is being typed."""
        with self._lock:
            if not self._asking:
                sys.stdout.write(f"{text}\n")
            else:
                typed = readline.get_line_buffer() if readline is not None else ""
                sys.stdout.write(f"\r\x1b[K{text}\n{_PROMPT}{typed}")
            sys.stdout.flush()


def find_chat_api(description: Path) -> str:
    """The base URL of Chat API in the stack that ``stack.json`` describes.

    Raises:
        StackError: no stack has been started.
    """
    try:
        return str(json.loads(description.read_text("utf-8"))["urls"]["chat-api"])
    except FileNotFoundError:
        raise StackError("the stack is not running; `make up` starts it") from None
    except (ValueError, KeyError) as error:
        raise StackError(f"{description} cannot be read ({error}); `make up` writes it anew") from error


def log_in(base_url: str, credentials: Path) -> tuple[Api, str, bool]:
    """The API as this machine's user, the user's address, and whether the user was registered just now."""
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError):
        api = Api(base_url, json.loads(credentials.read_text("utf-8"))["token"])
        try:
            return api, api.call("GET", "/api/me")["email"], False
        except Refused as refused:
            if refused.status != _UNAUTHORIZED:
                raise
            # The stack was started with new data since, and does not know the token.
    api, email = _register(base_url)
    credentials.unlink(missing_ok=True)
    credentials.touch(mode=0o600)
    credentials.write_text(json.dumps({"email": email, "token": api.token}), "utf-8")
    return api, email, True


def local_timezone() -> str:
    """This machine's IANA time zone, from ``TZ`` or ``/etc/localtime``; UTC where neither names one."""
    name = os.environ.get("TZ", "").removeprefix(":")
    if not name:
        with contextlib.suppress(OSError):
            name = str(Path("/etc/localtime").readlink()).partition("zoneinfo/")[2]
    return name if name in available_timezones() else "UTC"


def happenings(api: Api) -> Iterator[str]:
    """What happens to the user's tasks by itself, a line each, for as long as the live stream lasts."""
    with api.open("GET", "/api/stream", None, {"Accept": "text/event-stream"}, _STREAM_TIMEOUT_SECONDS) as stream:
        event = ""
        for raw in iter(lambda: _readable(stream.readline), b""):
            field, _, value = raw.decode("utf-8").rstrip("\r\n").partition(": ")
            if field == "event":
                event = value
            elif field == "data":
                line = _happening(api, event, json.loads(value))
                if line is not None:
                    yield line


def main() -> int:
    """Sends the message that the command line gives and shows the answer, or else talks until the user ends it."""
    message = " ".join(sys.argv[1:]).strip()
    try:
        settings = Settings.from_environment()
        api, email, is_new = log_in(find_chat_api(settings.description), settings.state / "chat.json")
        if message:
            sys.stdout.write(f"{Conversation(api).say(message)}\n")
        else:
            _talk(api, email, is_new=is_new)
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stdout.write("\n")
    return 0


def _talk(api: Api, email: str, *, is_new: bool) -> None:
    terminal, conversation = Terminal(), Conversation(api)
    greeting = f"You are {email}, registered just now." if is_new else f"You are {email}."
    terminal.show(f'{greeting} Say "help" to see what I can do; Ctrl-D ends.')
    threading.Thread(target=_follow, args=(api, terminal), daemon=True).start()
    while True:
        try:
            message = terminal.ask().strip()
        except EOFError:
            terminal.show("")
            return
        if message:
            try:
                terminal.show(conversation.say(message))
            except StackError as error:
                terminal.show(f"{error}")


def _follow(api: Api, terminal: Terminal) -> None:
    """Shows what happens, until the stream breaks; the conversation goes on without."""
    with contextlib.suppress(StackError):
        for line in happenings(api):
            terminal.show(f"  * {line}")


def _happening(api: Api, event: str, change: Mapping[str, Any]) -> str | None:
    """The line about a change, where the user should hear of it."""
    try:
        if event == "reminder.updated":
            reminders = api.call("GET", f"/api/reminders?task={change['task_number']}")["items"]
            found = next((item for item in reminders if item["id"] == change["reminder_id"]), None)
            if found is not None and found["state"] in ("sent", "failed"):
                result = "was sent" if found["state"] == "sent" else "could not be delivered"
                return f'the reminder of task {found["task_number"]} "{found["task_title"]}" {result}'
        if event == "task.created":
            task = api.call("GET", f"/api/tasks/{change['task_number']}")
            if task["recurrence"] is not None and task["recurrence"]["ordinal"] > 1:
                return f'task {task["number"]} "{task["title"]}" is next, due {task["due"]["date"]}'
    except Refused:  # it is gone again
        return None
    return None


def _register(base_url: str) -> tuple[Api, str]:
    email = f"you-{secrets.token_hex(4)}@example.com"
    account = {"email": email, "password": secrets.token_urlsafe(24), "timezone": local_timezone()}
    with Api(base_url).open("POST", "/api/auth/register", account) as response:
        cookies = [value.partition(";")[0] for value in response.headers.get_all("Set-Cookie", [])]
    made = Api(base_url).call("POST", "/api/auth/tokens", {"name": "make chat"}, {"Cookie": "; ".join(cookies)})
    return Api(base_url, made["token"]), email


def _readable(read: Callable[[], T]) -> T:
    """What `read` returns; raises `NoAnswer` where the connection fails."""
    try:
        return read()
    except (OSError, HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise NoAnswer(
            f"Chat API does not answer ({reason}); `make status` shows what runs, `make up` starts it"
        ) from error


def _problem(body: bytes) -> str:
    """What a problem document says."""
    try:
        problem = json.loads(body)
        return str(problem.get("detail") or problem["title"])
    except (ValueError, KeyError, AttributeError):
        return body.decode("utf-8", "replace")[:200]


if __name__ == "__main__":
    sys.exit(main())
