"""`attain-admin partitions`: the months that the big tables are made of, and taking old facts off them."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated

import typer
from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from attain_api.settings import AdminSettings
from attain_shared.clock import business_day
from attain_shared.db.partitions import (
    BY_BUCKET,
    BY_ID,
    Place,
    create_partitions,
    detach_partition,
    finish_detaching,
    list_partitions,
    month_of,
)
from attain_shared.db.session import create_engine, create_sessions, reading, transaction
from attain_shared.doorbell import MemoryDoorbell
from attain_shared.goals.moved_months import moving_months
from attain_shared.settings import read_settings

app = typer.Typer(help="The monthly partitions of facts, history and inbox.", no_args_is_help=True)

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


def _read_month(text: str) -> date:
    if not _MONTH.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not a month as in 2026-07")
    return date.fromisoformat(f"{text}-01")


@app.command("list")
def list_() -> None:
    """Print every month of every table: its place, and how much of the disk it takes."""
    _run(_list)


@app.command()
def detach(
    before: Annotated[date, typer.Option(parser=_read_month, metavar="MONTH", help="The first month that stays.")],
) -> None:
    """Take the facts and the history of old months off their tables, beside live traffic.

    They stay in the database as tables of their own, and no figure shows them until they are attached again.
    """
    if before > month_of(business_day()):
        raise typer.BadParameter("only months that are over can be detached", param_hint="--before")
    _run(lambda engine: _detach(engine, before=before))


@app.command()
def attach(
    months: Annotated[list[date], typer.Argument(parser=_read_month, metavar="MONTH...", help="As in 2024-01.")],
) -> None:
    """Attach the facts and the history of these months again."""
    _run(lambda engine: _attach(engine, months=months))


async def _list(engine: AsyncEngine) -> None:
    async with reading(create_sessions(engine)) as uow:
        for partition in await list_partitions(uow.session, (*BY_BUCKET, *BY_ID)):
            size = f"{partition.bytes / 1024 / 1024:.1f} MiB"
            typer.echo(f"{partition.table:<20} {partition.month:%Y-%m}  {partition.place:<9} {size:>14}")


async def _detach(engine: AsyncEngine, *, before: date) -> None:
    async with reading(create_sessions(engine)) as uow:
        known = await list_partitions(uow.session, BY_BUCKET)
    old = [partition for partition in known if partition.month < before and partition.place is not Place.DETACHED]
    months = {partition.month for partition in old}
    async with moving_months(create_sessions(engine), MemoryDoorbell(), months=months), engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="AUTOCOMMIT")
        # of a table no second month can be detached before the first is off
        for partition in sorted(old, key=lambda partition: partition.place is not Place.LEAVING):
            await detach_partition(connection, partition)
            typer.echo(f"{partition.name}: detached")
    if not old:
        typer.echo(f"nothing attached is older than {before:%Y-%m}")


async def _attach(engine: AsyncEngine, *, months: list[date]) -> None:
    async with reading(create_sessions(engine)) as uow:
        known = await list_partitions(uow.session, BY_BUCKET)
    if missing := sorted(set(months) - {partition.month for partition in known}):
        raise typer.BadParameter(f"there are no facts of {', '.join(f'{month:%Y-%m}' for month in missing)}")
    sessions, doorbell = create_sessions(engine), MemoryDoorbell()
    leaving = {partition.month for partition in known if partition.place is Place.LEAVING}
    async with (
        moving_months(sessions, doorbell, months={*months, *leaving}),
        transaction(sessions, doorbell) as uow,
    ):
        await finish_detaching(uow.session)
        attached = await create_partitions(uow.session, buckets=months, inbox=[])
    for name in attached:
        typer.echo(f"{name}: attached")


def _run(work: Callable[[AsyncEngine], Awaitable[None]]) -> None:
    async def run() -> None:
        async with _database() as engine:
            await work(engine)

    try:
        asyncio.run(run())
    except (DBAPIError, PostgresError, OSError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        typer.echo(f"attain-admin: {reason}", err=True)
        raise typer.Exit(1) from None


@asynccontextmanager
async def _database() -> AsyncIterator[AsyncEngine]:
    engine = create_engine(read_settings(AdminSettings, program="attain-admin"), application="attain-admin")
    try:
        yield engine
    finally:
        await engine.dispose()
