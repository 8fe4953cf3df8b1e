"""What a company wants to be told of: rules over metrics, goals, connectors and people (CULT-5)."""

from collections.abc import AsyncIterator, Iterable
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.alert_rules import repository
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.paging import PageQuery
from attain_api.people.service import employed_since
from attain_api.shops import service as shops
from attain_shared.alerts.models import AlertRule
from attain_shared.alerts.rule_schemas import CONDITION, AlertRuleCreate, AlertRuleRead, AlertRuleUpdate, Condition
from attain_shared.alerts.schemas import AlertKind, Severity
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, FieldError, Invalid, NotFound
from attain_shared.identifiers import new_id
from attain_shared.metrics.declarations import load_entries

MAX_RULES = 100
"""Rules of a company: each is looked at every minute."""


class AlertRuleTaken(Conflict):
    """The company has its rule on silent connectors already."""

    code, title = "alert-rule-taken", "Alert rule already there"


class TooManyAlertRules(Conflict):
    """The company has as many rules as it can."""

    code, title = "too-many-alert-rules", "Too many alert rules"


def read_rule(rule: AlertRule) -> AlertRuleRead:
    """A rule as the contract shows it."""
    return AlertRuleRead(
        id=rule.id,
        name=rule.name,
        condition=CONDITION.validate_python(rule.condition),
        severity=Severity(rule.severity),
        owner_id=rule.owner_id,
        playbook=rule.playbook,
        is_active=rule.is_active,
        created_at=rule.created_at,
    )


async def create_rule(uow: UnitOfWork, *, actor: Actor, data: AlertRuleCreate) -> AlertRule:
    """A new rule; what it finds is told within a minute.

    Raises:
        Invalid: it names a metric, a shop, a department or a person that is not there.
        AlertRuleTaken: there is a rule on silent connectors already.
        TooManyAlertRules: there are as many as may be.
    """
    await _check(uow, actor=actor, condition=data.condition, owner_id=data.owner_id)
    await repository.lock_rules(uow.session, company_id=actor.company_id)
    if await repository.count_rules(uow.session, company_id=actor.company_id) >= MAX_RULES:
        raise TooManyAlertRules(f"A company has {MAX_RULES} alert rules at most.")
    rule = AlertRule(
        company_id=actor.company_id,
        id=new_id(),
        kind=data.condition.kind,
        condition=data.condition.model_dump(mode="json"),
        **data.model_dump(exclude={"condition"}),
    )
    uow.session.add(rule)
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if "uq_alert_rules_silent_connector" in str(error.orig):
            raise AlertRuleTaken("There is a rule on silent connectors already: change that one.") from error
        raise
    return rule


async def get_rule(uow: UnitOfWork, *, actor: Actor, rule_id: UUID, for_update: bool = False) -> AlertRule:
    """A rule of the caller's company."""
    rule = await repository.find_rule(uow.session, company_id=actor.company_id, rule_id=rule_id, for_update=for_update)
    if rule is None:
        raise NotFound("There is no such alert rule.")
    return rule


async def list_rules(
    uow: UnitOfWork, *, actor: Actor, kind: AlertKind | None, query: PageQuery
) -> tuple[list[AlertRule], str | None]:
    """A part of the company's rules."""
    return await repository.list_rules(uow.session, company_id=actor.company_id, kind=kind, query=query)


async def update_rule(
    uow: UnitOfWork, *, actor: Actor, rule_id: UUID, data: AlertRuleUpdate, if_match: str | None
) -> AlertRule:
    """Change what is given; what is no trouble by the new condition is cleared within a minute.

    Raises:
        Invalid: as when it is created, or the condition is of another kind.
    """
    rule = await get_rule(uow, actor=actor, rule_id=rule_id, for_update=True)
    check_if_match(if_match, version_tag(rule.version))
    changes = data.model_dump(exclude_unset=True)
    condition = CONDITION.validate_python(changes["condition"]) if "condition" in changes else None
    if condition is not None:
        if condition.kind != rule.kind:
            raise Invalid.field("/condition/kind", "kind-fixed", "a rule stays of its kind; make another one")
        changes["condition"] = condition.model_dump(mode="json")
    await _check(uow, actor=actor, condition=condition, owner_id=changes.get("owner_id"))
    apply_changes(rule, changes)
    await uow.session.flush()
    return rule


async def delete_rule(uow: UnitOfWork, *, actor: Actor, rule_id: UUID, if_match: str | None) -> None:
    """Drop a rule; what it has raised stays on record, and the watch clears what is open."""
    rule = await get_rule(uow, actor=actor, rule_id=rule_id, for_update=True)
    check_if_match(if_match, version_tag(rule.version))
    await repository.let_go_of_alerts(uow.session, company_id=actor.company_id, rule_id=rule_id)
    await uow.session.delete(rule)
    await uow.session.flush()


async def _check(uow: UnitOfWork, *, actor: Actor, condition: Condition | None, owner_id: UUID | None) -> None:
    """Refuse what names something that is not there."""
    faults = [fault async for fault in _condition_faults(uow, actor=actor, condition=condition)]
    if owner_id is not None and not await employed_since(uow, company_id=actor.company_id, person_ids=[owner_id]):
        faults.append(FieldError("/owner_id", "unknown-person", "nobody who is employed"))
    if faults:
        raise Invalid("The alert rule is not valid; see `errors`.", errors=faults)


async def _condition_faults(uow: UnitOfWork, *, actor: Actor, condition: Condition | None) -> AsyncIterator[FieldError]:
    if condition is None or condition.kind == "silent_connector":
        return
    if condition.kind == "metric_drop":
        if condition.metric not in await load_entries(uow.session, company_id=actor.company_id):
            detail = f"no metric {condition.metric} in the catalogue"
            yield FieldError("/condition/metric", "unknown-metric", detail)
        for fault in _duplicates("shop_ids", condition.shop_ids or ()):
            yield fault
        for place in await shops.find_unknown(uow, actor=actor, shop_ids=condition.shop_ids or ()):
            yield FieldError(f"/condition/shop_ids/{place}", "unknown-shop", "no such shop")
        return
    named = condition.department_ids or []
    for fault in _duplicates("department_ids", named):
        yield fault
    known = await repository.list_open_departments(uow.session, company_id=actor.company_id, department_ids=named)
    for place, department_id in enumerate(named):
        if department_id not in known:
            yield FieldError(f"/condition/department_ids/{place}", "unknown-department", "no open department")


def _duplicates(field: str, ids: Iterable[UUID]) -> Iterable[FieldError]:
    seen: set[UUID] = set()
    for place, identifier in enumerate(ids):
        if identifier in seen:
            yield FieldError(f"/condition/{field}/{place}", "duplicate", "named twice")
        seen.add(identifier)
