"""What a process does by the clock, beside all else; in the worker beside arq, so it lives on when Redis is dead."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from attain_shared.db.failures import is_passing

log = structlog.get_logger(__name__)


async def every(seconds: float, task: Callable[[], Awaitable[None]]) -> None:
    """Run a task again and again; a failure is logged and the next run tries again."""
    while True:
        try:
            await task()
        except Exception as error:  # noqa: BLE001 - periodic work must outlive any one failure of it
            log.warning(
                "periodic work failed", task=task.__qualname__, passing=is_passing(error), reason=repr(error)[:300]
            )
        await asyncio.sleep(seconds)
