"""`/v1/alert-rules`."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from attain_api.alert_rules import service
from attain_api.conditional import ChangeTag, Tag, version_tag
from attain_api.deps import CurrentActor, IfMatch, Uow, allow
from attain_api.idempotency import Creation
from attain_api.paging import PageQuery
from attain_api.problems import problems
from attain_shared.alerts.rule_schemas import AlertRuleCreate, AlertRuleRead, AlertRuleUpdate
from attain_shared.alerts.schemas import AlertKind
from attain_shared.errors import Conflict, Invalid, NotFound, Stale
from attain_shared.wire import Page

router = APIRouter(prefix="/v1/alert-rules", tags=["Alerts"])

READ = ("admin", "executive")
WRITE = ("admin",)


class AlertRuleQuery(PageQuery):
    """Which rules, and in which order."""

    sort: Literal["name", "-name", "created_at", "-created_at"] = "name"
    """By default by name."""
    kind: AlertKind | None = None
    """Only those of this kind."""


@router.post(
    "",
    status_code=201,
    response_model=AlertRuleRead,
    summary="Create an alert rule",
    dependencies=[allow(*WRITE)],
    responses=problems(Conflict, Invalid),
)
async def create_alert_rule(*, uow: Uow, creation: Creation, body: AlertRuleCreate) -> Response:
    """What Attain is to watch, who sees to it, and what is then to be done; it is looked at every minute.

    Silent connectors are told of without any rule: one of that kind gives their alerts an owner and a playbook.
    """
    return await creation.answer(
        uow,
        lambda: service.create_rule(uow, actor=creation.actor, data=body),
        service.read_rule,
        location="/v1/alert-rules/{id}",
    )


@router.get("", summary="List alert rules", dependencies=[allow(*READ)])
async def list_alert_rules(
    *, uow: Uow, actor: CurrentActor, query: Annotated[AlertRuleQuery, Query()]
) -> Page[AlertRuleRead]:
    """The company's rules."""
    rules, cursor = await service.list_rules(uow, actor=actor, kind=query.kind, query=query)
    return Page[AlertRuleRead](items=[service.read_rule(rule) for rule in rules], next_cursor=cursor)


@router.get("/{alert_rule_id}", summary="Get an alert rule", dependencies=[allow(*READ)], responses=problems(NotFound))
async def get_alert_rule(*, uow: Uow, actor: CurrentActor, tag: Tag, alert_rule_id: UUID) -> AlertRuleRead:
    """One rule."""
    rule = await service.get_rule(uow, actor=actor, rule_id=alert_rule_id)
    tag.show(version_tag(rule.version))
    return service.read_rule(rule)


@router.patch(
    "/{alert_rule_id}",
    summary="Change an alert rule",
    dependencies=[allow(*WRITE)],
    responses=problems(NotFound, Conflict, Stale, Invalid),
)
async def update_alert_rule(
    *,
    uow: Uow,
    actor: CurrentActor,
    tag: ChangeTag,
    alert_rule_id: UUID,
    body: AlertRuleUpdate,
    if_match: IfMatch = None,
) -> AlertRuleRead:
    """Its kind stays. Alerts that are open keep their severity and owner."""
    rule = await service.update_rule(uow, actor=actor, rule_id=alert_rule_id, data=body, if_match=if_match)
    tag.set(version_tag(rule.version))
    return service.read_rule(rule)


@router.delete(
    "/{alert_rule_id}",
    status_code=204,
    summary="Delete an alert rule",
    dependencies=[allow(*WRITE)],
    responses=problems(NotFound, Stale),
)
async def delete_alert_rule(*, uow: Uow, actor: CurrentActor, alert_rule_id: UUID, if_match: IfMatch = None) -> None:
    """What it has raised stays on record, and is cleared within a minute; silent connectors are told of as without it."""
    await service.delete_rule(uow, actor=actor, rule_id=alert_rule_id, if_match=if_match)
