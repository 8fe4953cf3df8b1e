"""The groups of a round, their limits, what breaks them and what would mend it, over HTTP (REV-8)."""

from decimal import Decimal

from httpx import AsyncClient
from sqlalchemy import select

from attain_api.state import ApiState
from attain_shared.audit.models import AuditEntry
from attain_shared.db.session import transaction
from attain_shared.reviews.calibration_models import RatingChange
from attain_shared.reviews.models import Review, ReviewEvent
from attain_shared.rules.review_flow import Step
from tests.support.calibrated import EVERYBODY, TWENTY, Json, Round, add_judged, make_round, settings_with
from tests.support.companies import make_company, make_member
from tests.support.http import ok, pointers, problem

LIMITS_OF_20 = {"most_top": 4, "most_upper": 7, "about_middle": 10, "least_lower": 3}
LIMITS_OF_10 = {"most_top": 2, "most_upper": 3, "about_middle": 5, "least_lower": 2}


async def group_of(there: Round, group_id: str | None = None) -> Json:
    """The round's only group, with its members where it is named."""
    (group,) = ok(await there.get(group_id=group_id))["items"]
    return dict(group)


async def test_a_company_of_20_has_4_7_and_3_and_what_breaks_them_blocks(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, {"运营部": TWENTY})
    group = await group_of(there)
    assert (group["size"], group["in_calibration"], group["missing"]) == (20, 20, {})
    assert group["limits"] == LIMITS_OF_20
    assert group["distribution"] == {
        "steps": {"2.5": 0, "3": 0, "3.25": 1, "3.5": 10, "3.75": 3, "4": 5, "4.5": 1, "5": 0},
        "top": 6, "upper": 9, "middle": 10, "lower": 1,
    }  # fmt: skip
    broken = [{"limit": "top", "by": 2}, {"limit": "upper", "by": 2}, {"limit": "lower", "by": 2}]
    assert group["violations"] == broken
    assert group["members"] is None
    body = {"group_id": group["group_id"]}
    refused = problem(await there.post("lock", body), status=409, code="distribution-violated")
    assert refused["violations"] == broken
    problem(await there.post("publish", body), status=409, code="group-not-locked")
    proposal = group["proposal"]
    print(f"\nlimits {group['limits']}\nbroken {broken}\nproposal {[(m['before'], m['after']) for m in proposal]}")

    ratings = [{"review_id": m["review_id"], "rating": m["after"], "reason": "强制分布"} for m in proposal]
    (foreseen,) = ok(await there.post("preview", ratings))["items"]
    assert (await group_of(there))["violations"] == broken
    (now,) = ok(await there.put(ratings))["items"]
    assert now == foreseen == await group_of(there)
    assert (now["violations"], now["proposal"]) == ([], [])
    assert (now["distribution"]["top"], now["distribution"]["upper"], now["distribution"]["lower"]) == (4, 7, 3)
    locked = ok(await there.post("lock", body))
    assert (locked["locked"], locked["lock"]["by"], locked["lock"]["exception"]) == (
        True,
        str(there.hr.person_id),
        None,
    )
    published = ok(await there.post("publish", body))
    assert published["publication"]["by"] == str(there.hr.person_id)
    async with transaction(state.sessions, state.doorbell) as uow:
        mine = Review.company_id == there.company.company_id
        reviews = (await uow.session.scalars(select(Review).where(mine))).all()
        changes = select(RatingChange).where(RatingChange.company_id == there.company.company_id)
        recorded = (await uow.session.scalars(changes)).all()
    assert {(review.step, review.published_at is not None) for review in reviews} == {("interview", True)}
    lowered = {move["review_id"]: move["after"] for move in proposal}
    assert {
        str(review.id): f"{(review.rating or Decimal(0)).normalize():f}"
        for review in reviews
        if str(review.id) in lowered
    } == lowered
    assert all(review.rating == review.suggested_rating for review in reviews if str(review.id) not in lowered)
    origins = sorted(change.origin for change in recorded)
    assert origins == ["calibration"] * len(lowered) + ["publication"] * (20 - len(lowered))


async def test_ten_have_2_3_and_2(api: AsyncClient, state: ApiState) -> None:
    group = await group_of(await make_round(api, state, {"运营部": ["3.50"] * 10}))
    assert group["limits"] == LIMITS_OF_10
    assert group["violations"] == [{"limit": "lower", "by": 2}]
    assert [(move["before"], move["after"]) for move in group["proposal"]] == [("3.5", "3.25")] * 2


async def test_groups_under_10_are_pooled_and_what_is_left_joins_the_smallest(
    api: AsyncClient, state: ApiState
) -> None:
    people = {"一部": ["3.50"] * 12, "二部": ["3.50"] * 6, "运营部": ["3.50"] * 5, "设计部": ["3.50"] * 3}
    there = await make_round(api, state, people, parents={"一部": "运营部", "二部": "运营部"})
    groups = ok(await there.get())["items"]
    assert [(group["name"], group["size"]) for group in groups] == [("一部", 12), ("运营部", 14)]
    (named,) = ok(await there.get(group_id=groups[1]["group_id"]))["items"]
    departments = {member["department_id"] for member in named["members"]}
    assert departments == {str(there.departments[name]) for name in ("运营部", "二部", "设计部")}


async def test_a_company_under_10_gets_advice_only(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, {"运营部": ["4.00"] * 4, EVERYBODY: ["5.00"]})
    group = await group_of(there)
    assert (group["group_id"], group["name"], group["advice_only"]) == (str(there.id), None, True)
    assert group["violations"]
    body = {"group_id": group["group_id"]}
    ok(await there.post("lock", body))
    assert ok(await there.post("publish", body))["published"] is True


async def test_failed_values_count_and_cannot_be_moved(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, {"运营部": ["!4.50", "4.00", *["3.50"] * 8]})
    group = await group_of(there, (await group_of(there))["group_id"])
    failed = next(member for member in group["members"] if member["values_failed"])
    assert (failed["score"], failed["counted_rating"]) == ("4.50", "2.5")
    assert group["violations"] == [{"limit": "lower", "by": 1}]
    assert failed["review_id"] not in {move["review_id"] for move in group["proposal"]}
    body = [{"review_id": failed["review_id"], "rating": "4", "reason": "业绩突出"}]
    assert pointers(await there.put(body)) == [("/0/rating", "values-failed")]


async def test_a_round_may_be_judged_on_performance(api: AsyncClient, state: ApiState) -> None:
    settings = settings_with(judged_on="performance", distribution={"top": "0.1", "upper": "0.3", "lower": "0.2"})
    there = await make_round(api, state, {"运营部": ["3.50"] * 10}, settings=settings)
    async with transaction(state.sessions, state.doorbell) as uow:
        review = await uow.session.get_one(Review, (there.company.company_id, there.reviews["运营部"][0]))
        review.performance, review.overall, review.suggested_rating = map(Decimal, ("4.30", "3.60", "3.5"))
    group = await group_of(there)
    group = await group_of(there, group_id=group["group_id"])
    assert group["limits"] == {"most_top": 1, "most_upper": 3, "about_middle": 5, "least_lower": 2}
    judged = next(one for one in group["members"] if one["review_id"] == str(there.reviews["运营部"][0]))
    assert (judged["score"], judged["suggested_rating"], judged["counted_rating"]) == ("4.30", "3.5", "4.5")


async def test_a_round_of_values_alone_has_no_distribution_and_is_published_without_ratings(
    api: AsyncClient, state: ApiState
) -> None:
    there = await make_round(api, state, {"运营部": ["?"] * 9 + ["!4.00"]}, is_values_only=True)
    group = await group_of(there)
    assert (group["distribution"], group["limits"], group["violations"], group["proposal"]) == (None, None, [], None)
    body = [{"review_id": str(there.reviews["运营部"][0]), "rating": "4", "reason": "很好"}]
    assert pointers(await there.put(body)) == [("/0/rating", "values-only")]
    body_of_group = {"group_id": group["group_id"]}
    ok(await there.post("lock", body_of_group))
    ok(await there.post("publish", body_of_group))
    async with transaction(state.sessions, state.doorbell) as uow:
        reviews = select(Review).where(Review.company_id == there.company.company_id)
        found = (await uow.session.scalars(reviews)).all()
    assert {(review.step, review.rating) for review in found} == {("interview", None)}


async def test_members_on_their_way_are_listed_by_step_and_hold_a_publication_up(
    api: AsyncClient, state: ApiState
) -> None:
    there = await make_round(api, state, {"运营部": ["3.50"] * 8 + ["3.20"] * 2})
    where: Json = {"review_cycle_id": there.id, "department_id": there.departments["运营部"]}
    company_id = there.company.company_id
    async with transaction(state.sessions, state.doorbell) as uow:
        own: Json = where | {"company_id": company_id, "manager_id": there.manager.person_id}
        (late,) = await add_judged(uow, ["4.00"], step=Step.HR, **own)
        await add_judged(uow, ["4.00"], step=Step.CANCELLED, **own)
    group = await group_of(there)
    assert (group["size"], group["in_calibration"], group["missing"]) == (11, 10, {"hr": 1})
    shown = await group_of(there, group_id=group["group_id"])
    (member,) = (one for one in shown["members"] if one["review_id"] == str(late))
    assert (member["step"], member["score"], member["counted_rating"]) == ("hr", None, None)
    body = {"group_id": group["group_id"]}
    ok(await there.post("lock", body))
    refused = problem(await there.post("publish", body), status=409, code="members-missing")
    assert refused["reviews"] == [{"review_id": str(late), "step": "hr"}]
    published = ok(await there.post("publish", body | {"exception": "HR 休假，先行公布"}))
    assert published["publication"]["exception"] == "HR 休假，先行公布"

    problem(await there.post("publish", body), status=409, code="action-not-allowed")
    async with transaction(state.sessions, state.doorbell) as uow:
        review = await uow.session.get_one(Review, (company_id, late))
        review.step = Step.CALIBRATION.value
    ok(await there.post("publish", body))
    problem(await there.post("unlock", body | {"reason": "改"}), status=409, code="action-not-allowed")
    async with transaction(state.sessions, state.doorbell) as uow:
        events = select(ReviewEvent.action).where(ReviewEvent.company_id == company_id, ReviewEvent.review_id == late)
        assert (await uow.session.scalars(events)).all() == ["publish"]


async def test_groups_stay_from_the_first_lock_on_and_late_ones_join_them(api: AsyncClient, state: ApiState) -> None:
    people = {"一部": ["3.50"] * 8 + ["3.20"] * 2, "二部": ["3.50"] * 9 + ["3.20"] * 2, "新部": []}
    there = await make_round(api, state, people, parents={"新部": "二部"})
    first = str(there.departments["一部"])
    ok(await there.post("lock", {"group_id": first}))
    company_id = there.company.company_id
    async with transaction(state.sessions, state.doorbell) as uow:
        own: Json = {"company_id": company_id, "review_cycle_id": there.id, "manager_id": there.manager.person_id}
        (below,) = await add_judged(uow, ["3.50"], department_id=there.departments["新部"], **own)
        (nowhere,) = await add_judged(uow, ["3.50"], department_id=None, **own)
    groups = ok(await there.get())["items"]
    assert {group["name"]: group["size"] for group in groups} == {"一部": 11, "二部": 12}
    ratings = [{"review_id": str(nowhere), "rating": "3.25", "reason": "试用期"}]
    problem(await there.put(ratings), status=409, code="group-locked")
    ok(await there.put([{"review_id": str(below), "rating": "3.5"}]))
    async with transaction(state.sessions, state.doorbell) as uow:
        joined = await uow.session.get_one(Review, (company_id, below))
    assert joined.group_id == there.departments["二部"]


async def test_a_locked_group_is_not_rated_until_it_is_unlocked(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, {"运营部": ["3.50"] * 10})
    group_id = (await group_of(there))["group_id"]
    problem(await there.post("unlock", {"group_id": group_id, "reason": "改"}), status=409, code="group-not-locked")
    locked = ok(await there.post("lock", {"group_id": group_id, "exception": "团队整体优秀"}))
    assert locked["lock"]["exception"] == "团队整体优秀"
    assert locked["proposal"] == []
    again = ok(await there.post("lock", {"group_id": group_id, "exception": "另一个理由"}))
    assert again["lock"] == locked["lock"]
    ratings = [{"review_id": str(there.reviews["运营部"][0]), "rating": "3.25", "reason": "偏低"}]
    problem(await there.put(ratings), status=409, code="group-locked")
    unlocked = ok(await there.post("unlock", {"group_id": group_id, "reason": "漏了一个评级"}))
    assert (unlocked["locked"], unlocked["lock"]) == (False, None)
    ok(await there.put(ratings))
    async with transaction(state.sessions, state.doorbell) as uow:
        entries = select(AuditEntry.changes).where(
            AuditEntry.company_id == there.company.company_id, AuditEntry.action == "unlock_calibration_group"
        )
        changes = (await uow.session.scalars(entries)).all()
    assert "漏了一个评级" in str(changes)


async def test_who_is_not_rated_yet_may_still_be_one_of_the_least(api: AsyncClient, state: ApiState) -> None:
    """REV-8: those who come first do not carry the minimum of all; the caps hold from the first one on."""
    there = await make_round(api, state, {"运营部": [*["4.00"] * 5, *["?"] * 15]})
    group = await group_of(there)
    assert group["limits"] == LIMITS_OF_20
    assert group["violations"] == [{"limit": "top", "by": 1}]
    assert len(group["proposal"]) == 1
    there = await make_round(api, state, {"运营部": [*["3.50"] * 18, *["?"] * 2]})
    assert (await group_of(there))["violations"] == [{"limit": "lower", "by": 1}]


async def test_nothing_is_published_that_has_no_rating(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, {"运营部": ["3.50"] * 8 + ["3.20", "?"]})
    body = {"group_id": (await group_of(there))["group_id"]}
    unrated = str(there.reviews["运营部"][-1])
    ok(await there.post("lock", body | {"exception": "一人无数据"}))
    refused = problem(await there.post("publish", body), status=409, code="rating-missing")
    assert refused["reviews"] == [{"review_id": unrated, "step": "calibration"}]
    ok(await there.post("unlock", body | {"reason": "补评级"}))
    assert pointers(await there.put([{"review_id": unrated, "rating": "3"}])) == [("/0/reason", "missing")]
    ok(await there.put([{"review_id": unrated, "rating": "3", "reason": "依据面谈"}]))
    ok(await there.post("lock", body))
    ok(await there.post("publish", body))


async def test_the_round_of_another_company_is_not_there(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, {"运营部": ["3.50"]})
    other = await make_company(state)
    stranger = await make_member(state, other, roles=("hr",))
    problem(await there.get(stranger), status=404, code="not-found")
    problem(await there.post("lock", {"group_id": str(there.id)}, stranger), status=404, code="not-found")


async def test_those_who_come_after_the_lock_are_held_to_the_limits_too(api: AsyncClient, state: ApiState) -> None:
    there = await make_round(api, state, {"运营部": ["3.50"] * 8 + ["3.20"] * 2})
    body = {"group_id": str(there.departments["运营部"])}
    ok(await there.post("lock", body))
    own: Json = {"review_cycle_id": there.id, "department_id": there.departments["运营部"]}
    own |= {"company_id": there.company.company_id, "manager_id": there.manager.person_id}
    async with transaction(state.sessions, state.doorbell) as uow:
        await add_judged(uow, ["4.00"] * 4, **own)
    refused = problem(await there.post("publish", body), status=409, code="distribution-violated")
    assert refused["violations"] == [{"limit": "top", "by": 2}]
    ok(await there.post("publish", body | {"exception": "新人表现突出"}))
    async with transaction(state.sessions, state.doorbell) as uow:
        (unrated,) = await add_judged(uow, ["?"], **own)
    problem(await there.post("publish", body | {"exception": "新人"}), status=409, code="rating-missing")
    ratings = [{"review_id": str(unrated), "rating": "3.25", "reason": "试用期"}]
    problem(await there.put(ratings), status=409, code="group-locked")
    ok(await there.post("unlock", body | {"reason": "补评级"}))
    ok(await there.put(ratings))
    published = {"review_id": str(there.reviews["运营部"][0]), "rating": "3.25", "reason": "改"}
    problem(await there.put([published]), status=409, code="action-not-allowed")
    ok(await there.post("lock", body | {"exception": "新人表现突出"}))
    ok(await there.post("publish", body))


async def test_groups_come_in_parts_by_name_with_those_of_no_department_last(api: AsyncClient, state: ApiState) -> None:
    """api.md: a list has a limit and a cursor."""
    names = ["一部", "三部", "二部"]
    there = await make_round(api, state, {name: ["3.50"] * 10 for name in (*names, EVERYBODY)})

    async def page(**params: str | int) -> tuple[list[str | None], str | None]:
        body = ok(await api.get(there.path, params=params, headers=there.hr.headers))
        return [group["name"] for group in body["items"]], body["next_cursor"]

    ordered = [*sorted(names), None]
    for sort, expected in (("name", ordered), ("-name", ordered[::-1])):
        first, cursor = await page(sort=sort, limit=3)
        assert cursor is not None
        second, end = await page(sort=sort, limit=3, cursor=cursor)
        assert (first + second, end) == (expected, None)
    _, backwards = await page(sort="-name", limit=3)
    problem(
        await api.get(there.path, params={"cursor": str(backwards)}, headers=there.hr.headers),
        status=400,
        code="bad-cursor",
    )
    too_many = {"limit": 201}
    problem(await api.get(there.path, params=too_many, headers=there.hr.headers), status=422, code="invalid")
