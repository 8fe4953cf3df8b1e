"""The statements of reviews."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    Uuid,
    and_,
    bindparam,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from attain_api.access.actor import Actor
from attain_api.access.visibility import View, employed_with, view_of
from attain_api.paging import PageQuery, paginate, paginate_columns
from attain_api.reviews.rights import Rights
from attain_shared.clock import business_day
from attain_shared.people.models import Person
from attain_shared.reviews.calibration_models import CalibrationGroup
from attain_shared.reviews.follow_up_models import Interview
from attain_shared.reviews.models import (
    Review,
    ReviewAssessment,
    ReviewCycle,
    ReviewDelegation,
    ReviewEvent,
    ReviewGoal,
)
from attain_shared.rules.review_flow import CHECKING, ENDS, Step


class SeenReview(NamedTuple):
    """A review in the caller's view, its round, and the caller's rights on it."""

    review: Review
    cycle: ReviewCycle
    delegate_id: UUID | None
    """Whom the step it is at was delegated to."""
    rights: Rights


class Parts(NamedTuple):
    """What belongs to a review."""

    assessments: Mapping[str, ReviewAssessment]
    """By part."""
    goals: Sequence[ReviewGoal]
    interview: Interview | None


def _ids(found: Select[UUID], view: View) -> ColumnElement[Any]:
    """For a caller who holds one of the roles that the answer matters to; else nobody."""
    if view.actor.roles.isdisjoint({"hr", "executive"}):
        return literal([], ARRAY(PG_UUID))
    return func.coalesce(func.array(found.scalar_subquery()), literal([], ARRAY(PG_UUID)))


def _employed(role: str, view: View) -> Select[UUID]:
    return employed_with(role, view.actor.company_id).correlate(None)


def _inside(view: View) -> Select[UUID]:
    """Who of HR and the executives is in the calibration group of the review in a row, once groups are set."""
    other = aliased(Review)
    # looked up once, not row by row through all the reviews of a group
    inside = (
        select(other.review_cycle_id, other.group_id, other.person_id)
        .where(
            other.company_id == view.actor.company_id,
            other.group_id.is_not(None),
            other.step != Step.CANCELLED,
            other.person_id.in_(union_all(*(_employed(role, view) for role in ("hr", "executive")))),
        )
        .cte("inside")
        .prefix_with("MATERIALIZED")
    )
    return (
        select(inside.c.person_id)
        .where(inside.c.review_cycle_id == Review.review_cycle_id, inside.c.group_id == Review.group_id)
        .correlate(Review)
    )


def delegate_id() -> ColumnElement[Any]:
    """Whom the step that a review is at was delegated to."""
    return (
        select(ReviewDelegation.person_id)
        .where(
            ReviewDelegation.company_id == Review.company_id,
            ReviewDelegation.review_id == Review.id,
            ReviewDelegation.step == Review.step,
        )
        .scalar_subquery()
    )


def is_delegate(view: View) -> ColumnElement[bool]:
    """Whether the step that the review in a row is at was delegated to the caller; looked up once, not row by row."""
    delegated = select(ReviewDelegation.review_id, ReviewDelegation.step).where(
        ReviewDelegation.company_id == view.actor.company_id, ReviewDelegation.person_id == view.actor.person_id
    )
    return tuple_(Review.id, Review.step).in_(delegated)


def relation_columns(view: View) -> tuple[ColumnElement[Any], ...]:
    """What `Rights.of` needs beside the review."""
    return (
        delegate_id().label("delegate_id"),
        and_(Review.department_id.is_not(None), Review.department_id.in_(view.led)).label("leads"),
        exists()
        .where(
            CalibrationGroup.company_id == Review.company_id,
            CalibrationGroup.review_cycle_id == Review.review_cycle_id,
            CalibrationGroup.id == Review.group_id,
            CalibrationGroup.locked_at.is_not(None),
        )
        .label("is_locked"),
        _ids(_employed("hr", view), view).label("hr_ids"),
        _ids(_employed("executive", view), view).label("executive_ids"),
        _ids(_inside(view), view).label("inside_ids"),
    )


def is_seen(view: View) -> ColumnElement[bool]:
    """Whether the caller sees the review in a row: their own, those they have a part in, those below; HR sees all (SEC-3)."""
    if "hr" in view.actor.roles:
        return true()
    me = view.actor.person_id
    conditions = [
        Review.person_id == me,
        Review.manager_id == me,
        Review.second_level_id == me,
        Review.person_id.in_(view.below),
        is_delegate(view),
        # somebody who has moved on is calibrated where they were when it was opened (REV-8)
        and_(Review.step == Step.CALIBRATION, Review.department_id.in_(view.led)),
    ]
    if "executive" in view.actor.roles:
        # stands in where HR is nobody but the subject (REV-6)
        others = employed_with("hr", view.actor.company_id).where(Person.id != Review.person_id).correlate(Review)
        conditions.append(~exists(others))
    return or_(*conditions)


def _has_assessed(view: View) -> ColumnElement[bool]:
    """Whether the caller assesses or assessed the review in a row."""
    me = view.actor.person_id
    return or_(Review.manager_id == me, func.coalesce(Review.assessed_by == me, false()))


def _is_of_hr(view: View) -> ColumnElement[bool]:
    """Whether the caller is HR to the review in a row, as `rules.review_flow.hr_parties` has it."""
    not_theirs, is_other = Review.person_id != view.actor.person_id, ~_has_assessed(view)

    def has_others(role: str, *but: SQLColumnExpression[Any]) -> ColumnElement[bool]:
        found = employed_with(role, view.actor.company_id).where(*(Person.id.is_distinct_from(one) for one in but))
        return exists(found.correlate(Review))

    concerned = Review.person_id, Review.manager_id, Review.assessed_by
    pools: list[ColumnElement[bool]] = []
    if "hr" in view.actor.roles:
        pools.append(or_(is_other, ~has_others("hr", *concerned)))
    if "executive" in view.actor.roles:
        is_first = or_(is_other, ~has_others("executive", *concerned))
        pools.append(and_(~has_others("hr", Review.person_id), is_first))
    return and_(not_theirs, or_(false(), *pools))


def waits_for(view: View) -> ColumnElement[bool]:
    """Whether the review in a row is at a step that the caller owns, or was delegated (REV-6): all of them are seen."""
    me = view.actor.person_id
    steps = {
        Review.person_id: (Step.SELF_ASSESSMENT, Step.ACKNOWLEDGEMENT),
        Review.manager_id: (Step.MANAGER_ASSESSMENT, Step.INTERVIEW),
        Review.second_level_id: (Step.SECOND_LEVEL,),
    }
    conditions = [and_(owner == me, Review.step.in_(owned)) for owner, owned in steps.items()]
    checks_own = and_(Review.step.in_(CHECKING), _has_assessed(view))
    conditions.append(and_(is_delegate(view), ~checks_own))
    conditions.append(and_(Review.step.in_((Step.HR, Step.CALIBRATION, Step.APPEALED)), _is_of_hr(view)))
    conditions.append(and_(Review.person_id != me, Review.step == Step.CALIBRATION, Review.department_id.in_(view.led)))
    return or_(*conditions)


@lru_cache(maxsize=256)
def _statement_of_one(roles: frozenset[str], _today: date, *, acted_on: bool) -> Select[*tuple[Any, ...]]:
    """Made once a day for callers with these roles: making it takes longer than running it."""
    view = view_of(roles)
    statement = (
        select(Review, ReviewCycle, *relation_columns(view))
        .join(
            ReviewCycle,
            and_(ReviewCycle.company_id == Review.company_id, ReviewCycle.id == Review.review_cycle_id),
        )
        .where(Review.company_id == view.actor.company_id, Review.id == bindparam("review_id", type_=Uuid()))
    )
    return statement if acted_on else statement.where(is_seen(view))


_OF_REVIEW = (bindparam("company_id", type_=Uuid()), bindparam("review_id", type_=Uuid()))
_HOLD = select(Review.id).where(Review.company_id == _OF_REVIEW[0], Review.id == _OF_REVIEW[1]).with_for_update()
"""By itself: what is read with a lock is as old as the wait for it, the delegation and the calibration group, too."""


async def find_review(
    session: AsyncSession, *, visible_to: Actor, review_id: UUID, lock: bool = False, acted_on: bool = False
) -> SeenReview | None:
    """A review in the caller's view; held until the transaction ends where it is to be changed.

    `acted_on` is one that the caller has just acted on: in another's place, it may have left their view by that.
    """
    statement = _statement_of_one(visible_to.roles, business_day(), acted_on=acted_on)
    values = {"company_id": visible_to.company_id, "me": visible_to.principal_id, "review_id": review_id}
    if lock:
        await session.execute(_HOLD, values)
    row = (await session.execute(statement, values)).one_or_none()
    return None if row is None else _seen(row, row.ReviewCycle, visible_to)


def _seen(row: Any, cycle: ReviewCycle, actor: Actor) -> SeenReview:  # noqa: ANN401  # with `relation_columns`
    return SeenReview(row.Review, cycle, row.delegate_id, Rights.of(row, actor=actor))


@lru_cache(maxsize=256)
def _statement_of_many(
    roles: frozenset[str], today: date, *, is_mine: bool, is_overdue: bool
) -> Select[*tuple[Any, ...]]:
    view = view_of(roles)
    statement = select(Review, *relation_columns(view), Review.created_at, Review.id).where(
        Review.company_id == view.actor.company_id, waits_for(view) if is_mine else is_seen(view)
    )
    if is_overdue:
        statement = statement.where(Review.due_on < today, Review.step.not_in(ENDS))
    return statement


async def list_seen(session: AsyncSession, *, visible_to: Actor, review_ids: Collection[UUID]) -> set[UUID]:
    """Those of these reviews that the caller sees."""
    statement = select(Review.id).where(
        Review.company_id == visible_to.company_id, Review.id.in_(review_ids), is_seen(View(visible_to))
    )
    return set(await session.scalars(statement))


async def list_reviews(
    session: AsyncSession,
    *,
    visible_to: Actor,
    query: PageQuery,
    filters: Mapping[str, object],
    is_mine: bool = False,
    is_overdue: bool = False,
) -> tuple[list[SeenReview], str | None]:
    """A part of the reviews that the caller sees; the few rounds that they are of come by themselves, not row by row."""
    statement = _statement_of_many(visible_to.roles, business_day(), is_mine=is_mine, is_overdue=is_overdue)
    for name, value in filters.items():
        statement = statement.where(getattr(Review, name) == value)
    rows, cursor = await paginate_columns(
        session,
        statement,
        query=query,
        columns={"created_at": Review.created_at},
        id_column=Review.id,
        values={"company_id": visible_to.company_id, "me": visible_to.principal_id},
    )
    ids = {row.Review.review_cycle_id for row in rows}
    cycles = await session.scalars(
        select(ReviewCycle).where(
            ReviewCycle.company_id == visible_to.company_id,
            ReviewCycle.id == func.any(bindparam("ids", sorted(ids), ARRAY(Uuid()))),
        )
    )
    by_id = {cycle.id: cycle for cycle in cycles}
    return [_seen(row, by_id[row.Review.review_cycle_id], visible_to) for row in rows], cursor


_WRITTEN = (
    select(ReviewAssessment, Interview)
    .outerjoin(
        Interview,
        and_(Interview.company_id == _OF_REVIEW[0], Interview.review_id == ReviewAssessment.review_id),
    )
    .where(ReviewAssessment.company_id == _OF_REVIEW[0], ReviewAssessment.review_id == _OF_REVIEW[1])
    .execution_options(populate_existing=True)
)
_GOALS = (
    select(ReviewGoal)
    .where(ReviewGoal.company_id == _OF_REVIEW[0], ReviewGoal.review_id == _OF_REVIEW[1])
    .order_by(ReviewGoal.goal_id)
)


async def load_parts(session: AsyncSession, *, company_id: UUID, review_id: UUID) -> Parts:
    """What belongs to a review: what was written, the goals as frozen, the interview."""
    values = {"company_id": company_id, "review_id": review_id}
    rows = (await session.execute(_WRITTEN, values)).all()
    goals = await session.scalars(_GOALS, values)
    return Parts({row.ReviewAssessment.part: row.ReviewAssessment for row in rows}, goals.all(), _interview(rows))


def _interview(rows: Sequence[Any]) -> Interview | None:
    return next((row.Interview for row in rows), None)


async def list_events(
    session: AsyncSession, *, company_id: UUID, review_id: UUID, only: ColumnElement[bool], query: PageQuery
) -> tuple[list[ReviewEvent], str | None]:
    """A part of the record of a review."""
    statement = select(ReviewEvent).where(
        ReviewEvent.company_id == company_id, ReviewEvent.review_id == review_id, only
    )
    return await paginate(
        session, statement, query=query, columns={"at": ReviewEvent.created_at}, id_column=ReviewEvent.id
    )
