"""Telling of events, and reading them in the order in which they may be read."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.clock import utc_now
from attain_shared.events.schemas import EventKind
from attain_shared.identifiers import new_id


class Happening(NamedTuple):
    """An event before it is written: about what, and its data."""

    subject_id: UUID
    data: dict[str, str]


class Place(NamedTuple):
    """A place in a company's events: what comes after it is new to whoever has read up to it."""

    position: int
    id: UUID


class StoredEvent(NamedTuple):
    """An event as it is read."""

    company_id: UUID
    position: int
    id: UUID
    kind: str
    subject_id: UUID
    data: dict[str, Any]
    happened_at: datetime

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place(self.position, self.id)


_TELL = text("""
    INSERT INTO events (company_id, id, kind, subject_id, data, happened_at)
    SELECT :company_id, row.id, :kind, row.subject_id, row.data, :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS uuid[]), CAST(:data AS jsonb[])) AS row (id, subject_id, data)
""")

# what is not below the oldest running transaction may yet be preceded by something that is not committed
_READ = text("""
    SELECT event.company_id, event.position, event.id, event.kind, event.subject_id, event.data, event.happened_at
    FROM unnest(CAST(:companies AS uuid[]), CAST(:positions AS bigint[]), CAST(:ids AS uuid[]))
         AS read (company_id, position, id)
    CROSS JOIN LATERAL (
        SELECT * FROM events
        WHERE events.company_id = read.company_id AND (events.position, events.id) > (read.position, read.id)
          AND events.position < CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)
        ORDER BY events.position, events.id LIMIT :most
    ) AS event
    ORDER BY event.company_id, event.position, event.id
""")

_HERE = text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) - 1")
LAST = UUID(int=(1 << 128) - 1)


async def tell(session: AsyncSession, *, company_id: UUID, kind: EventKind, happenings: Sequence[Happening]) -> None:
    """Write events of one kind, in the transaction of what they tell of."""
    if happenings:
        await session.execute(
            _TELL,
            {
                "company_id": company_id,
                "kind": kind.value,
                "now": utc_now(),
                "ids": [new_id() for _ in happenings],
                "subjects": [one.subject_id for one in happenings],
                "data": [json.dumps(one.data) for one in happenings],
            },
        )


async def read_events(session: AsyncSession, *, after: dict[UUID, Place], most: int) -> list[StoredEvent]:
    """The next events of each of these companies, `most` of each at most, in the order in which they are read."""
    rows = await session.execute(
        _READ,
        {
            "companies": list(after),
            "positions": [place.position for place in after.values()],
            "ids": [place.id for place in after.values()],
            "most": most,
        },
    )
    return [StoredEvent(*row) for row in rows]


async def find_here(session: AsyncSession) -> Place:
    """The place before whatever is yet to come."""
    return Place(await session.scalar(_HERE) or 0, LAST)
