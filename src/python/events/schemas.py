"""The contracts as documents: a JSON Schema for each, and an AsyncAPI description of all of them.

``python -m events.schemas write DIRECTORY`` writes them, ``check`` says whether they are current and compatible with
the released ones, and ``release`` makes the present ones the released.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from events.contracts import CONTRACTS, EventData
from events.envelope import Envelope, schema_name
from events.topics import Topic

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ASYNCAPI = "asyncapi.json"
_RELEASED = "released"

PUBLISHERS: Mapping[str, str] = {
    "task.created": "chat-api",
    "task.updated": "chat-api",
    "task.completed": "chat-api",
    "task.deleted": "chat-api",
    "reminder.scheduled": "chat-api",
    "reminder.triggered": "notification",
    "reminder.sent": "notification",
    "reminder.cancelled": "notification",
    "recurring.task.created": "recurring",
    "user.updated": "chat-api",
    "user.deleted": "chat-api",
}
"""Who publishes each type of event, by Dapr app id."""


def file_name(contract: type[EventData]) -> str:
    """The name of a contract's schema file, such as ``task.created.v1.json``."""
    return f"{contract.TYPE}.v{contract.MAJOR}.json"


def data_schema(contract: type[EventData]) -> dict[str, Any]:
    """The JSON Schema of the ``data`` of a contract, as producers write it."""
    schema = contract.model_json_schema(mode="serialization")
    return {"$schema": _DIALECT, "$id": schema_name(contract)} | schema


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3 document of all topics, by the contracts they carry."""
    messages = {file_name(contract).removesuffix(".json"): _message(contract) for contract in CONTRACTS}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tickler's events",
            "version": "1",
            "description": "CloudEvents 1.0 in JSON over Kafka, through Dapr pub/sub. Delivered at least once, in"
            " order within a partition key; consumers ignore fields that they do not know.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {topic.value: _channel(topic) for topic in Topic},
        "operations": dict(_operations()),
        "components": {
            "messages": messages,
            "schemas": {"envelope": Envelope.model_json_schema(mode="serialization")},
        },
    }


def documents() -> dict[str, dict[str, Any]]:
    """All documents by file name."""
    return {file_name(contract): data_schema(contract) for contract in CONTRACTS} | {_ASYNCAPI: asyncapi()}


def incompatibilities(released: Mapping[str, Any], current: Mapping[str, Any]) -> list[str]:
    """Why a consumer of `released` could not read what a producer of `current` writes; empty where it can.

    Compatible are: a new optional field, and other words in titles and descriptions. Everything else is not, even
    where some consumer might bear it: a new major version is the way for it.
    """
    return sorted(_differences("", released, current, released, current))


def _message(contract: type[EventData]) -> dict[str, Any]:
    return {
        "name": contract.TYPE,
        "title": contract.TYPE,
        "summary": (contract.__doc__ or "").strip().splitlines()[0],
        "contentType": "application/cloudevents+json",
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {
                "allOf": [
                    {"$ref": "#/components/schemas/envelope"},
                    {"type": "object", "required": ["data"], "properties": {"data": {"$ref": file_name(contract)}}},
                ]
            },
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    names = [file_name(contract).removesuffix(".json") for contract in CONTRACTS if contract.TOPIC is topic]
    return {
        "address": topic.value,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for contract in CONTRACTS:
        name = file_name(contract).removesuffix(".json")
        publisher = PUBLISHERS[contract.TYPE]
        yield (
            f"{publisher}.{name}",
            {
                "action": "send",
                "summary": f"{publisher} publishes {contract.TYPE}.",
                "channel": {"$ref": f"#/channels/{contract.TOPIC.value}"},
                "messages": [{"$ref": f"#/channels/{contract.TOPIC.value}/messages/{name}"}],
            },
        )


_WORDS = frozenset({"title", "description", "$schema", "$id", "$defs"})


def _differences(
    where: str, old: Any, new: Any, old_root: Mapping[str, Any], new_root: Mapping[str, Any]
) -> Iterator[str]:
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        if old != new:
            yield f"{where or 'event'}: {json.dumps(old)} became {json.dumps(new)}"
        return
    for keyword in sorted((old.keys() | new.keys()) - _WORDS):
        if keyword == "properties":
            yield from _property_differences(where, old, new, old_root, new_root)
        elif keyword == "required":
            # A field that becomes required is always there, which no consumer minds, unless it is new.
            for name in sorted(set(old.get(keyword, ())) - set(new.get(keyword, ()))):
                yield f"{where}.{name}: is no longer always there"
            for name in sorted(set(new.get(keyword, ())) - set(old.get("properties", ()))):
                yield f"{where}.{name}: is new and not optional"
        elif keyword in ("anyOf", "allOf", "oneOf", "prefixItems"):
            yield from _list_differences(f"{where}.{keyword}", old, new, keyword, old_root, new_root)
        elif keyword not in old:
            yield f"{where}: {keyword} was added"
        elif keyword not in new:
            yield f"{where}: {keyword} was removed"
        else:
            yield from _differences(f"{where}.{keyword}", old[keyword], new[keyword], old_root, new_root)


def _property_differences(
    where: str, old: Mapping[str, Any], new: Mapping[str, Any], old_root: Mapping[str, Any], new_root: Mapping[str, Any]
) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in sorted(before):
        if name not in after:
            yield f"{where}.{name}: was removed"
        else:
            yield from _differences(f"{where}.{name}", before[name], after[name], old_root, new_root)


def _list_differences(
    where: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    keyword: str,
    old_root: Mapping[str, Any],
    new_root: Mapping[str, Any],
) -> Iterator[str]:
    before, after = old.get(keyword, []), new.get(keyword, [])
    if len(before) != len(after):
        yield f"{where}: {len(before)} alternatives became {len(after)}"
        return
    for position, (one, other) in enumerate(zip(before, after, strict=True)):
        yield from _differences(f"{where}[{position}]", one, other, old_root, new_root)


def _resolved(schema: Any, root: Mapping[str, Any]) -> Any:
    """What a reference within a document refers to, beside what else the schema says."""
    if not isinstance(schema, Mapping) or "$ref" not in schema:
        return schema
    target: Any = root
    for part in str(schema["$ref"]).removeprefix("#/").split("/"):
        target = target[part]
    return {**target, **{name: value for name, value in schema.items() if name != "$ref"}}


def check(directory: Path) -> list[str]:
    """What is wrong with the committed documents: out of date, or not compatible with the released ones."""
    problems = []
    for name, document in documents().items():
        path = directory / name
        if not path.exists() or path.read_text("utf-8") != _render(document):
            problems.append(f"{name} is not current: run `python -m events.schemas write`")
    known = {path.name for path in directory.glob("*.json")}
    problems += [f"{name} belongs to no contract" for name in sorted(known - documents().keys())]
    current = {file_name(contract): data_schema(contract) for contract in CONTRACTS}
    for path in sorted((directory / _RELEASED).glob("*.json")):
        if path.name not in current:
            problems.append(f"{path.name} was released and its contract is gone")
            continue
        released = json.loads(path.read_text("utf-8"))
        problems += [f"{path.name}{problem}" for problem in incompatibilities(released, current[path.name])]
    return problems


def _render(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


@click.group()
def main() -> None:
    """The contracts as documents."""


_directory = click.argument("directory", type=click.Path(path_type=Path, file_okay=False), default="docs/events")


@main.command("write")
@_directory
def write_command(directory: Path) -> None:
    """Write the documents of the present contracts."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, document in documents().items():
        (directory / name).write_text(_render(document), "utf-8")


@main.command("check")
@_directory
def check_command(directory: Path) -> None:
    """Fail where the documents are out of date, or break what was released."""
    problems = check(directory)
    if problems:
        raise click.ClickException("\n" + "\n".join(problems))


@main.command("release")
@_directory
def release_command(directory: Path) -> None:
    """Make the present schemas the released ones, which later changes have to be compatible with."""
    problems = check(directory)
    if problems:
        raise click.ClickException("\n" + "\n".join(problems))
    (directory / _RELEASED).mkdir(exist_ok=True)
    for contract in CONTRACTS:
        shutil.copy(directory / file_name(contract), directory / _RELEASED)


if __name__ == "__main__":
    main()
