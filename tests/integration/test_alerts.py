"""Silence: a shop whose figures are due and not there raises an alert, which is cleared once they are (MET-8)."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from httpx import AsyncClient
from sqlalchemy import update
from structlog.testing import capture_logs

from attain_api.state import ApiState
from attain_shared.access.models import Connector
from attain_shared.alerts.models import Alert
from attain_shared.db.session import transaction
from attain_shared.shops.models import Shop
from attain_worker.alerts.service import Silence
from tests.support.companies import make_company, make_member, make_shop
from tests.support.http import ok, pointers, problem
from tests.support.pushes import Pusher, push_and_take_in
from tests.support.silence import (
    ALERTS,
    CREATED,
    LOS_ANGELES,
    SHANGHAI,
    at,
    deliver,
    own,
    read_alerts,
    watch,
    watched,
)


async def is_open(api: AsyncClient, pusher: Pusher) -> bool:
    return len(await read_alerts(api, pusher, state="open")) == 1


async def test_a_connector_past_its_hour_raises_one_alert_and_clears_it(api: AsyncClient, state: ApiState) -> None:
    """MET-8: raised once, however often it is looked at; cleared when the day due has come."""
    pusher = await watched(state)
    await deliver(state, pusher, "2026-07-09")
    await watch(state, pusher, at("2026-07-11 09:29"))
    assert await read_alerts(api, pusher) == []
    with capture_logs() as logs:
        await watch(state, pusher, at("2026-07-11 09:30"))
        await watch(state, pusher, at("2026-07-11 09:31"))
    (alert,) = await read_alerts(api, pusher)
    assert alert == {
        "id": alert["id"],
        "kind": "silent_connector",
        "state": "open",
        "severity": "warning",
        "rule_id": None,
        "rule_name": None,
        "playbook": None,
        "connector_id": str(pusher.connector.id),
        "shop_id": str(pusher.shop.id),
        "goal_id": None,
        "department_id": None,
        "owner_id": None,
        "details": {"expected_day": "2026-07-10", "due_at": "2026-07-11T01:30:00+00:00", "latest_day": "2026-07-09"},
        "raised_at": "2026-07-11T01:30:00Z",
        "cleared_at": None,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "comment": None,
        "allowed_actions": ["acknowledge"],
    }
    ids = {"alert_id": alert["id"], "connector_id": alert["connector_id"], "shop_id": alert["shop_id"]}
    noted = ids | {"company_id": str(pusher.company_id)}
    assert logs == [noted | {"event": "a connector is silent", "log_level": "warning"}]
    first = await api.get(f"{ALERTS}/{alert['id']}", headers=pusher.company.headers)
    assert ok(first) == alert
    await deliver(state, pusher, "2026-07-10")
    with capture_logs() as logs:
        await watch(state, pusher, at("2026-07-11 10:00"))
        await watch(state, pusher, at("2026-07-11 10:01"))
    assert logs == [noted | {"event": "a connector is silent no longer", "log_level": "info"}]
    then = await api.get(f"{ALERTS}/{alert['id']}", headers=pusher.company.headers)
    assert ok(then) == alert | {"state": "cleared", "cleared_at": "2026-07-11T02:00:00Z", "allowed_actions": []}
    assert then.headers["etag"] != first.headers["etag"]
    tag = pusher.company.headers | {"If-None-Match": then.headers["etag"]}
    assert (await api.get(f"{ALERTS}/{alert['id']}", headers=tag)).status_code == 304


async def test_silence_lasts_over_midnight_and_the_next_one_is_another_alert(api: AsyncClient, state: ApiState) -> None:
    """MET-8: the day change clears nothing; after it spoke, a connector may fall silent again."""
    pusher = await watched(state)
    await deliver(state, pusher, "2026-07-09")
    for moment in ("2026-07-11 23:59", "2026-07-12 00:01", "2026-07-12 09:31", "2026-07-14 12:00"):
        await watch(state, pusher, at(moment))
        assert await is_open(api, pusher)
    await deliver(state, pusher, "2026-07-13")
    await watch(state, pusher, at("2026-07-14 12:01"))
    assert not await is_open(api, pusher)
    await watch(state, pusher, at("2026-07-15 09:29"))
    assert not await is_open(api, pusher)
    await watch(state, pusher, at("2026-07-15 09:30"))
    every = await read_alerts(api, pusher)
    assert [alert["state"] for alert in every] == ["open", "cleared"]
    assert await read_alerts(api, pusher, state="cleared") == every[1:]


@pytest.mark.parametrize(
    ("zone", "not_yet", "due", "expected_day"),
    [
        (SHANGHAI, "2026-07-11T01:29:59+00:00", "2026-07-11T01:30:00+00:00", "2026-07-10"),
        ("UTC", "2026-07-11T09:29:59+00:00", "2026-07-11T09:30:00+00:00", "2026-07-10"),
        # still the 10th there, when it is the 11th in Shanghai
        (LOS_ANGELES, "2026-07-11T16:29:59+00:00", "2026-07-11T16:30:00+00:00", "2026-07-10"),
        ("Pacific/Kiritimati", "2026-07-10T19:29:59+00:00", "2026-07-10T19:30:00+00:00", "2026-07-10"),
        ("Pacific/Pago_Pago", "2026-07-11T20:29:59+00:00", "2026-07-11T20:30:00+00:00", "2026-07-10"),
    ],
)
async def test_the_hour_is_that_of_the_shop(
    api: AsyncClient, state: ApiState, zone: str, not_yet: str, due: str, expected_day: str
) -> None:
    """MET-1, MET-8: a business day is a date in the shop's own zone."""
    pusher = await watched(state, zone=zone)
    await deliver(state, pusher, "2026-07-09")
    await watch(state, pusher, datetime.fromisoformat(not_yet))
    assert await read_alerts(api, pusher) == []
    await watch(state, pusher, datetime.fromisoformat(due))
    (alert,) = await read_alerts(api, pusher)
    assert alert["details"] == {"expected_day": expected_day, "due_at": due, "latest_day": "2026-07-09"}


async def test_clocks_that_are_put_back_raise_nothing_twice(api: AsyncClient, state: ApiState) -> None:
    """MET-8: 01:30 comes twice in Los Angeles on 2026-11-01; on 2026-03-08 02:30 does not come at all."""
    pusher = await watched(state, zone=LOS_ANGELES, expected_by="01:30")
    await deliver(state, pusher, "2026-10-30")
    for minutes in range(0, 180, 10):
        await watch(state, pusher, at("2026-11-01 00:00", LOS_ANGELES) + timedelta(minutes=minutes))
    assert [one["state"] for one in await read_alerts(api, pusher)] == ["open"]
    spring = await watched(state, zone=LOS_ANGELES, expected_by="02:30")
    await deliver(state, spring, "2026-03-06")
    start = at("2026-03-08 01:00", LOS_ANGELES).astimezone(ZoneInfo("UTC"))
    for minutes in range(0, 180, 10):
        await watch(state, spring, start + timedelta(minutes=minutes))
    (alert,) = await read_alerts(api, spring)
    assert alert["details"]["expected_day"] == "2026-03-07"


async def test_a_connector_that_has_never_brought_anything_gets_a_day(api: AsyncClient, state: ApiState) -> None:
    """MET-8: a shop that was never connected is told of too, once its first whole day is due."""
    pusher = await watched(state)
    async with transaction(state.sessions, state.doorbell) as uow:
        mine = update(Connector).where(Connector.company_id == pusher.company_id)
        await uow.session.execute(mine.values(created_at=at("2026-07-10 12:00")))
    for moment in ("2026-07-10 12:01", "2026-07-11 09:30", "2026-07-12 09:29"):
        await watch(state, pusher, at(moment))
        assert not await is_open(api, pusher)
    await watch(state, pusher, at("2026-07-12 09:30"))
    (alert,) = await read_alerts(api, pusher)
    assert alert["details"] == {
        "expected_day": "2026-07-11",
        "due_at": "2026-07-12T01:30:00+00:00",
        "latest_day": None,
    }


@pytest.mark.parametrize(
    "change",
    [
        {"expected_by": None},
        {"shop_ids": []},
        {"expires_at": at("2026-07-11 11:00")},
        {"revoked_at": at("2026-07-11 10:30")},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_what_is_no_longer_expected_is_cleared(api: AsyncClient, state: ApiState, change: dict[str, Any]) -> None:
    """MET-8."""
    pusher = await watched(state)
    await watch(state, pusher, at("2026-07-11 10:00"))
    assert await is_open(api, pusher)
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(update(Connector).where(Connector.company_id == pusher.company_id).values(change))
    await watch(state, pusher, at("2026-07-11 11:00"))
    assert not await is_open(api, pusher)
    await watch(state, pusher, at("2026-07-12 11:00"))
    assert not await is_open(api, pusher)


async def test_two_workers_at_once_raise_one_alert(api: AsyncClient, state: ApiState) -> None:
    """MET-8: and clear it once."""
    pusher = await watched(state)
    await asyncio.gather(*(watch(state, pusher, at("2026-07-11 10:00")) for _ in range(4)))
    (alert,) = await read_alerts(api, pusher)
    await deliver(state, pusher, "2026-07-10")
    await asyncio.gather(*(watch(state, pusher, at("2026-07-11 10:01")) for _ in range(4)))
    async with transaction(state.sessions, state.doorbell) as uow:
        row = await uow.session.get(Alert, (pusher.company_id, UUID(alert["id"])))
    assert row is not None
    assert row.version == 2


async def test_each_shop_of_a_connector_is_watched(api: AsyncClient, state: ApiState) -> None:
    """MET-8: and alerts are found by shop, connector and kind."""
    pusher = await watched(state)
    silent = await make_shop(state, pusher.company)
    async with transaction(state.sessions, state.doorbell) as uow:
        both = update(Connector).where(Connector.company_id == pusher.company_id)
        await uow.session.execute(both.values(shop_ids=[pusher.shop.id, silent.id]))
        old = update(Shop).where(Shop.company_id == pusher.company_id)
        await uow.session.execute(old.values(created_at=CREATED))
    await deliver(state, pusher, "2026-07-10")
    await watch(state, pusher, at("2026-07-11 10:00"))
    (alert,) = await read_alerts(api, pusher)
    assert alert["shop_id"] == str(silent.id)
    same = {"shop_id": str(silent.id), "connector_id": str(pusher.connector.id), "kind": "silent_connector"}
    assert await read_alerts(api, pusher, **same) == [alert]
    assert await read_alerts(api, pusher, shop_id=str(pusher.shop.id)) == []
    assert await read_alerts(api, pusher, connector_id=str(pusher.shop.id)) == []


async def test_a_push_ends_the_silence(api: AsyncClient, state: ApiState) -> None:
    """MET-8: by the rows it brings, through the inbox."""
    pusher = await watched(state)
    await watch(state, pusher, at("2026-07-11 10:00"))
    await push_and_take_in(api, state, pusher, pusher.row(bucket="2026-07-10"))
    await watch(state, pusher, at("2026-07-11 10:01"))
    assert [alert["state"] for alert in await read_alerts(api, pusher)] == ["cleared"]


async def test_every_company_is_watched(api: AsyncClient, state: ApiState) -> None:
    pushers = [await watched(state), await watched(state)]
    now = at("2026-07-11 10:00")
    await Silence(state.sessions, state.doorbell, clock=lambda: now).watch()
    for pusher in pushers:
        assert await is_open(api, pusher)


async def test_an_alert_on_a_shop_is_for_whoever_sees_the_shop(api: AsyncClient, state: ApiState) -> None:
    """SEC-3, ORG-0."""
    pusher = await watched(state)
    await watch(state, pusher, at("2026-07-11 10:00"))
    (alert,) = await read_alerts(api, pusher)
    path = f"{ALERTS}/{alert['id']}"
    executive = await make_member(state, pusher.company, roles=("executive", "employee"))
    assert ok(await api.get(path, headers=executive.headers)) == alert
    peer, owner = [await make_member(state, pusher.company) for _ in range(2)]
    await own(api, pusher, owner)
    assert ok(await api.get(path, headers=owner.headers)) == alert
    problem(await api.get(path, headers=peer.headers), status=404, code="not-found")
    assert ok(await api.get(ALERTS, headers=peer.headers))["items"] == []
    for url in (ALERTS, path):
        problem(await api.get(url, headers=pusher.connector.headers), status=403, code="not-allowed")
    stranger = await make_company(state)
    problem(await api.get(path, headers=stranger.headers), status=404, code="not-found")
    assert ok(await api.get(ALERTS, headers=stranger.headers))["items"] == []


async def test_a_connector_says_by_when_its_figures_are_expected(api: AsyncClient, state: ApiState) -> None:
    """MET-8: HH:MM, null for never; and the audit trail has it (SEC-5)."""
    company = await make_company(state)
    body: dict[str, Any] = {"name": "sycm", "shop_ids": [], "scopes": ["write"]}
    response = await api.post("/v1/connectors", json=body, headers=company.headers)
    assert response.json()["expected_by"] is None
    response = await api.post("/v1/connectors", json=body | {"expected_by": "09:30"}, headers=company.headers)
    assert response.json()["expected_by"] == "09:30"
    path = response.headers["location"]
    for given in ("00:00", "23:59", None):
        changed = ok(await api.patch(path, json={"expected_by": given}, headers=company.headers))
        assert changed["expected_by"] == given
        assert ok(await api.get(path, headers=company.headers))["expected_by"] == given
    for wrong in ("9:30", "24:00", "09:30:00", "09:30Z", "０９:３０", 930, ""):
        refused = await api.patch(path, json={"expected_by": wrong}, headers=company.headers)
        assert [pointer for pointer, _ in pointers(refused)] == ["/expected_by"]
    trail = ok(await api.get("/v1/audit-entries", params={"resource_type": "connector"}, headers=company.headers))
    assert trail["items"][0]["changes"]["expected_by"] == {"before": "23:59:00", "after": None}


async def test_a_company_that_cannot_be_looked_at_holds_up_no_other(
    state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    companies = {(await make_company(state)).company_id for _ in range(3)}
    looked: set[UUID] = set()
    silence = Silence(state.sessions, state.doorbell)

    async def look(company_id: UUID) -> None:
        looked.add(company_id)
        raise ZeroDivisionError

    monkeypatch.setattr(silence, "watch_company", look)
    await silence.watch()
    assert companies <= looked
