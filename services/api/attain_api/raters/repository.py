"""The statements of 360."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, Select, and_, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.visibility import on_day
from attain_api.paging import PageQuery, paginate, paginate_columns
from attain_shared.people.models import PersonSpell
from attain_shared.reviews.models import Review, ReviewCycle
from attain_shared.reviews.rater_models import RaterAnswer, ReviewRater

ASKED = ("approved", "answered")


class Invited(NamedTuple):
    """Somebody's invitation, and what it is about."""

    rater: ReviewRater
    review: Review
    cycle: ReviewCycle


async def list_raters(
    session: AsyncSession, *, company_id: UUID, review_id: UUID, query: PageQuery
) -> tuple[list[ReviewRater], str | None]:
    """A part of the raters of a review."""
    statement = select(ReviewRater).where(ReviewRater.company_id == company_id, ReviewRater.review_id == review_id)
    columns = {"created_at": ReviewRater.created_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=ReviewRater.id)


async def find_rater(
    session: AsyncSession, *, company_id: UUID, review_id: UUID, rater_id: UUID, lock: bool = False
) -> ReviewRater | None:
    """A rater of a review; held until the transaction ends where it is to be changed."""
    statement = select(ReviewRater).where(
        ReviewRater.company_id == company_id, ReviewRater.review_id == review_id, ReviewRater.id == rater_id
    )
    found: ReviewRater | None = await session.scalar(statement.with_for_update() if lock else statement)
    return found


async def hold_invitation(
    session: AsyncSession, *, company_id: UUID, person_id: UUID, rater_id: UUID
) -> Invited | None:
    """What somebody is asked, or was; the review is held first, as it is by whoever closes its raters."""
    statement = _select_invited(company_id, person_id).where(ReviewRater.id == rater_id)
    if (await session.execute(statement.with_for_update(read=True, of=Review))).one_or_none() is None:
        return None
    held = statement.with_for_update(of=ReviewRater).execution_options(populate_existing=True)
    return _invited((await session.execute(held)).one())


async def list_invitations(
    session: AsyncSession, *, company_id: UUID, person_id: UUID, has_answered: bool | None, query: PageQuery
) -> tuple[list[Invited], str | None]:
    """A part of what somebody is asked."""
    statement = _select_invited(company_id, person_id).where(ReviewRater.state.in_(ASKED))
    if has_answered is not None:
        statement = statement.where(ReviewRater.state == ("answered" if has_answered else "approved"))
    rows, cursor = await paginate_columns(
        session,
        statement.add_columns(ReviewRater.created_at, ReviewRater.id),
        query=query,
        columns={"created_at": ReviewRater.created_at},
        id_column=ReviewRater.id,
    )
    return [_invited(row) for row in rows], cursor


def _select_invited(company_id: UUID, person_id: UUID) -> Select[*tuple[Any, ...]]:
    """Not whoever has come to assess the subject since."""
    return (
        select(ReviewRater, Review, ReviewCycle)
        .join(Review, and_(Review.company_id == ReviewRater.company_id, Review.id == ReviewRater.review_id))
        .join(ReviewCycle, and_(ReviewCycle.company_id == Review.company_id, ReviewCycle.id == Review.review_cycle_id))
        .where(ReviewRater.company_id == company_id, ReviewRater.person_id == person_id, Review.manager_id != person_id)
    )


def _invited(row: Row[*tuple[Any, ...]]) -> Invited:
    return Invited(row.ReviewRater, row.Review, row.ReviewCycle)


async def find_spells(
    session: AsyncSession, *, company_id: UUID, person_ids: Sequence[UUID], on: date
) -> dict[UUID, PersonSpell]:
    """Where people stand on a day, by their ids; of those that there are."""
    found = await session.scalars(
        select(PersonSpell).where(
            PersonSpell.company_id == company_id, PersonSpell.person_id.in_(person_ids), on_day(on)
        )
    )
    return {spell.person_id: spell for spell in found}


async def take_answers(session: AsyncSession, *, company_id: UUID, review_id: UUID) -> Sequence[Row[*tuple[Any, ...]]]:
    """The answers to a review, which are kept no longer."""
    taken = await session.execute(
        delete(RaterAnswer)
        .where(RaterAnswer.company_id == company_id, RaterAnswer.review_id == review_id)
        .returning(RaterAnswer.id, RaterAnswer.relation, RaterAnswer.scores, RaterAnswer.comments)
        .execution_options(synchronize_session=False)
    )
    return taken.all()
