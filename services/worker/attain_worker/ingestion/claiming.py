"""Which batches are next: live before backfill, and every queue of a lane in its turn."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import zip_longest
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.clock import utc_now
from attain_shared.identifiers import CLOCKS_DIFFER, first_id_at, id_ahead, just_before
from attain_shared.metrics.slots import SLOTS
from attain_worker.facts.claim import Batch
from attain_worker.ingestion import repository
from attain_worker.ingestion.repository import Queue, Waiting

IN_FLIGHT = timedelta(seconds=10)
"""How long a push may take from its id to its commit and still be seen at once; slower ones wait for the sweep."""
MOST_BATCHES = 200
"""Of one claim."""
MISSES = 2
"""Looks in a row that find nothing, before the low water is doubted."""
NOTHING = UUID(int=0)
"""Below every identifier."""
LANES = {"live": 1.0, "backfill": 0.5}
"""In the order they are served, with their share of a claim's rows: today's rows wait for one claim of old ones."""
QUEUES = tuple(Queue(lane, slot) for lane in LANES for slot in range(SLOTS))


@dataclass(slots=True)
class Place:
    """How far a worker has come with a company."""

    low_water: dict[Queue, UUID] = field(default_factory=lambda: dict.fromkeys(QUEUES, NOTHING))
    """Of each queue the id up to which nothing is left to do."""
    served: dict[str, int] = field(default_factory=dict)
    """Of each lane the slot served last: the next one begins."""
    is_behind: bool = False
    missed: int = 0
    """Looks in a row that found nothing above the low water although something waits."""


class Claiming:
    """Locks the next batches of a company."""

    def __init__(self, *, claim_rows: int) -> None:
        """`claim_rows` bounds what one claim holds, but for a single larger batch."""
        self._claim_rows = claim_rows
        self._places: dict[UUID, Place] = defaultdict(Place)

    def forget_low_water(self) -> None:
        """Look from the beginning again: batches pushed back, or committed late with an older id, turn up."""
        # new objects: a look that is under way keeps writing to the old ones
        for place in self._places.values():
            place.low_water = dict.fromkeys(QUEUES, NOTHING)

    def doubt_low_water(self, company_id: UUID) -> bool:
        """Something waits, and a claim has found nothing; whether to look again, from the beginning.

        Once, another worker has just been faster. Twice in a row, the batch's id is older than any push in flight can
        be: the clock of some API is behind this one.
        """
        place = self._places[company_id]
        place.missed += 1
        if place.missed < MISSES:
            return False
        place.missed, place.low_water = 0, dict.fromkeys(QUEUES, NOTHING)
        return True

    def is_behind(self, company_id: UUID) -> bool:
        """Whether the last claim left due batches: the next can begin before it is through."""
        return self._places[company_id].is_behind

    async def claim(self, session: AsyncSession, *, company_id: UUID) -> list[Batch]:
        """Lock the next batches of the live lane, else of the backfill lane, up to the rows of one claim."""
        place = self._places[company_id]
        was_behind, place.is_behind = place.is_behind, False
        waiting = await self._find_oldest(session, company_id, place)
        for lane, share in LANES.items():
            queues = {queue: oldest for queue, oldest in waiting.items() if queue.lane == lane}
            if was_behind:
                queues = _next_half(queues, after=place.served.get(lane, -1))
            if queues:
                most = round(self._claim_rows * share)
                rows_each = max(1, sum(oldest.received for oldest in queues.values()) // len(queues))
                wanted = max(1, min(MOST_BATCHES, most // rows_each))
                until = id_ahead(CLOCKS_DIFFER)
                locked = await self._lock(session, company_id, queues, share=-(-wanted // len(queues)), until=until)
                if batches := _cut(in_turns(locked, after=place.served.get(lane, -1)), most=most):
                    place.served[lane] = batches[-1][0]
                    found = sum(map(len, locked.values()))
                    place.is_behind = found >= wanted or found > len(batches)
                    return [batch for _, batch in batches]
        return []

    async def claim_next(self, session: AsyncSession, *, company_id: UUID, until: UUID) -> tuple[Batch | None, bool]:
        """Lock the batch whose turn it is, of those with an id below; and whether any of them waits, due or not."""
        place = self._places[company_id]
        waiting = await repository.find_oldest(session, company_id=company_id, low_water=place.low_water, until=until)
        for lane in LANES:
            queues = {queue: oldest for queue, oldest in waiting.items() if queue.lane == lane}
            if queues:
                locked = await self._lock(session, company_id, queues, share=1, until=until)
                for slot, batch in in_turns(locked, after=place.served.get(lane, -1)):
                    place.served[lane] = slot
                    return batch, True
        return None, bool(waiting)

    async def _find_oldest(self, session: AsyncSession, company_id: UUID, place: Place) -> dict[Queue, Waiting]:
        """The oldest batch of each queue; nothing older need be looked at again but what is still in flight."""
        low_water = place.low_water
        waiting = await repository.find_oldest(
            session, company_id=company_id, low_water=low_water, until=id_ahead(CLOCKS_DIFFER)
        )
        if waiting:
            place.missed = 0
        settled = first_id_at(utc_now() - IN_FLIGHT)
        for queue in QUEUES:
            oldest = waiting.get(queue)
            low_water[queue] = min(settled, just_before(oldest.batch_id)) if oldest else settled
        return waiting

    async def _lock(
        self, session: AsyncSession, company_id: UUID, queues: Mapping[Queue, Waiting], *, share: int, until: UUID
    ) -> dict[int, list[Batch]]:
        oldest = {queue: waiting.batch_id for queue, waiting in queues.items()}
        return await repository.claim_batches(session, company_id=company_id, oldest=oldest, share=share, until=until)


def _next_half(queues: Mapping[Queue, Waiting], *, after: int) -> dict[Queue, Waiting]:
    """The queues whose turn is first: the claim beside this one takes the others, and neither waits for a shop."""
    ordered = sorted(queues, key=lambda queue: (queue.slot <= after, queue.slot))
    return {queue: queues[queue] for queue in ordered[: -(-len(ordered) // 2)]}


def in_turns(batches: Mapping[int, Sequence[Batch]], *, after: int) -> list[tuple[int, Batch]]:
    """One batch of each slot, then the next of each; the slot behind the one served last begins."""
    slots = sorted(batches, key=lambda slot: (slot <= after, slot))
    rounds = zip_longest(*([(slot, batch) for batch in batches[slot]] for slot in slots))
    return [turn for each in rounds for turn in each if turn is not None]


def _cut(turns: Sequence[tuple[int, Batch]], *, most: int) -> list[tuple[int, Batch]]:
    """As many as hold this many rows together; at least one."""
    taken, rows = 0, 0
    while taken < len(turns) and (taken == 0 or rows + turns[taken][1].received <= most):
        rows += turns[taken][1].received
        taken += 1
    return list(turns[:taken])
