"""Attacks on who said what in a 360 (REV-11): by everybody, over everything that there is to read.

林晓's review is with the manager, and five are asked about her. Whatever anybody else gets of the whole application must
be the same, byte by byte, before and after one of them answers. What a collusion of raters can tell by subtracting
their own answers from a group's mean is in the nature of a mean; so is it that everybody gave the highest score.
"""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from attain_shared.db.tables import INSTALLATION_TABLES, metadata
from tests.support.matrix_world import World
from tests.support.watching import (
    EVERYBODY,
    REQUEST_ID,
    SIFTING,
    Sights,
    differences,
    do,
    ids_at,
    look,
    readings_at,
    summary,
    supposing,
)

pytestmark = [pytest.mark.no_cover, pytest.mark.timeout(600)]

Json = dict[str, Any]
STEP = "manager_assessment"
ASKED = {"peer": "peer", "skip": "peer", "report": "report", "stranger": "partner", "mentor": "partner"}
"""Whom HR asks about 林晓; 顾总 is her 1 over 1, too."""
TEXT = "secret-words-of-a-rater"
RATERS_OWN = ("list_rater_invitations", "export_personal_data at the_rater")
"""What a rater finds changed once they have answered: that they have."""


@pytest.fixture
async def raters(world: World) -> AsyncIterator[dict[str, str]]:
    """The raters of 林晓's review, by name."""
    async with supposing(world):
        yield await nominate_all(world)


async def nominate_all(world: World) -> dict[str, str]:
    """Ask everybody; the raters' ids by name."""
    return {
        who: (await do(world, "hr", request("POST", world, body=nomination(world, who, relation))))["id"]
        for who, relation in ASKED.items()
    }


def nomination(world: World, who: str, relation: str) -> Json:
    """Somebody to be asked."""
    return {"person_id": world.ids[who], "relation": relation}


def request(method: str, world: World, path: str = "", body: Json | None = None) -> Json:
    """Something about the raters of the review."""
    url = f"/v1/reviews/{world.ids[f'review_at_{STEP}']}/raters{path}"
    return {"method": method, "url": url, "json": body, "headers": {"If-Match": "*"}}


def answer(world: World, rater: str, score: str = "2.5", words: str = TEXT) -> Json:
    """An answer."""
    body = {"scores": {"delivery": score}, "comments": {"delivery": words}}
    return request("PUT", world, f"/{rater}/answer", body)


def everything(world: World, raters: dict[str, str], who: str) -> dict[str, Json]:
    """All that there is to read, of the review and of whoever answers."""
    ids = ids_at(world, STEP) | {"rater": raters[who]}
    return readings_at(world=ids, the_rater=ids | {"subject": world.ids[who]})


def near(requests: dict[str, Json]) -> dict[str, Json]:
    """Of them those that speak of reviews or raters, of the trail and of people's data, unsifted."""
    words = ("review", "rater", "audit", "personal-data", "action-items", "feedback", "reminders", "decisions")
    return {
        name: one for name, one in requests.items() if "?" not in name and any(word in one["url"] for word in words)
    }


async def compare(
    world: World, requests: dict[str, Json], *, who: str, rater: str, callers: tuple[str, ...] = EVERYBODY
) -> tuple[Sights, Sights]:
    """What everybody gets before and after somebody answers; nothing differs but for themselves."""
    before = await look(world, requests, callers)
    await do(world, who, answer(world, rater))
    after = await look(world, requests, callers)
    changed = differences(before, after)
    own = {key for key in changed if key[0] == who and key[1].startswith(RATERS_OWN)}
    assert {key: changed[key] for key in changed.keys() - own} == {}
    assert (who, "list_rater_invitations at world") in own, "nothing was compared"
    print(f"\n{who} answers: {summary(before, after)}; {len(own)} of the rater's own differ")
    return before, after


async def test_the_third_answer_changes_nothing_that_anybody_gets(own_world: World) -> None:
    """The one that brings the answers over the threshold."""
    world, raters = own_world, await nominate_all(own_world)
    for who in ("stranger", "mentor"):
        await do(world, who, answer(world, raters[who], "4"))
    await compare(world, everything(world, raters, "peer"), who="peer", rater=raters["peer"])


@pytest.mark.parametrize(("who", "before"), [("report", ()), ("skip", ("peer", "report", "stranger", "mentor"))])
async def test_neither_the_first_answer_nor_the_last_shows(
    world: World, raters: dict[str, str], who: str, before: tuple[str, ...]
) -> None:
    """The last is by the 1 over 1, who may read the result."""
    for other in before:
        await do(world, other, answer(world, raters[other], "4"))
    callers = (*SIFTING, who) if who not in SIFTING else SIFTING
    await compare(world, near(everything(world, raters, who)), who=who, rater=raters[who], callers=callers)


async def test_no_refusal_tells_who_has_answered(world: World, raters: dict[str, str]) -> None:
    """Whatever others try with a rater fares the same before and after: naming, approving, declining, answering."""
    tried = {
        f"{what} {who}": one
        for who, rater in raters.items()
        for what, one in {
            "name": request("POST", world, body=nomination(world, who, ASKED[who])),
            "approve": request("POST", world, f"/{rater}/actions/approve"),
            "decline": request("POST", world, f"/{rater}/actions/decline", {"reason": "不需要了"}),
            "answer for": answer(world, rater),
            "decline as": {"method": "POST", "url": f"/v1/rater-invitations/{rater}/actions/decline", "json": {}},
        }.items()
    }
    before = await look(world, tried)
    await do(world, "peer", answer(world, raters["peer"]))
    after = await look(world, tried)
    others = {key: how for key, how in differences(before, after).items() if key[0] != "peer"}
    assert others == {}
    print(f"\n{summary(before, after)}")


async def test_not_to_be_asked_and_not_to_be_there_look_alike(world: World, raters: dict[str, str]) -> None:
    nobody = "01990000-0000-7000-8000-000000000000"
    for caller in ("report", "stranger", "executive", "admin"):
        said = []
        for rater in (raters["peer"], nobody):
            asked = answer(world, rater)
            headers = world.callers[caller] | {"X-Request-ID": REQUEST_ID}
            refused = await world.api.request(**(asked | {"headers": headers}))
            said.append((refused.status_code, refused.json() | {"instance": ""}))
        assert said[0] == said[1]
        assert said[0][0] == 404


async def found_in(world: World, words: str) -> dict[str, int]:
    """How many rows of which tables hold some words, in any column."""
    assert world.connection is not None
    found = {}
    for name, table in metadata.tables.items():
        place = "" if name in INSTALLATION_TABLES else "company_id = :company AND "
        statement = text(f"SELECT count(*) FROM {table.name} AS here WHERE {place}here::text LIKE :words")
        values = {"words": f"%{words}%"} | ({"company": world.company_id} if place else {})
        if count := (await world.connection.execute(statement, values)).scalar_one():
            found[name] = count
    return found


async def sequence(world: World) -> int:
    """How long the company's audit trail is."""
    assert world.connection is not None
    statement = text("SELECT sequence FROM audit_heads WHERE company_id = :company")
    return int((await world.connection.execute(statement, {"company": world.company_id})).scalar_one())


async def test_what_is_said_is_in_one_place_and_leads_to_nobody(world: World, raters: dict[str, str]) -> None:
    """No entry of the trail, no stored answer of a request, no record, no log; and after the end not there either."""
    started = await sequence(world)
    with capture_logs() as logs:
        key = {"headers": {"Idempotency-Key": "mine"}}
        await do(world, "peer", answer(world, raters["peer"]) | key)
        assert (await world.call("peer", answer(world, raters["peer"]) | key)).status_code == 409
    assert TEXT not in str(logs)
    assert await sequence(world) == started
    assert await found_in(world, TEXT) == {"rater_answers": 1}
    assert "rater_answers" not in await found_in(world, world.ids["peer"])
    assert "rater_answers" not in await found_in(world, raters["peer"])
    for who in ("stranger", "mentor"):
        await do(world, who, answer(world, raters[who], words="other words"))
    await do(world, "manager", request("POST", world, "/actions/close"))
    assert await found_in(world, TEXT) == {"reviews": 1}


async def test_of_too_few_nothing_is_left(world: World, raters: dict[str, str]) -> None:
    for who in ("peer", "report"):
        await do(world, who, answer(world, raters[who]))
    result = await do(world, "hr", request("POST", world, "/actions/close"))
    assert (result["too_few"], result["raters"]) == (True, None)
    assert await found_in(world, TEXT) == {}


async def test_the_result_is_the_same_for_good(world: World, raters: dict[str, str]) -> None:
    """No second result to subtract the first from: not by a late answer or rater, nor by a return and a second submit."""
    for who in ("peer", "skip", "stranger", "mentor"):
        await do(world, who, answer(world, raters[who], "4"))
    await act(world, "manager", "submit")
    first = await do(world, "manager", request("GET", world, "/result"))
    assert [group["raters"] for group in first["groups"]] == [4], "peers and partners, each too few alone"
    tries = {"answer": ("report", answer(world, raters["report"]))}
    tries["name"] = ("hr", request("POST", world, body=nomination(world, "executive", "partner")))
    tries["close"] = ("hr", request("POST", world, "/actions/close"))
    for caller, action in (("skip", "return"), ("manager", "return"), ("subject", "submit"), ("manager", "submit")):
        await act(world, caller, action)
        for what, (who, tried) in tries.items():
            assert (await world.call(who, tried)).status_code == 409, f"{what} after {caller}'s {action}"
        for who in ("manager", "skip", "hr"):
            assert await do(world, who, request("GET", world, "/result")) == first
        assert (await world.call("subject", request("GET", world, "/result"))).status_code == 409


async def act(world: World, caller: str, action: str) -> None:
    """Lead the review on, or back."""
    url = f"/v1/reviews/{world.ids[f'review_at_{STEP}']}/actions/{action}"
    body = {"reason": "请补充依据"} if action == "return" else {}
    await do(world, caller, {"method": "POST", "url": url, "json": body, "headers": {"If-Match": "*"}})
