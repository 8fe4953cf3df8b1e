"""What is done once an answer is on its way, so that the time it takes tells nothing of it."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger("attain_api.aftermath")


@dataclass(slots=True)
class Aftermath:
    """Work that nobody waits for; kept here, as the loop itself does not keep it."""

    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def begin(self, work: Coroutine[None, None, None]) -> None:
        """Do it soon; a failure is logged."""
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except Exception:
            log.exception("aftermath failed")

    async def finish(self) -> None:
        """Wait for what has begun."""
        await asyncio.gather(*self._tasks)
