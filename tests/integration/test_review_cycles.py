"""Rounds of reviews: made, changed, listed, closed (REV-1)."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import update

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.reviews.models import Review
from tests.support.companies import make_company, make_member
from tests.support.goals import NOBODY, make_cycle
from tests.support.http import created, ok, pointers, problem
from tests.support.rounds import make_line, make_round, open_new, open_round, reviews_of
from tests.support.statements import count_statements

Json = dict[str, Any]


async def test_a_round_is_a_draft_that_says_what_it_was_made_of(api: AsyncClient, state: ApiState) -> None:
    """REV-1, api.md: the answer mirrors the body."""
    company = await make_company(state, roles=("hr", "employee"))
    cycle = await make_cycle(api, await make_member(state, company, roles=("admin",)))
    body: Json = {"name": "2026 Q3 staff", "cadence": "quarter", "cycle_id": cycle["id"], "class": "staff"}
    body |= {"department_ids": None, "performance_weight": "0.6", "values_weight": "0.4"}
    body |= {"due": {"self_assessment": "2026-10-08", "manager_assessment": "2026-10-15"}}
    body["due"]["acknowledgement"] = "2026-11-05"
    answer = await api.post("/v1/review-cycles", json=body, headers=company.headers)
    made = created(answer)
    assert {name: made[name] for name in body} == body
    assert (made["state"], made["is_values_only"], made["allowed_actions"]) == ("draft", False, ["change", "open"])
    assert made["values_mapping"][1] == {"values": "2.5", "score": "3.5"}
    assert made["quadrants"]["star_performance"] == "3.75"
    assert made["company_values"] is None
    read = await api.get(answer.headers["Location"], headers=company.headers)
    assert ok(read) == made
    assert read.headers["ETag"] == answer.headers["ETag"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"performance_weight": "0.5"}, [("/values_weight", "weights-not-one")]),
        ({"team_share": "0.5", "competency_share": "0.5"}, [("/competency_share", "no-share-left")]),
        ({"values_mapping": [{"values": "0", "score": "2.5"}, {"values": "4", "score": "2"}]},
         [("/values_mapping/1/score", "bad-mapping"), ("/values_mapping/1/values", "bad-mapping"),
          ("/values_mapping/1/score", "bad-mapping")]),
        ({"quadrants": {"star_performance": "3"}}, [("/quadrants/star_performance", "threshold-order")]),
        ({"distribution": {"top": "0.5"}}, [("/distribution/upper", "threshold-order")]),
        ({"distribution": {"upper": "0.9"}}, [("/distribution/lower", "no-share-left")]),
        ({"class": None}, [("/class", "missing")]),
        ({"cadence": "half_year"}, [("/class", "not-in-cadence"), ("/cycle_id", "other-length")]),
        ({"cadence": "half_year", "class": "senior"}, [("/cycle_id", "other-length")]),
        ({"cadence": "ad_hoc", "class": None}, [("/person_ids", "missing")]),
        ({"person_ids": [NOBODY]}, [("/person_ids", "only-ad-hoc"), ("/person_ids/0", "unknown-person")]),
        ({"cadence": "ad_hoc", "person_ids": [NOBODY, NOBODY]},
         [("/person_ids/0", "unknown-person"), ("/person_ids/1", "unknown-person")]),
        ({"department_ids": [NOBODY]}, [("/department_ids/0", "unknown-department")]),
        ({"department_ids": []}, [("/department_ids", "too-short")]),
        ({"cycle_id": NOBODY}, [("/cycle_id", "unknown-cycle")]),
        ({"due": {"self_assessment": "2026-10-08", "hr": "2026-10-07"}}, [("/due/hr", "due-order")]),
        ({"class": "everybody"}, [("/class", "literal-error")]),
        ({"due": {"interview": "2026-10-08", "acknowledgement": "2026-10-07"}},
         [("/due/acknowledgement", "due-order")]),
        ({"due": {"closed": "2026-10-08"}}, [("/due/closed", "extra-forbidden")]),
    ],
    ids=str,
)  # fmt: skip
async def test_a_round_that_cannot_be_is_refused(
    api: AsyncClient, state: ApiState, changes: Json, expected: list[tuple[str, str]]
) -> None:
    """REV-1, REV-5, REV-8, REV-9: with a pointer to everything that is wrong."""
    company = await make_company(state)
    cycle = await make_cycle(api, company)
    body: Json = {"name": "Q3", "cadence": "quarter", "cycle_id": cycle["id"], "class": "staff"} | changes
    assert pointers(await api.post("/v1/review-cycles", json=body, headers=company.headers)) == expected
    draft = await make_round(api, company, cycle["id"])
    path = f"/v1/review-cycles/{draft['id']}"
    assert pointers(await api.patch(path, json=changes, headers=company.headers)) == expected
    assert ok(await api.get(path, headers=company.headers)) == draft


@pytest.mark.parametrize(
    ("cadence", "review_class", "is_values_only"),
    [
        ("quarter", "staff", False),
        ("year", "staff", False),
        ("quarter", "senior", True),
        ("half_year", "senior", False),
        ("year", "senior", False),
        ("ad_hoc", "senior", False),
    ],
)
async def test_the_senior_class_has_its_values_alone_assessed_in_a_quarter(
    api: AsyncClient, state: ApiState, cadence: str, review_class: str, is_values_only: bool
) -> None:
    """REV-1: staff quarterly and yearly, the senior class half-yearly and yearly, values quarterly for everyone."""
    company = await make_company(state)
    kind = "month" if cadence == "ad_hoc" else cadence
    cycle = await make_cycle(api, company, kind=kind, starts_on="2026-01-01")
    more = {"person_ids": [str(company.person_id)]} if cadence == "ad_hoc" else {}
    made = await make_round(api, company, cycle["id"], cadence=cadence, **{"class": review_class}, **more)
    assert made["is_values_only"] is is_values_only


async def test_a_draft_is_changed_and_an_open_round_is_not(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    await make_line(state, company, "boss", "lin")
    cycle = await make_cycle(api, company)
    draft = await make_round(api, company, cycle["id"], hired_by="2026-09-30", due={"hr": "2026-10-20"})
    path, headers = f"/v1/review-cycles/{draft['id']}", company.headers
    stale = (await api.get(path, headers=headers)).headers["ETag"]
    changes: Json = {"hired_by": None, "class": "senior", "performance_weight": "1", "values_weight": "0"}
    answer = await api.patch(path, json=changes, headers=headers | {"If-Match": stale})
    assert ok(answer) == draft | changes | {"is_values_only": True}
    problem(await api.patch(path, json={}, headers=headers | {"If-Match": stale}), status=412, code="stale")
    assert ok(await api.patch(path, json={"class": "staff", "due": {}}, headers=headers))["due"] == {}
    ok(await open_round(api, company, draft["id"], named=()))
    problem(await api.patch(path, json={"name": "x"}, headers=headers), status=409, code="action-not-allowed")
    assert ok(await api.get(path, headers=headers))["allowed_actions"] == ["open", "close"]


async def test_a_round_may_do_without_due_days(api: AsyncClient, state: ApiState) -> None:
    """api.md: null is none, when it is made and when it is changed."""
    company = await make_company(state)
    cycle = await make_cycle(api, company)
    made = await make_round(api, company, cycle["id"], due=None)
    path = f"/v1/review-cycles/{made['id']}"
    assert made["due"] == {}
    days = {"acknowledgement": "2026-11-05"}
    assert ok(await api.patch(path, json={"due": days}, headers=company.headers))["due"] == days
    assert ok(await api.patch(path, json={"due": None}, headers=company.headers))["due"] == {}


async def test_a_round_is_closed_once_its_reviews_are_and_for_good(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    line = await make_line(state, company, "boss", "lin", "wu")
    cycle = await make_cycle(api, company)
    opened = await open_new(api, company, cycle["id"])
    path, headers = f"/v1/review-cycles/{opened['id']}", company.headers
    refused = problem(await api.post(f"{path}/actions/close", headers=headers), status=409, code="reviews-open")
    assert refused["steps"] == {"self_assessment": 2}
    async with transaction(state.sessions, state.doorbell) as uow:
        for person, step in (("lin", "closed"), ("wu", "cancelled")):
            of_person = (Review.company_id == company.company_id) & (Review.person_id == line[person])
            await uow.session.execute(update(Review).where(of_person).values(step=step))
    problem(await api.post(f"{path}/actions/close", headers=headers | {"If-Match": '"1"'}), status=412, code="stale")
    closed = ok(await api.post(f"{path}/actions/close", headers=headers))
    assert (closed["state"], closed["allowed_actions"]) == ("closed", [])
    assert closed["closed_at"] is not None
    for action in ("open", "close"):
        answer = await api.post(f"{path}/actions/{action}", headers=headers)
        problem(answer, status=409, code="action-not-allowed")
    draft = await make_round(api, company, cycle["id"])
    never_opened = await api.post(f"/v1/review-cycles/{draft['id']}/actions/close", headers=headers)
    problem(never_opened, status=409, code="action-not-allowed")


async def test_others_see_the_rounds_with_a_review_that_they_see(api: AsyncClient, state: ApiState) -> None:
    """SEC-3: and who else is reviewed out of turn is for HR and administrators."""
    company = await make_company(state)
    lin, stranger = await make_member(state, company), await make_member(state, company)
    line = await make_line(state, company, "boss")
    cycle = await make_cycle(api, company)
    await make_round(api, company, cycle["id"])
    people = [str(lin.person_id), str(line["boss"])]
    named = [(lin.person_id, company.person_id), (line["boss"], company.person_id)]
    opened = await open_new(
        api, company, cycle["id"], cadence="ad_hoc", person_ids=people, named=named, **{"class": None}
    )
    (seen,) = ok(await api.get("/v1/review-cycles", headers=lin.headers))["items"]
    assert (seen["id"], seen["person_ids"], seen["allowed_actions"]) == (opened["id"], None, [])
    assert ok(await api.get("/v1/review-cycles", headers=stranger.headers))["items"] == []
    unseen = await api.get(f"/v1/review-cycles/{opened['id']}", headers=stranger.headers)
    problem(unseen, status=404, code="not-found")
    for query, number in (
        ({}, 2),
        ({"state": "draft"}, 1),
        ({"cadence": "ad_hoc"}, 1),
        ({"class": "staff"}, 1),
        ({"cycle_id": NOBODY}, 0),
    ):
        rounds = ok(await api.get("/v1/review-cycles", params=query, headers=company.headers))["items"]
        assert len(rounds) == number, query


async def test_a_list_of_rounds_costs_the_same_for_one_and_for_many(api: AsyncClient, state: ApiState) -> None:
    """P12, C10."""
    company, lin = (made := await make_company(state)), await make_member(state, made)
    cycle = await make_cycle(api, company)
    own = {"cadence": "ad_hoc", "person_ids": [str(lin.person_id)], "named": [(lin.person_id, company.person_id)]}
    seen: dict[str, list[int]] = {"hr": [], "employee": []}
    page: Json = {}
    for number in (1, 12):
        for _ in range(number):
            await open_new(api, company, cycle["id"], **own)
        for name, caller in (("hr", company), ("employee", lin)):
            with count_statements() as statements:
                page = ok(await api.get("/v1/review-cycles", params={"limit": 200}, headers=caller.headers))
            seen[name].append(len(statements))
    assert len(page["items"]) == 13
    assert {name: len(set(counts)) for name, counts in seen.items()} == {"hr": 1, "employee": 1}
    assert max(max(counts) for counts in seen.values()) <= 2
    first = ok(await api.get("/v1/review-cycles", params={"limit": 5}, headers=lin.headers))
    rest = ok(await api.get("/v1/review-cycles", params={"cursor": first["next_cursor"]}, headers=lin.headers))
    assert [one["id"] for one in first["items"] + rest["items"]] == [one["id"] for one in page["items"]]


async def test_a_round_is_made_once_for_a_key(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    cycle = await make_cycle(api, company)
    body = {"name": "Q3", "cadence": "quarter", "cycle_id": cycle["id"], "class": "staff"}
    headers = company.headers | {"Idempotency-Key": "one round"}
    answers = [await api.post("/v1/review-cycles", json=body, headers=headers) for _ in range(2)]
    assert created(answers[0]) == created(answers[1])
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"]
    assert len(ok(await api.get("/v1/review-cycles", headers=company.headers))["items"]) == 1


async def test_two_closings_at_once_close_once(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    await make_line(state, company, "boss", "lin")
    cycle = await make_cycle(api, company)
    opened = await open_new(api, company, cycle["id"])
    (review,) = (await reviews_of(state, company, opened["id"])).values()
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(
            update(Review).where(Review.company_id == company.company_id, Review.id == review.id).values(step="closed")
        )
    path = f"/v1/review-cycles/{opened['id']}/actions/close"
    answers = await asyncio.gather(*(api.post(path, headers=company.headers) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
