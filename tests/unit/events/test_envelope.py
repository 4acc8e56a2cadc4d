"""From an event to JSON and back, and what is no event."""

import json
from typing import Any

import pytest

from events.contracts import CONTRACTS, UserUpdated
from events.envelope import MalformedEvent, UnknownContract, parse_event, schema_name
from tests.support.sample.service import user_updated


def body(**changes: Any) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(user_updated(1, 1).to_json())
    return parsed | changes


def test_an_event_survives_the_way_to_json_and_back() -> None:
    event = user_updated(1, 1)
    assert parse_event(event.to_json()) == event
    assert parse_event(event.to_json().encode()) == event


@pytest.mark.proves("US5.2")
def test_fields_that_a_newer_producer_added_are_ignored() -> None:
    newer = body(shiny="attribute")
    newer["data"]["nickname"] = "Ada"
    assert isinstance(parse_event(newer).data, UserUpdated)


@pytest.mark.proves("EDGE-SCHEMA")
@pytest.mark.parametrize("schema", ["urn:tickler:events:user.updated:v2", "urn:tickler:events:user.merged:v1", "x"])
def test_a_contract_that_came_after_this_build_is_told_from_a_malformed_event(schema: str) -> None:
    with pytest.raises(UnknownContract):
        parse_event(body(dataschema=schema))


@pytest.mark.parametrize(
    "broken",
    [
        b"\xff",
        "{",
        "[" * 5_000,
        [],
        None,
        body(id=None),
        body(id=7),
        body(time="yesterday"),
        body(time="2026-03-02T09:00:00"),
        body(traceparent=None),
        body(partitionkey=""),
        body(type="user.deleted"),
        body(subject="someone else"),
        body(data=None),
        body(data={"user_id": "x"}),
    ],
)
def test_what_is_no_event_is_malformed(broken: object) -> None:
    with pytest.raises(MalformedEvent):
        parse_event(broken)


def test_no_two_contracts_share_a_name() -> None:
    assert len({schema_name(contract) for contract in CONTRACTS}) == len(CONTRACTS)
