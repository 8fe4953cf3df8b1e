"""Giving a template to a position, a department, a tier or some people in one call (GOAL-13)."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from attain_api.access.actor import Actor
from attain_api.goals import assigning as goals
from attain_api.goals.assigning import Common, Judged
from attain_api.goals.writing import hold_open_cycle
from attain_api.kpi_templates import repository, service
from attain_api.kpi_templates.repository import Addressed
from attain_api.shops import service as shops
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import FieldError, Invalid, NotAllowed
from attain_shared.goals.assignment_schemas import (
    MOST_PEOPLE,
    AssignedItem,
    Assignment,
    AssignmentReport,
    ToDepartment,
    ToPeople,
    ToPosition,
)
from attain_shared.goals.indicator_schemas import IndicatorCreate, Indicators
from attain_shared.goals.models import Cycle
from attain_shared.goals.sources import MEASURED
from attain_shared.goals.template_models import KpiTemplate

WRITERS = frozenset({"admin", "hr"})
"""Who gives templates whoever they are above of: HR to everybody, administrators to people without an account (SEC-3)."""
MOST_SHOPS = 200
"""As many as an indicator takes."""
_NOT_EMPLOYED = {"left": "has-left", "upcoming": "not-hired-yet"}
_INDICATORS: TypeAdapter[Indicators] = TypeAdapter(list[IndicatorCreate])


async def assign_template(uow: UnitOfWork, *, actor: Actor, template_id: UUID, data: Assignment) -> AssignmentReport:
    """Give everybody addressed a goal of a template, once in a cycle: who has one already keeps it as it is.

    Calls with one template wait for each other, so that two at once make no more goals than one.
    """
    template = await service.get_template(uow, actor=actor, template_id=template_id, for_update=True)
    cycle = await hold_open_cycle(uow, actor=actor, cycle_id=data.cycle_id)
    await _check_names(uow, actor=actor, data=data, template=template)
    people = await _addressed(uow, actor=actor, data=data, cycle=cycle)
    existing = await repository.list_assigned(
        uow.session, company_id=actor.company_id, cycle_id=cycle.id, template_id=template.id
    )
    refused: dict[UUID, str] = {}
    wanted: dict[UUID, Indicators] = {}
    shops_of = await _shops_of(uow, actor=actor, data=data, people=people)
    for person in people:
        if not person.is_within_reach:
            refused[person.id] = "not-allowed"  # also where they have one: the caller does not see it
        elif person.id not in existing:
            reason = _reason_against(person, template, shops_of[person.id])
            if reason is not None:
                refused[person.id] = reason
            else:
                wanted[person.id] = _indicators(template, data, person, shops_of[person.id])
    weight = template.weight if data.weight is None else data.weight
    common = Common(template=template, cycle=cycle, parent_id=data.parent_id, weight=weight)
    judged = await goals.judge_goals(uow, actor=actor, common=common, wanted=wanted)
    stored: dict[UUID, UUID] = {}
    if judged.accepted and not data.dry_run:
        stored = await goals.store_goals(uow, actor=actor, common=common, judged=judged)
    return _report(data, people, existing=existing, refused=refused, judged=judged, stored=stored)


def _report(
    data: Assignment,
    people: Iterable[Addressed],
    *,
    existing: Mapping[UUID, UUID],
    refused: Mapping[UUID, str],
    judged: Judged,
    stored: Mapping[UUID, UUID],
) -> AssignmentReport:
    reasons = {**refused, **judged.refused}
    items = []
    for person_id in sorted(person.id for person in people):
        reason = reasons.get(person_id)
        goal_id = None if reason is not None else existing.get(person_id) or stored.get(person_id)
        outcome = "refused" if reason is not None else "existing" if person_id in existing else "created"
        items.append(AssignedItem(person_id=person_id, outcome=outcome, goal_id=goal_id, reason=reason))
    outcomes = [item.outcome for item in items]
    return AssignmentReport(
        dry_run=data.dry_run,
        created=outcomes.count("created"),
        existing=outcomes.count("existing"),
        refused=outcomes.count("refused"),
        items=items,
    )


async def _check_names(uow: UnitOfWork, *, actor: Actor, data: Assignment, template: KpiTemplate) -> None:
    """Refuse what the call names and is not there for the caller."""
    faults = [
        FieldError(f"/targets/{place}", "unknown-indicator", "The template has no such indicator.")
        for place in data.targets
        if int(place) >= len(template.indicators)
    ]
    if data.shop_ids != "owned":
        unknown = await shops.find_unknown(uow, actor=actor, shop_ids=data.shop_ids)
        faults += [FieldError(f"/shop_ids/{place}", "unknown-shop", "There is no such shop.") for place in unknown]
        faults += _duplicates("/shop_ids", data.shop_ids)
    company_id = actor.company_id
    if isinstance(data.to, ToPosition) and not await repository.position_exists(
        uow.session, company_id=company_id, position_id=data.to.position_id
    ):
        faults.append(FieldError("/to/position_id", "unknown-position", "There is no such position."))
    if isinstance(data.to, ToDepartment) and not await repository.department_exists(
        uow.session, visible_to=actor, department_id=data.to.department_id
    ):
        faults.append(FieldError("/to/department_id", "unknown-department", "There is no such department."))
    if isinstance(data.to, ToPeople):
        faults += _duplicates("/to/person_ids", data.to.person_ids)
    if faults:
        raise Invalid("the template cannot be assigned; see errors", errors=faults)


def _duplicates(pointer: str, ids: Sequence[UUID]) -> list[FieldError]:
    first = {one: place for place, one in reversed([*enumerate(ids)])}
    return [
        FieldError(f"{pointer}/{place}", "duplicate", "named twice")
        for place, one in enumerate(ids)
        if first[one] != place
    ]


async def _addressed(uow: UnitOfWork, *, actor: Actor, data: Assignment, cycle: Cycle) -> list[Addressed]:
    """Everybody the call is about: of a group those whom the caller may give goals to, by name whoever is named."""
    today = business_day()
    day = min(max(today, cycle.starts_on), cycle.ends_on)
    people = await repository.list_addressed(uow.session, visible_to=actor, to=data.to, day=day, limit=MOST_PEOPLE + 1)
    if not actor.roles & WRITERS and not any(person.is_within_reach for person in people):
        raise NotAllowed("You may give templates to the people below you.")
    if isinstance(data.to, ToPeople):
        known = {person.id for person in people}
        faults = [
            FieldError(f"/to/person_ids/{place}", "unknown-person", "There is no such person.")
            for place, person_id in enumerate(data.to.person_ids)
            if person_id not in known
        ]
        if faults:
            raise Invalid("the template cannot be assigned; see errors", errors=faults[:100])
    if len(people) > MOST_PEOPLE:
        raise Invalid.field("/to", "too-many-people", f"At most {MOST_PEOPLE} people in a call.")
    return people


async def _shops_of(
    uow: UnitOfWork, *, actor: Actor, data: Assignment, people: Sequence[Addressed]
) -> Mapping[UUID, Sequence[UUID]]:
    """What each is measured over; `owned` are those of today, whatever the cycle."""
    if data.shop_ids != "owned":
        return dict.fromkeys((person.id for person in people), data.shop_ids)
    owned = await repository.list_owned_shops(
        uow.session, company_id=actor.company_id, person_ids=[person.id for person in people], day=business_day()
    )
    return {person.id: owned.get(person.id, ()) for person in people}


def _reason_against(person: Addressed, template: KpiTemplate, shop_ids: Sequence[UUID]) -> str | None:
    """Why somebody gets no goal, as far as it can be said without the catalogue."""
    kinds = {one["kind"] for one in template.indicators}
    if person.status in _NOT_EMPLOYED:
        return _NOT_EMPLOYED[person.status]
    if kinds & MEASURED and not shop_ids:
        return "no-shops"
    if kinds & MEASURED and len(shop_ids) > MOST_SHOPS:
        return "too-many-shops"
    if "people" in kinds and person.department_id is None:
        return "no-department"
    return None


def _indicators(template: KpiTemplate, data: Assignment, person: Addressed, shop_ids: Sequence[UUID]) -> Indicators:
    """The template's indicators as a goal of this person has them.

    Raises:
        Invalid: a target is none for its kind of indicator; all else was checked before.
    """
    told = [
        _indicator(one, data.targets.get(str(place)), person, shop_ids) for place, one in enumerate(template.indicators)
    ]
    try:
        return _INDICATORS.validate_python(told)
    except ValidationError as refusal:
        faults = [FieldError(f"/targets/{one['loc'][0]}", "invalid-target", one["msg"]) for one in refusal.errors()]
        raise Invalid("the template cannot be assigned; see errors", errors=faults) from refusal


def _indicator(
    stored: Mapping[str, Any],
    target: Decimal | None,
    person: Addressed,
    shop_ids: Sequence[UUID],
) -> dict[str, Any]:
    own: dict[str, Any] = dict(stored) if target is None else {**stored, "target": target}
    if stored["kind"] in MEASURED:
        return own | {"shop_ids": list(shop_ids)}
    return own | {"department_id": person.department_id} if stored["kind"] == "people" else own
