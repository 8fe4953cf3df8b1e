"""The statements of the settling of reviews: what is open, what nobody answered, whom to remind of what."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import and_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.clock import utc_now
from attain_shared.identifiers import new_id
from attain_shared.reviews.models import Review, ReviewCycle
from attain_shared.rules.review_flow import Step

DAYS_AHEAD = 3
"""How many days before something is due its owner is reminded."""


class Reminding(NamedTuple):
    """Somebody who is to be reminded, and of what; in the order in which reminders are written."""

    person_id: UUID
    review_id: UUID
    subject: str
    subject_id: UUID
    kind: str
    due_on: date


# Who stands in for the owner of a step is reminded in their place; HR and calibration belong to several, and are on
# the board. Raters answer before the manager submits, so that is when their answers are due. Of those due at once, of a
# step that came late, too, its owner is told.
_DUE = text("""
    WITH steps AS (
        SELECT COALESCE(delegation.person_id, CASE
                   WHEN review.step IN ('self_assessment', 'acknowledgement') THEN review.person_id
                   WHEN review.step IN ('manager_assessment', 'interview') THEN review.manager_id
                   WHEN review.step = 'second_level' THEN review.second_level_id END) AS person_id,
               review.id AS review_id, review.step AS subject, review.id AS subject_id, review.due_on
        FROM reviews review
        LEFT JOIN review_delegations delegation ON delegation.company_id = :company_id
             AND delegation.review_id = review.id AND delegation.step = review.step
        WHERE review.company_id = :company_id AND review.step NOT IN ('closed', 'cancelled')
          AND review.due_on <= :ahead
    ), raters AS (
        SELECT rater.person_id, review.id, 'rater', review.id, CAST(round.due ->> 'manager_assessment' AS date)
        FROM review_cycles round
        JOIN reviews review ON review.company_id = :company_id AND review.review_cycle_id = round.id
             AND review.step IN ('self_assessment', 'manager_assessment') AND review.raters_closed_at IS NULL
        JOIN review_raters rater ON rater.company_id = :company_id AND rater.review_id = review.id
             AND rater.state = 'approved'
        WHERE round.company_id = :company_id AND round.state = 'open'
          AND CAST(round.due ->> 'manager_assessment' AS date) <= :ahead
    ), items AS (
        SELECT owner_id, review_id, 'action_item', id, due_on FROM action_items
        WHERE company_id = :company_id AND state = 'open' AND due_on <= :ahead
    ), plans AS (
        SELECT owner_id, review_id, 'improvement_plan', id, due_on FROM improvement_plans
        WHERE company_id = :company_id AND state = 'open' AND due_on <= :ahead
    ), due AS (
        SELECT *, CASE WHEN due_on < :today THEN 'overdue' ELSE 'due_soon' END AS kind FROM (
            SELECT * FROM steps UNION ALL SELECT * FROM raters UNION ALL SELECT * FROM items UNION ALL SELECT * FROM plans
        ) AS everything
    )
    SELECT DISTINCT person_id, review_id, subject, subject_id, kind, due_on FROM due
    WHERE EXISTS (SELECT FROM person_spells spell WHERE spell.company_id = :company_id
                    AND spell.person_id = due.person_id AND spell.status = 'employed'
                    AND spell.starts_on <= :today AND spell.ends_on > :today)
      AND NOT EXISTS (SELECT FROM reminders told WHERE told.company_id = :company_id
                        AND told.person_id = due.person_id AND told.review_id = due.review_id
                        AND told.subject = due.subject AND told.subject_id = due.subject_id
                        AND told.kind = due.kind AND told.due_on = due.due_on)
    ORDER BY 1, 2, 3, 4, 5, 6
""")

_REMIND = text("""
    INSERT INTO reminders (company_id, id, person_id, review_id, subject, subject_id, kind, due_on, created_at)
    SELECT :company_id, row.id, row.person_id, row.review_id, row.subject, row.subject_id, row.kind, row.due_on, :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:people AS uuid[]), CAST(:reviews AS uuid[]), CAST(:subjects AS text[]),
                CAST(:subject_ids AS uuid[]), CAST(:kinds AS text[]), CAST(:days AS date[]))
         AS row (id, person_id, review_id, subject, subject_id, kind, due_on)
    ON CONFLICT DO NOTHING
    RETURNING id
""")


async def list_open_cycles(session: AsyncSession, *, company_id: UUID) -> list[UUID]:
    """The rounds of a company that are open, the oldest first."""
    statement = (
        select(ReviewCycle.id)
        .where(ReviewCycle.company_id == company_id, ReviewCycle.state == "open")
        .order_by(ReviewCycle.id)
    )
    return list(await session.scalars(statement))


async def hold_unanswered(
    session: AsyncSession, *, company_id: UUID, interviewed_before: datetime, at_most: int
) -> list[tuple[Review, ReviewCycle]]:
    """Reviews whose employee may answer no more, held until the transaction ends; without those somebody is at."""
    statement = (
        select(Review, ReviewCycle)
        .join(
            ReviewCycle,
            and_(ReviewCycle.company_id == Review.company_id, ReviewCycle.id == Review.review_cycle_id),
        )
        .where(
            Review.company_id == company_id,
            Review.step == Step.ACKNOWLEDGEMENT,
            Review.interviewed_at < interviewed_before,
        )
        .order_by(Review.id)
        .limit(at_most)
        .with_for_update(of=Review, skip_locked=True)
    )
    return [(row.Review, row.ReviewCycle) for row in await session.execute(statement)]


async def list_due(session: AsyncSession, *, company_id: UUID, today: date) -> list[Reminding]:
    """Who is to be reminded of what and was not yet."""
    values = {"company_id": company_id, "today": today, "ahead": today + timedelta(days=DAYS_AHEAD)}
    return [Reminding(*row) for row in await session.execute(_DUE, values)]


async def add_reminders(session: AsyncSession, *, company_id: UUID, due: Sequence[Reminding]) -> int:
    """Remind people, and say how many; whom another worker has reminded meanwhile is left out."""
    people, reviews, subjects, subject_ids, kinds, days = map(list, zip(*due, strict=True))
    columns = {"people": people, "reviews": reviews, "subjects": subjects, "subject_ids": subject_ids}
    values = {"company_id": company_id, "now": utc_now(), "ids": [new_id() for _ in due], "kinds": kinds, "days": days}
    return len((await session.execute(_REMIND, values | columns)).all())
