"""Giving many people a goal of one template (GOAL-13): as many statements for many as for one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.goals.draft import Draft, Known, load_known
from attain_api.goals.drafting import refuse
from attain_api.goals.indicators import indicator_columns, indicator_faults
from attain_api.goals.measuring import recompute
from attain_api.goals.owners import OwnerKey
from attain_api.goals.writing import find_parent_faults
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, FieldError
from attain_shared.goals.indicator_schemas import Indicators
from attain_shared.goals.models import Cycle, Goal, Indicator
from attain_shared.goals.sources import set_sources
from attain_shared.goals.template_models import KpiTemplate
from attain_shared.identifiers import new_id
from attain_shared.metrics.declarations import metrics_of
from attain_shared.rules.life import State
from attain_shared.rules.periods import Window
from attain_shared.shops.queries import wait_for_shops

COPIED = ("title", "why", "how", "behaviours", "standards", "ignore_missing")
"""What goals take from their template as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What all the new goals have in common."""

    template: KpiTemplate
    cycle: Cycle
    parent_id: UUID | None
    weight: Decimal
    """Percent of each owner's goals."""

    @property
    def window(self) -> Window:
        """The whole cycle."""
        return Window(self.cycle.starts_on, self.cycle.ends_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Who may get a goal, and who may not."""

    known: Known
    accepted: Mapping[UUID, Draft]
    """By person."""
    refused: Mapping[UUID, str]
    """By person a code of why."""


async def judge_goals(uow: UnitOfWork, *, actor: Actor, common: Common, wanted: Mapping[UUID, Indicators]) -> Judged:
    """Check the goals of many people, each by what they are to be measured by.

    Raises:
        Invalid: what is wrong with all of them: a target (`/targets/0`) or the parent.
    """
    drafts = {
        person_id: Draft(owner=OwnerKey(person_id=person_id), window=common.window, indicators=indicators)
        for person_id, indicators in wanted.items()
    }
    all_of_them = Draft(
        owner=OwnerKey(person_id=actor.principal_id),  # a person, whoever it is
        window=common.window,
        indicators=[indicator for draft in drafts.values() for indicator in draft.indicators],
        rubric_id=common.template.rubric_id,
    )
    known = await load_known(uow, actor=actor, draft=all_of_them)
    faults = {person_id: list(indicator_faults(draft, known)) for person_id, draft in drafts.items()}
    shared = dict.fromkeys(fault for found in faults.values() for fault in _target_faults(found))
    parent = common.parent_id
    above = () if parent is None else await find_parent_faults(uow, actor=actor, parent_id=parent, draft=all_of_them)
    refuse([*shared, *above])
    return Judged(
        known=known,
        accepted={person_id: draft for person_id, draft in drafts.items() if not faults[person_id]},
        refused={person_id: found[0].code for person_id, found in faults.items() if found},
    )


def _target_faults(faults: list[FieldError]) -> Iterator[FieldError]:
    """What is said of the targets is said of everybody's: shops and departments are each one's own."""
    for fault in faults:
        if fault.code == "invalid-target":
            place = fault.pointer.split("/")[2]
            yield FieldError(f"/targets/{place}", fault.code, fault.detail)


async def store_goals(uow: UnitOfWork, *, actor: Actor, common: Common, judged: Judged) -> dict[UUID, UUID]:
    """Write the goals of those who may get one, in draft, and have them computed: by person the goal's id."""
    known, session, company_id = judged.known, uow.session, actor.company_id
    made: list[tuple[Goal, list[Indicator]]] = []
    for person_id, draft in sorted(judged.accepted.items()):
        goal = _goal(actor, common, known, person_id=person_id)
        made.append((goal, _indicators(goal, draft, known)))
    shop_ids = {shop_id for _, indicators in made for one in indicators for shop_id in one.shop_ids}
    await wait_for_shops(session, company_id=company_id, shop_ids=shop_ids)
    session.add_all(goal for goal, _ in made)
    await _flush(uow)
    session.add_all(indicator for _, indicators in made for indicator in indicators)
    await session.flush()
    await set_sources(session, company_id=company_id, goals=made, metrics=metrics_of(known.entries))
    await recompute(uow, company_id=company_id, goal_ids=[goal.id for goal, _ in made])
    return {goal.person_id: goal.id for goal, _ in made if goal.person_id is not None}


async def _flush(uow: UnitOfWork) -> None:
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if "uq_goals_assigned" in str(error.orig):
            raise Conflict("Somebody got such a goal at the same moment; send this again.") from error
        raise


def _goal(actor: Actor, common: Common, known: Known, *, person_id: UUID) -> Goal:
    template, cycle = common.template, common.cycle
    present = known.rubric
    return Goal(
        company_id=actor.company_id,
        id=new_id(),
        cycle_id=cycle.id,
        person_id=person_id,
        parent_id=common.parent_id,
        starts_on=cycle.starts_on,
        ends_on=cycle.ends_on,
        state=State.DRAFT.value,
        template_id=template.id,
        created_by=actor.principal_id,
        version=1,
        weight=common.weight,
        rubric=template.rubric if present is None else present.rubric,
        rubric_id=template.rubric_id,
        rubric_version=int(template.rubric is not None) if present is None else present.rules_version,
        **{name: getattr(template, name) for name in COPIED},
    )


def _indicators(goal: Goal, draft: Draft, known: Known) -> list[Indicator]:
    return [
        Indicator(
            company_id=goal.company_id,
            id=new_id(),
            goal_id=goal.id,
            position=position,
            **indicator_columns(indicator, department_id=None, known=known),
        )
        for position, indicator in enumerate(draft.indicators)
    ]
