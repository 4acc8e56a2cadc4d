"""``/api/tasks``: tasks and their reminders."""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel
from quart import Response, json, request

from chat_api import views
from chat_api.domain.actor import Actor
from chat_api.domain.task import Task
from chat_api.entrypoints.http.answers import (
    Answer,
    DeletedTaskAnswer,
    ListedReminder,
    ReminderAnswer,
    ReminderPage,
    ReopenedTaskAnswer,
    TaskAnswer,
    TaskPage,
)
from chat_api.entrypoints.http.api import ApiBlueprint
from chat_api.entrypoints.http.authentication import authenticated
from chat_api.entrypoints.http.bodies import NewTask, ReminderBody, ReminderFilter, TaskEdit, TaskFilter
from chat_api.entrypoints.http.requests import idempotency_key, if_match, read_query, reminder_id, task_number
from chat_api.service_layer import reminders, tasks
from chat_api.service_layer.errors import TaskChanged
from chat_api.service_layer.idempotency import once, request_hash
from chat_api.service_layer.repositories import StoredAnswer
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.http.body import read_model
from events.http.problems import problem_response


def tasks_blueprint(new_unit_of_work: Callable[[], ChatUnitOfWork]) -> ApiBlueprint:
    """Tasks and reminders."""
    api = ApiBlueprint("tasks", __name__, url_prefix="/api")
    api.register_error_handler(TaskChanged, _task_changed)

    @api.operation("GET", "/tasks", "List tasks", query=TaskFilter, answer=TaskPage)
    async def list_tasks() -> Response:
        """Open tasks come as they are due, those without a due last; done ones latest first; all newest first."""
        async with authenticated(new_unit_of_work) as (uow, actor):
            page = await views.list_tasks(uow.connection, actor, read_query(TaskFilter).query())
        return TaskPage(items=[TaskAnswer.of(task) for task in page.items], next_cursor=page.next_cursor).respond()

    @api.operation("POST", "/tasks", "Add a task", body=NewTask, answer=TaskAnswer, status=201, idempotent=True)
    async def add_task() -> Response:
        """Adds a task with its repeat and its reminders, all or nothing."""
        async with authenticated(new_unit_of_work) as (uow, actor):
            body = await read_model(NewTask)

            async def add() -> tuple[Answer, str]:
                task = await tasks.add_task(uow, actor, body.draft(actor.timezone))
                return TaskAnswer.of(task), f"/api/tasks/{task.number}"

            return await _create(uow, actor, body, add)

    @api.operation("GET", "/tasks/<number>", "Show a task", answer=TaskAnswer, problems=(404,))
    async def show_task(number: str) -> Response:
        """A task with its reminders. Its ETag is its version."""
        async with authenticated(new_unit_of_work) as (uow, actor):
            task = await views.get_task(uow.connection, actor, task_number(number))
        return TaskAnswer.of(task).respond()

    @api.operation(
        "PATCH",
        "/tasks/<number>",
        "Change a task",
        body=TaskEdit,
        answer=TaskAnswer,
        problems=(404, 409),
        conditional=True,
    )
    async def edit_task(number: str) -> Response:
        """Changes what is given. Reminders before the due move with it; another rule begins a new series."""
        async with authenticated(new_unit_of_work) as (uow, actor):
            body = await read_model(TaskEdit)
            timezone = actor.timezone
            if body.due is not None and body.due.timezone is None:
                timezone = (await views.get_task(uow.connection, actor, task_number(number))).timezone
            task = await tasks.edit_task(uow, actor, task_number(number), body.changes(timezone), if_match())
            await uow.commit()
        return TaskAnswer.of(task).respond()

    @api.operation(
        "DELETE", "/tasks/<number>", "Delete a task", answer=DeletedTaskAnswer, problems=(404,), conditional=True
    )
    async def delete_task(number: str) -> Response:
        """Deletes a task with its reminders. The open instance of a series ends it, and the answer says so."""
        async with authenticated(new_unit_of_work) as (uow, actor):
            deleted = await tasks.delete_task(uow, actor, task_number(number), if_match())
            await uow.commit()
        return DeletedTaskAnswer.of(deleted.task, ended_series=deleted.ended_series).respond()

    @api.operation(
        "POST", "/tasks/<number>/complete", "Complete a task", answer=TaskAnswer, problems=(404,), conditional=True
    )
    async def complete_task(number: str) -> Response:
        """Its pending reminders are cancelled; a series brings its next instance a moment later."""
        return await _change(number, tasks.complete_task)

    @api.operation(
        "POST", "/tasks/<number>/skip", "Skip an occurrence", answer=TaskAnswer, problems=(404, 409), conditional=True
    )
    async def skip_task(number: str) -> Response:
        """Skips this occurrence of a series: it is done as skipped, and the next instance comes a moment later."""
        return await _change(number, tasks.skip_task)

    @api.operation(
        "POST", "/tasks/<number>/reopen", "Reopen a task", answer=ReopenedTaskAnswer, problems=(404,), conditional=True
    )
    async def reopen_task(number: str) -> Response:
        """Its reminders that are still ahead come back. The next instance of its series is taken back if untouched."""
        async with authenticated(new_unit_of_work) as (uow, actor):
            reopened = await tasks.reopen_task(uow, actor, task_number(number), if_match())
            await uow.commit()
        return ReopenedTaskAnswer.of(
            reopened.task,
            retracted_successor=None if reopened.retracted is None else reopened.retracted.number,
            kept_successor=None if reopened.kept is None else reopened.kept.number,
        ).respond()

    @api.operation(
        "POST",
        "/tasks/<number>/reminders",
        "Add a reminder",
        body=ReminderBody,
        answer=ReminderAnswer,
        status=201,
        problems=(404, 409),
        conditional=True,
        idempotent=True,
    )
    async def add_reminder(number: str) -> Response:
        """Adds a reminder at a moment, or a while before the due, with which it then moves."""
        async with authenticated(new_unit_of_work) as (uow, actor):
            body = await read_model(ReminderBody)

            async def add() -> tuple[Answer, str]:
                added = await reminders.add_reminder(uow, actor, task_number(number), body.draft(), if_match())
                return ReminderAnswer.of(added), f"/api/reminders/{added.id}"

            return await _create(uow, actor, body, add)

    @api.operation("GET", "/reminders", "List reminders", query=ReminderFilter, answer=ReminderPage)
    async def list_reminders() -> Response:
        """The reminders of all tasks by their time, in whatever state."""
        async with authenticated(new_unit_of_work) as (uow, actor):
            page = await views.list_reminders(uow.connection, actor, read_query(ReminderFilter).query())
        items = [
            ListedReminder.model_validate(
                ReminderAnswer.of(listed.reminder).model_dump()
                | {"task_number": listed.task_number, "task_title": listed.task_title}
            )
            for listed in page.items
        ]
        return ReminderPage(items=items, next_cursor=page.next_cursor).respond()

    @api.operation("DELETE", "/reminders/<reminder>", "Cancel a reminder", answer=ReminderAnswer, problems=(404, 409))
    async def cancel_reminder(reminder: str) -> Response:
        """Cancels a reminder that has not been sent. It stays in the list as cancelled."""
        async with authenticated(new_unit_of_work) as (uow, actor):
            cancelled = await reminders.cancel_reminder(uow, actor, reminder_id(reminder))
            await uow.commit()
        return ReminderAnswer.of(cancelled).respond()

    async def _change(
        number: str, act: Callable[[ChatUnitOfWork, Actor, int, int | None], Awaitable[Task]]
    ) -> Response:
        async with authenticated(new_unit_of_work) as (uow, actor):
            task = await act(uow, actor, task_number(number), if_match())
            await uow.commit()
        return TaskAnswer.of(task).respond()

    return api


async def _create(
    uow: ChatUnitOfWork, actor: Actor, body: BaseModel, add: Callable[[], Awaitable[tuple[Answer, str]]]
) -> Response:
    """Answers what `add` made, or, under an idempotency key that was used before, what it had made then."""
    asked = request_hash(request.method, request.path, body.model_dump(mode="json", exclude_unset=True))

    async def act() -> StoredAnswer:
        answer, location = await add()
        response = answer.respond(201)
        headers = {name: response.headers[name] for name in ("ETag",) if name in response.headers}
        return StoredAnswer(asked, 201, answer.model_dump(mode="json"), headers | {"Location": location})

    answer = await once(uow, actor, idempotency_key(), asked, act)
    await uow.commit()
    return Response(json.dumps(answer.body), answer.status, answer.headers, content_type="application/json")


async def _task_changed(error: TaskChanged) -> Response:
    """412, with the task as it is now."""
    now: dict[str, Any] = TaskAnswer.of(error.task).model_dump(mode="json")
    error.members["task"] = now
    response = problem_response(error)
    response.headers["ETag"] = f'"{error.task.version}"'
    return response
