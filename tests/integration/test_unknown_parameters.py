"""A query parameter that an operation does not know is an error, not a filter that filters nothing (api.md, Manners)."""

import re

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from tests.support.companies import Company, make_company
from tests.support.goals import NOBODY
from tests.support.http import ok, pointers, problem


@pytest.fixture(scope="module")
async def everybody(state: ApiState) -> Company:
    """Somebody who may call everything."""
    roles = ("admin", "hr", "executive", "employee")
    return await make_company(state, roles=roles, platform=True, ops=True)


async def test_every_operation_refuses_parameters_it_does_not_know(api: AsyncClient, everybody: Company) -> None:
    document = ok(await api.get("/v1/openapi.json"))
    asked = 0
    for template, methods in document["paths"].items():
        if not template.startswith("/v1/"):
            continue
        for method, operation in methods.items():
            path = re.sub(r"\{\w+\}", NOBODY, template)
            headers = everybody.headers | {"If-Match": "*"}
            response = await api.request(method, path, params={"foo": "1", "b/r": "2"}, headers=headers)
            found = pointers(response)
            assert ("/query/foo", "extra-forbidden") in found, (method, template, response.text)
            assert ("/query/b~1r", "extra-forbidden") in found, (method, template, response.text)
            assert "422" in operation["responses"], (method, template)
            asked += 1
    assert asked > 45


async def test_the_caller_is_asked_about_first(api: AsyncClient, state: ApiState) -> None:
    problem(await api.get("/v1/metrics?foo=1"), status=401, code="unauthenticated")
    employee = await make_company(state, roles=("employee",))
    response = await api.post("/v1/shops?foo=1", json={}, headers=employee.headers)
    problem(response, status=403, code="not-allowed")


async def test_unknown_parameters_are_refused_in_the_callers_language(api: AsyncClient, everybody: Company) -> None:
    response = await api.get("/v1/me?foo=1&foo=2", headers=everybody.headers | {"Accept-Language": "zh-CN"})
    (wrong,) = problem(response, status=422, code="invalid")["errors"]
    assert wrong == {"pointer": "/query/foo", "code": "extra-forbidden", "detail": "没有这个字段"}


async def test_health_takes_whatever_a_probe_adds(api: AsyncClient) -> None:
    assert ok(await api.get("/livez?probe=1")) == {"status": "ok"}
