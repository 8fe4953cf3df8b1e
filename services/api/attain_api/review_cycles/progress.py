"""How far a round of reviews is, and whom it waits for."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from attain_api.access.actor import Actor
from attain_api.review_cycles import repository
from attain_api.review_cycles.service import SEES_ALL, find_round
from attain_api.reviews.service import seen_by
from attain_shared.db.session import UnitOfWork
from attain_shared.reviews.cycle_schemas import (
    DepartmentProgress,
    ReviewProgressRead,
    StepProgress,
    WaitingFor,
)
from attain_shared.reviews.models import Review
from attain_shared.reviews.opening import list_without_assessor
from attain_shared.rules.review_flow import Step

MOST_WAITING = 200
"""How many rows of whom reviews wait for are shown."""

Rows = Sequence[Row[*tuple[Any, ...]]]


async def load_progress(uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID) -> ReviewProgressRead:
    """How far a round is: for HR and administrators all of it, for others the reviews of others that they see (SEC-3)."""
    cycle = await find_round(uow, actor=actor, review_cycle_id=review_cycle_id)
    sees_all = not SEES_ALL.isdisjoint(actor.roles)
    rows = await repository.load_board(
        uow.session,
        company_id=actor.company_id,
        review_cycle_id=cycle.id,
        only=None if sees_all else seen_by(actor) & (Review.person_id != actor.person_id),
        most=MOST_WAITING + 1,
    )
    asks = sees_all and cycle.state != "closed"
    of_departments = [row for row in rows if row.is_of_department]
    waiting = [row for row in rows if not row.is_of_department]
    alone, alone_count = await list_without_assessor(uow.session, cycle=cycle) if asks else ([], 0)
    return ReviewProgressRead(
        review_cycle_id=cycle.id,
        count=sum(row.number for row in of_departments),
        steps=_steps(of_departments),
        departments=_departments(of_departments),
        waiting=[_waiting(row) for row in waiting[:MOST_WAITING]],
        is_waiting_cut=len(waiting) > MOST_WAITING,
        without_assessor=alone,
        without_assessor_count=alone_count,
    )


def _steps(rows: Rows) -> list[StepProgress]:
    return [_step(step, (row for row in rows if row.step == step)) for step in Step]


def _step(step: Step, rows: Iterable[Row[*tuple[Any, ...]]]) -> StepProgress:
    counts = [(row.number, row.overdue) for row in rows]
    return StepProgress(step=step, count=sum(one for one, _ in counts), overdue=sum(late for _, late in counts))


def _departments(rows: Rows) -> list[DepartmentProgress]:
    of_department: defaultdict[tuple[UUID | None, str | None], list[Row[*tuple[Any, ...]]]] = defaultdict(list)
    for row in rows:
        of_department[row.department_id, row.name].append(row)
    found = [
        DepartmentProgress(department_id=department_id, name=name, steps=[one for one in _steps(inside) if one.count])
        for (department_id, name), inside in of_department.items()
    ]
    return sorted(found, key=lambda one: (one.name is None, one.name, one.department_id))


def _waiting(row: Row[*tuple[Any, ...]]) -> WaitingFor:
    return WaitingFor(person_id=row.owner_id, name=row.name, step=Step(row.step), count=row.number, overdue=row.overdue)
