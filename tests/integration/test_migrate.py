import asyncio
import os
import sys

import pytest
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from sqlalchemy import text

from attain_api.app import create_app
from attain_api.state import ApiState
from attain_shared.db.schema import SCHEMA_REVISION
from attain_shared.db.session import create_engine, create_sessions
from tests.support.http import ok
from tests.support.servers import create_database, drop_database

PASSWORD = "the first administrator's"


async def migrate(url: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ATTAIN_")} | {
        "ATTAIN_DATABASE_URL": url,
        "ATTAIN_BOOTSTRAP_ADMIN_EMAIL": "Root@Example.com",
        "ATTAIN_BOOTSTRAP_ADMIN_PASSWORD": PASSWORD,
        "ATTAIN_BOOTSTRAP_COMPANY_NAME": "青禾",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "attain_api.cli", "migrate", env=environment, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said.decode()


@pytest.mark.timeout(180)
async def test_two_migrations_at_once_make_one_installation(postgres_url: str, state: ApiState) -> None:
    url = await create_database(postgres_url)
    await asyncio.gather(migrate(url), migrate(url))
    await migrate(url)
    settings = state.settings.model_copy(
        update={"database_url": SecretStr(url.replace("postgresql://", "postgresql+asyncpg://"))}
    )
    engine = create_engine(settings, application="tests")
    sessions = create_sessions(engine)
    async with sessions() as session:
        assert await session.scalar(text("SELECT version_num FROM alembic_version")) == SCHEMA_REVISION
        assert await session.scalar(text("SELECT count(*) FROM companies")) == 1
        partitions = await session.scalar(
            text("SELECT count(*) FROM pg_inherits WHERE inhparent = 'metric_batches'::regclass")
        )
        assert partitions == 14
    fresh = ApiState(
        settings=settings,
        engine=engine,
        sessions=sessions,
        doorbell=state.doorbell,
        ping_queue=state.ping_queue,
    )
    async with AsyncClient(transport=ASGITransport(create_app(fresh)), base_url="http://test") as client:
        form = {"username": "root@example.com", "password": PASSWORD}
        token = ok(await client.post("/v1/auth/token", data=form))["access_token"]
        me = ok(await client.get("/v1/me", headers={"Authorization": f"Bearer {token}"}))
    assert (me["company"]["name"], me["roles"]) == ("青禾", ["admin", "employee", "ops", "platform"])
    await engine.dispose()
    await drop_database(postgres_url, url)


@pytest.mark.timeout(180)
async def test_an_older_build_leaves_a_schema_that_is_further_on(postgres_url: str, state: ApiState) -> None:
    """A rollback: its migrations are additive, so the build before runs on what the newer one has made."""
    url = await create_database(postgres_url)
    await migrate(url)
    settings = state.settings.model_copy(
        update={"database_url": SecretStr(url.replace("postgresql://", "postgresql+asyncpg://"))}
    )
    engine = create_engine(settings, application="tests")
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert f"at 9999, further on than this build's {SCHEMA_REVISION}" in await migrate(url)
    async with engine.begin() as connection:
        assert await connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    await engine.dispose()
    await drop_database(postgres_url, url)
