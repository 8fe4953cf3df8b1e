"""360: who is asked, who decides on that, and what everybody gets of the answers (REV-11)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select

from attain_api.raters.closing import close_raters
from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.reviews.models import Review, ReviewDelegation
from attain_shared.reviews.rater_models import RaterAnswer
from attain_shared.rules.review_flow import Step
from tests.support.companies import Member, make_company, make_member
from tests.support.goals import NOBODY, make_cycle
from tests.support.http import created, ok, pointers, problem
from tests.support.relations import Relations, make_relations, place
from tests.support.reviewed import add_review, add_review_cycle
from tests.support.statements import count_statements

Json = dict[str, Any]
RELATION = dict.fromkeys(("peer", "p2", "p3", "p4"), "peer")
RELATION |= dict.fromkeys(("report", "r2"), "report") | dict.fromkeys(("mentor", "former", "other_head"), "partner")
"""Who there is to be asked about `me`."""


@dataclass
class World:
    """A review of `me`, assessed by `boss`, in a company with somebody in every relation."""

    api: AsyncClient
    state: ApiState
    people: Relations
    review: UUID
    round: UUID

    def __getitem__(self, name: str) -> Member:
        """Somebody, by what they are to `me`."""
        return self.people[name]

    @property
    def path(self) -> str:
        """Of the raters."""
        return f"/v1/reviews/{self.review}/raters"

    async def get(self, caller: str, path: str, **params: Any) -> Response:
        """Read something."""
        return await self.api.get(path, params=params, headers=self[caller].headers)

    async def post(self, caller: str, path: str, body: Json | None = None, **headers: str) -> Response:
        """Act."""
        return await self.api.post(path, json=body, headers=self[caller].headers | headers)

    async def nominate(self, caller: str, who: str, **more: Any) -> Response:
        """Name a rater."""
        body = {"person_id": str(self[who].person_id), "relation": RELATION.get(who, "partner")}
        return await self.post(caller, self.path, body | more)

    async def ask(self, *names: str) -> dict[str, str]:
        """Raters named by the manager."""
        return {name: created(await self.nominate("boss", name))["id"] for name in names}

    async def answer(self, caller: str, rater: str, score: str = "4", **more: Any) -> Response:
        """Answer as a rater."""
        body = {"scores": {"collaboration": score, "customer_first": score}} | more
        return await self.api.put(f"{self.path}/{rater}/answer", json=body, headers=self[caller].headers)

    async def change(self, **values: Any) -> None:
        """Bring the review somewhere else."""
        async with transaction(self.state.sessions, self.state.doorbell) as uow:
            review = await uow.session.get_one(Review, (self["me"].company_id, self.review))
            for name, value in values.items():
                setattr(review, name, value)

    async def answers(self) -> list[RaterAnswer]:
        """What is stored of answers."""
        of = (RaterAnswer.company_id == self["me"].company_id, RaterAnswer.review_id == self.review)
        async with self.state.sessions() as session:
            return list(await session.scalars(select(RaterAnswer).where(*of)))


@pytest.fixture
async def world(api: AsyncClient, state: ApiState) -> World:
    people = await make_relations(state)
    for name in ("p2", "p3", "p4", "r2"):
        people.members[name] = await make_member(state, people.admin)
    for name in ("p2", "p3", "p4"):
        await place(state, people, name, department="team", manager="boss")
    await place(state, people, "r2", manager="me")
    cycle_id, company_id = UUID((await make_cycle(api, people.admin))["id"]), people.admin.company_id
    line = {"person_id": "me", "manager_id": "boss", "second_level_id": "skip"}
    ids = {column: people[name].person_id for column, name in line.items()}
    async with transaction(state.sessions, state.doorbell) as uow:
        due = {"manager_assessment": "2026-10-15"}
        round_id = add_review_cycle(
            uow, company_id=company_id, cycle_id=cycle_id, by=people["hr"].person_id, name="2026 Q3", due=due
        )
        await uow.session.flush()
        review = await add_review(
            uow,
            company_id=company_id,
            review_cycle_id=round_id,
            step=Step.SELF_ASSESSMENT,
            department_id=people.departments["team"],
            **ids,
        )
    return World(api, state, people, review, round_id)


async def test_whom_the_subject_names_is_asked_once_the_manager_or_hr_approves(world: World) -> None:
    made = created(await world.nominate("me", "peer"))
    assert (made["state"], made["decided_by"], made["allowed_actions"]) == ("nominated", None, [])
    assert ok(await world.get("peer", "/v1/rater-invitations"))["items"] == []
    problem(await world.answer("peer", made["id"]), status=404, code="not-found")
    (seen,) = ok(await world.get("hr", world.path))["items"]
    assert seen["allowed_actions"] == ["approve", "decline"]
    approve = f"{world.path}/{made['id']}/actions/approve"
    problem(await world.post("me", approve), status=403, code="not-allowed")
    problem(await world.post("skip", approve), status=403, code="not-allowed")
    approved = await world.post("hr", approve)
    assert (ok(approved)["state"], ok(approved)["decided_by"]) == ("approved", str(world["hr"].person_id))
    problem(await world.post("boss", approve), status=409, code="action-not-allowed")
    problem(await world.post("hr", f"{world.path}/{NOBODY}/actions/approve"), status=404, code="not-found")
    (invitation,) = ok(await world.get("peer", "/v1/rater-invitations"))["items"]
    asked = ["customer_first", "teamwork", "collaboration", "delivery"]
    assert [question.pop("code") for question in invitation["questions"]] == asked
    assert all(question["zh"] and question["en"] for question in invitation.pop("questions"))
    assert invitation == {
        "id": made["id"],
        "review_id": str(world.review),
        "person_id": str(world["me"].person_id),
        "review_cycle_id": str(world.round),
        "review_cycle_name": "2026 Q3",
        "relation": "peer",
        "due_on": "2026-10-15",
        "has_answered": False,
        "allowed_actions": ["answer", "decline"],
    }
    problem(await world.get("peer", f"/v1/reviews/{world.review}"), status=404, code="not-found")
    problem(await world.get("peer", world.path), status=404, code="not-found")


async def test_whom_the_manager_or_hr_names_is_asked_at_once(world: World) -> None:
    for caller, who in (("boss", "peer"), ("hr", "mentor")):
        made = created(await world.nominate(caller, who))
        assert (made["state"], made["decided_by"]) == ("approved", str(world[caller].person_id))
    for caller, status in (("skip", 403), ("head", 403), ("peer", 404), ("admin", 404), ("executive", 404)):
        assert (await world.nominate(caller, "p2")).status_code == status, caller
    twice = problem(await world.nominate("me", "peer"), status=409, code="rater-taken")
    assert twice["title"] == "Rater already named"


async def test_whom_the_step_was_delegated_to_manages_raters_as_the_manager(world: World) -> None:
    await world.change(step="manager_assessment")
    async with transaction(world.state.sessions, world.state.doorbell) as uow:
        delegation = ReviewDelegation(
            company_id=world["me"].company_id,
            review_id=world.review,
            step="manager_assessment",
            person_id=world["former"].person_id,
            reason="主管休假",
            delegated_by=world["hr"].person_id,
        )
        uow.session.add(delegation)
    assert created(await world.nominate("former", "peer"))["state"] == "approved"


async def test_only_who_is_eligible_is_named_in_the_relation_that_holds(world: World) -> None:
    async def refused(who: str, **more: Any) -> list[tuple[str, str]]:
        return pointers(await world.nominate("hr", who, **more))

    not_a_rater = [("/person_id", "not-a-rater")]
    assert await refused("me") == not_a_rater
    assert await refused("boss") == not_a_rater
    assert await refused("peer", person_id=NOBODY) == [("/person_id", "unknown-person")]
    foreign = await make_company(world.state)
    assert await refused("peer", person_id=str(foreign.person_id)) == [("/person_id", "unknown-person")]
    leaving = {"effective_on": "2026-10-01", "reason": "搬家"}
    ok(await world.post("hr", f"/v1/people/{world['p4'].person_id}/leave", leaving))
    assert await refused("p4") == [("/person_id", "not-employed")]
    for who, relation in RELATION.items():
        for other in {"peer", "report", "partner"} - {relation}:
            if who != "p4":
                assert await refused(who, relation=other) == [("/relation", "other-relation")]
    assert await refused("peer", relation="friend") == [("/relation", "enum")]


async def test_the_manager_declines_with_a_reason_and_only_who_was_not_asked_yet(world: World) -> None:
    rater = created(await world.nominate("me", "peer"))["id"]
    decline = f"{world.path}/{rater}/actions/decline"
    assert pointers(await world.post("boss", decline, {})) == [("/reason", "missing")]
    assert pointers(await world.post("boss", decline, {"reason": " "})) == [("/reason", "string-too-short")]
    stale = {"If-Match": '"other"'}
    problem(await world.post("boss", decline, {"reason": "没有往来"}, **stale), status=412, code="stale")
    declined = ok(await world.post("boss", decline, {"reason": "没有往来"}))
    assert (declined["state"], declined["reason"], declined["allowed_actions"]) == ("declined", "没有往来", [])
    (seen,) = ok(await world.get("me", world.path))["items"]
    assert seen["reason"] == "没有往来"
    # else the refusal would tell who has answered
    asked = await world.ask("p2", "p3")
    ok(await world.answer("p2", asked["p2"]))
    for name in ("p2", "p3"):
        answer = await world.post("boss", f"{world.path}/{asked[name]}/actions/decline", {"reason": "不需要"})
        problem(answer, status=409, code="action-not-allowed")


async def test_whoever_is_asked_may_decline_and_the_subject_does_not_read_why(world: World) -> None:
    rater = (await world.ask("peer"))["peer"]
    path = f"/v1/rater-invitations/{rater}/actions/decline"
    for caller in ("boss", "me", "p2", "admin"):
        problem(await world.post(caller, path, {}), status=404, code="not-found")
    declined = await world.post("peer", path, {"reason": "我们合作不多"})
    assert (ok(declined)["has_answered"], ok(declined)["allowed_actions"]) == (False, [])
    problem(await world.post("peer", path, {}), status=404, code="not-found")
    problem(await world.answer("peer", rater), status=404, code="not-found")
    for caller, reason in (("me", None), ("boss", "我们合作不多"), ("hr", "我们合作不多")):
        (seen,) = ok(await world.get(caller, world.path))["items"]
        assert (seen["state"], seen["reason"]) == ("declined", reason), caller


async def test_whoever_is_asked_answers_once_and_nobody_else_for_them(world: World) -> None:
    raters = await world.ask("peer", "p2")
    for caller, status in (("me", 403), ("boss", 403), ("hr", 403), ("skip", 403), ("head", 403), ("p3", 404)):
        assert (await world.answer(caller, raters["peer"])).status_code == status, caller
    problem(await world.answer("p2", raters["peer"]), status=404, code="not-found")
    problem(await world.answer("p2", NOBODY), status=404, code="not-found")
    answered = await world.answer("peer", raters["peer"], comments={"delivery": "  准时  ", "collaboration": " "})
    assert (ok(answered)["has_answered"], ok(answered)["allowed_actions"]) == (True, [])
    assert answered.headers["etag"]
    problem(await world.answer("peer", raters["peer"]), status=409, code="already-answered")
    decline = f"/v1/rater-invitations/{raters['peer']}/actions/decline"
    problem(await world.post("peer", decline, {}), status=409, code="already-answered")
    for wanted, count in ((True, 1), (False, 0)):
        found = ok(await world.get("peer", "/v1/rater-invitations", has_answered=wanted))["items"]
        assert len(found) == count
    (stored,) = await world.answers()
    assert (stored.relation, stored.scores) == ("peer", {"collaboration": "4", "customer_first": "4"})
    assert stored.comments == {"delivery": "准时"}
    assert stored.id.version == 4
    assert not {"person_id", "rater_id", "created_at"} & set(RaterAnswer.__table__.columns.keys())


async def test_an_answer_is_of_what_is_asked_on_the_scale(world: World) -> None:
    rater = (await world.ask("peer"))["peer"]

    async def refused(**body: Any) -> list[tuple[str, str]]:
        return pointers(await world.answer("peer", rater, **body))

    assert await refused(scores={"salary": "4"}) == [("/scores/salary", "unknown-question")]
    assert await refused(comments={"a/b": "好"}) == [("/comments/a~1b", "unknown-question")]
    assert await refused(scores={"delivery": "3.6"}) == [("/scores/delivery", "not-on-scale")]
    assert await refused(scores={}) == [("/scores", "too-short")]
    assert await refused(person_id=NOBODY) == [("/person_id", "extra-forbidden")]
    assert await world.answers() == []


async def test_what_they_say_together_is_computed_once_and_the_answers_are_gone(world: World) -> None:
    raters = await world.ask("peer", "p2", "p3", "report", "r2", "mentor", "former")
    for name, score in {"peer": "3", "p2": "4", "p3": "4.5", "report": "5", "r2": "2.5", "mentor": "3.5"}.items():
        ok(await world.answer(name, raters[name], score, comments={"collaboration": f"{name}说"}))
    for caller in ("me", "boss", "skip", "hr"):
        problem(await world.get(caller, f"{world.path}/result"), status=409, code="raters-open")
    close = f"{world.path}/actions/close"
    for caller, status in (("me", 403), ("skip", 403), ("head", 403), ("peer", 404), ("admin", 404)):
        assert (await world.post(caller, close)).status_code == status, caller
    result = ok(await world.post("boss", close))
    assert (result["too_few"], result["raters"], result["score"]) == (False, 6, "3.75")
    assert result["questions"]["collaboration"] == {"mean": "3.75", "count": 6}
    groups = {group["name"]: group for group in result["groups"]}
    assert {name: (group["raters"], group["score"]) for name, group in groups.items()} == {
        "peer": (3, "3.83"),
        "others": (3, "3.67"),
    }
    assert sorted(groups["peer"]["comments"]["collaboration"]) == ["p2说", "p3说", "peer说"]
    assert await world.answers() == []
    problem(await world.post("boss", close), status=409, code="action-not-allowed")
    problem(await world.answer("former", raters["former"]), status=409, code="raters-closed")
    problem(await world.nominate("boss", "other_head"), status=409, code="raters-closed")
    for caller in ("boss", "skip", "hr"):
        shown = await world.get(caller, f"{world.path}/result")
        assert ok(shown) == result
        fresh = world[caller].headers | {"If-None-Match": shown.headers["etag"]}
        assert (await world.api.get(f"{world.path}/result", headers=fresh)).status_code == 304
    problem(await world.get("me", f"{world.path}/result"), status=409, code="result-not-published")
    problem(await world.get("head", f"{world.path}/result"), status=403, code="not-allowed")
    await world.change(step="interview", published_at=utc_now())
    assert ok(await world.get("me", f"{world.path}/result")) == result


@pytest.mark.parametrize("names", [(), ("peer",), ("peer", "mentor")], ids=len)
async def test_fewer_than_three_answers_show_nothing_nor_how_many_they_are(world: World, names: tuple[str]) -> None:
    raters = await world.ask("peer", "p2", "p3", "mentor")
    for name in names:
        ok(await world.answer(name, raters[name], comments={"delivery": "好"}))
    result = ok(await world.post("hr", f"{world.path}/actions/close"))
    result.pop("closed_at")
    nothing: Json = {"too_few": True, "raters": None, "score": None, "questions": {}, "groups": []}
    assert result == nothing | {"review_id": str(world.review)}
    assert await world.answers() == []


async def test_closing_again_after_a_return_changes_nothing(world: World) -> None:
    """When the manager submits a second time, what was closed at the first stays."""
    raters = await world.ask("peer", "p2", "p3")
    for name, rater in raters.items():
        ok(await world.answer(name, rater))
    first = ok(await world.post("boss", f"{world.path}/actions/close"))
    await world.change(step="manager_assessment")
    problem(await world.nominate("boss", "p4"), status=409, code="raters-closed")
    async with transaction(world.state.sessions, world.state.doorbell) as uow:
        await close_raters(uow, await uow.session.get_one(Review, (world["me"].company_id, world.review)))
    assert ok(await world.get("boss", f"{world.path}/result")) == first


async def test_hr_is_only_the_subject_in_their_own_review(world: World) -> None:
    await world.change(person_id=world["hr"].person_id)
    assert created(await world.nominate("hr", "mentor"))["state"] == "nominated"
    problem(await world.post("hr", f"{world.path}/actions/close"), status=403, code="not-allowed")


async def test_a_rater_who_comes_to_assess_is_not_asked_any_more(world: World) -> None:
    raters = await world.ask("peer")
    await world.change(manager_id=world["peer"].person_id)
    assert ok(await world.get("peer", "/v1/rater-invitations"))["items"] == []
    problem(await world.answer("peer", raters["peer"]), status=403, code="not-allowed")


async def test_the_lists_are_paged_and_cost_the_same_for_one_and_for_many(world: World) -> None:
    costs = []
    for names in (("peer",), ("p2", "p3", "p4", "mentor", "former")):
        await world.ask(*names)
        with count_statements() as statements:
            ok(await world.get("hr", world.path))
        costs.append(len(statements))
    assert costs[0] == costs[1]
    first = ok(await world.get("hr", world.path, limit=4))
    rest = ok(await world.get("hr", world.path, limit=4, cursor=first["next_cursor"]))
    assert [len(part["items"]) for part in (first, rest)] == [4, 2]
    latest = ok(await world.get("hr", world.path, sort="-created_at"))["items"]
    assert latest == [*reversed(rest["items"]), *reversed(first["items"])]


async def test_naming_takes_an_idempotency_key(world: World) -> None:
    body = {"person_id": str(world["peer"].person_id), "relation": "peer"}
    made = [created(await world.post("me", world.path, body, **{"Idempotency-Key": "k"})) for _ in range(2)]
    assert made[0] == made[1]
