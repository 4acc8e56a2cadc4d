"""A user of Tickler, from outside: HTTP against a running Chat API, and mail as it arrives."""

import datetime as dt
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx

Json = Any
"""What JSON text parses to."""


class User:
    """A registered user with a session of their own. Answers that are no success raise `httpx.HTTPStatusError`."""

    def __init__(self, http: httpx.AsyncClient, email: str, profile: Mapping[str, Json]) -> None:
        self.http = http
        self.email = email
        self.id: str = profile["id"]
        self.timezone: str = profile["timezone"]

    @classmethod
    @asynccontextmanager
    async def register(cls, base_url: str, timezone: str = "Europe/Berlin") -> AsyncIterator[Self]:
        email = f"user-{secrets.token_hex(8)}@example.com"
        async with httpx.AsyncClient(base_url=base_url, timeout=30) as http:
            answer = await http.post(
                "/api/auth/register",
                json={"email": email, "password": secrets.token_urlsafe(16), "timezone": timezone},
            )
            answer.raise_for_status()
            yield cls(http, email, answer.json()["user"])

    async def chat(self, message: str, conversation_id: str | None = None) -> Json:
        body = {"message": message} | ({"conversation_id": conversation_id} if conversation_id else {})
        return await self._call("POST", "/api/chat", json=body)

    async def tasks(self, **query: str | int) -> list[Json]:
        items: list[Json] = []
        cursor: str | None = None
        while True:
            page = await self._call("GET", "/api/tasks", params=query | ({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items

    async def add_task(self, **fields: Json) -> Json:
        return await self._call("POST", "/api/tasks", json=fields)

    async def task(self, number: int) -> Json:
        return await self._call("GET", f"/api/tasks/{number}")

    async def edit_task(self, number: int, **fields: Json) -> Json:
        return await self._call("PATCH", f"/api/tasks/{number}", json=fields)

    async def complete_task(self, number: int) -> Json:
        return await self._call("POST", f"/api/tasks/{number}/complete")

    async def reopen_task(self, number: int) -> Json:
        return await self._call("POST", f"/api/tasks/{number}/reopen")

    async def skip_task(self, number: int) -> Json:
        return await self._call("POST", f"/api/tasks/{number}/skip")

    async def delete_task(self, number: int) -> Json:
        return await self._call("DELETE", f"/api/tasks/{number}")

    async def remind(self, number: int, at: dt.datetime) -> Json:
        return await self._call("POST", f"/api/tasks/{number}/reminders", json={"at": at.isoformat()})

    async def reminders(self) -> list[Json]:
        answer = await self._call("GET", "/api/reminders")
        return list(answer["items"])

    async def reminder(self, reminder_id: str) -> Json:
        return next(reminder for reminder in await self.reminders() if reminder["id"] == reminder_id)

    async def _call(self, method: str, path: str, **kwargs: Any) -> Json:
        answer = await self.http.request(method, path, **kwargs)
        if answer.is_error:
            raise httpx.HTTPStatusError(
                f"{method} {path}: {answer.status_code} {answer.text}", request=answer.request, response=answer
            )
        return answer.json() if answer.content else None


class Mailbox:
    """What a Mailpit server received, through its REST API."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    async def received(self, recipient: str) -> list[Json]:
        """The summaries of the mails to `recipient`, newest first, at most 500."""
        async with httpx.AsyncClient(base_url=self._base_url, timeout=30) as http:
            answer = await http.get("/api/v1/search", params={"query": f'to:"{recipient}"', "limit": 500})
            answer.raise_for_status()
            return list(answer.json()["messages"])

    async def read(self, mail_id: str) -> Json:
        """A whole mail: `Subject`, `Text`, `HTML`, `MessageID`, `Date` and more."""
        async with httpx.AsyncClient(base_url=self._base_url, timeout=30) as http:
            answer = await http.get(f"/api/v1/message/{mail_id}")
            answer.raise_for_status()
            return answer.json()
