import secrets

import pytest
from httpx import AsyncClient

from attain_api.access.passwords import Passwords
from attain_api.state import ApiState
from tests.support.companies import PASSWORD, make_company, make_member
from tests.support.http import created, ok, pointers, problem


def body(email: str) -> dict[str, str]:
    return {"name": "青禾商贸", "admin_email": email, "admin_password": "a password of ten"}


async def sign_in(api: AsyncClient, email: str, password: str, scope: str = "") -> str:
    form = {"username": email, "password": password, "scope": scope}
    return str(ok(await api.post("/v1/auth/token", data=form))["access_token"])


async def test_a_new_company_has_an_administrator_who_can_sign_in(api: AsyncClient, state: ApiState) -> None:
    operator = await make_company(state, platform=True)
    email = f"{secrets.token_hex(4)}@example.com"
    company = created(await api.post("/v1/companies", json=body(email), headers=operator.headers))
    assert set(company) == {"id", "code", "name"}
    token = await sign_in(api, email, "a password of ten")
    me = ok(await api.get("/v1/me", headers={"Authorization": f"Bearer {token}"}))
    assert me["company"] == company
    assert me["roles"] == ["admin", "employee"]


async def test_an_e_mail_with_an_account_keeps_its_password(api: AsyncClient, state: ApiState) -> None:
    operator, owner = await make_company(state, platform=True), await make_company(state)
    response = await api.post("/v1/companies", json=body(owner.email), headers=operator.headers)
    company = created(response)
    assert set(company) == {"id", "code", "name"}
    form = {"username": owner.email, "password": "a password of ten"}
    problem(await api.post("/v1/auth/token", data=form), status=401, code="invalid-credentials")
    token = await sign_in(api, owner.email, PASSWORD, scope=f"company:{company['code']}")
    me = ok(await api.get("/v1/me", headers={"Authorization": f"Bearer {token}"}))
    assert me["company"] == company


async def test_only_the_platform_operator_makes_or_lists_companies(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state, ops=True)
    member = await make_member(state, company, roles=("admin", "hr", "executive"))
    for caller in (company, member):
        response = await api.post("/v1/companies", json=body("x@example.com"), headers=caller.headers)
        problem(response, status=403, code="not-allowed")
        problem(await api.get("/v1/companies", headers=caller.headers), status=403, code="not-allowed")
    problem(await api.post("/v1/companies", json=body("x@example.com")), status=401, code="unauthenticated")


async def test_no_password_is_hashed_while_a_connection_is_held(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = await make_company(state, platform=True)
    held: list[int] = []
    hashed = type(state.passwords).hashed

    async def watched(self: Passwords, password: str) -> str:
        held.append(state.engine.pool.checkedout())  # type: ignore[attr-defined]
        return await hashed(self, password)

    monkeypatch.setattr(type(state.passwords), "hashed", watched)
    email = f"{secrets.token_hex(4)}@example.com"
    headers = operator.headers | {"Idempotency-Key": "k"}
    first = created(await api.post("/v1/companies", json=body(email), headers=headers))
    assert created(await api.post("/v1/companies", json=body(email), headers=headers)) == first
    problem(await api.post("/v1/companies", json=body(email)), status=401, code="unauthenticated")
    assert held == [0, 0]


async def test_the_list_is_paged(api: AsyncClient, state: ApiState) -> None:
    operator = await make_company(state, platform=True)
    page = ok(await api.get("/v1/companies", params={"limit": 1, "sort": "-created_at"}, headers=operator.headers))
    assert len(page["items"]) == 1
    assert set(page["items"][0]) == {"id", "code", "name"}
    params = {"limit": 1, "sort": "-created_at", "cursor": page["next_cursor"]}
    following = ok(await api.get("/v1/companies", params=params, headers=operator.headers))
    assert following["items"] != page["items"]


async def test_a_short_password_or_no_e_mail_is_refused(api: AsyncClient, state: ApiState) -> None:
    operator = await make_company(state, platform=True)
    wrong = {"name": "x", "admin_email": "nobody", "admin_password": "short"}
    response = await api.post("/v1/companies", json=wrong, headers=operator.headers)
    assert pointers(response) == [("/admin_email", "email"), ("/admin_password", "string-too-short")]
