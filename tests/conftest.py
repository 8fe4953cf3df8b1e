"""One database a session, real commits, and the company wall around everything."""

from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr

from attain_api.app import create_app
from attain_api.settings import ApiSettings
from attain_api.state import ApiState
from attain_shared.db.session import create_engine, create_sessions
from attain_shared.doorbell import MemoryDoorbell
from tests.support import company_wall, databases
from tests.support.killable import source
from tests.support.servers import create_database, describe_servers, drop_database, postgres_server
from tests.support.stack import Stack
from tests.support.story import Company, make_company

structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        # the default shows every local of every frame, which takes seconds
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


def pytest_configure() -> None:
    """Say once what is wrong with the choice of servers, and not in a thousand tests."""
    try:
        source()
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error


def pytest_report_header() -> str:
    """Which servers the tests run on."""
    return describe_servers()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server to make databases in."""
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
async def database_url(postgres_url: str) -> AsyncIterator[str]:
    """This session's own database, migrated."""
    url = await create_database(postgres_url)
    await databases.migrate(url)
    yield url
    await drop_database(postgres_url, url)


@pytest.fixture(scope="session")
def api_settings(database_url: str) -> ApiSettings:
    """Settings of an API in this process."""
    return ApiSettings(
        database_url=SecretStr(database_url.replace("postgresql+asyncpg", "postgresql")),
        redis_url=SecretStr("redis://127.0.0.1:1/0"),
        secret_key=SecretStr("a secret key only for the tests, long enough"),
        delivery_key=SecretStr("a delivery key only for the tests, long enough"),
        stream_seconds=0,  # in one process with its client a stream is read to its end
    )


async def _queue_answers() -> None:
    """No queue is needed to serve."""


@pytest.fixture(scope="session")
async def state(api_settings: ApiSettings) -> AsyncIterator[ApiState]:
    """The state of the application under test; tests may use its sessions for their own statements."""
    engine = create_engine(api_settings, application="tests")
    yield ApiState(
        settings=api_settings,
        engine=engine,
        sessions=create_sessions(engine),
        doorbell=MemoryDoorbell(),
        ping_queue=_queue_answers,
    )
    await engine.dispose()


@pytest.fixture(scope="session")
async def api(state: ApiState) -> AsyncIterator[AsyncClient]:
    """A client of the application in this process; requests commit for good."""
    app = create_app(state)
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        yield client


@pytest.fixture(autouse=True)
def company_wall_stands() -> Iterator[None]:
    """No statement of any test looks over the wall, even where the error was caught on its way."""
    with company_wall.standing() as seen:
        yield
    assert not seen, "\n\n".join(seen)


@pytest.fixture
def company(stack: Stack) -> Iterator[Company]:
    """A company from nothing, on the real processes of the folder's own stack."""
    stack.revive()
    made = make_company(stack.base_url)
    with made.admin:
        yield made
