"""What goals have come to (GOAL-5, GOAL-6, GOAL-10)."""

import asyncio
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import MEASURING
from attain_api.attainments import repository
from attain_api.goals.hiding import NO_SCORE, find_hidden, hide
from attain_api.state import ApiState
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import UnitOfWork, reading
from attain_shared.errors import NotFound
from attain_shared.goals.attainment_models import AttainmentDay
from attain_shared.goals.attainment_schemas import (
    AttainmentDayRead,
    AttainmentHistoryRead,
    AttainmentRead,
    IndicatorAttainmentRead,
    RubricUsed,
)
from attain_shared.goals.evaluation import Evaluation, evaluate_goals
from attain_shared.goals.figures import RubricKey, indicator_figures, rubric_figures, rubric_key
from attain_shared.goals.queries import load_goals

FIRST_PAUSE, PAUSE_GROWTH, LONGEST_PAUSE = 0.03, 1.2, 0.25
"""Seconds between the looks of a waiting request: often at first, as most waits are short, and each costs a statement."""

WAITING_SHARE = 0.5
"""Of the requests that a process takes at once, how many may wait for a batch: pushes need room too."""

PATIENCE = 0.5
"""Seconds that a batch which is shown waits for older ones: most are a moment behind, one that fails may take long."""


async def wait_for_batch(state: ApiState, *, actor: Actor, goal_id: UUID, batch_id: UUID, seconds: float) -> None:
    """Wait until a batch is done or failed and the goal's attainment shows it, or the time is up.

    A moment longer, if batches with smaller ids are on their way: `includes_batches_up_to` can then name this one.
    No connection is held between looks, so many may wait, but not so many that nobody else is served. A process that is
    to end lets nobody wait.
    """
    state.waiting += 1
    try:
        has_room = state.waiting <= state.settings.max_requests * WAITING_SHARE
        await _wait(state, actor=actor, goal_id=goal_id, batch_id=batch_id, seconds=seconds if has_room else 0)
    finally:
        state.waiting -= 1


async def _wait(state: ApiState, *, actor: Actor, goal_id: UUID, batch_id: UUID, seconds: float) -> None:
    deadline, pause = time.monotonic() + seconds, FIRST_PAUSE
    while True:
        async with reading(state.sessions) as uow:
            found = await repository.find_wait_state(uow.session, visible_to=actor, goal_id=goal_id, batch_id=batch_id)
        if found is None:
            raise NotFound("no such goal or batch")
        if found.shows(batch_id):
            if not found.has_older_open:
                return
            deadline = min(deadline, time.monotonic() + PATIENCE)
        if state.draining or time.monotonic() + pause > deadline:
            return
        await asyncio.sleep(pause)
        pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE)


async def get_attainment(uow: UnitOfWork, *, actor: Actor, goal_id: UUID, as_of: datetime | None) -> AttainmentRead:
    """A goal's attainment as it stands, or as it was known at an instant (MET-7)."""
    now = utc_now()
    row = await repository.find_attainment(uow.session, visible_to=actor, goal_id=goal_id, as_of=as_of or now)
    if row is None:
        raise NotFound("no such goal")
    if as_of is None and _is_current(row):
        attainment = _read_stored(row)
    else:
        evaluation = await _evaluate(uow.session, actor=actor, goal_id=goal_id, as_of=as_of)
        attainment = _read_evaluation(evaluation, row, computed_at=now) if evaluation else _read_nothing(row, now)
    if not row.is_full:  # the rubric is no part of a goal's public form, and the rule quotes it
        return attainment.model_copy(update={"rule": None, "rubric": None})
    hidden = await _find_hidden(uow, row, actor=actor)
    if not hidden:
        return attainment
    return attainment.model_copy(update={**NO_SCORE, "indicators": hide(attainment.indicators, hidden)})


class OwnedAttainment(NamedTuple):
    """A goal of a person, or of a department, and what it has come to."""

    title: str
    weight: Decimal
    person_id: UUID | None
    """None: it is the department's."""
    attainment: AttainmentRead


async def list_attainments(
    uow: UnitOfWork, *, company_id: UUID, cycle_id: UUID, person_id: UUID, department_id: UUID | None = None
) -> list[OwnedAttainment]:
    """What the confirmed and closed goals of a person, and of a department, have come to in a cycle, by goal id.

    True to the facts there are: what is marked for recompute, or of an earlier day, is computed on the spot, as many
    statements for one goal as for all. Whether the caller may see it is for who asks to know.
    """
    now = utc_now()
    rows = await repository.list_of_owners(
        uow.session,
        company_id=company_id,
        cycle_id=cycle_id,
        person_id=person_id,
        department_id=department_id,
        as_of=now,
    )
    stale = [row.goal_id for row in rows if row.is_marked or not _is_current(row)]
    evaluations = await _evaluate_all(uow.session, company_id=company_id, goal_ids=stale) if stale else {}

    def read(row: Row[Any]) -> AttainmentRead:
        if row.goal_id not in stale:
            return _read_stored(row)
        evaluation = evaluations.get(row.goal_id)
        return _read_evaluation(evaluation, row, computed_at=now) if evaluation else _read_nothing(row, now)

    return [OwnedAttainment(row.title, row.weight, row.person_id, read(row)) for row in rows]


async def get_history(
    uow: UnitOfWork, *, actor: Actor, goal_id: UUID, first: date, last: date
) -> AttainmentHistoryRead:
    """How a goal got where it is: the days on which it changed, from the one that stood on the first day (GOAL-8)."""
    row = await repository.find_attainment(uow.session, visible_to=actor, goal_id=goal_id, as_of=utc_now())
    if row is None:
        raise NotFound("no such goal")
    kept = await repository.list_days(uow.session, company_id=actor.company_id, goal_id=goal_id, first=first, last=last)
    days = [_read_day(one, day=one.business_day, attainments=one.attainments) for one in kept]
    if row.business_day is not None:
        days.append(_read_day(row, day=row.business_day, attainments=[one["attainment"] for one in row.indicators]))
    if last >= business_day() and not _is_current(row):
        evaluation = await _evaluate(uow.session, actor=actor, goal_id=goal_id, as_of=None)
        days += [_read_present(evaluation)] if evaluation else []
    if await _find_hidden(uow, row, actor=actor):  # which figure of a day that is past was whose is not kept
        days = [_hide_day(one) for one in days]
    items = _changes([one for one in days if one.day <= last], first)
    masked = {} if row.is_full else {"attainments": None}
    return AttainmentHistoryRead(goal_id=goal_id, items=[one.model_copy(update=masked) for one in items])


async def _find_hidden(uow: UnitOfWork, row: Row[Any], *, actor: Actor) -> Collection[UUID]:
    return () if row.state in MEASURING else await find_hidden(uow, actor=actor, goal_ids=[row.goal_id])


def _hide_day(one: AttainmentDayRead) -> AttainmentDayRead:
    nothing = [None] * len(one.attainments or ())
    score = {name: value for name, value in NO_SCORE.items() if name in AttainmentDayRead.model_fields}
    return one.model_copy(update={**score, "score_forecast": None, "attainments": nothing})


def _read_day(
    row: AttainmentDay | Row[Any], *, day: date, attainments: Sequence[Decimal | str | None]
) -> AttainmentDayRead:
    figures = {name: getattr(row, name) for name in AttainmentDayRead.model_fields if hasattr(row, name)}
    return AttainmentDayRead.model_validate({**figures, "day": day, "attainments": attainments})


def _read_present(evaluation: Evaluation) -> AttainmentDayRead:
    reached = [one.attainment for one in evaluation.indicators]
    return AttainmentDayRead(
        day=business_day(),
        score=evaluation.scored.score,
        score_low=evaluation.scored.score_low,
        score_high=evaluation.scored.score_high,
        score_forecast=evaluation.forecast,
        status=evaluation.status.value,
        attainments=[one.low if one is not None and one.is_point else None for one in reached],
    )


def _changes(days: Iterable[AttainmentDayRead], first: date) -> list[AttainmentDayRead]:
    """Days unlike the one before, from the last that is not after the first day."""
    changes: list[AttainmentDayRead] = []
    for one in days:
        if changes and one == changes[-1].model_copy(update={"day": one.day}):
            continue
        if one.day <= first:
            changes.clear()
        changes.append(one)
    return changes


def _is_current(row: Row[Any]) -> bool:
    """Whether the stored attainment is of today's calendar, and of a build that wrote all that is read."""
    return row.business_day == business_day() and all("kind" in one for one in row.indicators)


def _read_stored(row: Row[Any]) -> AttainmentRead:
    rubric = rubric_figures(RubricKey(row.rubric_id, row.rubric_version))
    return AttainmentRead.model_validate(row._asdict() | {"rubric": rubric})


async def _evaluate(session: AsyncSession, *, actor: Actor, goal_id: UUID, as_of: datetime | None) -> Evaluation | None:
    """What a goal has come to; none where it cannot be evaluated, which is logged."""
    evaluations = await _evaluate_all(session, company_id=actor.company_id, goal_ids=[goal_id], as_of=as_of)
    return evaluations.get(goal_id)


async def _evaluate_all(
    session: AsyncSession, *, company_id: UUID, goal_ids: Sequence[UUID], as_of: datetime | None = None
) -> dict[UUID, Evaluation]:
    goals = await load_goals(session, company_id=company_id, goal_ids=goal_ids)
    today = business_day(as_of)
    evaluations, _ = await evaluate_goals(session, company_id=company_id, goals=goals, today=today, as_of=as_of)
    return evaluations


def _read_nothing(row: Row[Any], computed_at: datetime) -> AttainmentRead:
    """What is said of a goal that cannot be evaluated: nothing, of no batch."""
    return AttainmentRead(
        goal_id=row.goal_id,
        **NO_SCORE,
        rubric=None,
        computed_at=computed_at,
        includes_batches_up_to=None,
        indicators=[],
    )


def _read_evaluation(evaluation: Evaluation, row: Row[Any], *, computed_at: datetime) -> AttainmentRead:
    return AttainmentRead(
        goal_id=evaluation.goal.id,
        score=evaluation.scored.score,
        score_low=evaluation.scored.score_low,
        score_high=evaluation.scored.score_high,
        rule=evaluation.scored.rule,
        rubric=RubricUsed.model_validate(rubric_figures(rubric_key(evaluation.goal))),
        status=evaluation.status.value,
        computed_at=computed_at,
        includes_batches_up_to=row.includes_batches_up_to,
        indicators=[IndicatorAttainmentRead.model_validate(indicator_figures(one)) for one in evaluation.indicators],
    )
