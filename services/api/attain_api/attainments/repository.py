"""Reading what goals have come to. Everything one answer says is read in one statement: one view of the data."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, Subquery, column, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View, goal_is_public
from attain_shared.goals.attainment_models import AttainmentDay
from attain_shared.goals.models import Goal

_INCLUDED_OF_ALL = """
    (SELECT batch.id FROM metric_batches batch
     WHERE batch.company_id = :company_id AND batch.stored_at <= :as_of AND batch.id < LEAST(
         (SELECT open.id FROM metric_batches open
          WHERE open.company_id = :company_id AND open.state = 'stored' AND open.stored_at <= :as_of
          ORDER BY open.id LIMIT 1),
         'ffffffff-ffff-ffff-ffff-ffffffffffff')
     ORDER BY batch.id DESC LIMIT 1)
"""
"""The last batch before the first one that is neither done nor failed: up to it a figure read now speaks.

Read, never stored: a push that commits late with a smaller id cannot make it a lie.
"""

_INCLUDED = _INCLUDED_OF_ALL.replace("LEAST(", "LEAST(mark.first_batch_id,")
"""The same of a stored attainment, which does not show the batches since its goal was marked."""

_ATTAINMENT = (
    text(f"""
    SELECT goal.id AS goal_id, goal.state, attainment.score, attainment.score_low, attainment.score_high,
           attainment.score_forecast, attainment.rule, attainment.status, attainment.business_day, attainment.computed_at, attainment.rubric_id,
           attainment.rubric_version, attainment.indicators, {_INCLUDED} AS includes_batches_up_to
    FROM goals goal
    LEFT JOIN attainments attainment ON attainment.company_id = goal.company_id AND attainment.goal_id = goal.id
    LEFT JOIN goal_marks mark ON mark.company_id = goal.company_id AND mark.goal_id = goal.id
    WHERE goal.company_id = :company_id AND goal.id = :goal_id
""")  # nosec B608 # noqa: S608 - composed of this module's own constants
    .columns(
        *map(
            column,
            (
                "goal_id", "state", "score", "score_low", "score_high", "score_forecast", "rule", "status", "business_day",
                "computed_at", "rubric_id", "rubric_version", "indicators", "includes_batches_up_to",
            ),
        )
    )
    .subquery("found")
)  # fmt: skip

_WAITING = (
    text("""
    SELECT batch.state, mark.first_batch_id, EXISTS (
        SELECT FROM metric_batches open
        WHERE open.company_id = :company_id AND open.state = 'stored' AND open.id < :batch_id
          AND open.lane = 'live') AS has_older_open
    FROM metric_batches batch
    JOIN goals goal ON goal.company_id = batch.company_id AND goal.id = :goal_id
    LEFT JOIN goal_marks mark ON mark.company_id = goal.company_id AND mark.goal_id = goal.id
    WHERE batch.company_id = :company_id AND batch.id = :batch_id
""")
    .columns(*map(column, ("state", "first_batch_id", "has_older_open")))
    .subquery("found")
)  # fmt: skip


_OF_OWNERS = text(f"""
    SELECT goal.id AS goal_id, goal.title, goal.weight, goal.person_id, attainment.score, attainment.score_low,
           attainment.score_high, attainment.rule, attainment.status, attainment.business_day, attainment.computed_at,
           attainment.rubric_id, attainment.rubric_version, attainment.indicators, mark.goal_id IS NOT NULL AS is_marked,
           {_INCLUDED_OF_ALL} AS includes_batches_up_to
    FROM goals goal
    LEFT JOIN attainments attainment ON attainment.company_id = goal.company_id AND attainment.goal_id = goal.id
    LEFT JOIN goal_marks mark ON mark.company_id = goal.company_id AND mark.goal_id = goal.id
    WHERE goal.company_id = :company_id AND goal.cycle_id = :cycle_id AND goal.state IN ('confirmed', 'closed')
      AND (goal.person_id = :person_id
           OR goal.person_id IS NULL AND goal.department_id = CAST(:department_id AS uuid))
    ORDER BY goal.id
""")  # nosec B608 # noqa: S608 - composed of this module's own constants


class WaitState(NamedTuple):
    """How far a batch is from being seen in a goal's attainment."""

    state: str
    first_unseen_batch_id: UUID | None
    has_older_open: bool
    """Whether a live batch with a smaller id is still to be done; a backfill takes longer than anybody waits."""

    def shows(self, batch_id: UUID) -> bool:
        """Whether the batch is done or failed, and reflected in the goal's attainment."""
        unseen = self.first_unseen_batch_id
        return self.state != "stored" and (unseen is None or unseen > batch_id)


def _if_seen(found: Subquery, *, visible_to: Actor, goal_id: UUID) -> Select[*tuple[Any, ...]]:
    """A statement's row on a goal, where the caller sees the goal at least in its public form; and whether in full."""
    view = View(visible_to)
    return (
        select(found, view.goal().label("is_full"))
        .select_from(found)
        .join(Goal, (Goal.company_id == visible_to.company_id) & (Goal.id == goal_id))
        .where(or_(view.goal(), goal_is_public()))
    )


async def find_attainment(
    session: AsyncSession, *, visible_to: Actor, goal_id: UUID, as_of: datetime
) -> Row[Any] | None:
    """A goal's stored attainment, and up to which batch it speaks; nulls where none is stored yet.

    `is_full` says whether the caller sees the goal in full.
    """
    rows = await session.execute(
        _if_seen(_ATTAINMENT, visible_to=visible_to, goal_id=goal_id),
        {"company_id": visible_to.company_id, "goal_id": goal_id, "as_of": as_of},
    )
    return rows.one_or_none()


async def list_of_owners(
    session: AsyncSession,
    *,
    company_id: UUID,
    cycle_id: UUID,
    person_id: UUID,
    department_id: UUID | None,
    as_of: datetime,
) -> Sequence[Row[Any]]:
    """The confirmed and closed goals of a person and of a department in a cycle, with their stored attainments."""
    owners = {"person_id": person_id, "department_id": department_id}
    parameters = {"company_id": company_id, "cycle_id": cycle_id, "as_of": as_of} | owners
    return (await session.execute(_OF_OWNERS, parameters)).all()


async def find_wait_state(
    session: AsyncSession, *, visible_to: Actor, goal_id: UUID, batch_id: UUID
) -> WaitState | None:
    """Where a batch is on its way to a goal; None unless there are both, the goal in the caller's view."""
    row = (
        await session.execute(
            _if_seen(_WAITING, visible_to=visible_to, goal_id=goal_id),
            {"company_id": visible_to.company_id, "goal_id": goal_id, "batch_id": batch_id},
        )
    ).one_or_none()
    return WaitState(row.state, row.first_batch_id, row.has_older_open) if row else None


async def list_days(
    session: AsyncSession, *, company_id: UUID, goal_id: UUID, first: date, last: date
) -> list[AttainmentDay]:
    """The kept days of a goal from the one that stood on the first day, up to the last."""
    day = AttainmentDay.business_day
    of_goal = (AttainmentDay.company_id == company_id) & (AttainmentDay.goal_id == goal_id)
    standing = select(func.max(day)).where(of_goal, day <= first).scalar_subquery()
    rows = await session.scalars(
        select(AttainmentDay)
        .where(of_goal, AttainmentDay.company_id == company_id, day >= func.coalesce(standing, first), day <= last)
        .order_by(day)
    )
    return list(rows)
