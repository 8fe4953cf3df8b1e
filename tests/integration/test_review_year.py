"""The year: its performance, its values with their trend, and what it rests on (REV-12)."""

from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import update

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import reading, transaction
from attain_shared.reviews.models import Review, ReviewCycle
from attain_shared.reviews.year import load_years
from attain_shared.rules.review_flow import Step
from tests.support.companies import Member, make_company, make_member
from tests.support.goals import make_cycle
from tests.support.http import ok, problem
from tests.support.reviewing import Reviewing, add_past_review, make_reviewing
from tests.support.statements import count_statements

QUARTERS = ("2026-01-01", "2026-04-01", "2026-07-01", "2026-10-01")


async def make_year(api: AsyncClient, state: ApiState, **more: Any) -> Reviewing:
    """The review of 2026 of somebody, which the manager is to write."""
    company = await make_company(state)
    cycle = await make_cycle(api, company, kind="year", starts_on="2026-01-01")
    made: dict[str, Any] = {"step": Step.MANAGER_ASSESSMENT, "cadence": "year", "review_class": "staff"}
    return await make_reviewing(api, state, company=company, cycle=cycle, **(made | more))


async def add_quarters(made: Reviewing, *figures: tuple[str | None, str]) -> None:
    """Performance and V of the first quarters of 2026."""
    for starts_on, (performance, v) in zip(QUARTERS, figures, strict=False):
        await add_past_review(made, cadence="quarter", starts_on=starts_on, performance=performance, v=v)


async def get(made: Reviewing, who: Member, **headers: str) -> Response:
    return await made.api.get(f"/v1/reviews/{made.id}/year", headers=who.headers | headers)


async def read(made: Reviewing, who: Member | None = None) -> dict[str, Any]:
    """The year as somebody sees it, the manager unless told otherwise."""
    return ok(await get(made, who or made.manager))


async def submit(made: Reviewing) -> dict[str, Any]:
    """The manager's part of a year with quarters, whose values are theirs."""
    ok(await made.put("manager", made.manager, values=[]))
    return ok(await made.act("submit", made.manager))


async def set_review(made: Reviewing, **values: Any) -> None:
    """Put the review of the year where a test needs it."""
    statement = update(Review).where(Review.company_id == made.company.company_id, Review.id == made.id)
    async with transaction(made.state.sessions, made.state.doorbell) as uow:
        await uow.session.execute(statement.values(**values))


async def test_a_year_without_goals_of_its_own_is_the_mean_of_its_reviews(api: AsyncClient, state: ApiState) -> None:
    """REV-12: V of 2.5, 2.7, 2.9 and 3.1 is 2.80 and improving; the performances make 3.625, half up."""
    made = await make_year(api, state)
    await add_quarters(made, ("3.5", "2.5"), ("3.75", "2.7"), ("4", "2.9"), ("3.25", "3.1"))
    before = await read(made)
    assert (before["performance"], before["performance_basis"]) == (None, None)
    review = await submit(made)
    assert (review["performance"], review["goals_score"], review["values"]) == ("3.63", "3.63", "2.80")
    year = await read(made)
    assert (year["performance"], year["performance_basis"]) == ("3.63", "mean_of_reviews")
    assert (year["values_mean"], year["trend"]) == ("2.80", "improving")
    assert [(one["quarter"], one["values"]) for one in year["quarters"]] == [
        (1, "2.50"), (2, "2.70"), (3, "2.90"), (4, "3.10"),
    ]  # fmt: skip
    shown = [(one["starts_on"], one["ends_on"], one["performance"], one["values"]) for one in year["reviews"]]
    assert shown == [
        ("2026-01-01", "2026-03-31", "3.50", "2.50"),
        ("2026-04-01", "2026-06-30", "3.75", "2.70"),
        ("2026-07-01", "2026-09-30", "4.00", "2.90"),
        ("2026-10-01", "2026-12-31", "3.25", "3.10"),
    ]


async def test_the_goals_of_the_year_win_over_its_reviews(api: AsyncClient, state: ApiState) -> None:
    """REV-12: where there are any."""
    made = await make_year(api, state)
    await add_quarters(made, ("3", "2.5"), ("3", "2.5"))
    await made.goal("4.5", weight="60")
    await made.goal("3.75", weight="40")
    review = await submit(made)
    assert (review["performance"], review["values"]) == ("4.20", "2.50")
    year = await read(made)
    assert (year["performance"], year["performance_basis"]) == ("4.20", "yearly_goals")


async def test_a_senior_year_is_of_half_years_and_its_values_of_quarters(api: AsyncClient, state: ApiState) -> None:
    """REV-1, REV-12: seniors' quarters assess values alone, and their half-years are no quarters of V."""
    made = await make_year(api, state, review_class="senior")
    await add_quarters(made, (None, "3.0"), (None, "2.8"))
    for starts_on, performance in (("2026-01-01", "3.5"), ("2026-07-01", "4.5")):
        await add_past_review(made, cadence="half_year", starts_on=starts_on, performance=performance, v="5")
    review = await submit(made)
    assert (review["performance"], review["values"]) == ("4.00", "2.90")
    year = await read(made)
    assert [one["quarter"] for one in year["quarters"]] == [1, 2]
    assert (year["trend"], len(year["reviews"])) == ("declining", 4)


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ((), (None, None)),
        (("2.5",), ("2.50", None)),
        (("2.5", "2.6", "2.7", "2.8"), ("2.65", "stable")),  # 0.1 a quarter is not beyond it
        (("3.1", "2.9", "2.7", "2.5"), ("2.80", "declining")),
    ],
)
async def test_the_trend_is_the_slope_beyond_a_tenth(
    api: AsyncClient, state: ApiState, figures: tuple[str, ...], expected: tuple[str | None, str | None]
) -> None:
    """REV-12."""
    made = await make_year(api, state)
    await add_quarters(made, *((None, v) for v in figures))
    year = await read(made)
    assert (year["values_mean"], year["trend"]) == expected


async def test_only_closed_reviews_of_the_year_count(api: AsyncClient, state: ApiState) -> None:
    """Not those of another year, out of turn, cancelled, or still to be appealed against."""
    made = await make_year(api, state)
    await add_quarters(made, ("3.5", "2.5"), ("5", "4"), ("5", "4"))
    await add_past_review(made, cadence="quarter", starts_on="2025-10-01", performance="5", v="4")
    await add_past_review(made, cadence="ad_hoc", starts_on="2026-05-01", performance="5", v="4")
    listed = (await read(made))["reviews"]
    assert [one["starts_on"] for one in listed] == list(QUARTERS[:3])
    async with transaction(state.sessions, state.doorbell) as uow:
        for one, step in zip(listed[1:], (Step.CANCELLED, Step.ACKNOWLEDGEMENT), strict=True):
            await uow.session.execute(
                update(Review)
                .where(Review.company_id == made.company.company_id, Review.id == one["review_id"])
                .values(step=step.value)
            )
    assert [one["starts_on"] for one in (await read(made))["reviews"]] == ["2026-01-01"]
    review = await submit(made)
    assert (review["performance"], review["values"]) == ("3.50", "2.50")


async def test_the_year_is_seen_as_its_review_is(api: AsyncClient, state: ApiState) -> None:
    """REV-7, SEC-3: what the subject was told before they read; what is judged of the year, once it is published."""
    made = await make_year(api, state)
    await add_quarters(made, ("3.5", "2.5"), ("4", "2.7"))
    await submit(made)
    seen = await read(made)
    assert await read(made, made.hr) == seen
    # who sees only the year itself, like the 1 over 1 since or a delegate, reads what they see of it
    delegate = await make_member(state, made.company)
    await made.delegate(Step.SECOND_LEVEL, delegate)
    for who in (made.skip, delegate):
        assert await read(made, who) == seen | {"reviews": [], "quarters": [], "values_mean": None, "trend": None}
    own = await read(made, made.subject)
    assert own == seen | {"performance": None, "performance_basis": None}
    for who in (made.company, await make_member(state, made.company), await make_company(state)):
        problem(await get(made, who), status=404, code="not-found")
    await set_review(made, step=Step.INTERVIEW.value, published_at=utc_now())
    assert await read(made, made.subject) == seen


async def test_an_answer_that_stands_is_not_sent_again(api: AsyncClient, state: ApiState) -> None:
    made = await make_year(api, state)
    tag = (await get(made, made.manager)).headers["etag"]
    assert (await get(made, made.manager, **{"If-None-Match": tag})).status_code == 304
    await add_quarters(made, ("3.5", "2.5"))
    assert (await get(made, made.manager, **{"If-None-Match": tag})).headers["etag"] != tag


async def test_other_reviews_rest_on_no_others(api: AsyncClient, state: ApiState) -> None:
    made = await make_reviewing(api, state)
    problem(await get(made, made.manager), status=404, code="not-found")


async def test_a_year_costs_the_same_whatever_it_holds(api: AsyncClient, state: ApiState) -> None:
    """P12: sign-in, the review, the year, and whether goals were frozen; for many people the year is one statement."""
    made = await make_year(api, state)
    await add_quarters(made, ("3.5", "2.5"))
    await submit(made)
    counts = []
    for more in ((), ("2026-04-01", "2026-07-01", "2026-10-01")):
        for starts_on in more:
            await add_past_review(made, cadence="quarter", starts_on=starts_on, performance="4", v="3")
        with count_statements() as statements:
            await read(made)
        counts.append(len(statements))
    assert counts == [4, 4]
    async with reading(state.sessions) as uow:
        company_id = made.company.company_id
        review = await uow.session.get_one(Review, (company_id, made.id))
        cycle = await uow.session.get_one(ReviewCycle, (company_id, review.review_cycle_id))
        people = [made.subject.person_id, made.manager.person_id, made.hr.person_id]
        with count_statements() as statements:
            years = await load_years(uow.session, company_id=company_id, person_ids=people, cycle=cycle)
    assert len(statements) == 1
    assert [len(years[person_id].reviews) for person_id in people] == [4, 0, 0]
