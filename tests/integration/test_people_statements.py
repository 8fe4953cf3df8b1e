"""P12: how many SQL statements a read takes does not depend on how much there is to read."""

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from tests.benchmarks.organisation import people_file
from tests.support.companies import Company, make_company, make_member
from tests.support.http import ok
from tests.support.statements import count_statements


async def company_of(api: AsyncClient, state: ApiState, people: int) -> Company:
    company = await make_company(state)
    files = {"file": ("people.csv", people_file(people, max(people // 10, 1)))}
    params = {"create_departments": "true"}
    report = ok(await api.post("/v1/people/import", files=files, params=params, headers=company.headers))
    assert report["created"] == people
    return company


@pytest.mark.parametrize("role", ["admin", "executive", "employee"])
async def test_one_row_and_two_hundred_take_the_same_statements(api: AsyncClient, state: ApiState, role: str) -> None:
    counts = []
    for people in (1, 200):
        company = await company_of(api, state, people)
        who = await make_member(state, company, roles=(role,))
        page = ok(await api.get("/v1/people", params={"name": "员工0"}, headers=who.headers))
        (person,) = page["items"]
        paths = {
            "people": "/v1/people?limit=200",
            "sorted": "/v1/people?limit=200&sort=-hired_on",
            "below": f"/v1/people?limit=200&department_id={person['department_id']}&subtree=true",
            "person": f"/v1/people/{person['id']}",
            "departments": "/v1/departments?limit=200",
            "tree": "/v1/departments/tree",
        }
        if role != "employee":
            paths["stats"] = f"/v1/departments/{person['department_id']}/stats"
        taken = {}
        for name, path in paths.items():
            with count_statements() as statements:
                ok(await api.get(path, headers=who.headers))
            taken[name] = len(statements)
        counts.append(taken)
    assert counts[0] == counts[1]
    assert max(counts[0].values()) <= 4
    assert {counts[0][name] for name in ("people", "sorted", "below", "person")} == {2}
