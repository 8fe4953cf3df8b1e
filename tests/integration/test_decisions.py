"""Decisions that follow from a year's result: proposed by rule or by hand, approved by another, recorded (REV-12)."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import update

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.people.models import Person
from attain_shared.reviews.models import Review
from attain_shared.rules.review_flow import Step
from tests.support.companies import make_company, make_member
from tests.support.deciding import URL, Deciding, make_deciding
from tests.support.goals import NOBODY, make_cycle
from tests.support.http import created, ok, pointers, problem
from tests.support.reviewed import add_review, add_review_cycle
from tests.support.statements import count_statements

FACTOR_OF_MEETS = ("bonus_factor", "1.0", "factor of 3.5 = 1.0")


@pytest.fixture
async def made(api: AsyncClient, state: ApiState) -> Deciding:
    return await make_deciding(api, state)


async def add_quarter(made: Deciding, person_id: UUID, starts_on: str, v: str) -> None:
    """V of a quarter of 2026."""
    cycle = await make_cycle(made.api, made.company, starts_on=starts_on)
    async with transaction(made.state.sessions, made.state.doorbell) as uow:
        company_id, by = made.company.company_id, made.people["hr"].person_id
        of = {"company_id": company_id, "cycle_id": UUID(cycle["id"]), "by": by}
        round_id = add_review_cycle(uow, **of, name=starts_on, cadence="quarter")
        await uow.session.flush()
        line = {"person_id": person_id, "manager_id": made.people["manager"].person_id}
        of_round = {"company_id": company_id, "review_cycle_id": round_id}
        await add_review(uow, **of_round, **line, step=Step.CLOSED, values_score=Decimal(v))


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"rating": "3.5", "quadrant": "bull"}, [FACTOR_OF_MEETS]),
        (
            {"rating": "5", "quadrant": "star"},
            [
                ("bonus_factor", "1.5", "factor of 5 = 1.5"),
                ("pay", None, "rating>=3.75"),
                ("promotion", None, "rating>=4, values not declining"),
            ],
        ),
        (
            {"rating": "3.25", "quadrant": "rabbit"},
            [("bonus_factor", "0.6", "factor of 3.25 = 0.6"), ("training", None, "rating<=3.25")],
        ),
        (
            {"rating": "2.5", "values_failed": True, "quadrant": "wild_dog"},
            [
                ("bonus_factor", "0", "factor of 2.5 = 0"),
                ("training", None, "rating<=3.25"),
                ("warning", None, "values failed"),
            ],
        ),
    ],
    ids=lambda value: str(value.get("rating")) if isinstance(value, dict) else "",
)
async def test_a_result_leads_to_what_the_rules_say(
    made: Deciding, result: dict[str, Any], expected: list[tuple[str, str | None, str | None]]
) -> None:
    """REV-12: once, however often it is asked for; nobody is named as who proposed it."""
    review_id = await made.review(made.people["subject"], **result)
    count = len(expected)
    assert await made.propose() == {"reviews": 1, "proposed": count, "existing": 0}
    assert await made.told() == expected
    assert await made.propose("second_hr") == {"reviews": 1, "proposed": 0, "existing": count}
    for one in await made.listed("hr"):
        assert (one["review_id"], one["person_id"]) == (str(review_id), str(made.people["subject"].person_id))
        assert (one["state"], one["proposed_by"], one["decided_by"]) == ("proposed", None, None)


async def test_declining_values_are_no_promotion(made: Deciding) -> None:
    """REV-12: the trend of the quarters."""
    subject = made.people["subject"]
    await made.review(subject, rating="4")
    for starts_on, v in (("2026-01-01", "3.5"), ("2026-04-01", "3.2"), ("2026-07-01", "3.0")):
        await add_quarter(made, subject.person_id, starts_on, v)
    await made.propose()
    assert [kind for kind, _, _ in await made.told()] == ["bonus_factor", "pay"]


async def test_the_factors_of_a_bonus_may_be_given(made: Deciding) -> None:
    """Those that are left out are the usual ones."""
    await made.review(made.people["subject"], rating="4")
    await made.review(made.people["peer"], rating="3.5")
    await made.propose(bonus_factors={"4": "1.25"})
    factors = await made.told(kind="bonus_factor")
    assert factors == [FACTOR_OF_MEETS, ("bonus_factor", "1.25", "factor of 4 = 1.25")]
    for wrong, code in (({"4": "5.01"}, "less-than-equal"), ({"4": "1.001"}, "decimal-max-places")):
        answer = await made.api.post(made.proposing, json={"bonus_factors": wrong}, headers=made.people["hr"].headers)
        assert pointers(answer) == [("/bonus_factors/4", code)]


async def test_whoever_gives_factors_of_their_own_does_not_approve_what_comes_of_them(made: Deciding) -> None:
    """REV-12: what differs from the rule is proposed by whoever gave it; what does not is the rule's."""
    await made.review(made.people["subject"], rating="4")
    await made.review(made.people["peer"], rating="3.5")
    await made.propose(bonus_factors={"4": "1.25", "3.5": "1.00"})
    found = await made.listed("hr")
    by = {(one["kind"], one["rule"]): one["proposed_by"] for one in found}
    hr = str(made.people["hr"].person_id)
    assert {key for key, who in by.items() if who is not None} == {("bonus_factor", "factor of 4 = 1.25")}
    assert set(by.values()) == {None, hr}
    (own,) = [one["id"] for one in found if one["proposed_by"] == hr]
    problem(await made.act("hr", "approve", own), status=403, code="not-allowed")
    assert ok(await made.act("second_hr", "approve", own))["state"] == "approved"


async def test_only_closed_reviews_of_a_yearly_round_lead_to_decisions(made: Deciding) -> None:
    cancelled = await made.review(made.people["subject"], step=Step.CANCELLED)
    running = await made.review(made.people["peer"], step=Step.ACKNOWLEDGEMENT)
    assert await made.propose() == {"reviews": 0, "proposed": 0, "existing": 0}
    for review_id in (cancelled, running):
        assert pointers(await made.post("hr", review_id)) == [("/review_id", "no-yearly-result")]
    async with transaction(made.state.sessions, made.state.doorbell) as uow:
        of = {"company_id": made.company.company_id, "cycle_id": made.cycle_id, "by": made.people["hr"].person_id}
        other = add_review_cycle(uow, **of, name="ad hoc")
        await uow.session.flush()
        line = {"person_id": made.people["subject"].person_id, "manager_id": made.people["manager"].person_id}
        ad_hoc = await add_review(uow, company_id=of["company_id"], review_cycle_id=other, step=Step.CLOSED, **line)
    assert pointers(await made.post("hr", ad_hoc)) == [("/review_id", "no-yearly-result")]
    headers = made.people["hr"].headers
    answer = await made.api.post(f"/v1/review-cycles/{other}/decisions/propose", json={}, headers=headers)
    problem(answer, status=409, code="not-yearly")
    answer = await made.api.post(f"/v1/review-cycles/{NOBODY}/decisions/propose", json={}, headers=headers)
    problem(answer, status=404, code="not-found")


async def test_what_is_proposed_by_hand_stays(made: Deciding) -> None:
    """A rule never writes over it; a review has one decision of a kind."""
    review_id = await made.review(made.people["subject"], rating="4")
    own = await made.create("hr", review_id)
    assert (own["proposed_by"], own["rule"]) == (str(made.people["hr"].person_id), None)
    assert await made.propose() == {"reviews": 1, "proposed": 2, "existing": 1}
    assert ok(await made.get("hr", own["id"])) == own
    problem(await made.post("second_hr", review_id), status=409, code="decision-taken")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"kind": "bonus_factor", "value": "1.234"}, ("/value", "not-a-factor")),
        ({"kind": "bonus_factor", "value": "5.01"}, ("/value", "not-a-factor")),
        ({"kind": "bonus_factor", "value": "-1"}, ("/value", "not-a-factor")),
        ({"kind": "bonus_factor", "value": "NaN"}, ("/value", "not-a-factor")),
        ({"kind": "bonus_factor", "value": None}, ("/value", "not-a-factor")),
        ({"review_id": NOBODY}, ("/review_id", "unknown-review")),
        ({"reason": " "}, ("/reason", "string-too-short")),
        ({"kind": "dismissal"}, ("/kind", "enum")),
    ],
    ids=str,
)
async def test_what_cannot_be_decided_is_refused(
    made: Deciding, body: dict[str, Any], expected: tuple[str, str]
) -> None:
    review_id = await made.review(made.people["subject"])
    assert pointers(await made.post("hr", review_id, **body)) == [expected]
    assert await made.listed("hr") == []


async def test_a_decision_made_twice_with_one_key_is_one(made: Deciding) -> None:
    review_id = await made.review(made.people["subject"])
    body = {"review_id": str(review_id), "kind": "bonus_factor", "value": "01.10", "reason": "带教新人"}
    headers = made.people["hr"].headers | {"Idempotency-Key": "k"}
    answers = [await made.api.post(URL, json=body, headers=headers) for _ in range(2)]
    first, again = [created(answer) for answer in answers]
    assert (again, first["value"]) == (first, "1.10")
    read = await made.api.get(answers[0].headers["location"], headers=made.people["hr"].headers)
    assert (ok(read), read.headers["etag"]) == (first, answers[0].headers["etag"])


async def test_another_approves_what_somebody_proposes(made: Deciding) -> None:
    """REV-12: HR not their own proposal; an executive above the person; nobody else, and nobody on their own."""
    review_id = await made.review(made.people["subject"], rating="4")
    own = (await made.create("hr", review_id))["id"]
    assert ok(await made.get("hr", own))["allowed_actions"] == ["change"]
    problem(await made.act("hr", "approve", own), status=403, code="not-allowed")
    problem(await made.act("manager", "approve", own), status=403, code="not-allowed")
    for nobody in ("subject", "admin", "peer"):
        problem(await made.act(nobody, "approve", own), status=403, code="not-allowed")
    problem(await made.act("executive", "approve", own), status=404, code="not-found")
    assert ok(await made.get("boss", own))["allowed_actions"] == ["approve", "reject"]
    decided = ok(await made.act("boss", "approve", own, "同意"))
    assert (decided["state"], decided["answer"], decided["reason"]) == ("approved", "同意", "带教新人")
    assert (decided["decided_by"], decided["allowed_actions"]) == (str(made.people["boss"].person_id), [])
    assert decided["decided_at"] is not None
    problem(await made.act("second_hr", "reject", own, "编制已满"), status=409, code="action-not-allowed")
    await made.propose("hr")
    by_rule = (await made.listed("hr", kind="pay"))[0]["id"]
    assert ok(await made.act("hr", "approve", by_rule))["state"] == "approved"


async def test_a_rejection_says_why_and_what_is_rejected_may_be_put_forward_again(made: Deciding) -> None:
    await made.review(made.people["subject"])
    await made.propose()
    decision_id = (await made.listed("hr"))[0]["id"]
    assert pointers(await made.act("boss", "reject", decision_id)) == [("/reason", "string-type")]
    rejected = ok(await made.act("boss", "reject", decision_id, "与同组相比偏高"))
    assert (rejected["state"], rejected["answer"]) == ("rejected", "与同组相比偏高")
    problem(await made.act("boss", "approve", decision_id), status=409, code="action-not-allowed")
    again = ok(await made.patch("hr", decision_id, "0.9"))
    assert (again["state"], again["value"], again["answer"]) == ("proposed", "0.9", None)
    assert again["rule"] == "factor of 3.5 = 1.0"
    assert ok(await made.act("boss", "approve", decision_id))["decided_by"] == str(made.people["boss"].person_id)


async def test_a_change_by_hand_is_for_another_to_approve(made: Deciding) -> None:
    """If-Match is honoured; what is approved changes no more."""
    await made.review(made.people["subject"])
    await made.propose()
    decision_id = (await made.listed("hr"))[0]["id"]
    tag = (await made.get("hr", decision_id)).headers["etag"]
    assert pointers(await made.patch("hr", decision_id, "much")) == [("/value", "not-a-factor")]
    changed = await made.patch("hr", decision_id, "1.1", **{"If-Match": tag})
    assert (ok(changed)["value"], ok(changed)["proposed_by"]) == ("1.1", str(made.people["hr"].person_id))
    read = await made.get("hr", decision_id)
    assert (ok(read), read.headers["etag"]) == (ok(changed), changed.headers["etag"])
    problem(await made.patch("hr", decision_id, "1.2", **{"If-Match": tag}), status=412, code="stale")
    problem(await made.act("second_hr", "approve", decision_id, **{"If-Match": tag}), status=412, code="stale")
    problem(await made.act("hr", "approve", decision_id), status=403, code="not-allowed")
    for nobody in ("manager", "boss", "subject"):
        problem(await made.patch(nobody, decision_id, "1.2"), status=403, code="not-allowed")
    ok(await made.act("second_hr", "approve", decision_id))
    problem(await made.patch("hr", decision_id, "1.2"), status=409, code="action-not-allowed")


async def test_decisions_are_seen_above_and_by_the_person_once_approved(made: Deciding) -> None:
    """SEC-3, SEC-4: lists and details agree."""
    await made.review(made.people["subject"], rating="3.25")
    await made.propose()
    bonus, training = [(await made.listed("hr", kind=kind))[0]["id"] for kind in ("bonus_factor", "training")]
    ok(await made.act("boss", "approve", bonus))
    everything = {"hr", "second_hr", "boss", "manager"}
    for who in made.people:
        seen = {bonus, training} if who in everything else {bonus} if who == "subject" else set()
        assert {one["id"] for one in await made.listed(who)} == seen, who
        for decision_id in (bonus, training):
            assert (await made.get(who, decision_id)).status_code == (200 if decision_id in seen else 404), who
    foreign = await make_company(made.state, roles=("hr",))
    assert ok(await made.api.get(URL, headers=foreign.headers))["items"] == []
    problem(await made.api.get(f"{URL}/{bonus}", headers=foreign.headers), status=404, code="not-found")
    async with transaction(made.state.sessions, made.state.doorbell) as uow:
        await uow.session.execute(
            update(Review)
            .where(Review.company_id == made.company.company_id, Review.review_cycle_id == made.round_id)
            .values(published_at=None)
        )
    assert await made.listed("subject") == []  # REV-7


async def test_hr_is_only_the_subject_of_their_own(made: Deciding) -> None:
    own = await made.review(made.people["hr"], rating="4")
    problem(await made.post("hr", own), status=403, code="not-allowed")
    await made.propose("hr")
    assert await made.listed("hr") == []
    for one in await made.listed("second_hr"):
        problem(await made.act("hr", "approve", one["id"]), status=404, code="not-found")
        ok(await made.act("second_hr", "approve", one["id"]))
        problem(await made.act("hr", "reject", one["id"], "太少"), status=403, code="not-allowed")
    assert len(await made.listed("hr", review_id=str(own))) == 3


async def test_an_executive_stands_in_where_hr_has_nobody_else(made: Deciding) -> None:
    """As in REV-6: for HR's only member, and for what they propose by hand."""
    own, other = await made.review(made.people["hr"]), await made.review(made.people["executive"], rating="4")
    await made.propose("second_hr")
    by_hand = (await made.listed("hr", kind="promotion"))[0]["id"]
    ok(await made.patch("hr", by_hand, "运营总监"))
    assert await made.listed("boss") == []
    async with transaction(made.state.sessions, made.state.doorbell) as uow:
        second = made.people["second_hr"].person_id
        await uow.session.execute(
            update(Person)
            .where(Person.company_id == made.company.company_id, Person.id == second)
            .values(roles=["employee"])
        )
    seen = {one["id"]: one for one in await made.listed("boss")}
    assert {one["review_id"] for one in seen.values()} == {str(own), str(other)}
    assert by_hand in seen
    for decision_id in seen:
        ok(await made.act("boss", "approve", decision_id))
    problem(await made.act("executive", "reject", by_hand, "不愿"), status=403, code="not-allowed")


async def test_every_step_is_in_the_audit_trail(made: Deciding) -> None:
    """SEC-5: what a rule proposed, what was changed by hand, what was approved; administrators see none of it."""
    await made.review(made.people["subject"])
    await made.propose()
    decision_id = (await made.listed("hr"))[0]["id"]
    ok(await made.patch("hr", decision_id, "1.1"))
    ok(await made.act("boss", "approve", decision_id))
    params = {"resource_type": "decision", "resource_id": decision_id, "sort": "sequence"}
    trail = ok(await made.api.get("/v1/audit-entries", params=params, headers=made.people["hr"].headers))["items"]
    assert [(one["action"], one["actor"]["id"]) for one in trail] == [
        ("propose_decisions", str(made.people["hr"].person_id)),
        ("update_decision", str(made.people["hr"].person_id)),
        ("approve_decision", str(made.people["boss"].person_id)),
    ]
    assert trail[0]["changes"]["value"] == {"before": None, "after": "1.0"}
    assert trail[1]["changes"]["value"] == {"before": "1.0", "after": "1.1"}
    assert trail[2]["changes"]["state"] == {"before": "proposed", "after": "approved"}
    hidden = await made.api.get("/v1/audit-entries", params=params, headers=made.company.headers)
    assert ok(hidden)["items"] == []


async def test_two_at_once_have_one_effect(made: Deciding) -> None:
    await made.review(made.people["subject"], rating="5")
    both = await asyncio.gather(made.propose("hr"), made.propose("second_hr"))
    assert sorted(one["proposed"] for one in both) == [0, 3]
    decision_id = (await made.listed("hr", kind="pay"))[0]["id"]
    answers = await asyncio.gather(
        made.act("boss", "approve", decision_id), made.act("second_hr", "reject", decision_id, "编制已满")
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_a_list_is_filtered_paged_and_costs_the_same_for_one_and_two_hundred(made: Deciding) -> None:
    """P12: proposing, too, takes as many statements for 200 people as for one."""
    counts: dict[str, list[int]] = {"propose": [], "list": []}
    for more in (0, 199):
        for _ in range(more):
            await made.review(await make_member(made.state, made.company), rating="4")
        if not more:
            await made.review(made.people["subject"])
        with count_statements() as statements:
            await made.propose()
        counts["propose"].append(len(statements))
        with count_statements() as statements:
            await made.listed("hr")
        counts["list"].append(len(statements))
    found = await made.listed("hr", kind="bonus_factor")
    assert len(found) == 200
    assert len(set(counts["propose"])) == 1, counts
    assert counts["list"] == [2, 2]
    subject = str(made.people["subject"].person_id)
    for params, length in (
        ({"person_id": subject}, 1),
        ({"review_cycle_id": str(made.round_id), "kind": "pay"}, 199),
        ({"review_cycle_id": NOBODY}, 0),
        ({"state": "approved"}, 0),
        ({"kind": "warning"}, 0),
    ):
        assert len(await made.listed("hr", **params)) == length
    params = {"limit": "150", "kind": "bonus_factor"}
    first = ok(await made.api.get(URL, params=params, headers=made.people["hr"].headers))
    rest = await made.listed("hr", cursor=first["next_cursor"], kind="bonus_factor")
    assert [*first["items"], *rest] == found
    assert found == list(reversed(await made.listed("hr", kind="bonus_factor", sort="-created_at")))
