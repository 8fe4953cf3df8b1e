"""Rules that say what a company wants to be told of (CULT-5)."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.alert_rules import service
from attain_api.state import ApiState
from attain_shared.alerts.rule_schemas import RULE_EXAMPLE, AlertRuleCreate
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from tests.support.alerting import add_rule
from tests.support.companies import make_company, make_member, make_shop
from tests.support.http import created, ok, pointers, problem

RULES = "/v1/alert-rules"
Json = dict[str, Any]
DROP: Json = {"kind": "metric_drop", "metric": "gmv", "by": "0.3", "days": 28, "shop_ids": None}
OFF_TRACK: Json = {"kind": "goal_off_track", "department_ids": None}
TURNOVER: Json = {"kind": "turnover", "above": "0.1", "days": 90, "department_ids": None}


async def test_a_rule_is_made_read_changed_and_deleted(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    key = company.headers | {"Idempotency-Key": "one"}
    response = await api.post(RULES, json=RULE_EXAMPLE, headers=key)
    rule = created(response)
    assert rule == RULE_EXAMPLE | {"id": rule["id"], "is_active": True, "created_at": rule["created_at"]}
    assert created(await api.post(RULES, json=RULE_EXAMPLE, headers=key)) == rule, "the same key makes no other one"
    path = response.headers["location"]
    read = await api.get(path, headers=company.headers)
    assert (ok(read), read.headers["etag"]) == (rule, response.headers["etag"])
    changes: Json = {"condition": DROP | {"by": "0.5"}, "playbook": None, "severity": "info", "is_active": False}
    tag = company.headers | {"If-Match": read.headers["etag"]}
    changed = ok(await api.patch(path, json=changes, headers=tag))
    assert changed == rule | changes
    problem(await api.patch(path, json={}, headers=tag), status=412, code="stale")
    problem(await api.delete(path, headers=tag), status=412, code="stale")
    assert (await api.delete(path, headers=company.headers)).status_code == 204
    problem(await api.get(path, headers=company.headers), status=404, code="not-found")
    params = {"resource_type": "alert_rule"}
    trail = ok(await api.get("/v1/audit-entries", params=params, headers=company.headers))["items"]
    assert [one["action"] for one in trail] == ["delete_alert_rule", "update_alert_rule", "create_alert_rule"]


async def test_rules_of_every_kind_are_listed_by_kind(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    conditions = [DROP, OFF_TRACK, TURNOVER, {"kind": "silent_connector"}]
    for place, condition in enumerate(conditions):
        body = {"name": f"规则 {place}", "condition": condition}
        made = created(await api.post(RULES, json=body, headers=company.headers))
        assert (made["condition"], made["severity"], made["is_active"]) == (condition, "warning", True)
    found = ok(await api.get(RULES, headers=company.headers))["items"]
    assert [one["condition"] for one in found] == conditions
    found = ok(await api.get(RULES, params={"kind": "turnover"}, headers=company.headers))["items"]
    assert [one["condition"] for one in found] == [TURNOVER]
    executive, hr = [await make_member(state, company, roles=(role,)) for role in ("executive", "hr")]
    assert len(ok(await api.get(RULES, headers=executive.headers))["items"]) == 4
    problem(await api.get(RULES, headers=hr.headers), status=403, code="not-allowed")
    stranger = await make_company(state)
    assert ok(await api.get(RULES, headers=stranger.headers))["items"] == []


async def test_there_is_one_rule_on_silent_connectors(api: AsyncClient, state: ApiState) -> None:
    """MET-8: they are told of with or without it."""
    company = await make_company(state)
    body = {"name": "数据中断", "condition": {"kind": "silent_connector"}}
    created(await api.post(RULES, json=body, headers=company.headers))
    problem(await api.post(RULES, json=body, headers=company.headers), status=409, code="alert-rule-taken")


async def test_there_are_only_so_many_rules(api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch) -> None:
    company = await make_company(state)
    async with transaction(state.sessions, state.doorbell) as uow:
        for _ in range(3):
            add_rule(uow, company_id=company.company_id, condition=DROP)
    monkeypatch.setattr(service, "MAX_RULES", 4)
    async with transaction(state.sessions, state.doorbell) as uow:
        await service.create_rule(uow, actor=company.actor, data=AlertRuleCreate.model_validate(RULE_EXAMPLE))
        meanwhile = asyncio.create_task(api.post(RULES, json=RULE_EXAMPLE, headers=company.headers))
        await asyncio.sleep(0.3)
    problem(await meanwhile, status=409, code="too-many-alert-rules")


@pytest.mark.parametrize(
    ("condition", "pointer"),
    [
        (DROP | {"by": "0"}, "/condition/by"),
        (DROP | {"by": "1.1"}, "/condition/by"),
        (DROP | {"by": "0.00001"}, "/condition/by"),
        (DROP | {"days": 6}, "/condition/days"),
        (DROP | {"days": 91}, "/condition/days"),
        (DROP | {"days": True}, "/condition/days"),
        (DROP | {"shop_ids": []}, "/condition/shop_ids"),
        (DROP | {"above": "1"}, "/condition/above"),
        (TURNOVER | {"above": "-0.1"}, "/condition/above"),
        (TURNOVER | {"days": 400}, "/condition/days"),
        (OFF_TRACK | {"department_ids": ["x"]}, "/condition/department_ids/0"),
        ({"kind": "weather"}, "/condition"),
        ({}, "/condition"),
    ],
)
async def test_a_condition_out_of_bounds_is_refused(
    api: AsyncClient, state: ApiState, condition: Json, pointer: str
) -> None:
    company = await make_company(state)
    answer = await api.post(RULES, json={"name": "x", "condition": condition}, headers=company.headers)
    assert [one for one, _ in pointers(answer)] == [pointer]


async def test_what_a_rule_names_is_there(api: AsyncClient, state: ApiState) -> None:
    """ORG-0: and is the company's own; all that is wrong is said at once."""
    company, stranger = [await make_company(state) for _ in range(2)]
    shop, foreign = await make_shop(state, company), await make_shop(state, stranger)
    ids = [str(shop.id), str(foreign.id), str(shop.id)]
    body: Json = {"name": "x", "condition": DROP | {"metric": "weather", "shop_ids": ids}}
    body |= {"owner_id": str(stranger.person_id)}
    answer = await api.post(RULES, json=body, headers=company.headers)
    assert pointers(answer) == [
        ("/condition/metric", "unknown-metric"),
        ("/condition/shop_ids/2", "duplicate"),
        ("/condition/shop_ids/1", "unknown-shop"),
        ("/owner_id", "unknown-person"),
    ]
    open_one, closed = [
        created(await api.post("/v1/departments", json=department, headers=company.headers))["id"]
        for department in ({"name": name, "function": "design"} for name in ("设计部", "旧部门"))
    ]
    ok(await api.post(f"/v1/departments/{closed}/actions/close", json={}, headers=company.headers))
    named = TURNOVER | {"department_ids": [open_one, closed, str(new_id())]}
    answer = await api.post(RULES, json={"name": "x", "condition": named}, headers=company.headers)
    assert pointers(answer) == [(f"/condition/department_ids/{place}", "unknown-department") for place in (1, 2)]


async def test_a_rule_stays_of_its_kind(api: AsyncClient, state: ApiState) -> None:
    """What it has raised is of that kind; and a change is checked as a new rule is."""
    company = await make_company(state)
    rule = created(await api.post(RULES, json=RULE_EXAMPLE, headers=company.headers))
    path = f"{RULES}/{rule['id']}"
    answer = await api.patch(path, json={"condition": TURNOVER}, headers=company.headers)
    assert pointers(answer) == [("/condition/kind", "kind-fixed")]
    answer = await api.patch(path, json={"condition": DROP | {"metric": "weather"}}, headers=company.headers)
    assert pointers(answer) == [("/condition/metric", "unknown-metric")]
    answer = await api.patch(path, json={"owner_id": str(new_id())}, headers=company.headers)
    assert pointers(answer) == [("/owner_id", "unknown-person")]
    for fixed in ("name", "severity", "condition", "is_active"):
        assert [one for one, _ in pointers(await api.patch(path, json={fixed: None}, headers=company.headers))] == [
            f"/{fixed}"
        ]
