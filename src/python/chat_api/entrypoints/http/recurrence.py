"""``/api/recurrence``: what a repeat means, before it is one."""

from collections.abc import Callable

from quart import Response

from chat_api.domain.task import Basis, Due
from chat_api.entrypoints.http.answers import DueAnswer, RecurrencePreviewAnswer
from chat_api.entrypoints.http.api import ApiBlueprint
from chat_api.entrypoints.http.authentication import authenticated
from chat_api.entrypoints.http.bodies import RecurrencePreview
from chat_api.service_layer.unit_of_work import ChatUnitOfWork
from events.http.body import read_model
from events.recurrence import Rule, check_start, first_due, local_date, preview


def recurrence_blueprint(new_unit_of_work: Callable[[], ChatUnitOfWork]) -> ApiBlueprint:
    """The preview of a repeat."""
    api = ApiBlueprint("recurrence", __name__, url_prefix="/api/recurrence")

    @api.operation("POST", "/preview", "Preview a repeat", body=RecurrencePreview, answer=RecurrencePreviewAnswer)
    async def preview_recurrence() -> Response:
        """The first dates of a series if each is done on its day, and its rule in words. Nothing is kept."""
        async with authenticated(new_unit_of_work) as (uow, actor):
            now = uow.clock.now()
        body = await read_model(RecurrencePreview)
        rule = Rule.parse(body.rule)
        if body.due is None:
            due = Due(first_due(rule, today=local_date(now, actor.timezone)), None, actor.timezone)
        else:
            due = body.due.due(actor.timezone)
        check_start(rule, due.date)
        return RecurrencePreviewAnswer(
            rule=str(rule),
            text=rule.describe(due.date),
            dates=[DueAnswer.of(each) for each in preview(rule, due, body.limit, Basis(body.basis))],
        ).respond()

    return api
