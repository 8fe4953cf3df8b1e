"""Statements of the retention."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

# the inner LIMIT keeps this a look at one batch a key: as a join it might go through the whole inbox
_DELETE_KEYS = text("""
    WITH old AS (
        SELECT key.principal_id, key.key FROM batch_keys key
        LEFT JOIN LATERAL (
            SELECT batch.state FROM metric_batches batch
            WHERE batch.company_id = :company_id AND batch.id = key.batch_id LIMIT 1
        ) AS stands ON true
        WHERE key.company_id = :company_id AND key.created_at < :before AND COALESCE(stands.state, 'done') = 'done'
        ORDER BY key.created_at LIMIT :at_most
    )
    DELETE FROM batch_keys USING old
    WHERE batch_keys.company_id = :company_id AND batch_keys.principal_id = old.principal_id AND batch_keys.key = old.key
""")

_DELETE_REJECTIONS = text("""
    WITH old AS (
        SELECT batch_id, row_index FROM batch_rejections
        WHERE company_id = :company_id AND batch_id >= :first AND batch_id < :end
        ORDER BY batch_id, row_index LIMIT :at_most
    )
    DELETE FROM batch_rejections rejection USING old
    WHERE rejection.company_id = :company_id AND rejection.batch_id = old.batch_id
      AND rejection.row_index = old.row_index
""")

# one that is on its way is kept, unless its webhook is no more
_DELETE_DELIVERIES = text("""
    WITH old AS (
        SELECT delivery.id FROM deliveries delivery
        WHERE delivery.company_id = :company_id AND delivery.created_at < :before
          AND (delivery.state <> 'pending' OR NOT EXISTS (
              SELECT FROM webhooks webhook
              WHERE webhook.company_id = :company_id AND webhook.id = delivery.webhook_id
          ))
        ORDER BY delivery.created_at LIMIT :at_most
        FOR UPDATE SKIP LOCKED
    )
    DELETE FROM deliveries USING old WHERE deliveries.company_id = :company_id AND deliveries.id = old.id
""")

# they lie in the order in which they happened: the first that is young ends the look
_DELETE_EVENTS = text("""
    WITH first AS (
        SELECT event.position, event.id, event.happened_at FROM events event
        WHERE event.company_id = :company_id AND NOT EXISTS (
            SELECT FROM event_relays relay
            WHERE relay.company_id = :company_id AND (relay.position, relay.event_id) < (event.position, event.id)
        )
        ORDER BY event.position, event.id LIMIT :at_most
    )
    DELETE FROM events USING first
    WHERE events.company_id = :company_id AND events.position = first.position AND events.id = first.id
      AND first.happened_at < :before
""")

_LOCK = "hashtextextended('attain:retention', 0)"


async def delete_keys(session: AsyncSession, *, company_id: UUID, before: datetime, at_most: int) -> int:
    """Forget the oldest keys of pushes from before this, but for those whose batch is not done; how many."""
    parameters = {"company_id": company_id, "before": before, "at_most": at_most}
    return cast("CursorResult[Any]", await session.execute(_DELETE_KEYS, parameters)).rowcount


async def delete_rejections(session: AsyncSession, *, company_id: UUID, first: UUID, end: UUID, at_most: int) -> int:
    """Forget why rows of the batches from `first` to before `end` were rejected; how many rows."""
    parameters = {"company_id": company_id, "first": first, "end": end, "at_most": at_most}
    return cast("CursorResult[Any]", await session.execute(_DELETE_REJECTIONS, parameters)).rowcount


async def delete_deliveries(session: AsyncSession, *, company_id: UUID, before: datetime, at_most: int) -> int:
    """Forget the oldest deliveries from before this that are over, or whose webhook is no more; how many."""
    parameters = {"company_id": company_id, "before": before, "at_most": at_most}
    return cast("CursorResult[Any]", await session.execute(_DELETE_DELIVERIES, parameters)).rowcount


async def delete_events(session: AsyncSession, *, company_id: UUID, before: datetime, at_most: int) -> int:
    """Forget the first events, if they are from before this and handed on to all webhooks; how many."""
    parameters = {"company_id": company_id, "before": before, "at_most": at_most}
    return cast("CursorResult[Any]", await session.execute(_DELETE_EVENTS, parameters)).rowcount


async def look_through(
    session: AsyncSession, *, company_id: UUID, table: str, above: UUID, at_most: int
) -> tuple[UUID | None, bool]:
    """The last of a month's next batches (none: there are no more), and whether one of them is not done.

    Args:
        session: to read in.
        company_id: whose batches.
        table: the name of the month's own table.
        above: the batches after this one.
        at_most: how many; a month may hold millions, and no index knows the failed ones.
    """
    statement = text(f"""
        SELECT (array_agg(id ORDER BY id DESC))[1], bool_or(state <> 'done') FROM (
            SELECT id, state FROM {table} WHERE company_id = :company_id AND id > :above ORDER BY id LIMIT :at_most
        ) AS part
    """)  # nosec B608 # noqa: S608 - a partition's own name
    rows = await session.execute(statement, {"company_id": company_id, "above": above, "at_most": at_most})
    last, is_open = rows.one()
    return last, bool(is_open)


async def drop_table(connection: AsyncConnection, *, name: str) -> None:
    """Drop a month that is detached."""
    await connection.execute(text(f"DROP TABLE {name}"))


async def try_lock(connection: AsyncConnection) -> bool:
    """Be the one that lets go of what is old, as long as the connection lives."""
    return bool(await connection.scalar(text(f"SELECT pg_try_advisory_lock({_LOCK})")))


async def unlock(connection: AsyncConnection) -> None:
    """Let another one do it."""
    await connection.execute(text(f"SELECT pg_advisory_unlock({_LOCK})"))
