"""Every route declares who may call it, and every bell is heard (SEC-3, C11)."""

from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from attain_api.app import ROUTERS
from attain_api.deps import PublicPolicy, RolePolicy
from attain_shared.doorbell import Bell
from attain_worker.bell import create_bell

OPEN_TO_ALL = {
    "/livez",
    "/readyz",
    "/v1/auth/token",
    "/v1/auth/refresh",
    "/v1/auth/logout",
    "/v1/auth/password/reset",
    "/v1/auth/oidc/start",
    "/v1/auth/oidc/finish",
    "/v1/invitations/accept",
    "/ops",
    "/console",
    "/console/{edition}/{file:path}",
    "/docs",
    "/docs/{edition}/{file:path}",
    "/ops/{edition}/{file:path}",
}
"""No identity is needed for health, for pages, which are shells without data, and for getting one, which a one-time link is for, too; the API document is FastAPI's own route."""


def calls(dependant: Dependant) -> Iterator[object]:
    """Everything a route depends on, at any depth."""
    yield dependant.call
    for below in dependant.dependencies:
        yield from calls(below)


def routes() -> Iterator[APIRoute]:
    """Every route of every router."""
    for router in ROUTERS:
        yield from (route for route in router.routes if isinstance(route, APIRoute))


def test_every_route_declares_who_may_call_it() -> None:
    found = list(routes())
    undeclared = [
        route.path
        for route in found
        if not any(isinstance(call, RolePolicy | PublicPolicy) for call in calls(route.dependant))
    ]
    assert undeclared == []
    assert len(found) > 40


def test_only_health_and_sign_in_are_open_to_all() -> None:
    public = {
        route.path for route in routes() if any(isinstance(call, PublicPolicy) for call in calls(route.dependant))
    }
    assert public == OPEN_TO_ALL


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [route.name for route in routes()]
    assert len(names) == len(set(names))


async def test_every_bell_is_heard_exactly_once() -> None:
    heard: list[Bell] = []
    worker = create_bell("redis://127.0.0.1:1/0", heard.append)
    assert sorted(worker.functions) == sorted(bell.value for bell in Bell)
    for bell in Bell:
        await worker.functions[bell.value].coroutine({})
    assert heard == list(Bell)
