"""Connectors that fall silent, and what is told about it."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from httpx import AsyncClient
from sqlalchemy import update

from attain_api.state import ApiState
from attain_shared.access.models import Connector
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.metrics.models import ConnectorDelivery
from attain_shared.shops.models import Shop
from attain_worker.alerts.service import Silence
from tests.support.companies import Member
from tests.support.http import ok
from tests.support.pushes import Pusher, make_pusher

ALERTS = "/v1/alerts"
SHANGHAI = "Asia/Shanghai"
LOS_ANGELES = "America/Los_Angeles"
CREATED = datetime(2026, 3, 1, tzinfo=ZoneInfo("UTC"))


def at(text: str, zone: str = SHANGHAI) -> datetime:
    """An instant by the clocks of a place."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


async def watched(state: ApiState, *, expected_by: str = "09:30", zone: str = SHANGHAI) -> Pusher:
    """A connector of March whose shop's figures are due every morning."""
    pusher = await make_pusher(state)
    async with transaction(state.sessions, state.doorbell) as uow:
        for table, values in (
            (Connector, {"created_at": CREATED, "expected_by": datetime.strptime(expected_by, "%H:%M").time()}),  # noqa: DTZ007
            (Shop, {"created_at": CREATED, "timezone": zone}),
        ):
            of_company = table.company_id == pusher.company_id
            await uow.session.execute(update(table).where(of_company).values(values))
    return pusher


async def deliver(state: ApiState, pusher: Pusher, day: str) -> None:
    """The connector has brought this day's figures, as ingestion notes it."""
    delivery = ConnectorDelivery(
        company_id=pusher.company_id,
        connector_id=pusher.connector.id,
        shop_id=pusher.shop.id,
        latest_day=date.fromisoformat(day),
        received_at=utc_now(),
    )
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.merge(delivery)


async def watch(state: ApiState, pusher: Pusher, now: datetime) -> None:
    """What a worker does every minute."""
    await Silence(state.sessions, state.doorbell, clock=lambda: now).watch_company(pusher.company_id)


async def read_alerts(api: AsyncClient, pusher: Pusher, **params: str) -> list[dict[str, Any]]:
    found = ok(await api.get(ALERTS, params=params, headers=pusher.company.headers))
    items: list[dict[str, Any]] = found["items"]
    return items


async def own(api: AsyncClient, pusher: Pusher, *owners: Member) -> None:
    """These people own the shop from its first day on; the first of them most of it."""
    shares = ["1"] if len(owners) == 1 else ["0.6", *["0.4"] * (len(owners) - 1)]
    named = [
        {"type": "person", "id": str(owner.person_id), "share": share}
        for owner, share in zip(owners, shares, strict=True)
    ]
    body = {"starts_on": "2026-03-01", "owners": named}
    ok(await api.put(f"/v1/shops/{pusher.shop.id}/owners", json=body, headers=pusher.company.headers))
