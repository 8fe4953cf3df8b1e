"""Alerts: trouble that Attain has noticed by itself (MET-8)."""

from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.alerts import repository
from attain_api.alerts.repository import Wanted
from attain_api.paging import PageQuery
from attain_shared.alerts.models import Alert
from attain_shared.alerts.schemas import AlertKind, AlertRead
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import NotFound


async def get_alert(uow: UnitOfWork, *, actor: Actor, alert_id: UUID) -> Alert:
    """An alert of the caller's company."""
    alert = await repository.find_alert(uow.session, company_id=actor.company_id, alert_id=alert_id)
    if alert is None:
        raise NotFound("There is no such alert.")
    return alert


async def list_alerts(
    uow: UnitOfWork, *, actor: Actor, wanted: Wanted, query: PageQuery
) -> tuple[list[Alert], str | None]:
    """A part of the company's alerts."""
    return await repository.list_alerts(uow.session, company_id=actor.company_id, wanted=wanted, query=query)


def read_alert(alert: Alert) -> AlertRead:
    """An alert as it is shown."""
    return AlertRead(
        id=alert.id,
        kind=AlertKind(alert.kind),
        state="open" if alert.cleared_at is None else "cleared",
        connector_id=alert.connector_id,
        shop_id=alert.shop_id,
        details=alert.details,
        raised_at=alert.raised_at,
        cleared_at=alert.cleared_at,
    )
