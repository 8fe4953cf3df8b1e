import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from joserfc import jwt
from joserfc.jwk import OctKey
from sqlalchemy import delete, update

from attain_api.access.tokens import Claims, sign_access_token
from attain_api.state import ApiState
from attain_shared.access.models import Account, Membership, Session
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from attain_shared.people.models import Person
from tests.support.companies import (
    PASSWORD,
    Company,
    Member,
    add_session,
    make_company,
    make_connector,
    make_member,
    make_shop,
)
from tests.support.http import ok, pointers, problem
from tests.support.statements import count_statements


async def sign_in(api: AsyncClient, email: str, password: str = PASSWORD, **form: str) -> Response:
    return await api.post("/v1/auth/token", data={"username": email, "password": password, **form})


async def refresh(api: AsyncClient, token: str) -> Response:
    return await api.post("/v1/auth/refresh", json={"refresh_token": token})


async def test_a_password_gives_tokens_and_the_token_says_who(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    response = await sign_in(api, company.email.upper())
    tokens = ok(response)
    assert tokens["token_type"] == "bearer"
    assert tokens["expires_in"] == 900
    assert response.headers["cache-control"] == "no-store"
    me = ok(await api.get("/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}))
    assert me == {
        "account_id": str(company.account_id),
        "person_id": str(company.person_id),
        "connector_id": None,
        "name": company.email.partition("@")[0],
        "email": company.email,
        "company": {"id": str(company.company_id), "code": company.code, "name": company.name},
        "roles": ["admin", "employee"],
        "shop_ids": [],
    }


async def test_an_unknown_e_mail_and_a_wrong_password_answer_alike(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    wrong = problem(await sign_in(api, company.email, "wrong"), status=401, code="invalid-credentials")
    response = await sign_in(api, "nobody@example.com")
    unknown = problem(response, status=401, code="invalid-credentials")
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert wrong | {"request_id": ""} == unknown | {"request_id": ""}


async def test_no_password_is_hashed_while_a_connection_is_held(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = await make_company(state)
    held: list[int] = []
    matches = type(state.passwords).matches

    async def watched(self: object, password: str, stored: str | None) -> bool:
        held.append(state.engine.pool.checkedout())  # type: ignore[attr-defined]
        return await matches(state.passwords, password, stored)

    monkeypatch.setattr(type(state.passwords), "matches", watched)
    ok(await sign_in(api, company.email))
    assert held == [0]


async def join(state: ApiState, member: Member, company: Company, *, accepted: bool) -> None:
    """Make a member of one company a member of another one, too."""
    other = await make_member(state, company, roles=("employee",))
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(delete(Session).where(Session.id == other.session_id))
        await uow.session.execute(
            update(Membership)
            .where(Membership.account_id == other.account_id)
            .values(account_id=member.account_id, accepted_at=utc_now() if accepted else None)
        )


async def test_several_companies_need_a_scope(api: AsyncClient, state: ApiState) -> None:
    first, second = await make_company(state), await make_company(state)
    await join(state, first, second, accepted=True)
    content = problem(await sign_in(api, first.email), status=409, code="company-required")
    assert content["companies"] == sorted([first.code, second.code])
    for company, roles in ((first, ["admin", "employee"]), (second, ["employee"])):
        tokens = ok(await sign_in(api, first.email, scope=f"company:{company.code}"))
        me = ok(await api.get("/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}))
        assert (me["company"]["code"], me["roles"]) == (company.code, roles)


async def test_a_pending_membership_is_taken_up_by_naming_the_company(api: AsyncClient, state: ApiState) -> None:
    first, second = await make_company(state), await make_company(state)
    await join(state, first, second, accepted=False)
    async with transaction(state.sessions, state.doorbell) as uow:
        session_id = add_session(uow, account_id=first.account_id, company_id=second.company_id)
    claims = Claims(first.account_id, second.company_id, session_id)
    token = sign_access_token(claims, key=state.settings.secret_key.get_secret_value(), now=utc_now(), seconds=60)
    pending = {"Authorization": f"Bearer {token}"}
    problem(await api.get("/v1/me", headers=pending), status=401, code="invalid-token")
    tokens = ok(await sign_in(api, first.email))
    me = ok(await api.get("/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}))
    assert me["company"]["code"] == first.code
    ok(await sign_in(api, first.email, scope=f"company:{second.code}"))
    assert ok(await api.get("/v1/me", headers=pending))["company"]["code"] == second.code


async def test_a_place_that_was_not_taken_up_is_told_to_nobody(api: AsyncClient, state: ApiState) -> None:
    """Whoever holds the account need not be whom the other company means: its code is the proof."""
    first, second, third = [await make_company(state) for _ in range(3)]
    await join(state, first, second, accepted=True)
    await join(state, first, third, accepted=False)
    content = problem(await sign_in(api, first.email), status=409, code="company-required")
    assert content["companies"] == sorted([first.code, second.code])
    pending = await make_member(state, first, accepted=False)
    assert "companies" not in problem(await sign_in(api, pending.email), status=403, code="not-allowed")
    ok(await sign_in(api, pending.email, scope=f"company:{first.code}"))
    ok(await sign_in(api, pending.email))


async def test_another_company_is_as_good_as_no_company(api: AsyncClient, state: ApiState) -> None:
    ours, theirs = await make_company(state), await make_company(state)
    for code in (theirs.code, "nothere"):
        response = await sign_in(api, ours.email, scope=f"company:{code}")
        problem(response, status=401, code="invalid-credentials")


async def test_a_refresh_token_is_good_once_and_its_reuse_ends_the_family(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    first = ok(await sign_in(api, company.email))["refresh_token"]
    other_sign_in = ok(await sign_in(api, company.email))["refresh_token"]
    second = ok(await refresh(api, first))["refresh_token"]
    problem(await refresh(api, first), status=401, code="invalid-token")
    problem(await refresh(api, second), status=401, code="invalid-token")
    ok(await refresh(api, other_sign_in))


async def test_of_two_refreshes_at_once_one_wins(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    token = ok(await sign_in(api, company.email))["refresh_token"]
    answers = await asyncio.gather(refresh(api, token), refresh(api, token))
    assert sorted(answer.status_code for answer in answers) == [200, 401]


async def test_signing_out_ends_the_family_and_tells_nothing(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    token = ok(await sign_in(api, company.email))["refresh_token"]
    for body in (token, token, f"{new_id().hex}_x", "nonsense"):
        response = await api.post("/v1/auth/logout", json={"refresh_token": body})
        assert (response.status_code, response.content) == (204, b"")
    problem(await refresh(api, token), status=401, code="invalid-token")


async def test_a_forged_refresh_token_does_not_sign_its_owner_out(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    token = ok(await sign_in(api, company.email))["refresh_token"]
    forged = token.partition("_")[0] + "_forged"
    problem(await refresh(api, forged), status=401, code="invalid-token")
    ok(await refresh(api, token))


async def test_a_change_of_roles_holds_from_the_next_request_on(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member = await make_member(state, company, roles=("hr",))
    ok(await api.get("/v1/invitations", headers=member.headers))
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(
            update(Person)
            .where(Person.company_id == company.company_id, Person.id == member.person_id)
            .values(roles=["employee"])
        )
    problem(await api.get("/v1/invitations", headers=member.headers), status=403, code="not-allowed")


async def test_authentication_takes_one_statement(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    with count_statements() as statements:
        ok(await api.get("/v1/me", headers=company.headers))
    assert len(statements) == 2, statements


def forged_tokens(state: ApiState, company: Company, *, session_id: UUID) -> dict[str, str]:
    key, now = OctKey.import_key(state.settings.secret_key.get_secret_value()), datetime.now(UTC)
    claims = {
        "iss": "attain",
        "aud": "attain-api",
        "sub": str(company.account_id),
        "company": str(company.company_id),
        "sid": str(company.session_id),
        "exp": int((now + timedelta(minutes=5)).timestamp()),
    }
    header = {"alg": "HS256", "typ": "at+jwt"}
    other_key = OctKey.import_key("another key that is just as long as ours is")
    unsigned = "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + company.token.split(".")[1] + "."
    return {
        "another key": jwt.encode(header, claims, other_key),
        "another issuer": jwt.encode(header, claims | {"iss": "x"}, key),
        "another audience": jwt.encode(header, claims | {"aud": "x"}, key),
        "another kind": jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, key),
        "expired": jwt.encode(header, claims | {"exp": int((now - timedelta(seconds=31)).timestamp())}, key),
        "no end": jwt.encode(header, {name: claims[name] for name in claims if name != "exp"}, key),
        "no subject": jwt.encode(header, claims | {"sub": "x"}, key),
        "no session": jwt.encode(header, {name: claims[name] for name in claims if name != "sid"}, key),
        "another's session": jwt.encode(header, claims | {"sid": str(session_id)}, key),
        "no company": jwt.encode(header, {name: claims[name] for name in claims if name != "company"}, key),
        "list of audiences": jwt.encode(header, claims | {"sub": ["x"]}, key),
        "unsigned": unsigned,
        "a member of nothing": jwt.encode(header, claims | {"company": str(new_id())}, key),
        "nonsense": "nonsense",
        "half a key": f"att_{new_id().hex}",
    }


async def test_only_our_own_valid_tokens_are_taken(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    session_id = (await make_member(state, company)).session_id
    for name, token in forged_tokens(state, company, session_id=session_id).items():
        response = await api.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 401, name
        problem(response, status=401, code="invalid-token")
        assert response.headers["www-authenticate"].startswith("Bearer")


async def test_without_a_token_one_is_asked_to_sign_in(api: AsyncClient) -> None:
    for headers in ({}, {"Authorization": "Basic eDp5"}, {"Authorization": "Bearer"}):
        response = await api.get("/v1/me", headers=headers)
        problem(response, status=401, code="unauthenticated")


async def test_a_connector_is_itself(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    shop = await make_shop(state, company)
    connector = await make_connector(state, company, shop_ids=[shop.id])
    me = ok(await api.get("/v1/me", headers=connector.headers))
    assert me["connector_id"] == str(connector.id)
    assert (me["account_id"], me["person_id"], me["email"]) == (None, None, None)
    assert (me["roles"], me["shop_ids"]) == (["connector"], [str(shop.id)])
    problem(await api.get("/v1/shops", headers=connector.headers), status=403, code="not-allowed")


async def test_roles_of_the_installation_come_from_the_account(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state, platform=True)
    assert "platform" in ok(await api.get("/v1/me", headers=company.headers))["roles"]
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(
            update(Account).where(Account.id == company.account_id).values(is_platform=False, is_ops=True)
        )
    assert ok(await api.get("/v1/me", headers=company.headers))["roles"] == ["admin", "employee", "ops"]


async def test_a_token_form_that_is_none_is_refused(api: AsyncClient) -> None:
    response = await api.post("/v1/auth/token", data={"username": "x"})
    assert problem(response, status=422, code="invalid")["errors"][0]["pointer"] == "/password"
    response = await api.post("/v1/auth/token", data={"username": "x", "password": "y", "grant_type": "implicit"})
    problem(response, status=422, code="invalid")
    assert pointers(await sign_in(api, "a\x00b@example.com")) == [("/username", "control-character")]
    problem(await sign_in(api, "ab@example.com", "a\x00b"), status=401, code="invalid-credentials")
