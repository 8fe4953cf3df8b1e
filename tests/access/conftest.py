"""A world for each file, as its transaction stays open; nothing that is done in it stays.

And one in a database of its own, where all that is done stays: for thousands of calls. Each call that is undone leaves its
rows behind until the transaction around it ends, and the next ones have to step over them.
"""

from collections.abc import AsyncIterator

import pytest

from attain_api.state import ApiState
from tests.support.fresh import fresh_state
from tests.support.matrix_world import World, making_world


@pytest.fixture(scope="module")
async def world(state: ApiState) -> AsyncIterator[World]:
    """林晓, and everybody in every relation to her."""
    async with making_world(state) as made:
        yield made


@pytest.fixture
async def own_world(postgres_url: str, state: ApiState) -> AsyncIterator[World]:
    """The same, kept, for one test."""
    async with fresh_state(postgres_url, state) as own, making_world(own) as made:
        await made.keep()
        yield made
