"""Whether this process can serve: every dependency with its own state and time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Literal

import structlog
from pydantic import Field

from attain_api.health import repository
from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.schema import schema_is_ready
from attain_shared.db.session import transaction
from attain_shared.wire import Output

log = structlog.get_logger(__name__)

BEAT_MAX_AGE = timedelta(seconds=30)
CHECK_SECONDS = 1.8
"""A dependency that hangs is as good as away."""

State = Literal["ok", "away", "behind", "unknown"]


class Check(Output):
    """The state of one dependency."""

    state: State
    """`ok`, `away`, `behind` (a schema too old) or `unknown` (not reached, or not asked while draining)."""
    milliseconds: float
    """How long the check took."""


class Readiness(Output):
    """Whether this process can serve."""

    status: Literal["ok", "degraded", "unavailable"]
    """`degraded` still serves: what is away is caught up with later."""
    draining: bool
    """The process was asked to end: it still answers, but is to be sent no more requests."""
    database: Check
    """PostgreSQL."""
    db_schema: Check = Field(serialization_alias="schema")
    """The schema, at the revision this build needs or newer."""
    queue: Check
    """Redis; without it the worker's sweep looks every two seconds."""
    worker: Check
    """Some worker was seen within the last 30 seconds."""


async def check_readiness(state: ApiState) -> Readiness:
    """Ask all dependencies at once, within two seconds whatever they do; while draining none, and answer at once."""
    checks = {name: Check(state="unknown", milliseconds=0) for name in ("database", "db_schema", "queue", "worker")}
    if not state.draining:
        _, checks["queue"] = await asyncio.gather(_check_database(state, checks), _check(state.ping_queue, "queue"))
    if state.draining or checks["database"].state != "ok" or checks["db_schema"].state != "ok":
        status: Literal["ok", "degraded", "unavailable"] = "unavailable"
    elif checks["queue"].state != "ok" or checks["worker"].state != "ok":
        status = "degraded"
    else:
        status = "ok"
    return Readiness(status=status, draining=state.draining, **checks)


async def _check_database(state: ApiState, checks: dict[str, Check]) -> None:
    """Fill in the three checks as far as the database lets us come."""
    started = time.perf_counter()
    try:
        async with asyncio.timeout(CHECK_SECONDS), transaction(state.sessions, state.doorbell) as uow:
            await repository.ping(uow.session)
            checks["database"] = _done("ok", started)
            started = time.perf_counter()
            current = await schema_is_ready(uow.session)
            checks["db_schema"] = _done("ok" if current else "behind", started)
            started = time.perf_counter()
            beat = await repository.find_last_beat(uow.session)
            alive = beat is not None and beat > utc_now() - BEAT_MAX_AGE
            checks["worker"] = _done("ok" if alive else "away", started)
    except Exception as error:  # noqa: BLE001  # whatever it is, this process cannot serve
        log.warning("dependency away", dependency="database", reason=type(error).__name__)
        if checks["database"].state != "ok":
            checks["database"] = _done("away", started)
        elif checks["db_schema"].state == "unknown":
            checks["db_schema"] = _done("behind", started)


async def _check(ask: Callable[[], Awaitable[None]], name: str) -> Check:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await ask()
    except Exception as error:  # noqa: BLE001  # a queue that fails in any way is away
        log.warning("dependency away", dependency=name, reason=type(error).__name__)
        return _done("away", started)
    return _done("ok", started)


def _done(state: State, started: float) -> Check:
    return Check(state=state, milliseconds=round((time.perf_counter() - started) * 1000, 1))
