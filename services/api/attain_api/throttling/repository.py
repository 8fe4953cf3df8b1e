"""Statements on the tallies of wrong tries."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.throttling.rule import Tally
from attain_shared.access.models import SignInThrottle


async def hold_tallies(session: AsyncSession, *, subjects: Iterable[bytes], now: datetime) -> dict[bytes, Tally]:
    """The tallies of subjects, made where there are none; nobody else counts on them before the transaction ends."""
    ordered = sorted(subjects)  # so that two callers never wait for each other
    fresh = [{"subject": subject, "failures": 0, "blocks": 0, "window_started_at": now} for subject in ordered]
    await session.execute(insert(SignInThrottle).values(fresh).on_conflict_do_nothing())
    found = await session.scalars(
        select(SignInThrottle)
        .where(SignInThrottle.subject.in_(ordered))
        .order_by(SignInThrottle.subject)
        .with_for_update()
    )
    return {
        row.subject: Tally(
            failures=row.failures,
            window_started_at=row.window_started_at,
            blocks=row.blocks,
            blocked_until=row.blocked_until,
        )
        for row in found
    }


async def set_tallies(session: AsyncSession, *, tallies: Mapping[bytes, Tally]) -> None:
    """Write what has been counted; a row that was cleared since is made anew."""
    for subject, tally in tallies.items():
        values = asdict(tally)
        statement = insert(SignInThrottle).values(subject=subject, **values)
        await session.execute(statement.on_conflict_do_update(index_elements=["subject"], set_=values))


async def clear(session: AsyncSession, *, subject: bytes) -> None:
    """Forget a subject's tries."""
    await session.execute(delete(SignInThrottle).where(SignInThrottle.subject == subject))


async def give_back(session: AsyncSession, *, subject: bytes) -> None:
    """One try was right after all."""
    await session.execute(
        update(SignInThrottle)
        .where(SignInThrottle.subject == subject)
        .values(failures=func.greatest(SignInThrottle.failures - 1, 0))
    )
