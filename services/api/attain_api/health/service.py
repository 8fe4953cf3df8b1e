"""Whether this process can serve: every dependency with its own state and time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Literal

import structlog
from pydantic import Field
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from attain_api.health import repository
from attain_api.state import ApiState
from attain_shared.db.schema import schema_is_ready
from attain_shared.db.session import create_sessions, transaction
from attain_shared.wire import Output

log = structlog.get_logger(__name__)

BEAT_MAX_AGE = timedelta(seconds=30)
CHECK_SECONDS = 1.8
"""A dependency that hangs is as good as away."""

POOL_SECONDS = 0.5
"""A request that waits longer for a connection is slow for everybody to see."""

State = Literal["ok", "busy", "away", "behind", "unknown"]


class Check(Output):
    """The state of one dependency."""

    state: State
    """`ok`, `away`, `behind` (a schema too old), `busy` (a pool whose connections are all in use) or `unknown` (not
    reached, or not asked while draining)."""
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
    pool: Check
    """This process's connections to it: `busy` if none comes free within half a second."""
    db_schema: Check = Field(serialization_alias="schema")
    """The schema, at the revision this build needs or newer."""
    queue: Check
    """Redis; without it the worker's sweep looks every two seconds."""
    worker: Check
    """Some worker was seen within the last 30 seconds."""


async def check_readiness(state: ApiState) -> Readiness:
    """Ask all dependencies at once, within two seconds whatever they do; while draining none, and answer at once.

    Whoever asks meanwhile is told the same: there is one connection for it, and those in line would take it for away.
    """
    if state.draining:
        return await _check(state)
    if state.readiness is None or state.readiness.done():
        state.readiness = asyncio.create_task(_check(state), name="readiness")
    readiness: Readiness = await asyncio.shield(state.readiness)
    return readiness


async def _check(state: ApiState) -> Readiness:
    names = ("database", "pool", "db_schema", "queue", "worker")
    checks = {name: Check(state="unknown", milliseconds=0) for name in names}
    if not state.draining:
        _, checks["pool"], checks["queue"] = await asyncio.gather(
            _check_database(state, checks), _check_pool(state), check(state.ping_queue, "queue")
        )
    if state.draining or checks["database"].state != "ok" or checks["db_schema"].state != "ok":
        status: Literal["ok", "degraded", "unavailable"] = "unavailable"
    elif any(checks[name].state != "ok" for name in ("pool", "queue", "worker")):
        status = "degraded"
    else:
        status = "ok"
    return Readiness(status=status, draining=state.draining, **checks)


async def _check_database(state: ApiState, checks: dict[str, Check]) -> None:
    """Fill in the three checks as far as the database lets us come."""
    started = time.perf_counter()
    asking = asyncio.create_task(_ask_database(state, checks))
    state.asking.add(asking)
    asking.add_done_callback(state.asking.discard)
    # and no longer: letting go of a connection that hangs takes two seconds more, for which nobody need wait
    await asyncio.wait({asking}, timeout=CHECK_SECONDS)
    if not asking.done():
        _give_up(checks, started, TimeoutError())


async def _ask_database(state: ApiState, checks: dict[str, Check]) -> None:
    started = time.perf_counter()
    sessions = create_sessions(state.health_engine) if state.health_engine else state.sessions
    try:
        async with asyncio.timeout(CHECK_SECONDS), transaction(sessions, state.doorbell) as uow:
            await repository.ping(uow.session)
            checks["database"] = _done("ok", started)
            started = time.perf_counter()
            current = await schema_is_ready(uow.session)
            checks["db_schema"] = _done("ok" if current else "behind", started)
            started = time.perf_counter()
            alive = await repository.has_live_worker(uow.session, max_age=BEAT_MAX_AGE)
            checks["worker"] = _done("ok" if alive else "away", started)
    except Exception as error:  # noqa: BLE001  # whatever it is, this process cannot serve
        _give_up(checks, started, error)


def _give_up(checks: dict[str, Check], started: float, error: Exception) -> None:
    """What was not reached before the error is away, or cannot be told."""
    if checks["database"].state == "away":
        return
    log.warning("dependency away", dependency="database", reason=type(error).__name__)
    if checks["database"].state != "ok":
        checks["database"] = _done("away", started)
    elif checks["db_schema"].state == "unknown":
        checks["db_schema"] = _done("behind", started)


async def _check_pool(state: ApiState) -> Check:
    """Whether a request would get a connection; nothing is asked while some are left."""
    started, pool = time.perf_counter(), state.engine.pool
    assert isinstance(pool, QueuePool)
    if pool.checkedout() < pool.size():
        return _done("ok", started)
    try:
        async with asyncio.timeout(POOL_SECONDS), state.engine.connect():
            return _done("ok", started)
    except (TimeoutError, SQLAlchemyError, OSError):
        return _done("busy", started)


async def check(ask: Callable[[], Awaitable[None]], name: str) -> Check:
    """Ask one dependency, within the time there is."""
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
