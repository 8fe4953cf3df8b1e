"""Who calibrates what, and that nobody learns or sets their own rating by it (REV-6, REV-7, REV-8)."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.reviews.models import Review
from tests.support.calibrated import Json, Round, add_judged, make_round
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.http import ok, pointers, problem

TEN = ["3.50"] * 8 + ["3.20"] * 2


async def add_own(state: ApiState, there: Round, member: Member, score: str, *, department: str, **more: Any) -> UUID:
    """A review of somebody who can sign in."""
    own = {"review_cycle_id": there.id, "manager_id": there.manager.person_id} | more
    async with transaction(state.sessions, state.doorbell) as uow:
        (review_id,) = await add_judged(
            uow,
            [score],
            company_id=there.company.company_id,
            person_id=member.person_id,
            department_id=there.departments[department],
            **own,
        )
    return review_id


async def publishers(there: Round, review_id: UUID, *callers: Member) -> list[bool]:
    """Whether each is told, by the review and in the list, that they may publish it."""
    told = []
    for caller in callers:
        one = ok(await there.api.get(f"/v1/reviews/{review_id}", headers=caller.headers))
        query = {"review_cycle_id": str(there.id), "limit": "200"}
        listed = ok(await there.api.get("/v1/reviews", params=query, headers=caller.headers))["items"]
        (same,) = (review for review in listed if review["id"] == str(review_id))
        assert same["allowed_actions"] == one["allowed_actions"]
        told.append("publish" in one["allowed_actions"])
    return told


async def with_head(api: AsyncClient, state: ApiState) -> tuple[Round, Member]:
    """一部 has a head, and 二部 is pooled with it; 三部 stands alone."""
    company = await make_company(state)
    head = await make_member(state, company)
    people = {"一部": ["4.00"] * 6, "二部": ["4.00"] * 5, "三部": TEN}
    parents = {"一部": "运营部", "二部": "运营部"}
    heads = {"一部": head.person_id}
    return await make_round(api, state, people, parents=parents, heads=heads, company=company), head


async def test_a_head_sees_and_rates_the_people_of_the_departments_they_head(api: AsyncClient, state: ApiState) -> None:
    there, head = await with_head(api, state)
    (group,) = ok(await there.get(head))["items"]
    assert (group["name"], group["size"], group["without_own"]) == ("运营部", 11, False)
    assert group["distribution"]["top"] == 11
    led = {str(review_id) for review_id in there.reviews["一部"]}
    whole = next(one for one in ok(await there.get())["items"] if one["group_id"] == group["group_id"])
    moves = {move["review_id"] for move in whole["proposal"]}
    assert {move["review_id"] for move in group["proposal"]} == moves & led
    (named,) = ok(await there.get(head, group_id=group["group_id"]))["items"]
    assert {member["review_id"] for member in named["members"]} == led
    theirs = {"review_id": str(there.reviews["一部"][0]), "rating": "3.25", "reason": "与同组相比略低"}
    ok(await there.post("preview", [theirs], head))
    ok(await there.put([theirs], head))
    for elsewhere in ("二部", "三部"):
        others = theirs | {"review_id": str(there.reviews[elsewhere][0])}
        assert pointers(await there.put([theirs, others], head)) == [("/1/review_id", "unknown-review")]
    for action, body in (("lock", {}), ("publish", {}), ("unlock", {"reason": "改"})):
        refused = await there.post(action, body | {"group_id": group["group_id"]}, head)
        problem(refused, status=403, code="not-allowed")


async def test_nobody_else_calibrates_and_who_does_not_see_the_round_finds_none(
    api: AsyncClient, state: ApiState
) -> None:
    """SEC-3, api.md: 404 where it is outside the view, 403 where it is in it."""
    there, _ = await with_head(api, state)
    subject = await make_member(state, there.company)
    await add_own(state, there, subject, "4.00", department="一部")
    stranger = await make_member(state, there.company)
    executive = await make_member(state, there.company, roles=("executive", "employee"))
    body = [{"review_id": str(there.reviews["一部"][0]), "rating": "4"}]
    group = {"group_id": str(there.departments["三部"])}
    sees, sees_not = (403, "not-allowed"), (404, "not-found")
    for member, (status, code) in (
        (there.manager, sees), (subject, sees), (there.company, sees), (stranger, sees_not), (executive, sees_not),
    ):  # fmt: skip
        problem(await there.get(member), status=status, code=code)
        problem(await there.put(body, member), status=status, code=code)
        for action, sent in (
            ("preview", body),
            ("lock", group),
            ("publish", group),
            ("unlock", group | {"reason": "改"}),
        ):
            problem(await there.post(action, sent, member), status=status, code=code)


async def test_a_head_who_is_in_the_group_learns_nothing_of_their_own_rating(api: AsyncClient, state: ApiState) -> None:
    there, head = await with_head(api, state)
    own = await add_own(state, there, head, "5.00", department="一部")
    (group,) = ok(await there.get(head))["items"]
    (named,) = ok(await there.get(head, group_id=group["group_id"]))["items"]
    assert (group["size"], group["without_own"]) == (12, True)
    assert sum(group["distribution"]["steps"].values()) == 11
    assert group["distribution"]["steps"]["5"] == 0
    assert str(own) not in {member["review_id"] for member in named["members"]}
    assert str(own) not in {move["review_id"] for move in group["proposal"]}
    body = [{"review_id": str(own), "rating": "5", "reason": "我很优秀"}]
    problem(await there.put(body, head), status=403, code="not-allowed")
    problem(await there.post("preview", body, head), status=403, code="not-allowed")
    seen = []
    for score in (Decimal("2.5"), Decimal(5)):
        async with transaction(state.sessions, state.doorbell) as uow:
            review = await uow.session.get_one(Review, (there.company.company_id, own))
            review.rating = score
        seen.append((await there.get(head)).content)
    ok(await there.post("lock", {"group_id": group["group_id"], "exception": "团队整体优秀"}))
    lock = ok(await there.get(head))["items"][0]["lock"]
    assert lock["exception"] is None
    assert seen[0] == seen[1]


async def test_hr_that_is_in_a_group_leaves_it_to_another(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, {"运营部": TEN})
    own = await add_own(state, there, there.hr, "4.00", department="运营部")
    (group,) = ok(await there.get())["items"]
    (named,) = ok(await there.get(group_id=group["group_id"]))["items"]
    assert (group["size"], group["without_own"], group["distribution"]["top"]) == (11, True, 0)
    assert len(named["members"]) == 10
    body = {"group_id": group["group_id"]}
    problem(await there.put([{"review_id": str(own), "rating": "5", "reason": "好"}]), status=403, code="not-allowed")
    other = await make_member(state, there.company, roles=("hr",))
    problem(await there.post("lock", body), status=403, code="not-allowed")
    assert ok(await there.get(other))["items"][0]["distribution"]["top"] == 1
    first = there.reviews["运营部"][0]
    assert await publishers(there, first, there.hr, other) == [False, False], "before it is locked"
    ok(await there.post("lock", body, other))
    assert await publishers(there, first, there.hr, other) == [False, True]
    assert await publishers(there, own, there.hr, other) == [False, True]
    problem(await there.post("publish", body), status=403, code="not-allowed")
    ok(await there.post("publish", body, other))


async def test_an_executive_stands_in_for_an_hr_that_is_nobody_else(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, {"运营部": TEN})
    own = await add_own(state, there, there.hr, "4.00", department="运营部")
    executive = await make_member(state, there.company, roles=("executive",))
    (group,) = ok(await there.get(executive))["items"]
    (named,) = ok(await there.get(executive, group_id=group["group_id"]))["items"]
    assert [member["review_id"] for member in named["members"]] == [str(own)]
    ok(await there.put([{"review_id": str(own), "rating": "3.75", "reason": "与同组相比"}], executive))
    body = {"group_id": group["group_id"]}
    problem(await there.post("lock", body), status=403, code="not-allowed")
    ok(await there.post("lock", body, executive))
    ok(await there.post("publish", body, executive))


async def test_an_executive_settles_the_group_that_all_of_hr_is_in(api: AsyncClient, state: ApiState) -> None:
    """REV-6: nobody of HR locks a group that they are in where somebody else can, and somebody always can."""
    there = await make_round(api, state, {"运营部": TEN})
    second = await make_member(state, there.company, roles=("hr", "employee"))
    for one in (there.hr, second):
        await add_own(state, there, one, "3.50", department="运营部")
    executive = await make_member(state, there.company, roles=("executive",))
    led = await make_member(state, there.company)
    theirs = await add_own(state, there, led, "3.50", department="运营部", manager_id=executive.person_id)
    (group,) = ok(await there.get(executive))["items"]
    assert (group["size"], group["without_own"]) == (13, False)
    body = {"group_id": group["group_id"], "exception": "首季"}
    for one in (there.hr, second):
        problem(await there.post("lock", body, one), status=403, code="not-allowed")
    ok(await there.post("lock", body, executive))
    assert await publishers(there, theirs, there.hr, second, executive) == [False, False, True]
    ok(await there.post("publish", body, executive))


async def test_an_hr_alone_settles_the_group_that_they_are_in(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, {"运营部": TEN})
    await add_own(state, there, there.hr, "4.00", department="运营部")
    body = {"group_id": ok(await there.get())["items"][0]["group_id"]}
    ok(await there.post("lock", body))
    assert await publishers(there, there.reviews["运营部"][0], there.hr) == [True]
    ok(await there.post("publish", body))


async def test_hr_does_not_rate_whom_they_assess_where_there_is_another(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    hr = await make_member(state, company, roles=("hr",))
    there = await make_round(api, state, {"运营部": TEN}, company=company, hr=hr)
    member = await make_member(state, company)
    own = await add_own(state, there, member, "3.50", department="运营部", manager_id=hr.person_id)
    body = [{"review_id": str(own), "rating": "4", "reason": "好"}]
    ok(await there.post("preview", body))
    other = await make_member(state, company, roles=("hr",))
    problem(await there.put(body), status=403, code="not-allowed")
    ok(await there.put(body, other))
    group = {"group_id": ok(await there.get())["items"][0]["group_id"]}
    ok(await there.post("lock", group))
    assert await publishers(there, own, hr, other) == [True, True], "it is of the group, not of the one review"
    ok(await there.post("publish", group))


@pytest.fixture
async def there(api: AsyncClient, state: ApiState) -> Round:
    return await make_round(api, state, {"运营部": TEN})


async def distribution(there: Round) -> Json:
    return dict(ok(await there.get())["items"][0]["distribution"])


async def test_ratings_are_set_all_or_none(there: Round) -> None:
    first, second = (str(review_id) for review_id in there.reviews["运营部"][:2])
    before = await distribution(there)
    good = {"review_id": first, "rating": "4", "reason": "好"}
    for bad, expected in (
        ({"review_id": second, "rating": "4"}, ("/1/reason", "missing")),
        ({"review_id": first, "rating": "4"}, ("/1/review_id", "duplicate")),
        ({"review_id": str(there.id), "rating": "4"}, ("/1/review_id", "unknown-review")),
        ({"review_id": second, "rating": "3.6", "reason": "好"}, ("/1/rating", "not-on-scale")),
        ({"review_id": second, "rating": "4", "reason": " "}, ("/1/reason", "string-too-short")),
    ):
        assert pointers(await there.put([good, bad])) == [expected]
    assert pointers(await there.put([])) == [("", "too-short")]
    assert await distribution(there) == before
    ok(await there.put([good, {"review_id": second, "rating": "3.5"}]))
    assert (await distribution(there))["top"] == 1


async def test_the_record_of_a_rating_is_its_subjects_once_it_is_published(
    api: AsyncClient, state: ApiState, there: Round
) -> None:
    subject = await make_member(state, there.company)
    own = await add_own(state, there, subject, "4.00", department="运营部")
    path = f"/v1/reviews/{own}/rating-changes"

    async def read(who: Member | Company) -> list[Json]:
        return list(ok(await api.get(path, headers=who.headers))["items"])

    ok(await there.put([{"review_id": str(own), "rating": "3.75", "reason": "与同组相比略低"}]))
    ok(await there.put([{"review_id": str(own), "rating": "3.5", "reason": "再低一级"}]))
    assert await read(subject) == []
    changes = [(one["before"], one["after"], one["origin"], one["reason"]) for one in await read(there.hr)]
    assert changes == [
        ("4", "3.75", "calibration", "与同组相比略低"),
        ("3.75", "3.5", "calibration", "再低一级"),
    ]
    assert await read(there.manager) == await read(there.hr)
    history = ok(await api.get(f"/v1/reviews/{own}/history", headers=subject.headers))["items"]
    assert [event["action"] for event in history] == []
    stranger = await make_member(state, there.company)
    problem(await api.get(path, headers=stranger.headers), status=404, code="not-found")
    body = {"group_id": ok(await there.get())["items"][0]["group_id"]}
    ok(await there.post("lock", body))
    ok(await there.post("publish", body))
    assert [one["after"] for one in await read(subject)] == ["3.75", "3.5"]
    page = ok(await api.get(path, params={"limit": 1, "sort": "-at"}, headers=subject.headers))
    assert ([one["after"] for one in page["items"]], page["next_cursor"] is not None) == (["3.5"], True)
    untouched = f"/v1/reviews/{there.reviews['运营部'][0]}/rating-changes"
    (published,) = ok(await api.get(untouched, headers=there.hr.headers))["items"]
    assert (published["before"], published["after"], published["origin"]) == (None, "3.5", "publication")
