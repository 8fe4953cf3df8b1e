"""What runs beside the application for as long as it does."""

import asyncio
from dataclasses import replace

from structlog.testing import capture_logs

from attain_api.app import create_app
from attain_api.state import ApiState


async def test_a_task_that_dies_is_heard_of_and_one_that_is_ended_is_not(state: ApiState) -> None:
    async def die() -> None:
        raise ValueError("a bug")

    async def live() -> None:
        await asyncio.sleep(60)

    app = create_app(replace(state, registry=type(state.registry)(), beside=[die, live]))
    with capture_logs() as lines:
        async with app.router.lifespan_context(app):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            assert [repr(line["exc_info"]) for line in lines] == ["ValueError('a bug')"]
    assert len(lines) == 1
