"""What a transaction promises of what others have committed, and what it may lose of its own."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_WAIT = text("SELECT pg_logical_emit_message(true, 'attain', '')")
_MAY_BE_LOST = text("SET LOCAL synchronous_commit = local")


async def wait_for_replication(session: AsyncSession) -> None:
    """Have this transaction's commit wait until the synchronous standby has all that it has read.

    A commit that is given up while it waits for the standby is in force on the primary all the same, and every other
    transaction sees it; but a failover would undo it. One that only reads waits for nobody, so whoever acknowledges
    what an earlier transaction wrote says so here: a message in the log, which nobody reads, makes the commit wait
    behind the earlier one.
    """
    await session.execute(_WAIT)


async def let_it_be_lost(session: AsyncSession) -> None:
    """Have this transaction's commit wait for no standby: what it writes is out of date within seconds anyway.

    So that it can be told that the standby is away.
    """
    await session.execute(_MAY_BE_LOST)
