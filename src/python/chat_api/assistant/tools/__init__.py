"""The tools that the assistant and other MCP clients have: a readable list."""

from typing import Any, Final

from chat_api.assistant.tools.lookups import GET_TASK, LIST_REMINDERS, LIST_TASKS, PREVIEW_RECURRENCE
from chat_api.assistant.tools.reminders import ADD_REMINDER, CANCEL_REMINDER
from chat_api.assistant.tools.tasks import (
    ADD_TASK,
    COMPLETE_TASK,
    DELETE_TASK,
    REOPEN_TASK,
    SKIP_OCCURRENCE,
    UPDATE_TASK,
)
from chat_api.assistant.tools.tool import Tool

TOOLS: Final[tuple[Tool[Any, Any], ...]] = (
    ADD_TASK,
    LIST_TASKS,
    GET_TASK,
    UPDATE_TASK,
    COMPLETE_TASK,
    SKIP_OCCURRENCE,
    REOPEN_TASK,
    DELETE_TASK,
    ADD_REMINDER,
    LIST_REMINDERS,
    CANCEL_REMINDER,
    PREVIEW_RECURRENCE,
)
