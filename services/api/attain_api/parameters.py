"""Query parameters that a route does not know are refused, never overlooked.

Routes with a query model leave that to the model; this is for all others, most of which take no parameter at all. Called
by the policies in `deps`, which every route has, so that it is the caller who is asked about first.
"""

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel

PREFIX = "/v1/"


def refuse_unknown(request: Request) -> None:
    """Refuse the request as a query model would.

    Raises:
        RequestValidationError: it has query parameters that the route does not declare.
    """
    if not request.scope["query_string"]:
        return
    route = request.scope["route"]
    known = _known_parameters(route)
    if known is None:
        return
    if unknown := [name for name in request.query_params if name not in known]:
        raise RequestValidationError(
            [
                {"type": "extra_forbidden", "loc": ("query", name), "msg": "Extra inputs are not permitted"}
                for name in unknown
            ]
        )


def _known_parameters(route: APIRoute) -> frozenset[str] | None:
    """The names a route declares; None where a model sees to it, and outside the contract's prefix."""
    if not route.path.startswith(PREFIX):
        return None
    fields = [field for dependant in _all(route.dependant) for field in dependant.query_params]
    kinds = [field.field_info.annotation for field in fields]
    if any(isinstance(kind, type) and issubclass(kind, BaseModel) for kind in kinds):
        return None
    return frozenset(field.alias for field in fields)


def _all(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for below in dependant.dependencies:
        yield from _all(below)
