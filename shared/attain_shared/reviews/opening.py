"""Opening the reviews of a round: one for each person it is about, for the API and for the worker alike (REV-1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    ScalarSelect,
    Select,
    Subquery,
    Uuid,
    and_,
    any_,
    case,
    column,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.departments.models import Department
from attain_shared.errors import FieldError, Invalid
from attain_shared.events.queries import Happening, tell
from attain_shared.events.schemas import EventKind
from attain_shared.goals.models import Cycle
from attain_shared.identifiers import new_id
from attain_shared.positions.grades import Grade, is_senior_class
from attain_shared.positions.models import Position
from attain_shared.reviews.flow import due_date, step_data
from attain_shared.reviews.joining import find_groups
from attain_shared.reviews.lines import lines
from attain_shared.reviews.models import Review, ReviewCycle, ReviewEvent
from attain_shared.rules.review_flow import Step

SENIOR_GRADES = tuple(grade.value for grade in Grade if is_senior_class(grade))
"""The grades of the senior class; heads of departments are in it too (ORG-2)."""
MOST_NAMED = 200
"""How many of the people without an assessor an answer names."""


class Candidate(NamedTuple):
    """Somebody that a round is about today."""

    person_id: UUID
    department_id: UUID | None
    manager_id: UUID | None
    """Their manager who is there; without one, whoever HR names assesses (REV-6)."""
    assessor_id: UUID | None
    second_level_id: UUID | None
    """The assessor's own manager, unless that is the person."""
    has_review: bool
    """In this round, or in another one of the same cadence and period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What opening a round came to."""

    created: int
    """Reviews opened now."""
    existing: int
    """People it is about who had their review before, here or in another round of the same cadence and period."""
    without_assessor: list[UUID]
    """People who have no manager and for whom nobody was named: they have no review."""


async def hold_round(session: AsyncSession, *, company_id: UUID, review_cycle_id: UUID) -> ReviewCycle | None:
    """A round as it is now, held with its period until the transaction ends.

    So rounds of one period open one after the other, and nobody gets two reviews of it.
    """
    found: ReviewCycle | None = await session.scalar(
        select(ReviewCycle)
        .join(Cycle, and_(Cycle.company_id == ReviewCycle.company_id, Cycle.id == ReviewCycle.cycle_id))
        .where(ReviewCycle.company_id == company_id, ReviewCycle.id == review_cycle_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return found


async def open_reviews(
    uow: UnitOfWork, *, cycle: ReviewCycle, assessors: Mapping[UUID, UUID], actor_id: UUID | None
) -> Opened:
    """Open the reviews that are missing in a round held by `hold_round`; as many statements for many as for one.

    `assessors` says by person who assesses them, for people without a manager. Doing it again takes in who came since.

    Raises:
        Invalid: an assessor that cannot be; pointers go to `/assessors/…`.
    """
    rows = await uow.session.execute(select_candidates(cycle, assessors))
    candidates = sorted((Candidate(*row) for row in rows), key=lambda one: one.person_id)
    await _check_assessors(uow.session, cycle=cycle, candidates=candidates, assessors=assessors)
    missing = [one for one in candidates if not one.has_review]
    await _insert(uow, cycle=cycle, candidates=[one for one in missing if one.assessor_id], actor_id=actor_id)
    alone = [one.person_id for one in missing if one.assessor_id is None]
    return Opened(created=len(missing) - len(alone), existing=len(candidates) - len(missing), without_assessor=alone)


async def list_without_assessor(session: AsyncSession, *, cycle: ReviewCycle) -> tuple[list[UUID], int]:
    """The people a round is about who have no review for want of somebody to assess them: the first, and how many."""
    found = select_candidates(cycle, {}).subquery()
    statement = select(found.c.person_id, func.count().over().label("number"))
    statement = statement.where(found.c.assessor_id.is_(None), ~found.c.has_review)
    rows = (await session.execute(statement.order_by(found.c.person_id).limit(MOST_NAMED))).all()
    return [row.person_id for row in rows], rows[0].number if rows else 0


def select_candidates(cycle: ReviewCycle, assessors: Mapping[UUID, UUID]) -> Select[*tuple[Any, ...]]:
    """Whom a round is about today, as `Candidate` has them."""
    own, above = (lines(cycle.company_id, today=business_day(), name=name) for name in ("own", "assessor"))
    named = _named(assessors)
    assessor_id = func.coalesce(own.c.manager_id, named.c.assessor_id)
    return (
        select(
            own.c.person_id,
            own.c.department_id,
            own.c.manager_id,
            assessor_id.label("assessor_id"),
            case((above.c.manager_id != own.c.person_id, above.c.manager_id)).label("second_level_id"),
            _has_review(cycle, own).label("has_review"),
        )
        .select_from(own)
        .outerjoin(named, named.c.person_id == own.c.person_id)
        .outerjoin(above, above.c.person_id == assessor_id)
        .where(own.c.is_there, *_conditions(cycle, own))
    )


def _named(assessors: Mapping[UUID, UUID]) -> Any:  # noqa: ANN401  # a table of two columns
    ids = (literal(list(those), ARRAY(Uuid())) for those in (assessors.keys(), assessors.values()))
    columns = (column("person_id", Uuid()), column("assessor_id", Uuid()))
    return func.unnest(*ids).table_valued(*columns, name="named").render_derived()


def _conditions(cycle: ReviewCycle, own: Subquery) -> list[ColumnElement[bool]]:
    """Whose reviews a round is made of (REV-1)."""
    conditions: list[ColumnElement[bool]] = []
    if cycle.review_class is not None:
        senior = _is_senior(cycle.company_id, own)
        conditions.append(senior if cycle.review_class == "senior" else ~senior)
    if cycle.cadence != "ad_hoc":
        conditions.append(own.c.hired_on <= _last_day(cycle))
    if cycle.hired_by is not None:
        conditions.append(own.c.hired_on <= cycle.hired_by)
    if cycle.person_ids is not None:
        conditions.append(own.c.person_id == any_(literal(cycle.person_ids, ARRAY(Uuid()))))
    if cycle.department_ids is not None:
        conditions.append(own.c.department_id.in_(select(_subtree(cycle.company_id, cycle.department_ids).c.id)))
    return conditions


def _last_day(cycle: ReviewCycle) -> ScalarSelect[date]:
    """Of the period: whoever came after it did nothing in it."""
    of_period = select(Cycle.ends_on).where(Cycle.company_id == cycle.company_id, Cycle.id == cycle.cycle_id)
    return of_period.scalar_subquery()


def _is_senior(company_id: UUID, own: Subquery) -> ColumnElement[bool]:
    """Director and above, and whoever heads a department (ORG-2)."""
    is_head = exists().where(
        Department.company_id == company_id,
        Department.head_id == own.c.person_id,
        or_(Department.closed_on.is_(None), Department.closed_on > business_day()),
    )
    has_grade = exists().where(
        Position.company_id == company_id, Position.id == own.c.position_id, Position.grade.in_(SENIOR_GRADES)
    )
    return or_(is_head, has_grade)


def _subtree(company_id: UUID, department_ids: list[UUID]) -> CTE:
    top = (
        select(Department.id)
        .where(Department.company_id == company_id, Department.id == any_(literal(department_ids, ARRAY(Uuid()))))
        .cte("subtree", recursive=True)
    )
    return top.union(
        select(Department.id).join(top, Department.parent_id == top.c.id).where(Department.company_id == company_id)
    )


def _has_review(cycle: ReviewCycle, own: Subquery) -> ColumnElement[bool]:
    """One here; or one that was not cancelled in another round of the same cadence and period, unless it is ad hoc."""
    here = Review.review_cycle_id == cycle.id
    elsewhere = and_(
        literal(cycle.cadence != "ad_hoc"),
        ReviewCycle.cadence == cycle.cadence,
        ReviewCycle.cycle_id == cycle.cycle_id,
        Review.step != Step.CANCELLED,
    )
    return (
        exists()
        .where(Review.company_id == cycle.company_id, Review.person_id == own.c.person_id, or_(here, elsewhere))
        .where(ReviewCycle.company_id == cycle.company_id, ReviewCycle.id == Review.review_cycle_id)
    )


async def _check_assessors(
    session: AsyncSession, *, cycle: ReviewCycle, candidates: list[Candidate], assessors: Mapping[UUID, UUID]
) -> None:
    """Whoever has a review already keeps it as it is; of all others the assessor is somebody else who is there."""
    if not assessors:
        return
    everybody = lines(cycle.company_id, today=business_day(), name="everybody")
    wanted = literal(list(assessors.values()), ARRAY(Uuid()))
    there = set(
        await session.scalars(
            select(everybody.c.person_id).where(everybody.c.is_there, everybody.c.person_id == any_(wanted))
        )
    )
    about = {one.person_id: one for one in candidates}
    errors = [
        FieldError(f"/assessors/{place}/{field}", code, detail)
        for place, (person_id, assessor_id) in enumerate(assessors.items())
        for field, code, detail in _faults(about.get(person_id), person_id, assessor_id, there)
    ]
    if errors:
        raise Invalid("These assessors cannot be; see `errors`.", errors=errors[:100])


def _faults(
    candidate: Candidate | None, person_id: UUID, assessor_id: UUID, there: set[UUID]
) -> list[tuple[str, str, str]]:
    faults = []
    if candidate is None:
        faults.append(("person_id", "not-in-round", "the round is not about this person"))
    elif candidate.manager_id is not None and not candidate.has_review:
        faults.append(("person_id", "has-manager", "the manager assesses whoever has one"))
    if assessor_id == person_id:
        faults.append(("assessor_id", "own-assessor", "nobody assesses themselves"))
    elif assessor_id not in there:
        faults.append(("assessor_id", "unknown-person", "there is nobody of this id"))
    return faults


async def _insert(uow: UnitOfWork, *, cycle: ReviewCycle, candidates: list[Candidate], actor_id: UUID | None) -> None:
    """Past the ORM, which takes seconds for ten thousand; the trail is told by hand (SEC-5)."""
    if not candidates:
        return
    now, first = utc_now(), Step.SELF_ASSESSMENT
    departments = {one.department_id for one in candidates}
    groups = await find_groups(uow.session, cycle=cycle, department_ids=departments)
    reviews: list[dict[str, Any]] = [
        {
            "company_id": cycle.company_id,
            "id": new_id(),
            "review_cycle_id": cycle.id,
            "person_id": one.person_id,
            "department_id": one.department_id,
            "manager_id": one.assessor_id,
            "is_assessor_named": one.manager_id is None,
            "second_level_id": one.second_level_id,
            "group_id": groups.get(one.department_id),
            "step": first.value,
            "due_on": due_date(cycle, first),
            "created_at": now,
            "version": 1,
        }
        for one in candidates
    ]
    events = [
        {"company_id": cycle.company_id, "id": new_id(), "review_id": review["id"], "action": "open"}
        | {"to_step": first.value, "actor_id": actor_id, "created_at": now}
        for review in reviews
    ]
    # with its nulls a row is like every other: without them each run of alike ones would be a statement
    await uow.session.execute(insert(Review).execution_options(render_nulls=True), reviews)
    await uow.session.execute(insert(ReviewEvent), events)
    happenings = [Happening(review["id"], step_data(review["id"], cycle.id, first)) for review in reviews]
    await tell(uow.session, company_id=cycle.company_id, kind=EventKind.REVIEW_STEP_CHANGED, happenings=happenings)
    told = ("review_cycle_id", "person_id", "manager_id", "second_level_id", "group_id", "step")
    for review in reviews:
        uow.record(
            company_id=cycle.company_id,
            resource_type="review",
            resource_id=review["id"],
            changes={name: (None, review[name]) for name in told},
        )
