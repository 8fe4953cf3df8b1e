"""`attain-admin months`: whether the months that goals are measured by add up to their rows; and summing up anew."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import date
from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_api.settings import AdminSettings
from attain_shared.db.session import create_engine, create_sessions, reading, transaction
from attain_shared.doorbell import MemoryDoorbell
from attain_shared.goals.queries import mark_goals_of_series
from attain_shared.goals.sources import list_measured, months_of
from attain_shared.metrics.months import find_differing, list_months, restore_months, sum_up_missing
from attain_shared.metrics.queries import Series
from attain_shared.settings import read_settings
from attain_shared.shops.queries import wait_for_shops

app = typer.Typer(help="The months of facts that goals are measured by, summed up.", no_args_is_help=True)

AT_ONCE = 500
"""Series restored in one transaction: their shops take no push meanwhile."""


@app.command()
def verify(
    *, restore: Annotated[bool, typer.Option("--restore", help="Sum up anew what does not add up.")] = False
) -> None:
    """Compare every summed month with its rows; exit 1 if one differs and is not restored."""
    raise typer.Exit(asyncio.run(_verify(restore=restore)))


@app.command()
def fill() -> None:
    """Sum up the months that goals of a build before 0009 are measured by; until then their rows are read."""
    asyncio.run(_fill())


async def _fill() -> None:
    engine = create_engine(read_settings(AdminSettings, program="attain-admin"), application="attain-admin")
    sessions = create_sessions(engine)
    try:
        for company_id in await _list_companies(sessions):
            count = await fill_all(sessions, company_id=company_id)
            typer.echo(f"{company_id}: the months of {count} series are there")
    finally:
        await engine.dispose()


async def fill_all(sessions: async_sessionmaker[AsyncSession], *, company_id: UUID) -> int:
    """Sum up the missing months of every series that goals of a company are measured by, some at a time; how many."""
    async with reading(sessions) as uow:
        spans = sorted((await list_measured(uow.session, company_id=company_id)).items())
    for start in range(0, len(spans), AT_ONCE):
        part = spans[start : start + AT_ONCE]
        async with transaction(sessions, MemoryDoorbell()) as uow:
            await wait_for_shops(uow.session, company_id=company_id, shop_ids={series.shop_id for series, _ in part})
            await sum_up_missing(uow.session, company_id=company_id, months=months_of(part))
    return len(spans)


async def _list_companies(sessions: async_sessionmaker[AsyncSession]) -> list[UUID]:
    async with reading(sessions) as uow:
        return list(await uow.session.scalars(text("SELECT id FROM companies ORDER BY id")))


async def _verify(*, restore: bool) -> int:
    engine = create_engine(
        read_settings(AdminSettings, program="attain-admin"), application="attain-admin", statement_timeout="0"
    )
    sessions = create_sessions(engine)
    checked = differing = 0
    try:
        async for company_id, months, series in check_months(sessions):
            checked += months
            differing += len(series)
            for one, month in series:
                typer.echo(f"{company_id} {month}: {one.shop_id} {one.metric} {one.dimension}".rstrip())
            if restore:
                await restore_all(sessions, company_id=company_id, series=series)
    finally:
        await engine.dispose()
    typer.echo(f"{checked} months checked, {differing} series differ" + (", restored" if restore and differing else ""))
    return 0 if restore or not differing else 1


async def check_months(
    sessions: async_sessionmaker[AsyncSession],
) -> AsyncIterator[tuple[UUID, int, list[tuple[Series, date]]]]:
    """Of each company how many months it has, and the series whose rows do not add up to what is kept, with the month."""
    for company_id in await _list_companies(sessions):
        async with reading(sessions) as uow:
            months = await list_months(uow.session, company_id=company_id)
        found = []
        for month in months:
            async with reading(sessions) as uow:
                differing = await find_differing(uow.session, company_id=company_id, month=month)
            found += [(series, month) for series in differing]
        yield company_id, len(months), found


async def restore_all(
    sessions: async_sessionmaker[AsyncSession], *, company_id: UUID, series: Iterable[tuple[Series, date]]
) -> None:
    """Sum up anew, some at a time, and mark the goals that are measured by these."""
    every = sorted(series)
    for start in range(0, len(every), AT_ONCE):
        part = every[start : start + AT_ONCE]
        months: dict[date, set[Series]] = {}
        for one, month in part:
            months.setdefault(month, set()).add(one)
        async with transaction(sessions, MemoryDoorbell()) as uow:
            shop_ids = {one.shop_id for one, _ in part}
            await wait_for_shops(uow.session, company_id=company_id, shop_ids=shop_ids)
            await restore_months(uow.session, company_id=company_id, months=months)
            await mark_goals_of_series(uow.session, company_id=company_id, series=[one for one, _ in part])
