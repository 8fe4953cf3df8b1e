"""`/v1/alerts`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query

from attain_api.alerts import service
from attain_api.conditional import ChangeTag, Tag, content_tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_shared.alerts.schemas import AlertAcknowledge, AlertKind, AlertRead, Severity
from attain_shared.errors import Conflict, Invalid, NotFound, Stale
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/alerts", tags=["Alerts"])

PEOPLE = allow("admin", "hr", "executive", "employee")
FILTERS = {"kind", "severity", "rule_id", "shop_id", "connector_id", "goal_id", "department_id", "owner_id"}


class AlertQuery(PageQuery):
    """Which alerts, and in which order."""

    sort: Literal["raised_at", "-raised_at"] = "-raised_at"
    """`-raised_at` for the newest first."""
    state: Literal["open", "cleared"] | None = None
    """Only those in this state."""
    kind: AlertKind | None = None
    """Only those of this kind."""
    severity: Severity | None = None
    """Only those of this severity."""
    rule_id: UUID | None = None
    """Only those that this rule raised."""
    shop_id: UUID | None = None
    """Only those about this shop."""
    connector_id: UUID | None = None
    """Only those about this connector."""
    goal_id: UUID | None = None
    """Only those about this goal."""
    department_id: UUID | None = None
    """Only those about this department."""
    owner_id: UUID | Literal["me"] | None = None
    """Only those that this person sees to; `me` is the caller."""


@router.get("", summary="List alerts", dependencies=[PEOPLE])
async def list_alerts(*, uow: Uow, actor: CurrentActor, query: Annotated[AlertQuery, Query()]) -> Page[AlertRead]:
    """Trouble that Attain has noticed by itself, newest first: on the shops, goals and departments that the caller sees."""
    filters = query.model_dump(include=FILTERS, exclude_none=True)
    if query.owner_id == "me":
        filters["owner_id"] = actor.principal_id
    items, cursor = await service.list_alerts(uow, actor=actor, state=query.state, filters=filters, query=query)
    return Page[AlertRead](items=items, next_cursor=cursor)


@router.get("/{alert_id}", summary="Get an alert", dependencies=[PEOPLE], responses=problems(NotFound))
async def get_alert(*, uow: Uow, actor: CurrentActor, tag: Tag, alert_id: UUID) -> AlertRead:
    """One alert."""
    alert = await service.get_alert(uow, actor=actor, alert_id=alert_id)
    tag.show(content_tag(alert))
    return alert


@router.post(
    "/{alert_id}/actions/acknowledge",
    summary="Acknowledge an alert",
    dependencies=[PEOPLE],
    responses=problems(NotFound, Conflict, Stale, Invalid),
)
async def acknowledge_alert(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    alert_id: UUID,
    body: AlertAcknowledge,
    if_match: IfMatch = None,
) -> AlertRead:
    """Take it on, or over: by its owner, by administrators, and where it has no owner by whoever sees it."""
    alert = await service.acknowledge(uow, actor=actor, alert_id=alert_id, data=body, if_match=if_match)
    tag.set(content_tag(alert))
    return alert
