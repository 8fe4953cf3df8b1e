"""The OpenAPI document: what the routes declare, and what every operation can answer, said once instead of on each."""

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from attain_api.deps import RolePolicy
from attain_api.openapi_schemas import tidy
from attain_api.openapi_tags import TAGS
from attain_api.problems import MEDIA_TYPE as PROBLEM
from attain_api.problems import FieldProblem, InternalError, Problem, SlowBody, problems, reference
from attain_shared.errors import (
    AttainError,
    BadRequest,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    PreconditionRequired,
    Stale,
    TooLarge,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
)

INFO: dict[str, Any] = {
    "title": "Attain",
    "version": "0.1.0",
    "summary": "Metrics of online shops, and the goals and reviews made of them.",
    "description": (
        "Resources are JSON. Ids are UUIDs, instants have an offset, amounts and scores are decimals in strings. "
        "Lists come in parts (`limit`, `cursor`); a `POST` that creates takes an `Idempotency-Key`; a resource that "
        "changes has an `ETag`, which `If-Match` guards. Every error is a problem document (RFC 9457): clients test "
        "its `code`; texts are English or, by `Accept-Language: zh-CN`, Chinese."
    ),
    "contact": {"name": "Whoever runs this installation"},
    "license_info": {"name": "Proprietary", "identifier": "LicenseRef-Proprietary"},
}
SHARED: tuple[type[AttainError], ...] = (
    BadRequest,
    Unauthenticated,
    NotAllowed,
    NotFound,
    SlowBody,
    Conflict,
    Stale,
    TooLarge,
    Invalid,
    PreconditionRequired,
    TooManyRequests,
    InternalError,
    Unavailable,
)
"""Errors whose answer is told once; an operation refers to it."""
API_KEY = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "att_…",
    "description": "The API key of a connector.",
}
SIGNATURE = {
    "type": "apiKey",
    "in": "header",
    "name": "webhook-signature",
    "description": "Standard Webhooks: a push may be signed beside its API key.",
}
_ETAG = {"description": "Of this version: for `If-Match` and `If-None-Match`.", "schema": {"type": "string"}}


def document(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The document of these routes: it follows from them alone."""
    schema = complete(get_openapi(**INFO, servers=[{"url": "/"}], tags=_tags(), routes=routes))
    schemes = schema["components"]["securitySchemes"]
    schemes |= {"api_key": API_KEY, "signature": SIGNATURE}
    contexts = [context for context in iter_route_contexts(routes) if isinstance(context.original_route, APIRoute)]
    connectors = {
        str(context.name)
        for context in contexts
        if any("connector" in policy.roles for policy in _policies(context.dependant))
    }
    for operations in schema["paths"].values():
        for operation in operations.values():
            if operation["operationId"] in connectors:
                operation["security"].append({"api_key": []})
            if any(parameter["name"] == "webhook-signature" for parameter in operation.get("parameters", ())):
                operation["security"].append({"api_key": [], "signature": []})
    return schema


def complete(schema: dict[str, Any]) -> dict[str, Any]:
    """Add the problem schema and the answers that follow from an operation's shape."""
    components = schema.setdefault("components", {})
    models = components.setdefault("schemas", {})
    for model in (Problem, FieldProblem):
        content = model.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
        content.pop("$defs", None)
        models[model.__name__] = content
    components["responses"] = {kind.__name__: _shared(kind) for kind in SHARED}
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            _complete(operation, path=path)
    for name in ("HTTPValidationError", "ValidationError"):
        models.pop(name, None)
    components["examples"] = dict(_hoisted(list(components["responses"].values())))
    components["examples"] |= dict(_hoisted(_answers(schema["paths"])))
    tidy(schema)
    return schema


def _tags() -> list[dict[str, str]]:
    return [{"name": name, "description": description} for name, description in TAGS.items()]


def _policies(dependant: Dependant) -> Iterator[RolePolicy]:
    for below in dependant.dependencies:
        if isinstance(below.call, RolePolicy):
            yield below.call
        yield from _policies(below)


def _answers(paths: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        answer
        for operations in paths.values()
        for operation in operations.values()
        for answer in operation["responses"].values()
    ]


def _hoisted(answers: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The examples of problems, told once; what shows one refers to it."""
    for answer in answers:
        shown = answer.get("content", {}).get(PROBLEM, {}).get("examples", {})
        yield from shown.items()
        shown.update({code: reference("examples", code) for code in shown})


def _shared(kind: type[AttainError]) -> dict[str, Any]:
    answer = dict(problems(kind)[kind.status])
    if kind is Unauthenticated:
        answer["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "`Bearer`."}}
    if kind in (TooManyRequests, Unavailable):
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
    return answer


def _complete(operation: dict[str, Any], *, path: str) -> None:
    responses: dict[str, Any] = operation["responses"]
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    if "If-None-Match" in names:
        responses.setdefault("304", {"description": "The caller's copy is still good"})
    if "422" in responses and "application/json" in responses["422"]["content"]:
        del responses["422"]
    for kind in _wanted(operation, names, path):
        _merge(responses, kind)
    for status, response in responses.items():
        if response["description"] == "Successful Response":
            response["description"] = HTTPStatus(int(status)).phrase
        if status.startswith("2") and names & {"If-None-Match", "If-Match"}:
            response.setdefault("headers", {}).setdefault("ETag", _ETAG)
    operation.setdefault("security", [])
    operation["responses"] = {status: _by_name(response) for status, response in sorted(responses.items())}


def _wanted(operation: dict[str, Any], names: set[str], path: str) -> Iterator[type[AttainError]]:
    """The errors that follow from an operation's shape."""
    yield InternalError
    if path.startswith("/v1/"):
        yield from (Unavailable, Invalid)
    if "requestBody" in operation:
        yield from (BadRequest, SlowBody, TooLarge, Invalid)
    if names & {"cursor", "Idempotency-Key"}:
        yield BadRequest
    if "Idempotency-Key" in names:
        yield Conflict
    if "If-Match" in names:
        yield Stale
    if operation.get("security"):
        yield from (Unauthenticated, NotAllowed, Unavailable)
    if any("{" + name + "}" in path for name in names):
        yield NotFound


def _merge(responses: dict[str, Any], kind: type[AttainError]) -> None:
    """An operation's own errors of the same status stay beside it."""
    shared = problems(kind)[kind.status]
    found = responses.setdefault(str(kind.status), shared)
    for media_type, content in shared["content"].items():
        if "examples" in found.get("content", {}).get(media_type, {}):
            found["content"][media_type]["examples"] |= content["examples"]


def _by_name(response: dict[str, Any]) -> dict[str, Any]:
    for kind in SHARED:
        if response == problems(kind)[kind.status]:
            return reference("responses", kind.__name__)
    return response
