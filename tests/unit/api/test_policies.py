from collections.abc import Iterator
from dataclasses import dataclass

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from attain_api.app import ROUTERS
from attain_api.deps import PublicPolicy, RolePolicy

PUBLIC = {
    "get_livez",
    "get_readyz",
    "create_token",
    "refresh_token",
    "logout",
    "accept_invitation",
    "complete_password_reset",
    "start_oidc",
    "finish_oidc",
    "get_docs_page",
    "get_docs_page_asset",
    "get_ops_page",
    "get_ops_page_asset",
    "get_console_page",
    "get_console_page_asset",
}


@dataclass(frozen=True)
class Guarded:
    name: str
    path: str
    methods: frozenset[str]
    policies: tuple[RolePolicy | PublicPolicy, ...]


def routes() -> list[Guarded]:
    """Every operation with the policies in front of it."""
    contexts = [context for router in ROUTERS for context in iter_route_contexts(router.routes)]
    return [guarded(context) for context in contexts if isinstance(context.original_route, APIRoute)]


def guarded(context: RouteContext) -> Guarded:
    found = (dependant.call for dependant in everything(context.dependant))
    policies = tuple(call for call in found if isinstance(call, RolePolicy | PublicPolicy))
    return Guarded(str(context.name), str(context.path), frozenset(context.methods or ()), policies)


def everything(dependant: Dependant) -> Iterator[Dependant]:
    for below in dependant.dependencies:
        yield below
        yield from everything(below)


def test_every_route_says_who_may_call_it() -> None:
    assert [route.name for route in routes() if len(route.policies) != 1] == []


def test_only_these_routes_are_for_everybody() -> None:
    assert {route.name for route in routes() if isinstance(route.policies[0], PublicPolicy)} == PUBLIC


def test_operations_have_names_of_their_own() -> None:
    names = [route.name for route in routes()]
    assert len(names) == len(set(names))


def test_a_policy_knows_roles_only() -> None:
    known = {"admin", "hr", "executive", "employee", "connector", "platform", "ops"}
    for route in routes():
        if isinstance(route.policies[0], RolePolicy):
            assert route.policies[0].roles <= known, route.name
            assert route.policies[0].roles, route.name
