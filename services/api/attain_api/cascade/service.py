"""Whether the targets of a cycle's cascade add up, and what is loose in it (GOAL-11)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from attain_api.access.actor import Actor
from attain_api.cascade import repository
from attain_api.cycles.service import get_cycle
from attain_api.goals.owners import OwnerKey, read_owner
from attain_api.paging import PageQuery
from attain_shared.db.session import UnitOfWork
from attain_shared.goals.cascade_schemas import CascadedMetric, CascadeParent, CascadeRead, OrphanGoal, UnownedGoal
from attain_shared.metrics.declarations import load_metrics
from attain_shared.rules.algebra import Algebra
from attain_shared.rules.cascade import conserved

Figure = tuple[str, str, UUID | None]
"""A metric, a dimension and a set of items: targets of the same are compared."""
Targets = Mapping[UUID, Mapping[Figure, Sequence[Decimal]]]
"""By goal and figure."""


async def get_cascade(uow: UnitOfWork, *, actor: Actor, cycle_id: UUID, query: PageQuery) -> CascadeRead:
    """The goals of a cycle that have others below them, with what those add up to; and what is loose.

    Only what the caller sees in full: a goal below that they do not see is not added either.
    """
    await get_cycle(uow, actor=actor, cycle_id=cycle_id)
    rows, cursor = await repository.list_noteworthy(uow.session, visible_to=actor, cycle_id=cycle_id, query=query)
    parents = [row for row in rows if row.children]
    own, below = await _load_targets(uow, actor=actor, parents=parents)
    return CascadeRead(
        cycle_id=cycle_id,
        items=[
            CascadeParent(**_goal(row), children=row.children, metrics=_compared(own[row.id], below[row.id]))
            for row in parents
        ],
        orphans=[OrphanGoal(**_goal(row), reason=row.orphaned) for row in rows if row.orphaned],
        unowned=[UnownedGoal(**_goal(row), reason=row.unowned) for row in parents if row.unowned],
        next_cursor=cursor,
    )


async def _load_targets(
    uow: UnitOfWork, *, actor: Actor, parents: Sequence[Row[*tuple[Any, ...]]]
) -> tuple[Targets, Targets]:
    """The targets of goals, and of those right below each."""
    own: dict[UUID, dict[Figure, list[Decimal]]] = defaultdict(lambda: defaultdict(list))
    below: dict[UUID, dict[Figure, list[Decimal]]] = defaultdict(lambda: defaultdict(list))
    if not parents:
        return own, below
    catalogue = await load_metrics(uow.session, company_id=actor.company_id)
    additive = [code for code, metric in catalogue.items() if metric.algebra is Algebra.ADDITIVE]
    rows = await repository.list_targets(
        uow.session, visible_to=actor, goal_ids=[row.id for row in parents], metrics=additive
    )
    for row in rows:
        figure = (row.metric, row.dimension, row.item_set_id)
        if row.own_id is not None:
            own[row.own_id][figure].append(row.target)
        if row.parent_id is not None:
            below[row.parent_id][figure].append(row.target)
    return own, below


def _compared(
    own: Mapping[Figure, Sequence[Decimal]], below: Mapping[Figure, Sequence[Decimal]]
) -> list[CascadedMetric]:
    """What is measured by a goal and below it."""
    compared = []
    for figure, targets in own.items():
        if figure not in below:
            continue
        found = conserved(sum(targets, Decimal(0)), below[figure])
        metric, dimension, item_set_id = figure
        compared.append(
            CascadedMetric(
                metric=metric,
                dimension=dimension,
                item_set_id=item_set_id,
                target=found.parent,
                children=len(below[figure]),
                children_target=found.children_total,
                gap=found.gap,
                stretch=found.stretch,
            )
        )
    return compared


def _goal(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    owner = read_owner(OwnerKey(row.department_id, row.person_id))
    return {"goal_id": row.id, "title": row.title, "owner": owner, "state": row.state}
