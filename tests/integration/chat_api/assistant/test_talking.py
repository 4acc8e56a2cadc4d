"""What can be said to the assistant, and what it then does: in plain English, through the HTTP API.

The clock of the service shows Monday, 2 March 2026, 9:00 UTC, which is 10:00 in Berlin.
"""

import pytest

from tests.support.chat_service import ChatService, Talker


@pytest.mark.proves("FR-001")
async def test_a_task_is_added_as_the_specification_says_it(service: ChatService, user: Talker) -> None:
    heard = await user.say("Add task: Buy groceries")

    assert heard.reply == 'Added task 1 "Buy groceries".'
    assert heard.actions[0]["tool"] == "add_task"
    assert heard.actions[0]["result"]["task"]["title"] == "Buy groceries"
    (task,) = await user.tasks()
    assert (task["number"], task["title"], task["status"]) == (1, "Buy groceries", "open")
    assert "task.created" in await service.published()
