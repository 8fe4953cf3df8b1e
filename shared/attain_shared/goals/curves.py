"""The curves that figures are paced by: one for all indicators that measure the same over the same days (GOAL-7)."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.goals.facts import Question

_NAMESPACE = UUID("0199b2c4-5f00-5a10-8000-00000000c0e5")

_SHARES = text("""
    SELECT id, method, error, computed_on, shares[CAST(:today AS date) - starts_on] AS share
    FROM pace_curves WHERE company_id = :company_id AND id = ANY(CAST(:ids AS uuid[]))
""")

_FORGET = text("DELETE FROM pace_curves WHERE company_id = :company_id AND ends_on >= :today")

_PACED_GOALS = text("""
    SELECT goal.id FROM goals goal
    WHERE goal.company_id = :company_id AND goal.starts_on < :today AND goal.ends_on >= :today
      AND goal.state NOT IN ('closed', 'cancelled')
      AND EXISTS (SELECT FROM indicators indicator WHERE indicator.company_id = :company_id
                  AND indicator.goal_id = goal.id AND indicator.kind IN ('metric', 'growth'))
    ORDER BY goal.id
""")

_HOLD = text("SELECT pg_advisory_xact_lock(hashtextextended('curves ' || :company_id, 0))")
_TRY_HOLD = text("SELECT pg_try_advisory_xact_lock(hashtextextended('curves ' || :company_id, 0))")


class Paced(NamedTuple):
    """A figure that is paced: what is asked, and the weights of the window's days where they were given."""

    question: Question
    given: tuple[Decimal, ...] | None

    @property
    def curve_id(self) -> UUID:
        """The curve's: the same for whoever asks the same."""
        metric, window, units, _ = self.question
        named = [metric.code, str(window.starts_on), str(window.ends_on), *map(str, self.given or ())]
        named += sorted(f"{unit.shop_id}/{unit.dimension}" for unit in units)
        return uuid5(_NAMESPACE, "\n".join(named))


class ExpectedShare(NamedTuple):
    """The share of a window's figure that is to be expected by the end of the last complete day."""

    share: Decimal
    method: str
    error: Decimal | None
    computed_on: date


async def load_shares(
    session: AsyncSession, *, company_id: UUID, curve_ids: Iterable[UUID], today: date
) -> Mapping[UUID, ExpectedShare]:
    """What is to be expected by yesterday, of the curves there are, whose windows began before today: one statement."""
    ids: Sequence[UUID] = sorted(set(curve_ids))
    if not ids:
        return {}
    rows = await session.execute(_SHARES, {"company_id": company_id, "ids": ids, "today": today})
    return {row.id: ExpectedShare(row.share, row.method, row.error, row.computed_on) for row in rows}


async def hold_curves(session: AsyncSession, *, company_id: UUID) -> None:
    """Keep a company's curves from being computed until the transaction ends: what they are made of changes."""
    await session.execute(_HOLD, {"company_id": str(company_id)})


async def try_hold_curves(session: AsyncSession, *, company_id: UUID) -> bool:
    """Let one worker at a time compute a company's curves; False where another does, or the calendar changes."""
    return bool(await session.scalar(_TRY_HOLD, {"company_id": str(company_id)}))


async def forget_curves(session: AsyncSession, *, company_id: UUID, today: date) -> Sequence[UUID]:
    """Forget the curves of windows that are not over; the goals that may be paced by them, to be computed anew."""
    await session.execute(_FORGET, {"company_id": company_id, "today": today})
    return list(await session.scalars(_PACED_GOALS, {"company_id": company_id, "today": today}))
