"""The OpenAPI document and the page for people: complete, consistent, and without a network."""

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import SecretStr
from quart import Quart

from chat_api.adapters.passwords import Argon2Hasher
from chat_api.bootstrap import bootstrap
from chat_api.bootstrap_assistant import with_assistant
from chat_api.config import ChatSettings


@pytest.fixture(scope="module")
def app() -> Quart:
    settings = ChatSettings(database_url="postgresql+asyncpg://nowhere/nothing", app_api_token=SecretStr("x"))
    _, app = bootstrap(settings, passwords=Argon2Hasher(memory_kib=8, passes=1), assistant=with_assistant)
    return app


@pytest.fixture
async def document(app: Quart) -> dict[str, Any]:
    return dict(await (await app.test_client().get("/openapi.json")).get_json())


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [reference for value in node.values() for reference in references(value)]
    if isinstance(node, list):
        return [reference for value in node for reference in references(value)]
    return []


async def test_every_route_of_the_api_is_described_and_nothing_else(app: Quart, document: dict[str, Any]) -> None:
    routes = {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if rule.rule.startswith("/api/") and method not in ("HEAD", "OPTIONS")
    }
    described = {(method, path) for path, methods in document["paths"].items() for method in methods}
    assert described == routes


async def test_every_operation_says_what_it_does_and_what_may_go_wrong(document: dict[str, Any]) -> None:
    ids = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            name = f"{method} {path}"
            ids.append(operation["operationId"])
            assert operation["summary"], name
            assert operation["description"], name
            assert "503" in operation["responses"], name
            assert operation["security"] == [] or "401" in operation["responses"], name
            assert {p["name"] for p in operation["parameters"] if p["in"] == "path"} == set(
                re.findall(r"{(\w+)}", path)
            )
    assert len(ids) == len(set(ids))


async def test_all_references_lead_to_schemas_that_are_valid(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in schemas
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


async def test_bodies_refuse_unknown_fields_in_the_document_as_in_fact(document: dict[str, Any]) -> None:
    for methods in document["paths"].values():
        for operation in methods.values():
            for reference in references(operation.get("requestBody", {})):
                schema = document["components"]["schemas"][reference.rsplit("/", 1)[1]]
                assert schema["additionalProperties"] is False, reference


async def test_the_page_for_people_names_every_operation_and_needs_nothing_from_elsewhere(
    app: Quart, document: dict[str, Any]
) -> None:
    response = await app.test_client().get("/docs")
    page = await response.get_data(as_text=True)
    assert response.content_type == "text/html; charset=utf-8"
    for methods in document["paths"].values():
        for operation in methods.values():
            assert f'id="{operation["operationId"]}"' in page
    assert "<script" not in page
    assert not re.search(r'(src|href)="(https?:)?//', page)
    for target in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{target}"' in page
