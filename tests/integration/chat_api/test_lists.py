"""Lists of tasks and reminders: filters, order, pages."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
import pytest
from sqlalchemy import event

from tests.integration.chat_api.conftest import ChatApi, Client, Json
from tests.support.databases import plain_dsn


def titles(tasks: list[Json]) -> list[str]:
    return [task["title"] for task in tasks]


async def pages(user: Client, query: str, limit: int) -> list[list[Json]]:
    found: list[list[Json]] = []
    cursor = ""
    while True:
        page = await user.call("GET", f"/api/tasks?limit={limit}{query}{cursor}")
        found.append(page["items"])
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


async def test_open_tasks_come_as_they_are_due_in_their_zones_and_those_without_a_due_last(user: Client) -> None:
    await user.add("whenever")
    await user.add("Berlin, any time", due={"date": "2026-03-03"})
    await user.add("Berlin, nine", due={"date": "2026-03-03", "time": "09:00"})
    await user.add("Tokyo, nine", due={"date": "2026-03-03", "time": "09:00", "timezone": "Asia/Tokyo"})
    await user.add("Honolulu, nine", due={"date": "2026-03-03", "time": "09:00", "timezone": "Pacific/Honolulu"})
    await user.add("done", due={"date": "2026-03-03", "time": "09:00"})
    await user.do("complete", 6)

    assert titles(await user.tasks()) == [
        "Tokyo, nine",
        "Berlin, nine",
        "Honolulu, nine",
        "Berlin, any time",
        "whenever",
    ]


async def test_done_tasks_come_latest_first_and_all_tasks_newest_first(api: ChatApi, user: Client) -> None:
    for title in ("one", "two", "three"):
        await user.add(title)
    for number in (2, 1):
        api.clock.advance(minutes=1)
        await user.do("complete", number)

    assert titles(await user.tasks("?status=done")) == ["one", "two"]
    assert titles(await user.tasks("?status=all")) == ["three", "two", "one"]
    assert titles(await user.tasks("?status=open")) == ["three"]


@pytest.mark.parametrize("status", ["open", "done", "all"])
async def test_pages_hold_every_task_once_in_the_order_of_the_whole_list(user: Client, status: str) -> None:
    for n in range(11):  # many of them equal in what comes first in the order
        await user.add(f"Task {n}", **({"due": {"date": "2026-03-03"}} if n % 3 else {}))
    if status == "done":
        for n in range(11):
            await user.do("complete", n + 1)

    whole = await user.tasks(f"?status={status}")
    found = await pages(user, f"&status={status}", limit=3)

    assert [len(page) for page in found] == [3, 3, 3, 2]
    assert [task for page in found for task in page] == whole


async def test_a_page_that_ends_with_the_list_has_no_cursor(user: Client) -> None:
    for n in range(4):
        await user.add(f"Task {n}")
    assert [len(page) for page in await pages(user, "", limit=2)] == [2, 2]


async def test_a_task_added_while_pages_are_read_moves_none_of_the_others(user: Client) -> None:
    for n in range(4):
        await user.add(f"Task {n}", due={"date": f"2026-03-1{n}"})
    first = await user.call("GET", "/api/tasks?limit=2")
    await user.add("earlier", due={"date": "2026-03-05"})
    second = await user.call("GET", f"/api/tasks?limit=2&cursor={first['next_cursor']}")
    assert titles(first["items"] + second["items"]) == ["Task 0", "Task 1", "Task 2", "Task 3"]


async def test_tasks_are_found_by_tag(user: Client) -> None:
    await user.add("Dishes", tags=["home", "daily"])
    await user.add("Report", tags=["work"])
    assert titles(await user.tasks("?tag=home")) == ["Dishes"]
    assert titles(await user.tasks("?tag=%23HOME")) == ["Dishes"]
    assert await user.tasks("?tag=ho") == []


async def test_a_search_finds_words_by_how_they_begin(user: Client) -> None:
    await user.add("Buy groceries", notes="Milk, bread", tags=["kitchen"])
    await user.add("Read this", notes="https://www.example.com/a-page?x=1")
    await user.add("Müll rausbringen")
    for query, found in (
        ("groceries", ["Buy groceries"]),
        ("GROC", ["Buy groceries"]),
        ("buy gro", ["Buy groceries"]),
        ("gro buy", ["Buy groceries"]),
        ("example", ["Read this"]),
        ("müll", ["Müll rausbringen"]),
        ("MÜLL", ["Müll rausbringen"]),
        ("kitchen", ["Buy groceries"]),
        ("roceries", []),
        ("buy milk eggs", []),
        ("'; DROP TABLE tasks; --", []),
        ("!!!", []),
    ):
        answer = await user.http.get("/api/tasks", query_string={"q": query})
        assert titles((await answer.get_json())["items"]) == found, query


async def test_an_edit_changes_what_a_search_finds(user: Client) -> None:
    await user.add("Buy groceries")
    await user.edit(1, title="Buy flowers")
    assert await user.tasks("?q=groceries") == []
    assert titles(await user.tasks("?q=flowers")) == ["Buy flowers"]


async def test_dues_are_bounded_by_the_date_on_their_own_calendar(user: Client) -> None:
    await user.add("Monday in Berlin", due={"date": "2026-03-02", "time": "23:59"})
    await user.add(
        "Tuesday in Kiritimati", due={"date": "2026-03-03", "time": "00:00", "timezone": "Pacific/Kiritimati"}
    )
    await user.add("Tuesday in Niue", due={"date": "2026-03-03", "timezone": "Pacific/Niue"})
    await user.add("Wednesday", due={"date": "2026-03-04"})
    await user.add("whenever")

    assert titles(await user.tasks("?due_before=2026-03-03")) == ["Monday in Berlin"]
    assert titles(await user.tasks("?due_from=2026-03-03&due_before=2026-03-04")) == [
        "Tuesday in Kiritimati",
        "Tuesday in Niue",
    ]
    assert titles(await user.tasks("?due_from=2026-03-04")) == ["Wednesday"]
    assert await user.tasks("?due_before=0001-01-01") == []
    assert await user.tasks("?due_from=9999-12-31") == []


async def test_a_query_that_cannot_be_meant_is_refused(user: Client) -> None:
    for query in (
        "status=closed",
        "limit=0",
        "limit=201",
        "limit=ten",
        "due_before=tomorrow",
        "due_before=2026-02-30",
        "due_before=1767225600",
        "colour=red",
        "tag=a&tag=b",
        "tag=",
        "tag=a%00b",
        "q=a%00b",
        "q=" + "x" * 201,
    ):
        answer = await user.send("GET", f"/api/tasks?{query}")
        assert answer.status == 422, (query, answer)
        assert answer.body["detail"], query


def forged(*parts: Json) -> str:
    return urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


async def test_a_cursor_that_was_not_handed_out_is_refused(user: Client) -> None:
    for cursor in (
        "",
        "nonsense",
        "%F0%9F%98%80",
        "x" * 400,
        forged("open"),
        forged("open", "2026-03-03T00:00:00+00:00", "1"),
        forged("open", "2026-03-03T00:00:00+00:00", -1),
        forged("open", "2026-03-03T00:00:00+00:00", 2**31),
        forged("open", "2026-03-03T00:00:00+00:00", True),
        forged("open", "9999-12-31T23:59:59-12:00", 1),
        forged("open", 1, 1),
        forged("done", "2026-03-03T00:00:00+00:00", 1),
        forged({"open": 1}),
    ):
        await user.refused(422, "invalid-cursor", "GET", f"/api/tasks?cursor={cursor}")


async def test_reminders_are_listed_by_time_with_their_task_and_in_pages(user: Client) -> None:
    await user.add("first")
    await user.add("second")
    for number, hour in ((1, 12), (2, 11), (1, 13)):
        await user.remind(number, at=f"2026-03-03T{hour}:00:00Z")

    listed = await user.reminders()
    assert [(r["task_title"], r["task_number"], r["remind_at"]) for r in listed] == [
        ("second", 2, "2026-03-03T11:00:00Z"),
        ("first", 1, "2026-03-03T12:00:00Z"),
        ("first", 1, "2026-03-03T13:00:00Z"),
    ]
    first = await user.call("GET", "/api/reminders?limit=2")
    second = await user.call("GET", f"/api/reminders?limit=2&cursor={first['next_cursor']}")
    assert first["items"] + second["items"] == listed
    assert second["next_cursor"] is None

    await user.call("DELETE", f"/api/reminders/{listed[0]['id']}")
    assert len((await user.call("GET", "/api/reminders?state=scheduled"))["items"]) == 2
    assert len((await user.call("GET", "/api/reminders?task=1"))["items"]) == 2


@pytest.mark.parametrize(
    ("query", "cursor", "index"),
    [
        ("", ("open", "2026-06-01T00:00:00+00:00", 1), "tasks_open"),
        ("due_from=2026-06-01&due_before=2026-06-02", None, "tasks_open"),
        ("status=done", ("done", "2026-06-01T00:00:00+00:00", 1), "tasks_done"),
        ("status=all", ("all", 500, 500), "tasks_number"),
    ],
)
async def test_a_page_of_a_large_list_is_found_by_its_index_without_sorting(
    api: ChatApi, user: Client, query: str, cursor: tuple[Json, ...] | None, index: str
) -> None:
    await api.rows(
        """INSERT INTO tasks (id, user_id, number, title, notes, status, priority, tags, due_date, due_at, timezone,
               version, created_version, created_at, updated_at, completed_at, resolution, completed_version, words)
           SELECT gen_random_uuid(), :user, n, 'Task ' || n, '', CASE WHEN done THEN 'done' ELSE 'open' END, 'normal',
               '{}', moment::date, moment, 'UTC', 1, 1, now(), now(), CASE WHEN done THEN moment END,
               CASE WHEN done THEN 'completed' END, CASE WHEN done THEN 1 END, ''
           FROM (SELECT n, n % 2 = 0 AS done, timestamptz '2026-03-02' + n * interval '15 min' AS moment
                 FROM generate_series(1, 20000) AS n) AS numbers""",
        user=user.id,
    )
    await api.rows("ANALYZE tasks")

    with statements_of(api) as statements:
        page = f"&cursor={forged(*cursor)}" if cursor else ""
        assert len(await user.tasks(f"?limit=10&{query}{page}")) == 10

    (listing,) = (each for each in statements if "FROM tasks" in each[0])
    plan = await explain(api, *listing)
    assert index in plan
    assert "Sort" not in plan
    assert "Seq Scan" not in plan


Statement = tuple[str, tuple[object, ...]]


@contextmanager
def statements_of(api: ChatApi) -> Iterator[list[Statement]]:
    """What is executed meanwhile, with its parameters."""
    statements: list[Statement] = []

    def keep(_connection: object, _cursor: object, statement: str, parameters: tuple[object, ...], *_: object) -> None:
        statements.append((statement, parameters))

    engine = api.service.engine.sync_engine
    event.listen(engine, "before_cursor_execute", keep)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", keep)


async def explain(api: ChatApi, statement: str, parameters: tuple[object, ...]) -> str:
    """How the server would find what `statement` asks for."""
    connection = await asyncpg.connect(plain_dsn(api.database_url))
    try:
        return "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {statement}", *parameters))
    finally:
        await connection.close()
