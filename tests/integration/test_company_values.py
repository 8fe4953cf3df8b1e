"""The company's values: two that ship, and its own (REV-3)."""

import asyncio
import secrets
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import delete, select

from attain_api.companies import service as companies
from attain_api.company_values import service
from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.reviews.models import CompanyValue, ReviewCycle
from attain_shared.reviews.value_schemas import VALUE_EXAMPLE
from tests.support.companies import Member, make_company, make_member
from tests.support.fresh import fresh_state
from tests.support.goals import make_cycle
from tests.support.http import created, ok, pointers, problem
from tests.support.rounds import make_line, open_new

Json = dict[str, Any]


async def make_value(api: AsyncClient, by: Member, **more: Any) -> Json:
    """A value of the company's own."""
    return created(await api.post("/v1/values", json=VALUE_EXAMPLE | more, headers=by.headers))


async def kept_codes(state: ApiState, company: Member, round_id: str) -> list[str]:
    """The values that a round keeps."""
    async with transaction(state.sessions, state.doorbell) as uow:
        kept = await uow.session.scalar(
            select(ReviewCycle.company_values).where(
                ReviewCycle.company_id == company.company_id, ReviewCycle.id == round_id
            )
        )
    return [value["code"] for value in kept or []]


async def test_a_new_company_has_the_values_that_ship(state: ApiState) -> None:
    """REV-3: customer first and teamwork, in Chinese and English, each with five levels."""
    async with transaction(state.sessions, state.doorbell) as uow:
        email = f"{secrets.token_hex(6)}@example.com"
        company = await companies.create_company(uow, name="新公司", admin_email=email, password_hash="x")
        rows = await uow.session.scalars(
            select(CompanyValue).where(CompanyValue.company_id == company.id).order_by(CompanyValue.position)
        )
        values = list(rows)
    assert [(one.code, one.name_zh, one.name_en) for one in values] == [
        ("customer_first", "客户第一", "Customer first"),
        ("teamwork", "团队合作", "Teamwork"),
    ]
    assert all(len(one.levels) == 5 and all(level["zh"] and level["en"] for level in one.levels) for one in values)


async def test_the_companies_of_before_get_them_once_and_keep_what_they_have(
    postgres_url: str, state: ApiState
) -> None:
    """Migrating brings them to whoever has none."""
    async with fresh_state(postgres_url, state) as fresh:
        bare, other = await make_company(fresh), await make_company(fresh)

        async def codes(of: Member) -> list[str]:
            own = select(CompanyValue.code).where(CompanyValue.company_id == of.company_id)
            async with transaction(fresh.sessions, fresh.doorbell) as uow:
                return sorted(await uow.session.scalars(own))

        async with transaction(fresh.sessions, fresh.doorbell) as uow:
            await service.ship(uow, company_id=other.company_id)
            of_other = CompanyValue.company_id == other.company_id
            await uow.session.execute(delete(CompanyValue).where(of_other, CompanyValue.code == "teamwork"))
        assert await codes(bare) == []
        for _ in range(2):
            async with transaction(fresh.sessions, fresh.doorbell) as uow:
                await service.ship_to_all(uow)
            assert await codes(bare) == ["customer_first", "teamwork"]
            assert await codes(other) == ["customer_first"]


async def test_hr_makes_and_changes_values_and_everybody_reads_them(api: AsyncClient, state: ApiState) -> None:
    hr = await make_company(state, roles=("hr", "employee"))
    lin, admin = await make_member(state, hr), await make_member(state, hr, roles=("admin",))
    answer = await api.post("/v1/values", json=VALUE_EXAMPLE, headers=hr.headers | {"Idempotency-Key": "one"})
    made = created(answer)
    assert {name: made[name] for name in VALUE_EXAMPLE} == VALUE_EXAMPLE
    assert (made["position"], made["is_active"]) == (0, True)
    again = await api.post("/v1/values", json=VALUE_EXAMPLE, headers=hr.headers | {"Idempotency-Key": "one"})
    assert again.json() == made
    for who in (lin, admin):
        problem(await api.post("/v1/values", json=VALUE_EXAMPLE, headers=who.headers), status=403, code="not-allowed")
        assert ok(await api.get("/v1/values", headers=who.headers))["items"] == [made]
    second = await make_value(api, hr, code="passion")
    assert second["position"] == 1
    path, read = f"/v1/values/{made['id']}", await api.get(f"/v1/values/{made['id']}", headers=lin.headers)
    assert ok(read) == made
    match = hr.headers | {"If-Match": read.headers["ETag"]}
    changes: Json = {"name_en": "Embrace all change", "position": 5, "is_active": False}
    changed = await api.patch(path, json=changes, headers=match)
    assert ok(changed) == made | changes
    assert changed.headers["ETag"] != read.headers["ETag"]
    problem(await api.patch(path, json={"position": 9}, headers=match), status=412, code="stale")
    ordered = ok(await api.get("/v1/values", headers=lin.headers))["items"]
    assert [one["code"] for one in ordered] == ["passion", "embrace_change"]
    active = ok(await api.get("/v1/values", params={"is_active": "true"}, headers=lin.headers))["items"]
    assert [one["code"] for one in active] == ["passion"]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"code": "Customer First"}, "/code", "string-pattern-mismatch"),
        ({"levels": VALUE_EXAMPLE["levels"][:4]}, "/levels", "too-short"),
        ({"levels": VALUE_EXAMPLE["levels"] * 2}, "/levels", "too-long"),
        ({"levels": [{"zh": "一"}, *VALUE_EXAMPLE["levels"][1:]]}, "/levels/0/en", "missing"),
        ({"levels": [{"zh": "一", "en": " "}, *VALUE_EXAMPLE["levels"][1:]]}, "/levels/0/en", "string-too-short"),
        ({"name_zh": ""}, "/name_zh", "string-too-short"),
        ({"position": -1}, "/position", "greater-than-equal"),
        ({"is_active": False}, "/is_active", "extra-forbidden"),
    ],
    ids=str,
)
async def test_a_value_has_five_levels_in_both_languages(
    api: AsyncClient, state: ApiState, changes: Json, pointer: str, code: str
) -> None:
    hr = await make_company(state, roles=("hr", "employee"))
    answer = await api.post("/v1/values", json=VALUE_EXAMPLE | changes, headers=hr.headers)
    assert pointers(answer) == [(pointer, code)]


async def test_a_code_is_the_companys_only_one(api: AsyncClient, state: ApiState) -> None:
    hr, other = [await make_company(state, roles=("hr", "employee")) for _ in range(2)]
    posts = (api.post("/v1/values", json=VALUE_EXAMPLE, headers=hr.headers) for _ in range(4))
    answers = await asyncio.gather(*posts)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    taken = await api.post("/v1/values", json=VALUE_EXAMPLE, headers=hr.headers)
    problem(taken, status=409, code="value-taken")
    theirs = await make_value(api, other)
    problem(await api.get(f"/v1/values/{theirs['id']}", headers=hr.headers), status=404, code="not-found")


async def test_one_value_stays_active(api: AsyncClient, state: ApiState) -> None:
    """REV-1: values are assessed for everyone; of two at once one stays."""
    hr = await make_company(state, roles=("hr", "employee"))
    made = [await make_value(api, hr, code=code) for code in ("one", "two")]
    answers = await asyncio.gather(
        *(api.patch(f"/v1/values/{one['id']}", json={"is_active": False}, headers=hr.headers) for one in made)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    problem(refused, status=409, code="last-value")


async def test_a_round_keeps_the_active_values_of_its_opening(api: AsyncClient, state: ApiState) -> None:
    """REV-3: in their order; a company without any is assessed by those that ship."""
    company = await make_company(state, roles=("hr", "admin", "employee"))
    await make_line(state, company, "boss", "lin")
    cycle = await make_cycle(api, company)
    opened = await open_new(api, company, cycle["id"])
    assert await kept_codes(state, company, opened["id"]) == ["customer_first", "teamwork"]
    first = await make_value(api, company, code="one", position=3)
    await make_value(api, company, code="two", position=1)
    off = await make_value(api, company, code="off")
    ok(await api.patch(f"/v1/values/{off['id']}", json={"is_active": False}, headers=company.headers))
    year = await make_cycle(api, company, kind="year", starts_on="2026-01-01")
    second = await open_new(api, company, year["id"], cadence="year")
    assert await kept_codes(state, company, second["id"]) == ["two", "one"]
    ok(await api.patch(f"/v1/values/{first['id']}", json={"position": 0}, headers=company.headers))
    assert await kept_codes(state, company, second["id"]) == ["two", "one"]
