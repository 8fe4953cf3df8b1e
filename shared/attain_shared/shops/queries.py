"""One writer of a shop's facts at a time: taken by ingestion, waited for by whoever begins to depend on them."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_LOCK = text("SELECT count(pg_advisory_xact_lock(lock)) FROM unnest(CAST(:locks AS bigint[])) AS lock")
_WAIT = text("SELECT count(pg_advisory_xact_lock_shared(lock)) FROM unnest(CAST(:locks AS bigint[])) AS lock")


async def lock_shops(session: AsyncSession, *, company_id: UUID, shop_ids: Iterable[UUID]) -> None:
    """Let one claim at a time write to a shop, so that verdicts are judged against what really stands."""
    await session.execute(_LOCK, {"locks": _locks(company_id, shop_ids)})


async def wait_for_shops(session: AsyncSession, *, company_id: UUID, shop_ids: Iterable[UUID]) -> None:
    """Wait for the claims that write to shops, and hold off the next until this transaction ends.

    What begins to depend on a shop's facts in between would be missed by the claim, which has looked already for what
    depends on them.
    """
    await session.execute(_WAIT, {"locks": _locks(company_id, shop_ids)})


def _locks(company_id: UUID, shop_ids: Iterable[UUID]) -> list[int]:
    """The shops' lock numbers, sorted: unsorted takers deadlock."""
    return sorted({((company_id.int ^ shop_id.int) & ((1 << 64) - 1)) - (1 << 63) for shop_id in shop_ids})
