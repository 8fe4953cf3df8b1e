"""Whether a push may come in now: not too many of one principal, and not into a full inbox (api.md, Manners)."""

import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from fastapi import Response

from attain_api.access.actor import Actor
from attain_api.batches import repository
from attain_api.batches.rates import Rate
from attain_api.state import ApiState
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import AttainError, TooManyRequests

FULL_SECONDS = 5
"""What a full inbox asks for, at least: a worker takes in hundreds of batches meanwhile."""

Admit = Callable[[str], Awaitable[None]]
"""Lets a push into a lane, or raises."""


class RateLimited(TooManyRequests):
    """More pushes than the principal may send."""

    code, title = "rate-limited", "Too many pushes"


class InboxFull(TooManyRequests):
    """More batches wait in this lane than the inbox is to hold."""

    code, title = "inbox-full", "The inbox is full"


@contextmanager
def limited(state: ApiState, uow: UnitOfWork, *, actor: Actor, key: str, response: Response) -> Iterator[Admit]:
    """What a push asks once its lane is known; whatever it is answered then says how many more may come.

    Raises:
        RateLimited: the principal has pushed too often.
        InboxFull: the company's lane is full, and the push is not one that is stored already.
    """
    told: dict[str, str] = {}

    async def admit(lane: str) -> None:
        rate = await check_rate(state, actor=actor, lane=lane)
        if rate is not None:
            told.update(_headers(rate))
            if not rate.allowed:
                raise RateLimited("too many pushes; wait a while", headers=_retry_after(rate.reset))
        await check_inbox(state, uow, actor=actor, lane=lane, key=key)

    try:
        yield admit
    except AttainError as error:
        error.headers.update(told)
        raise
    response.headers.update(told)


async def check_rate(state: ApiState, *, actor: Actor, lane: str) -> Rate | None:
    """Count a push of this principal into this lane; None where there is no limit, or none can be told."""
    settings = state.settings
    per_minute = settings.push_batches_per_minute if lane == "live" else settings.backfill_batches_per_minute
    if not per_minute:
        return None
    return await state.limiter.take(f"{actor.principal_id}:{lane}", per_minute=per_minute)


async def check_inbox(state: ApiState, uow: UnitOfWork, *, actor: Actor, lane: str, key: str) -> None:
    """Refuse what a full lane cannot take; a full backfill lane refuses no live push.

    Raises:
        InboxFull: as said, unless the key's batch is stored already: that one gets its receipt.
    """
    most, company_id = state.settings.inbox_max_batches, actor.company_id
    if not most:
        return

    async def count() -> int:
        return await repository.count_waiting(uow.session, company_id=company_id, lane=lane, at_most=most + 1)

    waiting = await state.inbox.read(company_id, lane, count=count)
    if waiting > most and not await repository.is_key_used(
        uow.session, company_id=company_id, principal_id=actor.principal_id, key=key
    ):
        raise InboxFull("the inbox is full; wait until batches are taken in", headers=_retry_after(FULL_SECONDS))


def _headers(rate: Rate) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(rate.per_minute),
        "RateLimit-Policy": f"{rate.per_minute};w=60;burst={rate.burst}",
        "RateLimit-Remaining": str(rate.remaining),
        "RateLimit-Reset": str(rate.reset),
    }


def _retry_after(seconds: int) -> dict[str, str]:
    """Up to half as long again, by chance: those who are sent away together must not come back together."""
    return {"Retry-After": str(seconds + secrets.randbelow(seconds // 2 + 2))}
