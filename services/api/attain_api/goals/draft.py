"""A goal as somebody wants it, and what it may refer to: what they see, and what it refers to already (SEC-3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.goals import repository
from attain_api.goals.owners import OwnerKey
from attain_shared.db.session import UnitOfWork
from attain_shared.goals.indicator_schemas import Aim, Indicators, Measured, PeopleIndicator
from attain_shared.goals.models import Indicator
from attain_shared.goals.schemas import MilestoneCreate, RubricBody
from attain_shared.goals.template_models import RubricVersion
from attain_shared.metrics.catalogue import CatalogueEntry
from attain_shared.metrics.declarations import hold_metrics, load_entries
from attain_shared.rules.periods import Window
from attain_shared.shops.models import ItemSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be checked of a goal: of a change, what it brings."""

    owner: OwnerKey
    window: Window
    collaborators: Sequence[UUID] = ()
    milestones: Sequence[MilestoneCreate] = ()
    indicators: Indicators = ()
    rubric: RubricBody | None = None
    rubric_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Those of what a draft names that are there for its writer."""

    entries: Mapping[str, CatalogueEntry] = field(default_factory=dict)
    """The catalogue; empty where the draft brings no indicators."""
    shops: frozenset[UUID] = frozenset()
    """Those whose values the writer sees."""
    item_sets: Mapping[UUID, ItemSet] = field(default_factory=dict)
    departments: frozenset[UUID] = frozenset()
    """Those whose figures the writer sees (ORG-5)."""
    people: frozenset[UUID] = frozenset()
    rubric: RubricVersion | None = None
    """The present rules of the company's rubric."""
    held: Mapping[UUID, Indicator] = field(default_factory=dict)
    """By id, those whose shops and departments stay theirs, whoever changes the goal."""

    def held_by(self, indicator: Aim) -> Indicator | None:
        """The indicator as it is, where what it measures is its own already; none for a new one."""
        indicator_id: UUID | None = getattr(indicator, "id", None)
        return None if indicator_id is None else self.held.get(indicator_id)


async def load_known(
    uow: UnitOfWork, *, actor: Actor, draft: Draft, held: Mapping[UUID, Indicator] | None = None
) -> Known:
    """What a draft may name: what its writer sees, and of the indicators `held` what they measure already.

    The catalogue stays as it is until the transaction ends, and so do the item sets.
    """
    session, company_id = uow.session, actor.company_id
    people = {*draft.collaborators, *(one.owner_id for one in draft.milestones if one.owner_id is not None)}
    known_people = await repository.find_people(session, company_id=company_id, person_ids=people)
    rubric = None
    if draft.rubric_id is not None:
        rubric = await repository.find_rubric(session, company_id=company_id, rubric_id=draft.rubric_id)
    if not draft.indicators:
        return Known(people=known_people, rubric=rubric)
    await hold_metrics(session, company_id=company_id)
    measured = [one for one in draft.indicators if isinstance(one, Measured)]
    named = {shop_id for one in measured for shop_id in one.shop_ids}
    shops = await repository.find_shop_ids(session, visible_to=actor, shop_ids=named)
    held = held or {}
    about = [one.department_id for one in draft.indicators if isinstance(one, PeopleIndicator)]
    departments = {department_id for department_id in about if department_id is not None}
    return Known(
        entries=await load_entries(session, company_id=company_id),
        shops=frozenset(shops),
        item_sets=await repository.hold_item_sets(
            session,
            company_id=company_id,
            shop_ids=shops.union(*(one.shop_ids for one in held.values())),
            item_set_ids={one.item_set for one in measured if one.item_set is not None},
        ),
        departments=await repository.find_departments(session, visible_to=actor, department_ids=departments),
        people=known_people,
        rubric=rubric,
        held=held,
    )
