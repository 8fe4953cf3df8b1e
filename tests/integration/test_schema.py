"""The schema: the company first in every key (ORG-0), and migrations that go up, down and up again."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from attain_api.state import ApiState
from attain_shared.db.partitions import is_partition
from attain_shared.db.tables import INSTALLATION_TABLES, metadata
from tests.support.servers import create_database, drop_database

KEYS = text("""
    SELECT con.conrelid::regclass::text AS table, con.conname AS name, con.contype AS kind,
           (SELECT attname FROM pg_attribute WHERE attrelid = con.conrelid AND attnum = con.conkey[1]) AS first
    FROM pg_constraint con JOIN pg_namespace ns ON ns.oid = con.connamespace
    WHERE ns.nspname = 'public' AND con.contype IN ('p', 'u', 'f') AND con.conrelid <> 0
""")
INDEXES = text("""
    SELECT ind.indrelid::regclass::text AS table, ind.indexrelid::regclass::text AS name,
           (SELECT attname FROM pg_attribute WHERE attrelid = ind.indrelid AND attnum = ind.indkey[0]) AS first
    FROM pg_index ind JOIN pg_class cls ON cls.oid = ind.indexrelid JOIN pg_namespace ns ON ns.oid = cls.relnamespace
    WHERE ns.nspname = 'public'
""")


@pytest.mark.parametrize("statement", [KEYS, INDEXES], ids=["pg_constraint", "pg_index"])
async def test_every_key_of_company_data_starts_with_the_company(state: ApiState, statement: object) -> None:
    """Primary, unique and foreign keys and indexes; the installation's own tables are a named list."""
    async with state.engine.connect() as connection:
        rows = (await connection.execute(statement)).all()  # type: ignore[call-overload]
    company_data = set(metadata.tables) - INSTALLATION_TABLES
    seen = {row.table for row in rows}
    assert company_data <= seen
    astray = [
        (row.table, row.name, row.first)
        for row in rows
        if row.table not in INSTALLATION_TABLES | {"alembic_version"} and row.first != "company_id"
    ]
    assert astray == []
    assert any(is_partition(table) for table in seen)


def test_every_table_of_company_data_names_the_company() -> None:
    lacking = [
        name
        for name, table in metadata.tables.items()
        if name not in INSTALLATION_TABLES and "company_id" not in table.columns
    ]
    assert lacking == []


@pytest.fixture
async def empty_database(postgres_url: str) -> AsyncIterator[str]:
    url = await create_database(postgres_url)
    yield url
    await drop_database(postgres_url, url)


async def test_what_columns_said_of_people_becomes_events_and_goes_back(empty_database: str) -> None:
    """Migration 0006, up, down and up again over people and departments of the build before."""
    engine = create_async_engine(make_url(empty_database).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    config = Config("alembic.ini")
    rows = (
        "INSERT INTO companies (id, code, name, created_at) SELECT md5('c')::uuid, 'c', 'c', now()",
        (
            "INSERT INTO departments (company_id, id, name, function, duties, created_at, version)"
            " SELECT md5('c')::uuid, md5('d')::uuid, 'd', 'design', '{}', now(), 1"
        ),
        (
            "INSERT INTO people (company_id, id, name, email, roles, created_at, version, hired_on, employment_type,"
            " department_id, manager_id) SELECT md5('c')::uuid, md5(name)::uuid, name, name, '{}', now(), 1, '2026-03-02',"
            " 'intern', md5('d')::uuid, md5(nullif(boss, ''))::uuid FROM (VALUES ('a', ''), ('b', 'a')) AS p (name, boss)"
        ),
    )
    said = "SELECT name, department_id, manager_id, employment_type, hired_on FROM people WHERE company_id = md5('c')::uuid ORDER BY name"
    told = (
        "SELECT name, changes ->> 'department_id', changes ->> 'manager_id', changes ->> 'employment_type',"
        " effective_on FROM person_events JOIN people ON people.id = person_id AND kind = 'hire'"
        " AND people.company_id = person_events.company_id WHERE person_events.company_id = md5('c')::uuid ORDER BY name"
    )
    follows = (
        "SELECT people.name, person_spells.department_id, person_spells.manager_id, person_spells.employment_type, person_spells.starts_on"
        " FROM person_spells JOIN people ON people.company_id = person_spells.company_id AND people.id = person_id"
        " AND status = 'employed' AND person_spells.ends_on = 'infinity'"
        " JOIN department_spells ON department_spells.company_id = people.company_id"
        " AND department_spells.department_id = person_spells.department_id"
        " WHERE person_spells.company_id = md5('c')::uuid ORDER BY people.name"
    )
    async with engine.connect() as connection:
        config.attributes["connection"] = connection.sync_connection

        async def go(step: object, revision: str) -> None:
            await connection.run_sync(lambda _: step(config, revision))  # type: ignore[operator]
            await connection.commit()

        async def read(statement: str) -> list[list[str]]:
            return [[str(one) for one in row] for row in await connection.execute(text(statement))]

        await go(command.upgrade, "0005")
        for statement in rows:
            await connection.execute(text(statement))
        await connection.commit()
        before = await read(said)
        for _ in range(2):
            await go(command.upgrade, "head")
            assert await read(told) == await read(follows) == before
            await go(command.downgrade, "0005")
            assert await read(said) == before
    await engine.dispose()


async def test_workers_of_the_build_before_are_held_off(state: ApiState) -> None:
    """F14: they would store facts without their months, and attainments of goals that they cannot measure."""
    statements = (
        "INSERT INTO observations (company_id) VALUES (md5('c')::uuid)",
        "INSERT INTO attainments (company_id) VALUES (md5('c')::uuid)",
        "UPDATE attainments SET score = 1 WHERE company_id = md5('c')::uuid",
    )
    for statement in statements:
        async with state.engine.connect() as connection:
            await connection.execute(text("SET attain.months = ''"))
            with pytest.raises(DBAPIError, match="build before 0009") as refusal:
                await connection.execute(text(statement))
            assert getattr(refusal.value.orig, "sqlstate", None) == "55P03"


async def test_the_way_back_forgets_what_the_build_before_cannot_measure(empty_database: str) -> None:
    """F14, migration 0009: its goals stay, and are computed anew."""
    engine = create_async_engine(make_url(empty_database).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    config, c, g = Config("alembic.ini"), "md5('c')::uuid", "md5('g')::uuid"
    rows = (
        f"INSERT INTO companies (id, code, name, created_at) VALUES ({c}, 'c', 'c', now())",
        (
            "INSERT INTO cycles (company_id, id, kind, name, starts_on, ends_on, state, created_at, version)"
            f" VALUES ({c}, {c}, 'month', 'c', '2026-11-01', '2026-11-30', 'open', now(), 1)"
        ),
        (
            "INSERT INTO goals (company_id, id, cycle_id, title, weight, starts_on, ends_on, ignore_missing, state, created_by,"
            f" created_at, version) VALUES ({c}, {g}, {c}, 'g', 1, '2026-11-01', '2026-11-30', false, 'draft', {c}, now(), 1)"
        ),
        (
            "INSERT INTO indicators (company_id, id, goal_id, position, kind, metric, aggregate, dimension, shop_ids, direction,"
            f" cap) SELECT {c}, md5(kind)::uuid, {g}, place, kind, 'gmv', 'deduplicated', '', '{{}}', 'higher_better', 2"
            " FROM (VALUES ('metric', 0), ('manual', 1)) AS told (kind, place)"
        ),
        (
            "INSERT INTO attainments (company_id, goal_id, status, business_day, computed_at, indicators)"
            f" VALUES ({c}, {g}, 'no_data', '2026-11-20', now(), '[]')"
        ),
    )
    async with engine.connect() as connection:
        config.attributes["connection"] = connection.sync_connection
        await connection.run_sync(lambda _: command.upgrade(config, "head"))
        await connection.commit()
        await connection.execute(text("SET attain.months = 'kept'"))
        for statement in rows:
            await connection.execute(text(statement))
        await connection.commit()
        await connection.run_sync(lambda _: command.downgrade(config, "0008"))
        await connection.commit()
        kept = await connection.scalars(text(f"SELECT kind FROM indicators WHERE company_id = {c}"))
        assert list(kept) == ["metric"]
        due = f"SELECT business_day::text FROM attainments WHERE company_id = {c}"
        assert await connection.scalar(text(due)) == "2026-11-19"
    await engine.dispose()


async def test_migrations_go_up_and_down_and_up_again(empty_database: str) -> None:
    """Conventions C20: `alembic check` finds nothing to do, and a downgrade leaves nothing behind."""
    engine = create_async_engine(make_url(empty_database).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    config = Config("alembic.ini")
    left = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S')"
    async with engine.connect() as connection:
        config.attributes["connection"] = connection.sync_connection

        async def run(step: object, *arguments: object) -> None:
            await connection.run_sync(lambda _: step(config, *arguments))  # type: ignore[operator]
            await connection.commit()

        await run(command.upgrade, "head")
        await run(command.check)
        await run(command.downgrade, "base")
        assert set((await connection.execute(text(left))).scalars()) == {"alembic_version"}
        await run(command.upgrade, "head")
        await run(command.check)
    await engine.dispose()
    await asyncio.sleep(0)
