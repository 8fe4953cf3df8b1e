"""Databases for tests: made, migrated as `attain-admin migrate` does, and dropped."""

from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from attain_shared.clock import business_day
from attain_shared.db.partitions import create_partitions, months_ahead
from attain_shared.db.session import create_sessions, transaction
from attain_shared.doorbell import MemoryDoorbell


async def migrate(url: str) -> None:
    """Bring a database to the newest schema and make its first partitions."""
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    config = Config("alembic.ini")
    async with engine.connect() as connection:
        config.attributes["connection"] = connection.sync_connection
        await connection.run_sync(lambda _: command.upgrade(config, "head"))
        await connection.commit()
    months = months_ahead(business_day())
    async with transaction(create_sessions(engine), MemoryDoorbell()) as uow:
        await create_partitions(uow.session, buckets=months[:2], inbox=months)
    await engine.dispose()
