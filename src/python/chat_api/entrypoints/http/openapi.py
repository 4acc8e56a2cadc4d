"""The OpenAPI document, and a page for people, made from the operations themselves.

The answers are problem documents and the bodies strict models of our own, so there is little left for a library of
schemas to do; the page uses no script, so it works without a network.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from quart import Blueprint, Response, jsonify, render_template_string

from chat_api.entrypoints.http.api import ApiBlueprint, Operation
from chat_api.entrypoints.http.authentication import COOKIE

_REFERENCE = "#/components/schemas/{model}"
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    errors: list[FieldProblem] | None = None


def openapi_blueprint(apis: Sequence[ApiBlueprint], *, version: str) -> Blueprint:
    """``/openapi.json`` and ``/docs``."""
    document = openapi_document(apis, version=version)
    blueprint = Blueprint("openapi", __name__)

    @blueprint.get("/openapi.json")
    async def openapi() -> Response:
        return jsonify(document)

    @blueprint.get("/docs")
    async def docs() -> Response:
        page = await render_template_string(_PAGE, document=document, schema_name=_schema_name)
        return Response(page, content_type="text/html; charset=utf-8")

    return blueprint


def openapi_document(apis: Sequence[ApiBlueprint], *, version: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of `apis`."""
    schemas = _Schemas(operation for api in apis for operation in api.operations)
    paths: dict[str, dict[str, Any]] = {}
    for api in apis:
        for operation in api.operations:
            path = _CONVERTER.sub(r"{\1}", f"{api.url_prefix}{operation.path}")
            paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, path, api.name, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tickler Chat API",
            "version": version,
            "description": "Errors are problem documents (RFC 9457). Send a bearer token, or log in for a cookie.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas.definitions,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
    }


class _Schemas:
    """The JSON Schemas of all models: of bodies as they are read, of answers as they are written."""

    def __init__(self, operations: Iterable[Operation]):
        pairs: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
        for operation in operations:
            if operation.body is not None:
                pairs[operation.body, "validation"] = None
            if operation.answer is not None:
                pairs[operation.answer, "serialization"] = None
        self._references, document = models_json_schema(list(pairs), ref_template=_REFERENCE)
        self.definitions: dict[str, Any] = document.get("$defs", {})

    def content(
        self, model: type[BaseModel], mode: JsonSchemaMode, media_type: str = "application/json"
    ) -> dict[str, Any]:
        return {media_type: {"schema": self._references[model, mode]}}


def _operation(operation: Operation, path: str, tag: str, schemas: _Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": f"{operation.method.lower()}{re.sub(r'[^a-z]+', '_', path)}".rstrip("_"),
        "tags": [tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": list(_parameters(operation, path)),
        "responses": _responses(operation, schemas),
        "security": [] if operation.public else [{"token": []}, {"session": []}],
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": schemas.content(operation.body, "validation")}
    return described


def _parameters(operation: Operation, path: str) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", path):
        kind = {"type": "integer", "minimum": 1} if name == "number" else {"type": "string", "format": "uuid"}
        yield {"name": name, "in": "path", "required": True, "schema": kind}
    if operation.query is not None:
        for name, schema in operation.query.model_json_schema()["properties"].items():
            yield {"name": name, "in": "query", "required": False, "schema": schema}
    if operation.conditional:
        text = 'Only if the task has this entity tag, which names its version: "3".'
        yield {"name": "If-Match", "in": "header", "required": False, "description": text, "schema": {"type": "string"}}
    if operation.idempotent:
        text = "The same key with the same request is answered as before, and done once."
        schema = {"type": "string", "minLength": 1, "maxLength": 200}
        yield {"name": "Idempotency-Key", "in": "header", "required": False, "description": text, "schema": schema}


def _responses(operation: Operation, schemas: _Schemas) -> dict[str, Any]:
    success: dict[str, Any] = {"description": HTTPStatus(operation.status).phrase}
    if operation.answer is not None:
        success["content"] = schemas.content(operation.answer, "serialization", operation.media_type)
    elif operation.media_type != "application/json":
        success["content"] = {operation.media_type: {"schema": {"type": "string"}}}
    statuses = {*operation.problems, 503}
    if not operation.public:
        statuses.add(401)
    if operation.method != "GET":
        statuses.add(403)
    if operation.body is not None:
        statuses |= {400, 413, 415, 422}
    if operation.query is not None:
        statuses.add(422)
    if operation.conditional:
        statuses |= {400, 412}
    if operation.idempotent:
        statuses |= {400, 422}
    problem = schemas.content(Problem, "serialization", "application/problem+json")
    return {str(operation.status): success} | {
        str(status): {"description": HTTPStatus(status).phrase, "content": problem} for status in sorted(statuses)
    }


def _schema_name(content: dict[str, Any]) -> str:
    """The name of the first schema that a `content` refers to."""
    for media in content.values():
        reference = media["schema"].get("$ref")
        if reference:
            return str(reference).rsplit("/", 1)[1]
    return ""


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ document.info.title }}</title>
<style>
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .2rem; }
code { font-family: ui-monospace, monospace; }
table { border-collapse: collapse; margin: .5rem 0; }
td, th { padding: .1rem .8rem .1rem 0; text-align: left; vertical-align: top; }
pre { overflow-x: auto; padding: .8rem; border: 1px solid; border-radius: .4rem; opacity: .8; }
</style>
</head>
<body>
<h1>{{ document.info.title }} {{ document.info.version }}</h1>
<p>{{ document.info.description }} For programs: <a href="/openapi.json">openapi.json</a>.</p>
{% for path, methods in document.paths.items() %}{% for method, operation in methods.items() %}
<section>
<h2 id="{{ operation.operationId }}"><code>{{ method|upper }} {{ path }}</code> {{ operation.summary }}</h2>
<p>{{ operation.description }}</p>
<table>
{% for parameter in operation.parameters %}
<tr><td>{{ parameter.in }}</td><td><code>{{ parameter.name }}</code></td>
<td>{{ parameter.description or parameter.schema.description or "" }}</td></tr>
{% endfor %}
{% if operation.requestBody %}{% set name = schema_name(operation.requestBody.content) %}
<tr><td>body</td><td colspan="2"><a href="#{{ name }}">{{ name }}</a></td></tr>{% endif %}
{% for status, response in operation.responses.items() %}{% set name = schema_name(response.content or {}) %}
<tr><td>{{ status }}</td><td>{{ response.description }}</td>
<td>{% if name %}<a href="#{{ name }}">{{ name }}</a>{% endif %}</td></tr>
{% endfor %}
</table>
</section>
{% endfor %}{% endfor %}
<h1>Schemas</h1>
{% for name, schema in document.components.schemas.items() %}
<h2 id="{{ name }}">{{ name }}</h2>
<pre>{{ schema|tojson(indent=1) }}</pre>
{% endfor %}
</body>
</html>
"""
