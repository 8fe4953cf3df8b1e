"""`attain-admin reset-password`, `grant` and `revoke` as processes."""

import asyncio
import os
import sys

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from tests.support.companies import make_company
from tests.support.http import ok, problem

FRESH = "a fresh pass phrase"


async def administer(state: ApiState, *words: str) -> tuple[int, str, str]:
    """Run the command; its code and what it wrote."""
    url = state.settings.database_url.get_secret_value()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "attain_api.cli", *words),
        env=os.environ | {"ATTAIN_DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_the_operators_command_prints_a_token_that_works_once(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state, platform=True)
    code, out, err = await administer(state, "reset-password", company.email.upper())
    assert (code, err) == (0, "")
    token = out.splitlines()[-1]
    response = await api.post("/v1/auth/password/reset", json={"token": token, "password": FRESH})
    assert response.status_code == 204
    ok(await api.post("/v1/auth/token", data={"username": company.email, "password": FRESH}))


async def test_the_operators_command_says_when_there_is_no_account(state: ApiState) -> None:
    code, out, err = await administer(state, "reset-password", "nobody@example.com")
    assert (code, out) == (1, "")
    assert "no account" in err


@pytest.mark.parametrize(("role", "path"), [("ops", "/v1/ops/status"), ("platform", "/v1/companies")])
async def test_a_role_of_the_installation_is_granted_and_revoked(
    api: AsyncClient, state: ApiState, role: str, path: str
) -> None:
    """SEC-2: it holds from the next request on, with the same token."""
    company = await make_company(state)
    problem(await api.get(path, headers=company.headers), status=403, code="not-allowed")
    code, out, err = await administer(state, "grant", role, company.email.upper())
    assert (code, err) == (0, "")
    assert f"has the role {role} now" in out
    ok(await api.get(path, headers=company.headers))
    assert (await administer(state, "revoke", role, company.email))[0] == 0
    problem(await api.get(path, headers=company.headers), status=403, code="not-allowed")


async def test_a_role_is_for_an_account_that_there_is(state: ApiState) -> None:
    code, out, err = await administer(state, "grant", "ops", "nobody@example.com")
    assert (code, out) == (1, "")
    assert "no account has this e-mail" in err
    assert (await administer(state, "grant", "admin", "nobody@example.com"))[0] == 2, "a company's own role"
