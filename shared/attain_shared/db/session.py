"""Engines, sessions, and the one place that commits."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from sqlalchemy import event
from sqlalchemy.engine import AdaptedConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from attain_shared.audit.chain import plain
from attain_shared.audit.queries import append_trail
from attain_shared.audit.trail import TRAIL, Author, Change, Trail
from attain_shared.db.hosts import connect_args_for
from attain_shared.db.partitions import KNOWN_MONTHS
from attain_shared.doorbell import Bell, Doorbell
from attain_shared.settings import DatabaseSettings

CONNECT_SECONDS = 5.0
"""How long a connection may take to be made, with any of the hosts that the URL names."""


@dataclass(slots=True)
class StatementCount:
    """How many statements ran, but for those that the hot paths send past SQLAlchemy."""

    ran: int = 0


STATEMENTS: ContextVar[StatementCount | None] = ContextVar("attain_statements", default=None)
"""Set around a request: counts what it runs (P12)."""


def _nobody() -> Author:
    """The system; within a request its id is bound to the log's context."""
    return Author(request_id=structlog.contextvars.get_contextvars().get("request_id", ""))


@dataclass(slots=True)
class UnitOfWork:
    """One request's or one claim's transaction: who does it, what it changes, the bells to ring once it is committed."""

    session: AsyncSession
    bells: set[Bell] = field(default_factory=set)
    author: Author = field(default_factory=_nobody)
    """Set once the caller is known; commands and the worker are the system."""
    trail: Trail = field(default_factory=Trail)

    def record(
        self,
        *,
        resource_type: str,
        resource_id: UUID | None,
        changes: Mapping[str, tuple[object, object]],
        company_id: UUID | None = None,
        action: str | None = None,
    ) -> None:
        """Put something in the audit trail by hand: what a bulk statement wrote, or what no row tells (SEC-5).

        `changes` holds before and after of each field. Without `company_id` it is the author's. Never name a secret.
        """
        owner = company_id or self.author.company_id
        if owner is None:
            raise ValueError("an entry of the audit trail belongs to a company")
        self.trail.add(
            Change(
                company_id=owner,
                resource_type=resource_type,
                resource_id=resource_id,
                verb="update",
                action=action,
                fields={name: (plain(before), plain(after)) for name, (before, after) in changes.items()},
                is_event=True,
            )
        )


def create_engine(settings: DatabaseSettings, *, application: str, **server_settings: str) -> AsyncEngine:
    """An engine whose connections give up on their own: no statement, lock or idle transaction is unbounded.

    `server_settings` are PostgreSQL's own, for the connections of this engine alone.
    """
    url = settings.database_url.get_secret_value()
    engine = create_async_engine(
        url,
        pool_size=settings.database_pool_size,
        max_overflow=0,
        pool_timeout=5,
        # in turn, each connection's backend would plan and keep every statement, tens of MiB in each
        pool_use_lifo=True,
        pool_recycle=1800,
        hide_parameters=True,  # an error's text reaches the log; the values of a statement must not
        connect_args={
            **connect_args_for(url, timeout=CONNECT_SECONDS),
            "command_timeout": settings.statement_timeout_ms / 1000 + 2,  # for a server that does not answer at all
            "server_settings": {
                "application_name": f"{application} {os.getpid()}",  # whose locks and statements they are
                "timezone": "UTC",
                "statement_timeout": str(settings.statement_timeout_ms),
                "lock_timeout": str(settings.lock_timeout_ms),
                "idle_in_transaction_session_timeout": str(settings.idle_in_transaction_timeout_ms),
                # a killed process's backend lets go of its locks within a second, not at the statement's end
                "client_connection_check_interval": "1000",
                # what lies between forgets a connection that says nothing; the server says something in time
                "tcp_keepalives_idle": "60",
                "attain.months": "kept",  # this build's facts come with their months summed up (migration 0009)
                **server_settings,
            },
        },
    )
    event.listen(engine.sync_engine, "checkout", _pass_over_closed)
    event.listen(engine.sync_engine, "before_cursor_execute", _count)
    return engine


def _pass_over_closed(connection: AdaptedConnection, *_: object) -> None:
    """Take no connection out of the pool that a restart of the database has ended.

    The driver knows without asking; `pool_pre_ping` would ask, which costs every request a round trip.
    """
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError("the server has ended this connection")


def _count(*_: object) -> None:
    if (count := STATEMENTS.get()) is not None:
        count.ran += 1


def create_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions whose objects stay readable after the commit; together they remember which months the inbox has."""
    return async_sessionmaker(engine, expire_on_commit=False, info={KNOWN_MONTHS: set()})


@asynccontextmanager
async def reading(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[UnitOfWork]:
    """Run a block of reads without a transaction around them: each statement is one, and costs no more round trips.

    A read that is itself recorded (an export) is so once it is done, in a transaction of its own.
    """
    async with sessions() as session:
        await session.connection(execution_options={"isolation_level": "AUTOCOMMIT"})
        uow = UnitOfWork(session)
        yield uow
    if uow.trail.changes():
        async with sessions() as session, session.begin():
            await append_trail(session, trail=uow.trail, author=uow.author)


@asynccontextmanager
async def transaction(sessions: async_sessionmaker[AsyncSession], doorbell: Doorbell) -> AsyncIterator[UnitOfWork]:
    """Run a block as one transaction: committed at its end, rolled back on any error; bells ring only after.

    What it changed goes into the audit trail last, as that locks the company's chain until the commit.
    """
    async with sessions() as session, session.begin():
        uow = UnitOfWork(session)
        session.info[TRAIL] = uow.trail
        yield uow
        await session.flush()
        await append_trail(session, trail=uow.trail, author=uow.author)
    doorbell.ring_all(uow.bells)
