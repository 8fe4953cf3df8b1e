"""How far a primary has written its log, and how far a standby has replayed it."""

from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# the first 8 digits of a file's name are its timeline, in hexadecimal
_WRITTEN = text("""
    SELECT ('x' || left(pg_walfile_name(pg_current_wal_flush_lsn()), 8))::bit(32)::int,
           pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint
""")

# who streams nothing, or may not see what is streamed (that takes pg_read_all_stats), is on its last checkpoint's timeline
_REPLAYED = text("""
    SELECT coalesce((SELECT received_tli FROM pg_stat_wal_receiver), (SELECT timeline_id FROM pg_control_checkpoint())),
           pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint
    WHERE pg_is_in_recovery()
""")


class Position(NamedTuple):
    """A place in the log of a timeline: each promotion and each restore begins a new one."""

    timeline: int
    end: int
    """In bytes."""


async def find_written(session: AsyncSession) -> Position:
    """How far a primary's log is on its disk: all that was acknowledged by now lies before it."""
    return Position(*(await session.execute(_WRITTEN)).one())


async def find_replayed(session: AsyncSession) -> Position | None:
    """How far a standby has replayed the log; none on a server that is no standby."""
    found = (await session.execute(_REPLAYED)).one_or_none()
    return None if found is None else Position(*found)
