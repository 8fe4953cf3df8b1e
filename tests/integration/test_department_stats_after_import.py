"""The figures of all departments while the planner does not know yet how large the tables are (ORG-5)."""

from time import perf_counter

from httpx import AsyncClient
from sqlalchemy import text

from attain_api.state import ApiState
from tests.support.companies import make_company
from tests.support.http import ok

JULY = {"from": "2026-07-01", "to": "2026-07-31"}


async def test_it_is_fast_when_the_planner_takes_the_tables_for_small(api: AsyncClient, state: ApiState) -> None:
    """Right after a large import the statistics are those of before."""
    company = await make_company(state)
    statements = [
        (
            "INSERT INTO departments (company_id, id, name, function, parent_id, duties, created_at, version)"
            " SELECT :company, made.id, made.n::text, 'design', (SELECT id FROM made AS above WHERE above.n = made.n / 4),"
            " '{}', now(), 1 FROM made WHERE made.n > 0"
        ),
        (
            "INSERT INTO people (company_id, id, name, email, roles, created_at, version)"
            " SELECT :company, id, 'x', n || '@fast.example', '{}', now(), 1 FROM hired"
        ),
        (
            "INSERT INTO person_spells"
            " (company_id, person_id, starts_on, ends_on, status, employment_type, hired_on, department_id, manager_id)"
            " SELECT :company, hired.id, first, last, status, 'employee', '2026-06-10', made.id, above.id FROM hired"
            " JOIN made ON made.n = hired.n % 200 + 1 LEFT JOIN hired AS above ON above.n = hired.n / 8 AND hired.n > 8,"
            " (VALUES ('-infinity'::date, '2026-06-10'::date, 'upcoming'), ('2026-06-10', 'infinity', 'employed'))"
            " AS spell (first, last, status)"
        ),
    ]
    async with state.engine.begin() as connection:
        await connection.execute(text("ANALYZE departments, department_spells, people, person_spells"))
        await connection.execute(
            text("CREATE TEMPORARY TABLE made ON COMMIT DROP AS SELECT gen_random_uuid() AS id, n"
                 " FROM generate_series(1, 200) AS n")
        )  # fmt: skip
        await connection.execute(
            text("CREATE TEMPORARY TABLE hired ON COMMIT DROP AS SELECT gen_random_uuid() AS id, n"
                 " FROM generate_series(1, 10000) AS n")
        )  # fmt: skip
        for statement in statements:
            await connection.execute(text(statement), {"company": company.company_id})
    begun = perf_counter()
    items = ok(await api.get("/v1/departments/stats", params=JULY, headers=company.headers))["items"]
    took = perf_counter() - begun
    print(f"\n200 departments, 10000 people, statistics of an empty company: {took:.2f} s")
    assert max(item["subtree"]["headcount"] for item in items) > 2000
    assert took < 3
