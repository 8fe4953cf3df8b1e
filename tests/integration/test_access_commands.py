"""`attain-admin reset-password` as a process."""

import asyncio
import os
import sys

from httpx import AsyncClient

from attain_api.state import ApiState
from tests.support.companies import make_company
from tests.support.http import ok

FRESH = "a fresh pass phrase"


async def reset_password(state: ApiState, email: str) -> tuple[int, str, str]:
    """Run it; its code and what it wrote."""
    url = state.settings.database_url.get_secret_value()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "attain_api.cli", "reset-password", email),
        env=os.environ | {"ATTAIN_DATABASE_URL": url},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_the_operators_command_prints_a_token_that_works_once(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state, platform=True)
    code, out, err = await reset_password(state, company.email.upper())
    assert (code, err) == (0, "")
    token = out.splitlines()[-1]
    response = await api.post("/v1/auth/password/reset", json={"token": token, "password": FRESH})
    assert response.status_code == 204
    ok(await api.post("/v1/auth/token", data={"username": company.email, "password": FRESH}))


async def test_the_operators_command_says_when_there_is_no_account(state: ApiState) -> None:
    code, out, err = await reset_password(state, "nobody@example.com")
    assert (code, out) == (1, "")
    assert "no account" in err
