"""What each caller sees of what, and that lists and details never disagree (SEC-3, SEC-4)."""

from typing import Any

import pytest

from tests.access.matrix import CALLERS, read_table
from tests.access.sights import ACTIONS, ALWAYS, HIDDEN, SHOWN, TABLE
from tests.support.http import ok
from tests.support.matrix_world import World

SIGHTS = read_table(TABLE)
READERS = list(next(iter(SIGHTS.values())))
Json = dict[str, Any]


async def read(world: World, caller: str, resource: str) -> Json | None:
    """The resource as the caller gets it; None where they do not."""
    path, _, name = resource.partition("/")
    answer = await world.call(caller, {"method": "GET", "url": f"/v1/{path}/{world.ids[name]}"})
    if answer.status_code == 404:
        return None
    return ok(answer)


async def read_list(world: World, caller: str, path: str) -> dict[str, Json]:
    """By id, all that a list holds for the caller, read in small parts."""
    found: dict[str, Json] = {}
    params: Json = {"limit": 5}
    while True:
        page = ok(await world.call(caller, {"method": "GET", "url": f"/v1/{path}", "params": params}))
        assert not found.keys() & {item["id"] for item in page["items"]}
        found |= {item["id"]: item for item in page["items"]}
        if page["next_cursor"] is None:
            return found
        params = {"limit": 5, "cursor": page["next_cursor"]}


def check_masks(kind: str, seen: Json, *, word: str) -> None:
    """Every field is either shown to all, or hidden here: null, and named."""
    hidden = HIDDEN[kind][word]
    plain = {name for name in hidden if "/" not in name}
    assert set(seen["masked"]) == hidden
    assert {name: seen[name] for name in plain if seen[name] is not None} == {}
    inner = {name.partition("/")[2] for name in hidden if "/" in name}
    for one in seen.get("indicators", ()):
        assert {name: one[name] for name in inner if one[name] is not None} == {}
    known = set().union(*HIDDEN[kind].values()) | SHOWN[kind] | ALWAYS
    assert set(seen) <= known, "a new field: say in sights.py who sees it"


@pytest.mark.parametrize("resource", SIGHTS)
async def test_each_sees_as_much_as_is_written(world: World, resource: str) -> None:
    kind = resource.partition("/")[0]
    for caller, word in SIGHTS[resource].items():
        seen = await read(world, caller, resource)
        assert (seen is None) == (word == "-"), f"{caller}: {word} is written, and got {seen}"
        if seen is not None and kind in HIDDEN:
            check_masks(kind, seen, word=word)


@pytest.mark.parametrize("kind", dict.fromkeys(resource.partition("/")[0] for resource in SIGHTS))
@pytest.mark.parametrize("caller", READERS)
async def test_a_list_holds_exactly_what_its_details_answer(world: World, caller: str, kind: str) -> None:
    listed = await read_list(world, caller, kind)
    # her own notes of a 1:1 are seen by neither HR nor administrators
    everything = {one for reader in ("hr", "admin", "subject") for one in await read_list(world, reader, kind)}
    assert listed.keys() <= everything
    for one in everything:
        answer = await world.call(caller, {"method": "GET", "url": f"/v1/{kind}/{one}"})
        assert (answer.status_code == 200) == (one in listed), f"{caller} {kind}/{one}: {answer.text}"
        if one in listed:
            assert answer.json() == listed[one]


@pytest.mark.parametrize("resource", ACTIONS)
async def test_an_answer_offers_what_the_matrix_allows(world: World, resource: str) -> None:
    for caller in CALLERS.values():
        answer = await world.call(caller, {"method": "GET", "url": f"/v1/goals/{world.ids[resource[6:]]}"})
        if answer.status_code == 200:
            assert set(answer.json()["allowed_actions"]) == ACTIONS[resource].get(caller, set()), caller


async def test_what_the_directory_hides_can_neither_be_found_nor_sorted_by(world: World) -> None:
    """SEC-4: filters and sorting tell nothing that is masked."""
    email = world.members["subject"].email
    for caller, found in (("peer", 0), ("mentor", 0), ("executive", 0), ("manager", 1), ("hr", 1), ("subject", 1)):
        call = {"method": "GET", "url": "/v1/people", "params": {"email": email}}
        assert len(ok(await world.call(caller, call))["items"]) == found, caller
    for params in ({"role": "employee"}, {"manager_id": world.ids["manager"], "status": "employed"}):
        call = {"method": "GET", "url": "/v1/people", "params": params}
        listed = ok(await world.call("stranger", call))["items"]
        assert {one["id"] for one in listed} <= {world.ids["stranger"]}, params
    call = {"method": "GET", "url": "/v1/people", "params": {"sort": "hired_on"}}
    assert [one["id"] for one in ok(await world.call("stranger", call))["items"]] == [world.ids["stranger"]]


ABOUT_OURS = (
    "people", "people?department_id={department}&subtree=true", "people?manager_id={manager}", "departments",
    "departments?parent_id={parent_department}", "departments/tree", "departments/stats", "positions", "goals",
    "goals?person_id={subject}", "goals?department_id={department}", "goals?cycle_id={standing}", "cycles", "shops",
    "item-sets", "item-sets?shop_id={shop}", "event-calendar", "connectors", "webhooks", "metric-batches", "metric-batches?connector_id={connector}",
    "audit-entries", "audit-entries?resource_id={subject}", "invitations", "auth/sessions", "check-ins",
    "check-ins?goal_id={standing_of_subject}", "check-ins/missing", "recognitions", "recognitions?person_id={subject}",
)  # fmt: skip


@pytest.mark.parametrize("path", ABOUT_OURS)
async def test_a_company_never_hears_of_another(world: World, path: str) -> None:
    """ORG-0: none of our ids is in anything that another company's administrator can list, however they ask."""
    answer = await world.call("foreign", {"method": "GET", "url": f"/v1/{path.format(**world.ids)}"})
    assert answer.status_code == 200, answer.text
    assert not [one for one in world.ids.values() if len(one) == 36 and one in answer.text]
