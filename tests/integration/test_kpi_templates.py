"""KPI templates: those that ship, and a company's own (GOAL-9)."""

import asyncio
import secrets
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.kpi_templates import service
from attain_api.state import ApiState
from attain_shared.db.session import transaction
from tests.support.companies import PASSWORD, Company, make_company, make_member
from tests.support.fresh import client_of, fresh_state
from tests.support.goals import NOBODY, make_cycle
from tests.support.http import created, ok, pointers, problem
from tests.support.staff import add_person, hired
from tests.support.statements import count_statements

TEMPLATES = "/v1/kpi-templates"
MEASURES = {
    "brand_manager": ["metric gmv", "people staff_growth", "people turnover_rate"],
    "product_manager": ["metric aov", "metric hot_items_sold"],
    "crm": ["metric member_repeat", "metric sms_open_rate", "metric sms_conversion", "metric edm_open_rate",
            "metric edm_conversion"],
    "promotion": ["metric new_members", "growth new_members", "metric uv daily_mean", "growth uv daily_mean",
                  "metric conversion daily_pooled"],
    "planning": ["metric optimised_items", "metric stale_rate", "metric campaign_ctr", "metric dwell daily_pooled",
                 "metric pages_per_visitor daily_pooled", "metric conversion daily_pooled"],
    "customer_service": ["metric enquiry_conversion", "metric dsr_service", "metric refund_rate"],
    "logistics": ["metric dsr_logistics", "manual"],
}  # fmt: skip
"""GOAL-9, with what MET-5a wants said explicitly."""
OWN: dict[str, Any] = {
    "name": "活动策划",
    "title": "做好大促活动",
    "weight": "40",
    "indicators": [
        {"kind": "metric", "metric": "campaign_ctr"},
        {"kind": "growth", "metric": "gmv", "target": "-0.10"},
        {"kind": "people", "metric": "turnover_rate", "target": "0.05"},
        {"kind": "manual", "name": "准时率", "unit": "%", "target": "95"},
        {"kind": "milestones"},
    ],
}


def said(indicator: dict[str, Any]) -> str:
    """An indicator in short."""
    by_day = indicator["aggregate"] if str(indicator["aggregate"]).startswith("daily") else None
    return " ".join(filter(None, (indicator["kind"], indicator["metric"], by_day)))


@pytest.fixture
async def company(state: ApiState) -> Company:
    return await make_company(state)


async def make(api: AsyncClient, company: Company, **fields: Any) -> dict[str, Any]:
    return created(await api.post(TEMPLATES, json=OWN | fields, headers=company.headers))


async def test_those_that_ship_are_those_of_goal_9(api: AsyncClient, company: Company) -> None:
    shipped = ok(await api.get(f"{TEMPLATES}/shipped", headers=company.headers))["items"]
    for language in ("zh", "en"):
        measured = {one["origin"]: [*map(said, one[language]["indicators"])] for one in shipped}
        assert measured == MEASURES
        for one in shipped:
            words, kinds = one[language], {indicator["kind"] for indicator in one[language]["indicators"]}
            assert words["name"]
            assert words["title"]
            assert words["behaviours"]
            # GOAL-1: what is entered by hand needs written standards
            assert (words["standards"] is not None) == ("manual" in kinds)
    directions = {i["metric"]: i["direction"] for one in shipped for i in one["zh"]["indicators"]}
    worse = {"turnover_rate", "stale_rate", "refund_rate"}
    assert {metric for metric, direction in directions.items() if direction == "lower_better"} == worse


async def test_a_new_company_has_a_copy_of_each(api: AsyncClient, state: ApiState) -> None:
    platform = await make_company(state, platform=True)
    email = f"{secrets.token_hex(6)}@example.com"
    body = {"name": "新公司", "admin_email": email, "admin_password": PASSWORD}
    made = created(await api.post("/v1/companies", json=body, headers=platform.headers))
    async with state.sessions() as session:
        found = text("SELECT count(*) FROM kpi_templates WHERE company_id = :id")
        assert await session.scalar(found, {"id": made["id"]}) == len(MEASURES)


async def test_a_company_of_before_gets_its_copies_once(postgres_url: str, state: ApiState) -> None:
    """As `attain-admin migrate` gives them, however often; what the company changed or deleted stays as it is."""
    async with fresh_state(postgres_url, state) as fresh, client_of(fresh) as api:
        companies = [await make_company(fresh) for _ in "ab"]
        for _ in range(2):
            async with transaction(fresh.sessions, fresh.doorbell) as uow:
                await service.ship_to_all(uow)
            for company in companies:
                assert await origins(api, company) == set(MEASURES)
        company, other = companies
        (crm,) = ok(await api.get(TEMPLATES, params={"origin": "crm"}, headers=company.headers))["items"]
        path = f"{TEMPLATES}/{crm['id']}"
        changed = ok(await api.patch(path, json={"title": "让会员回来", "weight": "60"}, headers=company.headers))
        assert changed == crm | {"title": "让会员回来", "weight": "60.00"}
        (logistics,) = ok(await api.get(TEMPLATES, params={"origin": "logistics"}, headers=company.headers))["items"]
        assert (await api.delete(f"{TEMPLATES}/{logistics['id']}", headers=company.headers)).status_code == 204
        async with transaction(fresh.sessions, fresh.doorbell) as uow:
            await service.ship_to_all(uow)
        assert await origins(api, company) == set(MEASURES) - {"logistics"}
        assert await origins(api, other) == set(MEASURES)
        assert ok(await api.get(path, headers=company.headers)) == changed


async def origins(api: AsyncClient, company: Company) -> set[str]:
    """The shipped templates that a company has copies of."""
    return {one["origin"] for one in ok(await api.get(TEMPLATES, headers=company.headers))["items"]}


async def test_a_template_is_made_read_changed_and_deleted(api: AsyncClient, company: Company) -> None:
    response = await api.post(TEMPLATES, json=OWN, headers=company.headers)
    made, path = created(response), response.headers["location"]
    assert ok(await api.get(path, headers=company.headers)) == made
    assert (made["weight"], made["origin"], response.headers["etag"]) == ("40.00", None, '"1"')
    # what the catalogue and GOAL-4 say where the template does not
    assert [(one["kind"], one["direction"], one["target"], one["against"]) for one in made["indicators"]] == [
        ("metric", "higher_better", None, None),
        ("growth", "higher_better", "-0.10", "previous"),
        ("people", "lower_better", "0.05", None),
        ("manual", "higher_better", "95", None),
        ("milestones", "higher_better", "1", None),
    ]
    change = {"why": "大促占全年一半", "indicators": OWN["indicators"][:1], "standards": {"meets": "达标"}}
    changed = await api.patch(path, json=change, headers=company.headers | {"If-Match": '"1"'})
    assert changed.headers["etag"] == '"2"'
    assert ok(changed) == made | change | {
        "indicators": made["indicators"][:1],
        "standards": {"below": None, "meets": "达标", "above": None},
    }
    cleared = ok(await api.patch(path, json={"why": None, "standards": None}, headers=company.headers))
    assert (cleared["why"], cleared["standards"]) == (None, None)
    stale = company.headers | {"If-Match": '"1"'}
    problem(await api.patch(path, json={"name": "x"}, headers=stale), status=412, code="stale")
    problem(await api.delete(path, headers=stale), status=412, code="stale")
    assert (await api.delete(path, headers=company.headers)).status_code == 204
    problem(await api.get(path, headers=company.headers), status=404, code="not-found")


async def test_a_template_has_rules_of_its_own_or_takes_the_companys(api: AsyncClient, company: Company) -> None:
    """GOAL-6."""
    rubric = {"rules": [], "otherwise": "3.5"}
    company_rubric = created(await api.post("/v1/rubrics", json=rubric | {"name": "平"}, headers=company.headers))["id"]
    made = await make(api, company, rubric=rubric)
    path = f"{TEMPLATES}/{made['id']}"
    assert (made["rubric"], made["rubric_id"]) == (rubric, None)
    response = await api.patch(path, json={"rubric_id": company_rubric}, headers=company.headers)
    assert pointers(response) == [("/rubric_id", "not-both")]
    moved = {"rubric": None, "rubric_id": company_rubric}
    assert ok(await api.patch(path, json=moved, headers=company.headers)) == made | moved
    response = await api.patch(path, json={"rubric_id": NOBODY}, headers=company.headers)
    assert pointers(response) == [("/rubric_id", "unknown-rubric")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"indicators": []}, [("/indicators", "too-short")]),
        ({"indicators": [{"kind": "milestones"}] * 9}, [("/indicators", "too-long")]),
        ({"indicators": [{"kind": "metric", "metric": "nothing"}]}, [("/indicators/0/metric", "unknown-metric")]),
        (
            {"indicators": [{"kind": "metric", "metric": "gmv", "aggregate": "daily_pooled"}]},
            [("/indicators/0/aggregate", "roll-up-refused")],
        ),
        (
            {"indicators": [{"kind": "metric", "metric": "gmv", "dimension": "colour:red"}]},
            [("/indicators/0/dimension", "invalid-dimension")],
        ),
        (
            {"indicators": [{"kind": "metric", "metric": "gmv", "target": "0"}]},
            [("/indicators/0/target", "invalid-target")],
        ),
        (
            {"indicators": [{"kind": "growth", "metric": "gmv", "target": "-1"}]},
            [("/indicators/0/target", "invalid-target")],
        ),
        (
            {"indicators": [{"kind": "metric", "metric": "gmv", "direction": "band", "target": "1"}]},
            [("/indicators/0/band", "invalid-target")],
        ),
        (
            {"indicators": [{"kind": "metric", "metric": "gmv", "band": {"low": "1", "high": "2"}}]},
            [("/indicators/0/band", "invalid-target")],
        ),
        ({"indicators": [{"kind": "metric", "metric": "reviews"}]}, [("/indicators/0/direction", "missing")]),
        (
            {"indicators": [{"kind": "metric", "metric": "gmv", "shop_ids": [NOBODY]}]},
            [("/indicators/0/shop_ids", "extra-forbidden")],
        ),
        ({"indicators": [{"kind": "manual", "name": "准时率"}]}, [("/indicators/0/unit", "missing")]),
        (
            {"rubric": {"rules": [], "otherwise": "1"}, "indicators": [{"kind": "metric", "metric": "nothing"}]},
            [("/rubric/otherwise", "invalid-rubric"), ("/indicators/0/metric", "unknown-metric")],
        ),
        ({"position_id": NOBODY}, [("/position_id", "unknown-position")]),
        ({"rubric_id": NOBODY}, [("/rubric_id", "unknown-rubric")]),
        ({"weight": "100.5"}, [("/weight", "less-than-equal")]),
        ({"origin": "crm"}, [("/origin", "extra-forbidden")]),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_template_that_cannot_be_is_refused_new_or_changed(
    api: AsyncClient, company: Company, changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert pointers(await api.post(TEMPLATES, json=OWN | changes, headers=company.headers)) == expected
    made = await make(api, company)
    path = f"{TEMPLATES}/{made['id']}"
    assert pointers(await api.patch(path, json=changes, headers=company.headers)) == expected
    assert ok(await api.get(path, headers=company.headers)) == made


async def test_the_list_is_filtered_paged_and_costs_the_same_for_one_and_for_many(
    api: AsyncClient, company: Company
) -> None:
    async def listed(**params: str) -> tuple[list[str], int]:
        with count_statements() as statements:
            page = ok(await api.get(TEMPLATES, params=params, headers=company.headers))
        return [one["name"] for one in page["items"]], len(statements)

    position = {"name": "策划", "function": "planning", "tier": "frontline", "grade": "staff"}
    position_id = created(await api.post("/v1/positions", json=position, headers=company.headers))["id"]
    await make(api, company, name="n0", position_id=position_id, function="planning")
    names, cost = await listed()
    assert names == ["n0"]
    for number in range(1, 12):
        await make(api, company, name=f"n{number}")
    assert await listed(sort="created_at", limit="200") == ([f"n{number}" for number in range(12)], cost)
    assert (await listed(position_id=position_id))[0] == ["n0"]
    assert (await listed(function="planning"))[0] == ["n0"]
    assert (await listed(name="n3"))[0] == ["n3"]
    page = ok(await api.get(TEMPLATES, params={"limit": "5"}, headers=company.headers))
    rest = ok(await api.get(TEMPLATES, params={"limit": "200", "cursor": page["next_cursor"]}, headers=company.headers))
    assert (len(page["items"]), len(rest["items"]), rest["next_cursor"]) == (5, 7, None)
    # the template holds on to its position
    problem(await api.delete(f"/v1/positions/{position_id}", headers=company.headers), status=409, code="position-in-use")  # fmt: skip


async def test_a_name_is_taken_once_a_company(api: AsyncClient, state: ApiState, company: Company) -> None:
    await make(api, company)
    other = await make(api, company, name="另一个")
    for response in (
        await api.post(TEMPLATES, json=OWN, headers=company.headers),
        await api.patch(f"{TEMPLATES}/{other['id']}", json={"name": OWN["name"]}, headers=company.headers),
    ):
        problem(response, status=409, code="template-taken")
    await make(api, await make_company(state))


async def test_a_template_made_twice_with_one_key_is_one(api: AsyncClient, company: Company) -> None:
    headers = company.headers | {"Idempotency-Key": "k"}
    first, again = [created(await api.post(TEMPLATES, json=OWN, headers=headers)) for _ in range(2)]
    assert again == first


async def test_a_template_that_goals_came_of_stays(api: AsyncClient, state: ApiState, company: Company) -> None:
    """GOAL-13: a goal names what it was made of."""
    cycle = await make_cycle(api, company)
    made = await make(api, company, indicators=[{"kind": "milestones"}])
    path = f"{TEMPLATES}/{made['id']}"
    body = {"cycle_id": cycle["id"], "to": {"person_ids": [str(await add_person(state, company, hired()))]}}
    assert ok(await api.post(f"{path}/assign", json=body, headers=company.headers))["created"] == 1
    problem(await api.delete(path, headers=company.headers), status=409, code="template-in-use")
    assert ok(await api.get(path, headers=company.headers)) == made


async def test_everybody_reads_and_hr_and_administrators_write(
    api: AsyncClient, state: ApiState, company: Company
) -> None:
    """SEC-3."""
    made = await make(api, company)
    path = f"{TEMPLATES}/{made['id']}"
    for role, writes in (("hr", True), ("executive", False), ("employee", False)):
        caller = await make_member(state, company, roles=(role,))
        assert ok(await api.get(path, headers=caller.headers)) == made
        new = await api.post(TEMPLATES, json=OWN | {"name": role}, headers=caller.headers)
        change = await api.patch(path, json={"name": OWN["name"]}, headers=caller.headers)
        assert [new.status_code, change.status_code] == ([201, 200] if writes else [403, 403])
        if not writes:
            problem(await api.delete(path, headers=caller.headers), status=403, code="not-allowed")
    stranger = await make_company(state)
    for response in await asyncio.gather(
        api.get(path, headers=stranger.headers),
        api.patch(path, json={"name": "x"}, headers=stranger.headers),
        api.delete(path, headers=stranger.headers),
        api.get(f"{TEMPLATES}/{NOBODY}", headers=company.headers),
    ):
        problem(response, status=404, code="not-found")
