"""Thousands of people from a spreadsheet: what the database is told before and after, and when it takes too long."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from attain_api.people.spreadsheets import bulk
from attain_api.state import ApiState
from tests.integration.test_people_import import HEADER, send
from tests.support.companies import make_company
from tests.support.http import ok, problem


async def test_an_import_plans_anew_and_may_take_its_time(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plans cached while the tables were tiny made thousands of rows run into the timeout of a plain request."""
    company, told, copy = await make_company(state), [], bulk._copy

    async def watched(driver: Any, table: str, rows: Any) -> int:
        names = ("statement_timeout", "plan_cache_mode")
        told.append((table, *[await driver.fetchval("SELECT current_setting($1)", name) for name in names]))
        return await copy(driver, table, rows)

    monkeypatch.setattr(bulk, "_copy", watched)
    ok(await send(api, company, HEADER + "x,x@x.example,,,,2026-03-01\n"))
    assert told == [(table, "1min", "force_custom_plan") for table in ("people", "person_events", "person_spells")]
    async with state.sessions() as session:  # and nobody after it
        assert await session.scalar(text("SELECT current_setting('plan_cache_mode')")) == "auto"
        assert await session.scalar(text("SELECT current_setting('statement_timeout')")) != "1min"


async def test_an_import_that_takes_too_long_may_be_tried_again(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = await make_company(state)

    async def slow(driver: Any, table: str, rows: Any) -> int:
        await driver.execute(f"SET LOCAL statement_timeout = 20; SELECT pg_sleep({len(table)})")
        return len(rows)

    monkeypatch.setattr(bulk, "_copy", slow)
    response = await send(api, company, HEADER + "x,x@x.example,,,,2026-03-01\n")
    problem(response, status=503, code="unavailable")


async def test_a_large_import_tells_the_planner_how_the_tables_have_grown(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = await make_company(state)
    monkeypatch.setattr(bulk, "MANY", 2)
    last = text("SELECT analyze_count FROM pg_stat_user_tables WHERE relname = 'person_spells'")

    async def analyzed() -> int:
        async with state.sessions() as session:
            return int(await session.scalar(last) or 0)

    counts = [await analyzed()]
    for start, many in ((0, 2), (2, 3)):
        lines = [f"p{n},p{n}@x.example,,,,2026-03-01\n" for n in range(start, start + many)]
        assert ok(await send(api, company, HEADER + "".join(lines)))["created"] == many
        counts.append(await analyzed())
    assert counts[1] == counts[0] < counts[2]
