"""An application on a database of a file's own, for tests of what is everybody's."""

from collections.abc import AsyncIterator

import pytest

from attain_api.state import ApiState
from tests.support.fresh import fresh_state
from tests.support.installation import empty


@pytest.fixture(scope="module")
async def installation(postgres_url: str, state: ApiState) -> AsyncIterator[ApiState]:
    """The same for all tests of a file."""
    async with fresh_state(postgres_url, state) as made:
        yield made


@pytest.fixture
async def emptied(installation: ApiState) -> ApiState:
    """It, with nothing in it of what operations count."""
    await empty(installation)
    return installation
