"""Which schema this build needs, and which one the database has."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

SCHEMA_REVISION = "0017"
"""The oldest migration this build can run on; a database further on is fine (revisions sort as text)."""


async def schema_is_ready(session: AsyncSession) -> bool:
    """Whether the database has been migrated at least as far as this build needs."""
    revision = await find_revision(session)
    return revision is not None and revision >= SCHEMA_REVISION


async def find_revision(session: AsyncSession) -> str | None:
    """The migration the database is at; none where it has seen no migration."""
    if not await session.scalar(text("SELECT to_regclass('alembic_version') IS NOT NULL")):
        return None
    revision: str | None = await session.scalar(text("SELECT max(version_num) FROM alembic_version"))
    return revision
