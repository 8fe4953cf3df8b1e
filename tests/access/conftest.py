"""A world for each file, as its transaction stays open; nothing that is done in it stays."""

from collections.abc import AsyncIterator

import pytest

from attain_api.state import ApiState
from tests.support.matrix_world import World, making_world


@pytest.fixture(scope="module")
async def world(state: ApiState) -> AsyncIterator[World]:
    """林晓, and everybody in every relation to her."""
    async with making_world(state) as made:
        yield made
