"""Whom an alert concerns, who takes it on, and that it is told (CULT-5)."""

import asyncio
from datetime import timedelta
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select, update

from attain_api.alert_rules import repository
from attain_api.state import ApiState
from attain_shared.access.models import Connector
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import transaction
from attain_shared.events.models import Event
from attain_shared.shops.models import Shop
from tests.support.companies import make_member, make_shop
from tests.support.http import created, ok, problem
from tests.support.silence import ALERTS, CREATED, at, deliver, own, read_alerts, watch, watched

RULES = "/v1/alert-rules"


async def test_who_sees_to_a_silent_connector(api: AsyncClient, state: ApiState) -> None:
    """CULT-5: without a rule whoever owns most of the shop; with one whom that names, at its severity and by its playbook."""
    pusher = await watched(state)
    most, less, named = [await make_member(state, pusher.company) for _ in range(3)]
    await own(api, pusher, most, less)
    await watch(state, pusher, at("2026-07-11 10:00"))
    (alert,) = await read_alerts(api, pusher)
    assert (alert["owner_id"], alert["severity"], alert["rule_id"]) == (str(most.person_id), "warning", None)
    body = {
        "name": "数据中断",
        "condition": {"kind": "silent_connector"},
        "severity": "critical",
        "playbook": "问数据商",
    }
    rule = created(await api.post(RULES, json=body, headers=pusher.company.headers))
    assert await read_alerts(api, pusher) == [alert], "what is open stays as it was told"
    await deliver(state, pusher, "2026-07-10")
    await watch(state, pusher, at("2026-07-11 10:01"))
    await watch(state, pusher, at("2026-07-12 10:00"))
    (alert,) = await read_alerts(api, pusher, state="open")
    told = {name: alert[name] for name in ("owner_id", "severity", "rule_id", "rule_name", "playbook")}
    assert told == {
        "owner_id": str(most.person_id),
        "severity": "critical",
        "rule_id": rule["id"],
        "rule_name": "数据中断",
        "playbook": "问数据商",
    }
    path = f"{RULES}/{rule['id']}"
    ok(await api.patch(path, json={"owner_id": str(named.person_id)}, headers=pusher.company.headers))
    await deliver(state, pusher, "2026-07-11")
    await watch(state, pusher, at("2026-07-12 10:01"))
    await watch(state, pusher, at("2026-07-13 10:00"))
    (alert,) = await read_alerts(api, pusher, state="open", rule_id=rule["id"])
    assert alert["owner_id"] == str(named.person_id)
    mine = ok(await api.get(ALERTS, params={"owner_id": "me"}, headers=named.headers))
    assert [one["id"] for one in mine["items"]] == [alert["id"]], "whom it was given to sees it"
    ok(await api.patch(path, json={"is_active": False}, headers=pusher.company.headers))
    await watch(state, pusher, at("2026-07-13 10:01"))
    assert (await read_alerts(api, pusher, state="open")) == [alert], "MET-8: told of with or without a rule"
    assert (await api.delete(path, headers=pusher.company.headers)).status_code == 204
    (alert,) = await read_alerts(api, pusher, state="open")
    assert (alert["rule_id"], alert["playbook"]) == (None, None)


async def test_whoever_has_left_sees_to_nothing(api: AsyncClient, state: ApiState) -> None:
    """CULT-5: else nobody would, as an alert is its owner's to take on."""
    pusher = await watched(state)
    gone = await make_member(state, pusher.company)
    await own(api, pusher, gone)
    leave = {"effective_on": (business_day() - timedelta(days=1)).isoformat(), "reason": "搬家"}
    ok(await api.post(f"/v1/people/{gone.person_id}/leave", json=leave, headers=pusher.company.headers))
    await watch(state, pusher, utc_now())
    (alert,) = await read_alerts(api, pusher)
    assert alert["owner_id"] is None


async def test_a_rule_is_deleted_while_what_it_told_is_taken_back(api: AsyncClient, state: ApiState) -> None:
    """Both hold the rule first and its alerts after it: neither waits for the other for ever."""
    pusher = await watched(state)
    body = {"name": "数据中断", "condition": {"kind": "silent_connector"}}
    rule = created(await api.post(RULES, json=body, headers=pusher.company.headers))
    await watch(state, pusher, at("2026-07-11 10:00"))
    await deliver(state, pusher, "2026-07-10")
    another = await make_shop(state, pusher.company)
    async with transaction(state.sessions, state.doorbell) as uow:
        of_company = Connector.company_id == pusher.company_id
        shop_ids = [pusher.shop.id, another.id]
        await uow.session.execute(update(Connector).where(of_company).values(shop_ids=shop_ids))
        of_company = Shop.company_id == pusher.company_id
        await uow.session.execute(update(Shop).where(of_company).values(created_at=CREATED))
    async with transaction(state.sessions, state.doorbell) as uow:
        values = {"company_id": pusher.company_id, "rule_id": UUID(rule["id"])}
        assert await repository.find_rule(uow.session, **values, for_update=True) is not None
        watching = asyncio.create_task(watch(state, pusher, at("2026-07-11 10:01")))
        await asyncio.sleep(0.5)
        await repository.let_go_of_alerts(uow.session, **values)
    await watching
    assert sorted(one["state"] for one in await read_alerts(api, pusher)) == ["cleared", "open"]


async def test_an_alert_is_taken_on_by_name(api: AsyncClient, state: ApiState) -> None:
    """CULT-5: by its owner or an administrator; the trail has it (SEC-5)."""
    pusher = await watched(state)
    owner, other = [await make_member(state, pusher.company) for _ in range(2)]
    await own(api, pusher, owner, other)
    await watch(state, pusher, at("2026-07-11 10:00"))
    (alert,) = await read_alerts(api, pusher)
    path = f"{ALERTS}/{alert['id']}"
    act = f"{path}/actions/acknowledge"
    seen = await api.get(path, headers=other.headers)
    assert ok(seen)["allowed_actions"] == []
    problem(await api.post(act, json={}, headers=other.headers), status=403, code="not-allowed")
    seen = await api.get(path, headers=owner.headers)
    tag = owner.headers | {"If-Match": seen.headers["etag"]}
    taken = await api.post(act, json={"comment": "正在和数据商确认"}, headers=tag)
    first = ok(taken)
    assert (first["acknowledged_by"], first["comment"]) == (str(owner.person_id), "正在和数据商确认")
    assert first["acknowledged_at"] is not None
    assert (await api.get(path, headers=owner.headers)).headers["etag"] == taken.headers["etag"]
    problem(await api.post(act, json={}, headers=tag), status=412, code="stale")
    again = ok(await api.post(act, json={"comment": "正在和数据商确认"}, headers=owner.headers))
    assert again == first, "the same once more changes nothing"
    over = ok(await api.post(act, json={}, headers=pusher.company.headers))
    assert (over["acknowledged_by"], over["comment"]) == (str(pusher.company.person_id), None)
    await deliver(state, pusher, "2026-07-10")
    await watch(state, pusher, at("2026-07-11 10:01"))
    problem(await api.post(act, json={}, headers=owner.headers), status=409, code="action-not-allowed")
    params = {"resource_type": "alert", "resource_id": alert["id"]}
    trail = ok(await api.get("/v1/audit-entries", params=params, headers=pusher.company.headers))
    assert [entry["action"] for entry in trail["items"]] == ["acknowledge_alert"] * 2
    assert trail["items"][1]["changes"]["comment"] == {"before": None, "after": "正在和数据商确认"}


async def test_whoever_listens_is_told(api: AsyncClient, state: ApiState) -> None:
    """CULT-5: an event with each alert raised and cleared, and none besides."""
    pusher = await watched(state)
    await asyncio.gather(*(watch(state, pusher, at("2026-07-11 10:00")) for _ in range(4)))
    await deliver(state, pusher, "2026-07-10")
    await asyncio.gather(*(watch(state, pusher, at("2026-07-11 10:01")) for _ in range(4)))
    (alert,) = await read_alerts(api, pusher)
    async with state.sessions() as session:
        told = await session.scalars(
            select(Event).where(Event.company_id == pusher.company_id).order_by(Event.happened_at)
        )
        events = [(event.kind, str(event.subject_id), event.data) for event in told]
    data = {"alert_id": alert["id"], "kind": "silent_connector"}
    assert events == [("alert.raised", alert["id"], data), ("alert.cleared", alert["id"], data)]
