"""Who owns a shop on which day, with which share (GOAL-12, MET-1)."""

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from httpx import AsyncClient, Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attain_api.shops import repository
from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.identifiers import new_id
from tests.support.companies import Company, Member, make_company, make_member, make_shop
from tests.support.goals import NOBODY
from tests.support.http import created, ok, pointers, problem
from tests.support.statements import count_statements

DAYS = [date(2026, 7, 1) + timedelta(days=number) for number in range(8)]


@pytest.fixture
async def company(state: ApiState) -> Company:
    return await make_company(state)


async def shop_path(state: ApiState, company: Company) -> str:
    return f"/v1/shops/{(await make_shop(state, company)).id}/owners"


def person(member: Member, share: str = "1.0") -> dict[str, str]:
    return {"type": "person", "id": str(member.person_id), "share": share}


async def put(
    api: AsyncClient, caller: Member, path: str, starts_on: str, *owners: dict[str, str], etag: str | None = None
) -> Response:
    headers = caller.headers | ({"If-Match": etag} if etag else {})
    return await api.put(path, json={"starts_on": starts_on, "owners": list(owners)}, headers=headers)


async def owned(api: AsyncClient, caller: Member, path: str, on: str) -> tuple[Any, Any, dict[str, str]]:
    found = ok(await api.get(path, params={"on": on}, headers=caller.headers))
    return found["starts_on"], found["ends_on"], {owner["id"]: owner["share"] for owner in found["owners"]}


async def test_owners_are_set_together_from_a_day_on(api: AsyncClient, state: ApiState, company: Company) -> None:
    """GOAL-12: A alone to the 10th, A and B half each from the 11th; the last day is inclusive."""
    path, other = await shop_path(state, company), await make_member(state, company)
    a, b = str(company.person_id), str(other.person_id)
    assert await owned(api, company, path, "2026-07-01") == (None, None, {})
    first = ok(await put(api, company, path, "2026-07-01", person(company)))
    assert (first["starts_on"], first["ends_on"], first["owners"][0]["share"]) == ("2026-07-01", None, "1")
    assert first["owners"][0]["name"]
    ok(await put(api, company, path, "2026-07-11", person(company, "0.5"), person(other, "0.5")))
    for day, expected in (
        ("2026-06-30", (None, "2026-06-30", {})),
        ("2026-07-01", ("2026-07-01", "2026-07-10", {a: "1"})),
        ("2026-07-10", ("2026-07-01", "2026-07-10", {a: "1"})),
        ("2026-07-11", ("2026-07-11", None, {a: "0.5", b: "0.5"})),
    ):
        assert await owned(api, company, path, day) == expected


async def test_a_new_set_replaces_what_was_set_for_later_days(
    api: AsyncClient, state: ApiState, company: Company
) -> None:
    path, other = await shop_path(state, company), await make_member(state, company)
    for day in ("2026-07-01", "2026-08-01", "2026-09-01"):
        ok(await put(api, company, path, day, person(company)))
    ok(await put(api, company, path, "2026-07-20", person(other)))
    ok(await put(api, company, path, "2026-10-01"))
    history = ok(await api.get(f"{path}/history", headers=company.headers))
    spans = [(one["starts_on"], one["ends_on"], [owner["id"] for owner in one["owners"]]) for one in history["items"]]
    assert spans == [
        ("2026-07-01", "2026-07-19", [str(company.person_id)]),
        ("2026-07-20", "2026-09-30", [str(other.person_id)]),
        ("2026-10-01", None, []),
    ]
    assert history["next_cursor"] is None


async def test_the_history_is_paged_both_ways(api: AsyncClient, state: ApiState, company: Company) -> None:
    path, other = await shop_path(state, company), await make_member(state, company)
    for day, owner in (("2026-07-01", company), ("2026-08-01", other), ("2026-09-01", company)):
        ok(await put(api, company, path, day, person(owner)))
    for sort, expected in (("starts_on", ["07", "08", "09"]), ("-starts_on", ["09", "08", "07"])):
        seen, params = [], {"limit": "2", "sort": sort}
        while True:
            page = ok(await api.get(f"{path}/history", params=params, headers=company.headers))
            seen += [one["starts_on"][5:7] for one in page["items"]]
            if page["next_cursor"] is None:
                break
            params["cursor"] = page["next_cursor"]
        assert seen == expected
    bad = await api.get(f"{path}/history", params={"cursor": "!"}, headers=company.headers)
    problem(bad, status=400, code="bad-cursor")


async def test_a_department_may_own_a_shop(api: AsyncClient, state: ApiState, company: Company) -> None:
    """MET-1."""
    path = await shop_path(state, company)
    body = {"name": "运营部", "function": "operations"}
    department = created(await api.post("/v1/departments", json=body, headers=company.headers))
    owner = {"type": "department", "id": department["id"], "share": "0.4"}
    answer = ok(await put(api, company, path, "2026-07-01", owner, person(company, "0.600000")))
    assert {(one["type"], one["name"]) for one in answer["owners"]} >= {("department", "运营部")}
    assert sorted(one["share"] for one in answer["owners"]) == ["0.4", "0.6"]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        (("0.5", "0.4"), [("/owners", "shares-do-not-add-up")]),
        (("0.5", "0.500001"), [("/owners", "shares-do-not-add-up")]),
        (("0", "1"), [("/owners/0/share", "greater-than")]),
        (("-1", "1"), [("/owners/0/share", "greater-than")]),
        (("1.1",), [("/owners/0/share", "less-than-equal")]),
        (("0.3333333", "0.6666667"), [("/owners/0/share", "decimal-max-places"), ("/owners/1/share", "decimal-max-places")]),
    ],
)  # fmt: skip
async def test_shares_are_above_0_and_make_1(
    api: AsyncClient, state: ApiState, company: Company, shares: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    """GOAL-12."""
    path, other = await shop_path(state, company), await make_member(state, company)
    owners = [person(member, share) for member, share in zip((company, other), shares, strict=False)]
    assert pointers(await put(api, company, path, "2026-07-01", *owners)) == expected
    assert await owned(api, company, path, "2026-07-01") == (None, None, {})


async def test_owners_are_known_and_named_once(api: AsyncClient, state: ApiState, company: Company) -> None:
    """ORG-0: another company's people are unknown, and so is a person's id as a department's."""
    path, stranger = await shop_path(state, company), await make_company(state)
    for owners, expected in (
        ([person(stranger)], [("/owners/0/id", "unknown-owner")]),
        ([{"type": "person", "id": NOBODY, "share": "1"}], [("/owners/0/id", "unknown-owner")]),
        ([person(company) | {"type": "department"}], [("/owners/0/id", "unknown-owner")]),
        ([person(company, "0.5"), person(company, "0.5")], [("/owners/1/id", "duplicate")]),
        ([person(company) | {"type": "shop"}], [("/owners/0/type", "literal-error")]),
    ):
        assert pointers(await put(api, company, path, "2026-07-01", *owners)) == expected


async def test_the_tag_of_a_reading_protects_the_change(api: AsyncClient, state: ApiState, company: Company) -> None:
    path = await shop_path(state, company)
    read = await api.get(path, headers=company.headers)
    tag = read.headers["etag"]
    again = await api.get(path, headers=company.headers | {"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    changed = await put(api, company, path, "2026-07-01", person(company), etag=tag)
    ok(changed)
    problem(await put(api, company, path, "2026-07-01", etag=tag), status=412, code="stale")
    problem(await put(api, company, path, "2026-07-01", etag='"0"'), status=412, code="stale")
    same = await put(api, company, path, "2026-07-01", person(company), etag=changed.headers["etag"])
    assert same.headers["etag"] == changed.headers["etag"]
    # a reading of another day is of the same version
    older = (await api.get(path, params={"on": "2020-01-01"}, headers=company.headers)).headers["etag"]
    assert older != changed.headers["etag"]
    ok(await put(api, company, path, "2026-07-02", etag=older))


async def test_the_owners_of_today_are_shown_without_a_day(api: AsyncClient, state: ApiState, company: Company) -> None:
    path, today = await shop_path(state, company), business_day()
    ok(await put(api, company, path, today.isoformat(), person(company)))
    ok(await put(api, company, path, (today + timedelta(days=1)).isoformat()))
    found = ok(await api.get(path, headers=company.headers))
    assert (found["ends_on"], len(found["owners"])) == (today.isoformat(), 1)


async def test_administrators_alone_set_owners(api: AsyncClient, state: ApiState, company: Company) -> None:
    """SEC-3; who sees the shop sees its owners."""
    path = await shop_path(state, company)
    for role, status in (("hr", 200), ("executive", 200), ("employee", 404)):
        member = await make_member(state, company, roles=(role,))
        problem(await put(api, member, path, "2026-07-01"), status=403, code="not-allowed")
        for one in (path, f"{path}/history"):
            assert (await api.get(one, headers=member.headers)).status_code == status
    stranger = await make_company(state)
    problem(await put(api, stranger, path, "2026-07-01"), status=404, code="not-found")
    problem(await put(api, company, f"/v1/shops/{new_id()}/owners", "2026-07-01"), status=404, code="not-found")


async def test_a_reading_takes_three_statements(api: AsyncClient, state: ApiState, company: Company) -> None:
    path = await shop_path(state, company)
    for day in DAYS:
        ok(await put(api, company, path, day.isoformat(), person(company)))
    for one in (path, f"{path}/history"):
        with count_statements() as statements:
            ok(await api.get(one, headers=company.headers))
        assert len(statements) == 3, statements


CHANGES = st.lists(
    st.tuples(st.sampled_from(DAYS), st.sampled_from([(), ("1",), ("0.25", "0.75"), ("0.333333", "0.333333", "0.333334")])),
    min_size=1,
    max_size=6,
)  # fmt: skip


@given(changes=CHANGES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_on_every_day_the_shares_make_1_or_nobody_owns_the_shop(
    api: AsyncClient, state: ApiState, company: Company, changes: list[tuple[date, tuple[str, ...]]]
) -> None:
    """GOAL-12: each day is as a list of days would have it."""
    path = await shop_path(state, company)
    members = [company, *[await make_member(state, company) for _ in range(2)]]
    model: dict[date, dict[str, str]] = {day: {} for day in DAYS}
    for starts_on, shares in changes:
        owners = [person(member, share) for member, share in zip(members, shares, strict=False)]
        ok(await put(api, company, path, starts_on.isoformat(), *owners))
        model |= {day: {one["id"]: one["share"] for one in owners} for day in DAYS if day >= starts_on}
    for day, expected in model.items():
        starts_on, ends_on, found = await owned(api, company, path, day.isoformat())
        assert found == expected
        assert sum(map(Decimal, found.values())) in (0, 1)
        assert starts_on is None or starts_on <= day.isoformat()
        assert ends_on is None or ends_on >= day.isoformat()


async def test_two_changes_at_once_leave_one_set_a_day(
    api: AsyncClient, state: ApiState, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shop's row is held: the second sees what the first has written."""
    path, other = await shop_path(state, company), await make_member(state, company)
    barrier, find = asyncio.Barrier(2), repository.find_shop

    async def find_together(*args: Any, **kwargs: Any) -> Any:
        await barrier.wait()
        return await find(*args, **kwargs)

    monkeypatch.setattr(repository, "find_shop", find_together)
    answers = await asyncio.gather(
        put(api, company, path, "2026-07-01", person(company)), put(api, company, path, "2026-07-01", person(other))
    )
    monkeypatch.undo()
    assert [answer.status_code for answer in answers] == [200, 200]
    _, _, found = await owned(api, company, path, "2026-07-02")
    assert list(found.values()) == ["1"]


async def leave(api: AsyncClient, company: Company, member: Member) -> None:
    body = {"effective_on": (business_day() - timedelta(days=1)).isoformat(), "reason": "moved away"}
    ok(await api.post(f"/v1/people/{member.person_id}/leave", json=body, headers=company.headers))


async def close_department(api: AsyncClient, company: Company, name: str, path: str, starts_on: str) -> dict[str, str]:
    """A department, the owner of a shop before it was closed."""
    body = {"name": name, "function": "operations"}
    made = created(await api.post("/v1/departments", json=body, headers=company.headers))
    owner = {"type": "department", "id": made["id"], "share": "1"}
    ok(await put(api, company, path, starts_on, owner))
    ok(await api.post(f"/v1/departments/{made['id']}/actions/close", headers=company.headers | {"If-Match": "*"}))
    return owner


async def test_nobody_who_is_gone_is_given_a_shop(api: AsyncClient, state: ApiState, company: Company) -> None:
    """Neither who has left, nor a department that is closed; what was theirs stays so."""
    path, gone = await shop_path(state, company), await make_member(state, company)
    ok(await put(api, company, path, "2026-07-01", person(gone)))
    await leave(api, company, gone)
    closed = await close_department(api, company, "closed", await shop_path(state, company), "2026-07-01")
    for owner in (person(gone), closed):
        answer = await put(api, company, path, "2026-06-01", owner)
        assert pointers(answer) == [("/owners/0/id", "unknown-owner")]
    assert await owned(api, company, path, "2026-07-01") == ("2026-07-01", None, {str(gone.person_id): "1"})
    # saying what is so anyway is no mistake
    ok(await put(api, company, path, "2026-07-02", person(gone)))


async def test_the_names_of_owners_are_those_of_the_directory(
    api: AsyncClient, state: ApiState, company: Company
) -> None:
    """SEC-3: an employee who sees a shop learns no name that their directory hides."""
    path, gone, here = (
        await shop_path(state, company),
        await make_member(state, company),
        await make_member(state, company),
    )
    ok(await put(api, company, path, "2026-07-01", person(gone)))
    await close_department(api, company, "closed", path, "2026-07-02")
    ok(await put(api, company, path, "2026-07-03", person(here)))
    await leave(api, company, gone)
    for viewer, shown in ((here, [False, False, True]), (company, [True, True, True])):
        sets = ok(await api.get(f"{path}/history", headers=viewer.headers))["items"]
        assert [one["owners"][0]["name"] is not None for one in sets] == shown
        for one, is_shown in zip(sets, shown, strict=True):
            read = ok(await api.get(path, params={"on": one["starts_on"]}, headers=viewer.headers))
            assert (read["owners"][0]["name"] is not None) is is_shown
            assert read["owners"] == one["owners"]


async def test_a_set_that_holds_already_changes_nothing(api: AsyncClient, state: ApiState, company: Company) -> None:
    path, other = await shop_path(state, company), await make_member(state, company)
    halves = (person(company, "0.5"), person(other, "0.5"))
    first = await put(api, company, path, "2026-07-01", *halves)
    again = await put(api, company, path, "2026-07-15", *reversed(halves))
    assert (again.json(), again.headers["etag"]) == (first.json(), first.headers["etag"])
    trail = ok(await api.get("/v1/audit-entries", params={"resource_type": "shop_owner"}, headers=company.headers))
    assert len(trail["items"]) == 2
    # it no longer holds for good where another is to follow
    ok(await put(api, company, path, "2026-08-01", person(other)))
    ok(await put(api, company, path, "2026-07-15", *halves))
    found = await owned(api, company, path, "2026-09-01")
    assert found == ("2026-07-15", None, {str(company.person_id): "0.5", str(other.person_id): "0.5"})
