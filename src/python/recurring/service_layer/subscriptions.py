"""What the service listens to."""

from events.contracts import TaskCompleted, UserDeleted
from events.subscriptions import Subscriptions
from recurring.service_layer.handlers import on_task_completed, on_user_deleted
from recurring.service_layer.unit_of_work import RecurringUnitOfWork

SUBSCRIPTIONS: Subscriptions[RecurringUnitOfWork] = Subscriptions(
    {
        TaskCompleted: on_task_completed,
        UserDeleted: on_user_deleted,
    }
)
