"""Problem documents (RFC 9457) for everything that goes wrong, and nothing of the inside."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from asyncpg import PostgresError
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from pydantic import Field
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from attain_api.conditional import NotModified
from attain_api.messages import Language, detail, preferred, title
from attain_api.state import state_of
from attain_shared.db.failures import is_passing, names_nothing, took_too_long
from attain_shared.db.schema import schema_is_ready
from attain_shared.db.session import reading
from attain_shared.errors import (
    AttainError,
    BadRequest,
    FieldError,
    Invalid,
    NotFound,
    TooLarge,
    Unavailable,
)
from attain_shared.wire import Output

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:attain:problem:"
"""The code follows; docs/errors.md lists them all."""
REQUEST_ID = "attain.request_id"
"""Where the request's id is kept in the ASGI scope."""
MAX_ERRORS = 100
"""More would help nobody and make the answer as long as the request."""


class FieldProblem(Output):
    """One thing that is wrong with the input."""

    pointer: str = Field(examples=["/name"])
    """A JSON pointer into the body; `/query/limit` for a query parameter."""
    code: str = Field(examples=["missing"])
    """Stable."""
    detail: str = Field(examples=["Field required"])
    """A sentence for people."""


class Problem(Output):
    """A problem document (RFC 9457)."""

    type: str = Field(examples=["urn:attain:problem:not-found"])
    """A URN made of the code."""
    title: str = Field(examples=["Not found"])
    """The same for every problem of this code."""
    status: int = Field(examples=[404])
    """The HTTP status."""
    detail: str = Field(examples=["There is no such shop."])
    """What happened this time."""
    instance: str = Field(examples=["/v1/shops/01997b1c-0000-7000-8000-000000000000"])
    """The path of the request."""
    code: str = Field(examples=["not-found"])
    """Stable; what clients should test."""
    request_id: str = Field(examples=["0199a7d3c1f27c63b1d7e8e1a4c5f001"])
    """Tell it when you ask for help."""
    errors: list[FieldProblem] | None = None
    """With 422: each field that is wrong."""


def problems(*kinds: type[AttainError]) -> dict[int | str, dict[str, Any]]:
    """For `responses=`: the errors a route can answer beside those all routes share."""
    answers: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        answer = answers.setdefault(kind.status, {"description": kind.title, "content": problem_content()})
        shown = answer["content"][MEDIA_TYPE].setdefault("examples", {})
        if shown and kind.title not in answer["description"].split("; "):
            answer["description"] += f"; {kind.title}"
        shown[kind.code] = example(kind)
    return answers


def problem_content() -> dict[str, Any]:
    """The OpenAPI content of a problem."""
    return {MEDIA_TYPE: {"schema": reference("schemas", Problem.__name__)}}


def example(kind: type[AttainError]) -> dict[str, Any]:
    """What the problem document of an error looks like."""
    wrong = [{"pointer": "/name", "code": "missing", "detail": "Field required"}] if issubclass(kind, Invalid) else None
    value = {
        "type": TYPE + kind.code,
        "title": kind.title,
        "status": kind.status,
        "detail": (kind.__doc__ or "").partition("\n")[0],
        "instance": "/v1/shops",
        "code": kind.code,
        "request_id": "0199a7d3c1f27c63b1d7e8e1a4c5f001",
    }
    return {"summary": kind.title, "value": value | ({} if wrong is None else {"errors": wrong})}


def reference(component: str, name: str) -> dict[str, Any]:
    """To something that the OpenAPI document tells once."""
    return {"$ref": f"#/components/{component}/{name}"}


def respond(request: Request, error: AttainError, *, errors: Sequence[FieldError] | None = None) -> Response:
    """The problem document of an error, in the caller's language."""
    language = preferred(request.headers.get("accept-language"))
    content: dict[str, Any] = {
        "type": TYPE + error.code,
        "title": title(error.code, error.title, language),
        "status": error.status,
        "detail": detail(error.code, error.detail, language),
        "instance": request.url.path,
        "code": error.code,
        "request_id": request.scope.get(REQUEST_ID, ""),
    }
    if errors is not None:
        content["errors"] = [wrong._asdict() for wrong in errors]
    elif error.errors is not None:
        content["errors"] = [
            {**wrong._asdict(), "detail": detail(wrong.code, wrong.detail, language)} for wrong in error.errors
        ]
    content.update(error.extra)
    # ensure_ascii: a half surrogate out of the request's own keys cannot be written as UTF-8
    return Response(
        json.dumps(content, default=str),
        status_code=error.status,
        media_type=MEDIA_TYPE,
        headers={**error.headers, "Content-Language": language, "Vary": "Accept-Language"},
    )


async def _on_attain_error(request: Request, error: AttainError) -> Response:
    return respond(request, error)


async def _on_not_modified(_request: Request, answer: NotModified) -> Response:
    return Response(status_code=304, headers={"ETag": answer.etag})


async def _on_validation_error(request: Request, error: RequestValidationError) -> Response:
    found = error.errors()
    if any(wrong["loc"][0] == "path" for wrong in found):
        return respond(request, NotFound("There is no such resource."))
    if any(wrong["type"] == "json_invalid" for wrong in found):
        return respond(request, BadRequest("The body is not JSON.", code="malformed-json"))
    if any(wrong["type"] == "missing" and tuple(wrong["loc"]) == ("body",) for wrong in found):
        return respond(request, BadRequest("A JSON body is needed.", code="malformed-json"))
    language = preferred(request.headers.get("accept-language"))
    # a body that a dependency reads too is found wrong once by each
    errors = list(dict.fromkeys(_field_error(wrong, language, error.body) for wrong in found))[:MAX_ERRORS]
    return respond(request, Invalid("The input is not valid; see `errors`.", errors=errors), errors=errors)


def _field_error(wrong: Mapping[str, Any], language: Language, body: object) -> FieldError:
    code, location = str(wrong["type"]).replace("_", "-"), tuple(wrong["loc"])
    if location[0] == "body":
        place = _place(body, location[1:], is_missing=code == "missing")
        location = location if place is None else ("body", *place)
    return FieldError(pointer(location), code, detail(code, str(wrong["msg"]), language, wrong.get("ctx")))


def _place(value: Any, location: tuple[Any, ...], *, is_missing: bool) -> tuple[Any, ...] | None:  # noqa: ANN401  # JSON
    """A place as the client knows it: on its way a validator also names the member of a union that it took.

    None where there is no such place.
    """
    if not location:
        return ()
    step, rest = location[0], location[1:]
    if isinstance(value, dict) and is_missing and not rest:
        return location
    if step in value if isinstance(value, dict) else isinstance(value, list) and step in range(len(value)):
        below = _place(value[step], rest, is_missing=is_missing)
        if below is not None:
            return (step, *below)
    return _place(value, rest, is_missing=is_missing) if rest else None


def pointer(location: Sequence[str | int]) -> str:
    """The JSON pointer (RFC 6901) of a validation error's place; a body's starts at the body itself."""
    parts = location[1:] if location[0] == "body" else location
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')[:200]}" for part in parts)


async def _on_http_exception(request: Request, error: HTTPException) -> Response:
    problem: AttainError
    if error.status_code == 404:
        problem = NotFound("There is no such resource.")
    elif error.status_code == 408:
        problem = SlowBody("The body did not arrive in time; send it again, on a better line or in smaller parts.")
    elif error.status_code == 413:
        problem = TooLarge("The request body is larger than this route takes.")
    elif error.status_code == 400:
        problem = BadRequest("The body cannot be read.", code="malformed-json")
    else:
        problem = _other_status(error.status_code)
    problem.headers.update(error.headers or {})
    if error.status_code == 405:
        problem.headers["Allow"] = ", ".join(_methods_of(request))
    return respond(request, problem)


def _methods_of(request: Request) -> list[str]:
    """What the path takes; Starlette names only the methods of the first route that has it."""
    path = request.scope["path"]
    contexts = iter_route_contexts(request.app.routes)
    routes = [context for context in contexts if getattr(context, "path_regex", None) is not None]
    return sorted({method for route in routes if route.path_regex.match(path) for method in route.methods or ()})


def _other_status(status_code: int) -> AttainError:
    """Starlette's own answers; 405 is the one it really gives."""
    if status_code == MethodNotAllowed.status:
        return MethodNotAllowed("This path does not take that method.")

    class HttpError(AttainError):
        status, code, title = status_code, f"http-{status_code}", "The request was refused"

    return HttpError("The request was refused.")


async def _on_database_error(request: Request, error: Exception) -> Response:
    """A database that is away, too busy or in the way of itself is a matter of trying again; all else is a bug."""
    if names_nothing(error) and await _schema_is_behind(request):
        log.error("schema behind", reason=str(getattr(error, "orig", error)))
        return respond(request, SchemaBehind("The database has not been migrated yet to what this release needs."))
    if not (is_passing(error) or took_too_long(error)):
        raise error
    if isinstance(error, PoolTimeout):
        state_of(request).counters.pool_timeouts.inc()
        return respond(request, Unavailable("All connections to the database are in use."))
    return respond(request, Unavailable("The database does not answer."))


async def _schema_is_behind(request: Request) -> bool:
    """Whether it is the database that lacks the name; else it is the build that misspells it."""
    try:
        async with reading(state_of(request).sessions) as uow:
            return not await schema_is_ready(uow.session)
    except Exception as error:
        if not is_passing(error):
            raise
        return True


class SchemaBehind(Unavailable):
    """A release that was started before its migrations have run."""

    code, title = "schema-behind", "The database is being updated"


class MethodNotAllowed(AttainError):
    """The path is there, for other methods."""

    status, code, title = 405, "method-not-allowed", "Method not allowed"


class SlowBody(AttainError):
    """A body that took too long to arrive."""

    status, code, title = 408, "slow-body", "The body came too slowly"


class InternalError(AttainError):
    """A bug: the request id leads to the log."""

    status, code, title = 500, "internal-error", "Internal error"


def internal_error(request: Request) -> Response:
    """The answer to an exception nobody foresaw."""
    return respond(request, InternalError("Something went wrong on our side; the request id leads to the log."))


def install(app: FastAPI) -> None:
    """Register the handlers; what none of them takes, the request middleware answers."""
    handlers: dict[type[Exception], Callable[[Request, Any], Awaitable[Response]]] = {
        AttainError: _on_attain_error,
        NotModified: _on_not_modified,
        RequestValidationError: _on_validation_error,
        HTTPException: _on_http_exception,
        SQLAlchemyError: _on_database_error,
        PostgresError: _on_database_error,
        OSError: _on_database_error,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
