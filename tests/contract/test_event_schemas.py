"""The committed schemas are those of the code, and break nothing that was released."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from events.contracts import CONTRACTS, TaskCompleted
from events.schemas import PUBLISHERS, asyncapi, check, data_schema, file_name, incompatibilities
from tests.support.sample.service import user_updated

DIRECTORY = Path(__file__).parents[2] / "docs" / "events"


@pytest.mark.proves("FR-010")
def test_the_committed_schemas_are_current_and_compatible_with_the_released_ones() -> None:
    assert check(DIRECTORY) == []


def test_every_contract_was_released() -> None:
    assert {path.name for path in (DIRECTORY / "released").glob("*.json")} >= set(map(file_name, CONTRACTS))


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.TYPE)
def test_a_schema_is_valid_and_describes_every_field(contract: Any) -> None:
    schema = data_schema(contract)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["properties"]) == set(contract.model_fields)


def test_an_event_of_ours_satisfies_its_schema() -> None:
    event = user_updated(1, 1)
    jsonschema.validate(json.loads(event.to_json())["data"], data_schema(type(event.data)))


def test_every_contract_has_a_publisher_and_a_message() -> None:
    assert set(PUBLISHERS) == {contract.TYPE for contract in CONTRACTS}
    assert len(asyncapi()["components"]["messages"]) == len(CONTRACTS)


@pytest.mark.proves("FR-011", "FR-013", "FR-015")
def test_the_publishers_are_those_of_the_specification() -> None:
    published = {
        service: {event for event, publisher in PUBLISHERS.items() if publisher == service}
        for service in set(PUBLISHERS.values())
    }
    assert published["chat-api"] >= {
        "task.created",
        "task.updated",
        "task.completed",
        "task.deleted",
        "reminder.scheduled",
    }
    assert published["recurring"] == {"recurring.task.created"}
    assert published["notification"] >= {"reminder.sent", "reminder.cancelled"}


Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> list[str]:
    released = data_schema(TaskCompleted)
    current = copy.deepcopy(released)
    change(current)
    return incompatibilities(released, current)


@pytest.mark.proves("US5.2")
@pytest.mark.parametrize(
    "change",
    [
        lambda schema: schema["properties"].update(mood={"type": "string", "default": ""}),
        lambda schema: schema["$defs"]["TaskData"]["properties"].update(colour={"type": "string", "default": ""}),
        lambda schema: schema.update(description="In other words."),
    ],
    ids=["a new optional field", "a new optional field further in", "other words"],
)
def test_a_change_that_adds_is_compatible(change: Change) -> None:
    assert changed(change) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda schema: schema["properties"].pop("completed_at"),
        lambda schema: schema["properties"]["had_recurrence"].update(type="string"),
        lambda schema: schema["required"].remove("completed_at"),
        lambda schema: (
            schema["properties"].update(mood={"type": "string"}),
            schema["required"].append("mood"),
        ),
        lambda schema: schema["$defs"]["TaskData"]["properties"]["status"]["enum"].append("paused"),
        lambda schema: schema["$defs"]["TaskData"]["properties"]["version"].update(minimum=0),
        lambda schema: schema["$defs"]["TaskData"]["properties"]["due"]["anyOf"].pop(),
        lambda schema: schema["$defs"]["DueData"]["properties"]["date"].pop("format"),
    ],
    ids=[
        "a field removed",
        "a field of another type",
        "a field no longer always there",
        "a new field that is not optional",
        "a new value of an enumeration",
        "a wider range",
        "a null no longer possible",
        "another format",
    ],
)
def test_a_change_that_breaks_a_consumer_is_found(change: Change) -> None:
    assert changed(change) != []
