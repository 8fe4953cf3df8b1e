"""A database of a test's own, for tests that change the schema itself."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from httpx import ASGITransport, AsyncClient
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from attain_api.app import create_app
from attain_api.state import ApiState
from attain_shared.db.session import create_engine, create_sessions
from tests.support import databases
from tests.support.servers import create_database, drop_database


@asynccontextmanager
async def fresh_state(postgres_url: str, state: ApiState) -> AsyncIterator[ApiState]:
    """The state of an application on a migrated database that nobody else uses."""
    url = await create_database(postgres_url)
    await databases.migrate(url)
    settings = state.settings.model_copy(update={"database_url": SecretStr(url)})
    engine = create_engine(settings, application="tests")
    yield replace(
        state, settings=settings, engine=engine, sessions=create_sessions(engine), registry=CollectorRegistry()
    )
    await engine.dispose()
    await drop_database(postgres_url, url)


@asynccontextmanager
async def client_of(state: ApiState, **changes: Any) -> AsyncIterator[AsyncClient]:
    """A client of the application on this state with so much of it changed, and metrics of its own."""
    app = create_app(replace(state, registry=CollectorRegistry(), **changes))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        yield client
