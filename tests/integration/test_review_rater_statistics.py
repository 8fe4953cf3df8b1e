"""How managers rate against the company, over what they suggest (REV-13)."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.reviews.models import Review
from attain_shared.rules.review_flow import Step
from tests.support.calibrated import EVERYBODY, Json, Round, add_judged, make_round
from tests.support.companies import Member, make_company, make_member
from tests.support.http import ok, problem
from tests.support.statements import count_statements


async def judged_by(state: ApiState, there: Round, manager: Member, scores: list[str], **more: Any) -> list[UUID]:
    """Reviews that this manager has judged."""
    own = {"review_cycle_id": there.id, "manager_id": manager.person_id, "department_id": None} | more
    async with transaction(state.sessions, state.doorbell) as uow:
        return await add_judged(uow, scores, company_id=there.company.company_id, **own)


async def statistics(api: AsyncClient, there: Round, who: Member | None = None) -> Json:
    path = f"/v1/review-cycles/{there.id}/rater-statistics"
    return ok(await api.get(path, headers=(who or there.hr).headers))


async def set_manager(api: AsyncClient, there: Round, person: Member, manager: Member) -> None:
    path = f"/v1/people/{person.person_id}"
    ok(await api.patch(path, json={"manager_id": str(manager.person_id)}, headers=there.company.headers))


async def test_calibration_sees_a_harsh_and_a_generous_rater(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, {EVERYBODY: ["3.50", "3.75", "3.50", "3.25", "3.50"]})
    harsh, generous = await make_member(state, there.company), await make_member(state, there.company)
    await judged_by(state, there, harsh, ["3.00", "3.25", "3.00", "3.25", "3.00"])
    await judged_by(state, there, generous, ["4.00", "4.50", "4.00", "3.75", "4.00"], step=Step.HR)
    await judged_by(state, there, generous, ["2.50"], step=Step.CANCELLED)
    found = await statistics(api, there)
    rows = {row["manager_id"]: row for row in found["raters"]}
    assert [row["verdict"] for row in found["raters"]] == ["harsh", "narrow", "generous"]
    row = rows[str(harsh.person_id)]
    assert (row["count"], row["mean"], row["leniency"], row["spread"]) == (5, "3.10", "-0.45", "0.12")
    assert (rows[str(generous.person_id)]["mean"], rows[str(generous.person_id)]["leniency"]) == ("4.05", "0.50")
    assert (found["mean"], found["spread"]) == ("3.55", "0.43")


async def test_what_calibration_makes_of_it_does_not_count(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, {EVERYBODY: ["3.50"] * 10})
    before = await statistics(api, there)
    rating = {"review_id": str(there.reviews[EVERYBODY][0]), "rating": "2.5", "reason": "校准"}
    ok(await there.put([rating]))
    assert await statistics(api, there) == before


async def test_before_anything_is_judged_there_is_no_mean(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, {EVERYBODY: []})
    assert await statistics(api, there) == {"mean": None, "spread": None, "raters": []}


async def test_others_see_the_managers_below_them(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, {EVERYBODY: ["3.50", "4.00"]})
    other, above = await make_member(state, there.company), await make_member(state, there.company)
    await judged_by(state, there, other, ["3.00", "3.00"])
    await set_manager(api, there, there.manager, above)
    found = await statistics(api, there, above)
    whole = await statistics(api, there)
    assert [row["manager_id"] for row in found["raters"]] == [str(there.manager.person_id)]
    assert (found["mean"], found["spread"]) == (whole["mean"], whole["spread"])
    path = f"/v1/review-cycles/{there.id}/rater-statistics"
    for nobody in (there.manager, other, there.company):
        problem(await api.get(path, headers=nobody.headers), status=403, code="not-allowed")
    foreign, stranger = await make_company(state, roles=("hr",)), await make_member(state, there.company)
    for outsider in (foreign, stranger):
        problem(await api.get(path, headers=outsider.headers), status=404, code="not-found")


async def test_statistics_that_are_known_are_not_sent_again(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, {EVERYBODY: ["3.50", "4.00"]})
    path = f"/v1/review-cycles/{there.id}/rater-statistics"
    tag = (await api.get(path, headers=there.hr.headers)).headers["ETag"]
    known = there.hr.headers | {"If-None-Match": tag}
    assert (await api.get(path, headers=known)).status_code == 304
    await judged_by(state, there, there.manager, ["5.00"])
    assert ok(await api.get(path, headers=known))["raters"][0]["count"] == 3


async def test_ones_own_judgement_is_not_in_the_mean_until_it_is_published(api: AsyncClient, state: ApiState) -> None:
    """REV-7: HR, who sees all others' ratings, could else subtract them."""
    there = await make_round(api, state, {EVERYBODY: ["3.50", "3.50"]})
    (own,) = await judged_by(state, there, there.manager, ["5.00"], person_id=there.hr.person_id)
    found = await statistics(api, there)
    assert (found["mean"], found["raters"][0]["count"]) == ("3.50", 2)
    async with transaction(state.sessions, state.doorbell) as uow:
        review = await uow.session.get_one(Review, (there.company.company_id, own))
        review.published_at, review.rating = review.frozen_as_of, Decimal(5)
    assert (await statistics(api, there))["mean"] == "4.00"


async def test_many_managers_take_the_statements_of_one(api: AsyncClient, state: ApiState) -> None:
    counts = []
    for managers in (1, 20):
        there = await make_round(api, state, {EVERYBODY: ["3.50"]})
        for _ in range(managers - 1):
            await judged_by(state, there, await make_member(state, there.company), ["4.00"] * 10)
        with count_statements() as statements:
            assert len((await statistics(api, there))["raters"]) == managers
        counts.append(len(statements))
    assert counts == [3, 3]
