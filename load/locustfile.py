"""People who use Tickler, for Locust: `make up`, then `make load` (or `make load USERS=100 SECONDS=60`).

Each simulated person has an account of their own, talks to the assistant, lists, completes and sets reminders.
"""

import secrets
from typing import Any

from locust import HttpUser, between, task

TIMEZONE = "Europe/Berlin"


class Person(HttpUser):
    """One person: a message or a look at the list every one to three seconds."""

    wait_time = between(1, 3)

    def on_start(self) -> None:
        credentials = {"email": f"load-{secrets.token_hex(8)}@example.com", "password": secrets.token_urlsafe(16)}
        self.client.post("/api/auth/register", json=credentials | {"timezone": TIMEZONE}).raise_for_status()

    @task(5)
    def add(self) -> None:
        self._say("Add task: Buy groceries tomorrow at 5pm #shopping", "chat: add")

    @task(5)
    def list_open(self) -> None:
        self.client.get("/api/tasks")

    @task(2)
    def ask_what_is_due(self) -> None:
        self._say("What is due this week?", "chat: list")

    @task(2)
    def complete_the_first(self) -> None:
        for open_task in self._open_tasks()[:1]:
            self._say(f"Mark task {open_task['number']} as done", "chat: complete")

    @task(1)
    def remind(self) -> None:
        for open_task in self._open_tasks()[:1]:
            self._say(f"Remind me about task {open_task['number']} in 1 hour", "chat: remind")

    @task(1)
    def add_daily(self) -> None:
        self._say("Add task: Water the plants every day", "chat: add daily")

    def _open_tasks(self) -> list[dict[str, Any]]:
        answer = self.client.get("/api/tasks")
        return list(answer.json()["items"]) if answer.ok else []

    def _say(self, message: str, name: str) -> None:
        self.client.post("/api/chat", json={"message": message}, name=name)
