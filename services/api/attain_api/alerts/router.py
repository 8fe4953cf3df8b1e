"""`/v1/alerts`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from attain_api.alerts import service
from attain_api.alerts.repository import Wanted
from attain_api.conditional import Tag, version_tag
from attain_api.deps import CurrentActor, Uow, allow
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_shared.alerts.schemas import AlertKind, AlertRead
from attain_shared.errors import NotFound
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])

READ = ("admin", "executive")


class AlertQuery(PageQuery):
    """Which alerts, and in which order."""

    sort: Literal["raised_at", "-raised_at"] = "-raised_at"
    """`-raised_at` for the newest first."""
    state: Literal["open", "cleared"] | None = None
    """Only those in this state."""
    kind: AlertKind | None = None
    """Only those of this kind."""
    shop_id: UUID | None = None
    """Only those about this shop."""
    connector_id: UUID | None = None
    """Only those about this connector."""


@router.get("", summary="List alerts", dependencies=[allow(*READ)])
async def list_alerts(*, uow: Uow, actor: CurrentActor, query: Annotated[AlertQuery, Query()]) -> Page[AlertRead]:
    """Trouble that Attain has noticed by itself, newest first."""
    wanted = Wanted(state=query.state, kind=query.kind, shop_id=query.shop_id, connector_id=query.connector_id)
    alerts, cursor = await service.list_alerts(uow, actor=actor, wanted=wanted, query=query)
    return Page[AlertRead](items=[service.read_alert(alert) for alert in alerts], next_cursor=cursor)


@router.get("/{alert_id}", summary="Get an alert", dependencies=[allow(*READ)], responses=problems(NotFound))
async def get_alert(*, uow: Uow, actor: CurrentActor, tag: Tag, alert_id: UUID) -> AlertRead:
    """One alert."""
    alert = await service.get_alert(uow, actor=actor, alert_id=alert_id)
    tag.show(version_tag(alert.version))
    return service.read_alert(alert)
