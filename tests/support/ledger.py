"""The count over the databases that must close after any fault.

Everything a user was told is done was published; everything published took effect exactly once in each service that
has a use for it, or lies in that service's dead letters; a completion has one next instance; a reminder has one mail.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import asyncpg

from tests.support.evidence import SCHEMAS
from tests.support.tickler import Json, Mailbox, User

APPLIES: dict[str, tuple[str, ...]] = {
    "chat-api": (
        "recurring.task.created",
        "reminder.triggered",
        "reminder.sent",
        "reminder.cancelled",
    ),
    "recurring": ("task.completed with a recurrence", "user.deleted"),
    "notification": ("reminder.scheduled", "reminder.triggered", "user.updated", "user.deleted"),
}
"""The events that each service has a use for, whatever its state; the others it may ignore."""

_PUBLISHED = """
    SELECT event_id, source, CASE
        WHEN type = 'task.completed' AND (payload::jsonb #>> '{data,had_recurrence}')::boolean
        THEN 'task.completed with a recurrence' ELSE type END AS type
    FROM (
        SELECT event_id, type, payload, topic, 'chat-api' AS source FROM chat_api.outbox
        UNION ALL SELECT event_id, type, payload, topic, 'recurring' FROM recurring.outbox
        UNION ALL SELECT event_id, type, payload, topic, 'notification' FROM notification.outbox
    ) AS events
    WHERE topic NOT LIKE '%-dead-letters' -- what was received, and not made, by a service
"""


@dataclass
class Acknowledged:
    """What users were told is done, as their client saw it."""

    users: list[User] = field(default_factory=list)
    tasks: list[Json] = field(default_factory=list)
    completed_in_series: list[Json] = field(default_factory=list)
    reminders: list[tuple[User, Json]] = field(default_factory=list)


Finding = str
Check = Callable[[asyncpg.Connection], Awaitable[list[Finding]]]


async def unpublished(connection: asyncpg.Connection) -> list[Finding]:
    """Outbox rows that no relay has published."""
    return [
        f"{service}: {row['type']} {row['event_id']} is not published"
        for service, schema in SCHEMAS.items()
        for row in await connection.fetch(
            f"SELECT event_id, type FROM {schema}.outbox WHERE published_at IS NULL"  # noqa: S608
        )
    ]


async def waiting(connection: asyncpg.Connection) -> list[Finding]:
    """Events that are parked for another attempt."""
    return [
        f"{service}: {row['type']} {row['event_id']} is parked: {row['last_error']}"
        for service, schema in SCHEMAS.items()
        for row in await connection.fetch(
            f"SELECT event_id, type, last_error FROM {schema}.parked_events"  # noqa: S608
        )
    ]


async def without_effect(connection: asyncpg.Connection) -> list[Finding]:
    """Published events that a service with a use for them neither applied nor dead-lettered."""
    findings = []
    for service, types in APPLIES.items():
        schema = SCHEMAS[service]
        rows = await connection.fetch(
            f"SELECT event_id, type FROM ({_PUBLISHED}) AS published WHERE type = ANY($1)"  # noqa: S608
            f" AND event_id NOT IN (SELECT event_id FROM {schema}.processed_events)"
            f" AND event_id NOT IN (SELECT event_id FROM {schema}.dead_letters WHERE event_id IS NOT NULL)",
            list(types),
        )
        findings += [f"{service}: {row['type']} {row['event_id']} had no effect" for row in rows]
    return findings


async def dead(connection: asyncpg.Connection) -> list[Finding]:
    """The services' own events that became dead letters; a fault of a process is no reason for one."""
    return [
        f"{service}: {row['type']} {row['event_id']} is a dead letter: {row['error']}"
        for service, schema in SCHEMAS.items()
        for row in await connection.fetch(
            f"SELECT event_id, type, error FROM {schema}.dead_letters"  # noqa: S608
            f" WHERE event_id IN (SELECT event_id FROM ({_PUBLISHED}) AS published)"
        )
    ]


async def lost_tasks(connection: asyncpg.Connection, acknowledged: Acknowledged) -> list[Finding]:
    """Tasks a user was told of that are not there, or whose creation was never announced."""
    ids = [task["id"] for task in acknowledged.tasks]
    rows = await connection.fetch(
        "SELECT wanted.id, tasks.id IS NULL AS lost, count(outbox.event_id) AS announced"
        " FROM unnest($1::uuid[]) AS wanted(id) LEFT JOIN chat_api.tasks ON tasks.id = wanted.id"
        " LEFT JOIN chat_api.outbox ON outbox.type = 'task.created' AND outbox.subject = wanted.id::text"
        " GROUP BY wanted.id, tasks.id",
        ids,
    )
    return [f"task {row['id']} is lost" for row in rows if row["lost"]] + [
        f"task {row['id']} was announced {row['announced']} times" for row in rows if row["announced"] != 1
    ]


async def wrong_successors(connection: asyncpg.Connection, acknowledged: Acknowledged) -> list[Finding]:
    """Completed occurrences without exactly one next instance, in Recurring and as the user sees it."""
    findings = []
    for task in acknowledged.completed_in_series:
        computed = await connection.fetch(
            "SELECT task_id FROM recurring.instances WHERE parent_task_id = $1::uuid", task["id"]
        )
        listed = await connection.fetchval(
            "SELECT count(*) FROM chat_api.tasks WHERE id = ANY($1::uuid[])", [row["task_id"] for row in computed]
        )
        if (len(computed), listed) != (1, 1):
            findings.append(f"completed {task['id']} has {len(computed)} next instances, {listed} of them listed")
    return findings


async def wrong_mails(connection: asyncpg.Connection, mailbox: Mailbox, acknowledged: Acknowledged) -> list[Finding]:
    """Reminders without exactly one mail. A mail that the server took twice has one Message-ID and counts once.

    A reminder whose answer was lost on its way may exist as well; then it, too, has its one mail.
    """
    findings = []
    for user in acknowledged.users:
        deliveries = await connection.fetch(
            "SELECT reminder_id::text, message_id, state FROM notification.deliveries WHERE user_id = $1::uuid", user.id
        )
        by_reminder = Counter(row["reminder_id"] for row in deliveries)
        findings += [
            f"reminder {reminder['id']} has {by_reminder[reminder['id']]} deliveries"
            for owner, reminder in acknowledged.reminders
            if owner is user and by_reminder[reminder["id"]] != 1
        ]
        findings += [
            f"reminder {row['reminder_id']} is {row['state']}, not sent" for row in deliveries if row["state"] != "sent"
        ]
        mails = Counter(mail["MessageID"] for mail in await mailbox.received(user.email))
        if set(mails) != {row["message_id"].strip("<>") for row in deliveries if row["message_id"]}:
            findings.append(f"{user.email} has {len(deliveries)} deliveries and got {len(mails)} mails")
    return findings


async def open_findings(connection: asyncpg.Connection, mailbox: Mailbox, acknowledged: Acknowledged) -> list[Finding]:
    """All that does not add up now; empty where the count closes."""
    checks: Sequence[Check] = (
        unpublished,
        waiting,
        without_effect,
        dead,
        lambda connection: lost_tasks(connection, acknowledged),
        lambda connection: wrong_successors(connection, acknowledged),
        lambda connection: wrong_mails(connection, mailbox, acknowledged),
    )
    return [finding for check in checks for finding in await check(connection)]
