"""The statements of decisions."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, false, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.actor import Actor
from attain_api.access.visibility import View, employed_with
from attain_api.decisions.rights import SeenDecision
from attain_api.paging import PageQuery, paginate_columns
from attain_shared.people.models import Person
from attain_shared.reviews.follow_up_models import Decision
from attain_shared.reviews.models import Review, ReviewCycle, ReviewGoal
from attain_shared.rules.review_flow import Step


def _stands_in(view: View) -> ColumnElement[bool]:
    """Whether the caller decides because HR is nobody but the person and whoever proposed it."""
    if "executive" not in view.actor.roles:
        return false()
    others = employed_with("hr", view.actor.company_id).where(
        Person.id != Decision.person_id, Person.id.is_distinct_from(Decision.proposed_by)
    )
    return ~exists(others.correlate(Decision))


def _is_seen(view: View) -> ColumnElement[bool]:
    """Whether the caller sees the decision in a row (SEC-4): HR and those above all; the person, what was approved."""
    is_own = Decision.person_id == view.actor.person_id
    is_told = and_(
        Decision.state == "approved",
        exists().where(
            Review.company_id == Decision.company_id,
            Review.id == Decision.review_id,
            Review.published_at.is_not(None),
        ),
    )
    if "hr" in view.actor.roles:
        return or_(~is_own, is_told)
    is_others = and_(~is_own, or_(Decision.person_id.in_(view.below), _stands_in(view)))
    return or_(is_others, and_(is_own, is_told))


def _select_seen(view: View) -> Select[*tuple[Any, ...]]:
    return select(
        Decision,
        Decision.person_id.in_(view.below).label("is_above"),
        _stands_in(view).label("stands_in"),
        Decision.created_at,
        Decision.id,
    ).where(Decision.company_id == view.actor.company_id, _is_seen(view))


def _seen(row: Row[*tuple[Any, ...]], actor: Actor) -> SeenDecision:
    return SeenDecision(row.Decision, actor, row.is_above, row.stands_in)


async def find_decision(
    session: AsyncSession, *, visible_to: Actor, decision_id: UUID, lock: bool = False
) -> SeenDecision | None:
    """A decision in the caller's view; held until the transaction ends where it is to be changed."""
    statement = _select_seen(View(visible_to)).where(Decision.id == decision_id)
    if lock:
        statement = statement.with_for_update(of=Decision)
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else _seen(row, visible_to)


async def list_decisions(
    session: AsyncSession,
    *,
    visible_to: Actor,
    query: PageQuery,
    review_cycle_id: UUID | None,
    filters: Mapping[str, object],
) -> tuple[list[SeenDecision], str | None]:
    """A part of the decisions that the caller sees."""
    statement = _select_seen(View(visible_to))
    for name, value in filters.items():
        statement = statement.where(getattr(Decision, name) == value)
    if review_cycle_id is not None:
        of_round = select(Review.id).where(
            Review.company_id == visible_to.company_id, Review.review_cycle_id == review_cycle_id
        )
        statement = statement.where(Decision.review_id.in_(of_round))
    rows, cursor = await paginate_columns(
        session, statement, query=query, columns={"created_at": Decision.created_at}, id_column=Decision.id
    )
    return [_seen(row, visible_to) for row in rows], cursor


async def find_round(session: AsyncSession, *, company_id: UUID, review_cycle_id: UUID) -> ReviewCycle | None:
    """A round of the company."""
    found: ReviewCycle | None = await session.scalar(
        select(ReviewCycle).where(ReviewCycle.company_id == company_id, ReviewCycle.id == review_cycle_id)
    )
    return found


async def list_results(
    session: AsyncSession, *, company_id: UUID, review_cycle_id: UUID
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The closed reviews of a round that have a rating: `id`, `person_id`, `rating`, `values_failed`, `quadrant`."""
    rows = await session.execute(
        select(Review.id, Review.person_id, Review.rating, Review.values_failed, Review.quadrant)
        .where(
            Review.company_id == company_id,
            Review.review_cycle_id == review_cycle_id,
            Review.step == Step.CLOSED.value,
            Review.rating.is_not(None),
        )
        .order_by(Review.id)
    )
    return rows.all()


async def add_proposals(session: AsyncSession, *, rows: Sequence[Mapping[str, Any]]) -> Sequence[Decision]:
    """Store proposals where a review has no decision of their kind; those that it had none of."""
    statement = (
        insert(Decision)
        .on_conflict_do_nothing(index_elements=["company_id", "review_id", "kind"])
        .returning(Decision)
        .execution_options(render_nulls=True)  # rows with and without a value in one statement
    )
    made = await session.scalars(statement, list(rows))
    return made.all()


async def has_goals(session: AsyncSession, *, company_id: UUID, review_id: UUID) -> bool:
    """Whether goals were frozen in a review."""
    of_review = exists().where(ReviewGoal.company_id == company_id, ReviewGoal.review_id == review_id)
    return bool(await session.scalar(select(of_review)))
