"""Whether a push may come in now: not too many of one principal, and not into a full inbox (api.md, Manners)."""

import math
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from fastapi import Response

from attain_api.access.actor import Actor
from attain_api.batches import repository
from attain_api.batches.rates import Rate
from attain_api.state import ApiState
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import AttainError, TooManyRequests

FULL_SECONDS = 5
"""What a full inbox asks for, at least: a worker takes in hundreds of batches meanwhile."""
SCOPE_OF = {"live": "write", "backfill": "backfill"}
"""What a connector's key needs for each lane."""

Admit = Callable[[str], Awaitable[None]]
"""Lets a push into a lane, or raises."""


class RateLimited(TooManyRequests):
    """More pushes than the principal may send."""

    code, title = "rate-limited", "Too many pushes"


class InboxFull(TooManyRequests):
    """More batches wait in this lane than the inbox is to hold."""

    code, title = "inbox-full", "The inbox is full"


@asynccontextmanager
async def limited(
    state: ApiState, uow: UnitOfWork, *, actor: Actor, key: str, response: Response
) -> AsyncIterator[Admit]:
    """What a push asks once its lane is known; whatever it is answered then says how many more may come.

    Nobody is refused whose push is stored already: its receipt may have been lost on the way (ING-2).

    Raises:
        RateLimited: the principal has pushed too often; before the push is read, where that is known by then.
        InboxFull: the company's lane is full.
    """
    gate = _Gate(state, uow, actor=actor, key=key)
    try:
        await gate.refuse_unread()
        try:
            yield gate.admit
        except AttainError:
            await gate.count_unread()
            raise
    except AttainError as error:
        error.headers.update(gate.told)
        raise
    response.headers.update(gate.told)


class _Gate:
    """One push on its way in."""

    def __init__(self, state: ApiState, uow: UnitOfWork, *, actor: Actor, key: str) -> None:
        self.told: dict[str, str] = {}
        self._state, self._uow, self._actor, self._key = state, uow, actor, key
        self._is_counted = False

    async def refuse_unread(self) -> None:
        """Refuse what could go into no lane: that costs little, however large it is."""
        known = [self._state.limiter.find_refusal(_name(self._actor, lane)) for lane in self._lanes()]
        refusals = [rate for rate in known if rate is not None]
        if refusals and len(refusals) == len(known):
            await self._refuse(min(refusals, key=lambda rate: rate.retry_after))

    async def admit(self, lane: str) -> None:
        """Count the push, and let it in."""
        self._is_counted = True
        rate = await check_rate(self._state, actor=self._actor, lane=lane)
        if rate is not None:
            self.told = _headers(rate)
            if not rate.allowed:
                await self._refuse(rate)
        await check_inbox(self._state, self._uow, actor=self._actor, lane=lane, key=self._key)

    async def count_unread(self) -> None:
        """A push that is refused before its lane is known was work as well: it counts in each it might have been for."""
        if not self._is_counted:
            for lane in self._lanes():
                rate = await check_rate(self._state, actor=self._actor, lane=lane)
                self.told = self.told or (_headers(rate) if rate else {})

    async def _refuse(self, rate: Rate) -> None:
        self.told = _headers(rate)
        if not await _is_stored(self._uow, actor=self._actor, key=self._key):
            self._state.counters.pushes_refused.labels("rate").inc()
            raise RateLimited("too many pushes; wait a while", headers=_retry_after(rate.retry_after))

    def _lanes(self) -> list[str]:
        """The lanes that the caller may push to."""
        actor = self._actor
        return [lane for lane, scope in SCOPE_OF.items() if actor.kind != "connector" or scope in actor.scopes]


async def check_rate(state: ApiState, *, actor: Actor, lane: str) -> Rate | None:
    """Count a push of this principal into this lane; None where there is no limit, or none can be told."""
    settings = state.settings
    per_minute = settings.push_batches_per_minute if lane == "live" else settings.backfill_batches_per_minute
    if not per_minute:
        return None
    return await state.limiter.take(_name(actor, lane), per_minute=per_minute)


async def check_inbox(state: ApiState, uow: UnitOfWork, *, actor: Actor, lane: str, key: str) -> None:
    """Refuse what a full lane cannot take; a full backfill lane refuses no live push.

    Raises:
        InboxFull: as said, unless the key's batch is stored already.
    """
    most, company_id = state.settings.inbox_max_batches, actor.company_id
    if not most:
        return

    async def count() -> int:
        return await repository.count_waiting(uow.session, company_id=company_id, lane=lane, at_most=most + 1)

    waiting = await state.inbox.read(company_id, lane, count=count)
    if waiting > most and not await _is_stored(uow, actor=actor, key=key):
        state.counters.pushes_refused.labels("inbox-full").inc()
        raise InboxFull("the inbox is full; wait until batches are taken in", headers=_retry_after(FULL_SECONDS))


async def _is_stored(uow: UnitOfWork, *, actor: Actor, key: str) -> bool:
    return await repository.is_key_used(
        uow.session, company_id=actor.company_id, principal_id=actor.principal_id, key=key
    )


def _name(actor: Actor, lane: str) -> str:
    """What a lane's pushes of a principal are counted under."""
    return f"{actor.principal_id}:{lane}"


def _headers(rate: Rate) -> dict[str, str]:
    return {
        "RateLimit-Limit": str(rate.per_minute),
        "RateLimit-Policy": f"{rate.per_minute};w=60;burst={rate.burst}",
        "RateLimit-Remaining": str(rate.remaining),
        "RateLimit-Reset": str(math.ceil(rate.reset)),
    }


def _retry_after(seconds: float) -> dict[str, str]:
    """Up to half as long again, by chance: those who are sent away together must not come back together."""
    least = max(1, math.ceil(seconds))
    return {"Retry-After": str(least + secrets.randbelow(least // 2 + 2))}
