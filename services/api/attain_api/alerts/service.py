"""Alerts: trouble that Attain has noticed by itself, and who takes it on (MET-8, CULT-5)."""

from collections.abc import Collection, Mapping
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.alerts import repository
from attain_api.alerts.repository import SeenAlert
from attain_api.conditional import apply_changes, check_if_match, content_tag
from attain_api.paging import PageQuery
from attain_shared.alerts.models import Alert
from attain_shared.alerts.schemas import AlertAcknowledge, AlertKind, AlertRead, Severity
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, NotAllowed, NotFound


async def get_alert(uow: UnitOfWork, *, actor: Actor, alert_id: UUID) -> AlertRead:
    """An alert in the caller's view."""
    return read_alert(actor, await _find(uow, actor=actor, alert_id=alert_id))


async def list_alerts(
    uow: UnitOfWork,
    *,
    actor: Actor,
    state: Literal["open", "cleared"] | None,
    filters: Mapping[str, object],
    query: PageQuery,
) -> tuple[list[AlertRead], str | None]:
    """A part of the alerts that the caller sees."""
    rows, cursor = await repository.list_alerts(
        uow.session, visible_to=actor, state=state, filters=filters, query=query
    )
    return [read_alert(actor, row) for row in rows], cursor


async def list_seen(session: AsyncSession, *, actor: Actor, alert_ids: Collection[UUID]) -> set[UUID]:
    """Which of these alerts the caller sees."""
    return await repository.list_seen(session, visible_to=actor, alert_ids=alert_ids)


async def acknowledge(
    uow: UnitOfWork, *, actor: Actor, alert_id: UUID, data: AlertAcknowledge, if_match: str | None
) -> AlertRead:
    """Take an alert on, or over; the same once more changes nothing.

    Raises:
        NotAllowed: it is somebody else's to see to.
        ActionNotAllowed: the trouble is over.
    """
    seen = await _find(uow, actor=actor, alert_id=alert_id, for_update=True)
    alert = seen.alert
    if not _may_act(actor, alert):
        raise NotAllowed("You may not acknowledge this alert.")
    check_if_match(if_match, content_tag(read_alert(actor, seen)))
    if alert.cleared_at is not None:
        raise ActionNotAllowed("the alert is cleared")
    changes: dict[str, object] = {"acknowledged_by": actor.person_id, "comment": data.comment}
    before = {name: getattr(alert, name) for name in changes}
    if before != changes:
        apply_changes(alert, changes | {"acknowledged_at": utc_now()})
        uow.record(
            resource_type="alert",
            resource_id=alert.id,
            changes={name: (before[name], value) for name, value in changes.items()},
        )
        await uow.session.flush()
    return read_alert(actor, seen)


def read_alert(actor: Actor, seen: SeenAlert) -> AlertRead:
    """An alert as the caller sees it."""
    alert = seen.alert
    is_open = alert.cleared_at is None
    same = (
        "id", "rule_id", "connector_id", "shop_id", "goal_id", "department_id", "owner_id", "details", "raised_at",
        "cleared_at", "acknowledged_at", "acknowledged_by", "comment",
    )  # fmt: skip
    return AlertRead(
        kind=AlertKind(alert.kind),
        state="open" if is_open else "cleared",
        severity=Severity(alert.severity),
        rule_name=seen.rule_name,
        playbook=seen.playbook,
        allowed_actions=["acknowledge"] if is_open and _may_act(actor, alert) else [],
        **{name: getattr(alert, name) for name in same},
    )


def _may_act(actor: Actor, alert: Alert) -> bool:
    """Its owner and administrators; where it has no owner, whoever sees it."""
    return alert.owner_id in (None, actor.person_id) or "admin" in actor.roles


async def _find(uow: UnitOfWork, *, actor: Actor, alert_id: UUID, for_update: bool = False) -> SeenAlert:
    seen = await repository.find_alert(uow.session, visible_to=actor, alert_id=alert_id, for_update=for_update)
    if seen is None:
        raise NotFound("There is no such alert.")
    return seen
