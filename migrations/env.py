"""Runs migrations on ATTAIN_DATABASE_URL, or on the connection that a command or a test hands in."""

import asyncio
from collections.abc import Mapping
from typing import Any

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from attain_shared.db.hosts import connect_args_for
from attain_shared.db.partitions import is_partition
from attain_shared.db.session import CONNECT_SECONDS
from attain_shared.db.tables import metadata
from attain_shared.settings import DatabaseSettings

RETIRED = {("people", name) for name in ("department_id", "manager_id", "employment_type", "hired_on")}
"""Columns that no model knows any more and a later release drops: the build before this one may still be at work."""


def include_name(name: str | None, kind: str, parents: Mapping[Any, str | None]) -> bool:
    """Partitions come and go with time, and retired columns will go: they are no part of the schema."""
    if kind == "column":
        return (parents.get("table_name"), name) not in RETIRED
    return not (kind == "table" and name is not None and is_partition(name))


def run(connection: Connection) -> None:
    """Run the migrations, each in a transaction of its own, or in none where it builds indexes beside live traffic."""
    if connection.in_transaction():
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=include_name,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_on_settings() -> None:
    """Connect as the settings say."""
    url = DatabaseSettings().database_url.get_secret_value()
    engine = create_async_engine(url, poolclass=NullPool, connect_args=connect_args_for(url, timeout=CONNECT_SECONDS))
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


given: Connection | None = context.config.attributes.get("connection")
if given is None:
    asyncio.run(run_on_settings())
else:
    run(given)
