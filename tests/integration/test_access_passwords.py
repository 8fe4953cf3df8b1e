"""Passwords change by their owner, or by a one-time link (SEC-1)."""

import secrets
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import delete, select, update

from attain_api.access.passwords import Passwords
from attain_api.passwords import service
from attain_api.state import ApiState
from attain_shared.access.models import Account, Membership, OneTimeLink, Session
from attain_shared.audit.models import AuditEntry
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from attain_shared.people.models import Person
from attain_shared.people.queries import replace_spells
from attain_shared.people.timeline import Event, EventKind, build_spells
from tests.support.companies import PASSWORD, Company, Member, make_company, make_connector, make_member
from tests.support.http import created, ok, pointers, problem

JSON = dict[str, Any]
FRESH = "a fresh pass phrase"


async def sign_in(api: AsyncClient, email: str, password: str = PASSWORD, scope: str = "") -> Response:
    return await api.post("/v1/auth/token", data={"username": email, "password": password, "scope": scope})


async def change(api: AsyncClient, headers: dict[str, str], current: str = PASSWORD, new: str = FRESH) -> Response:
    body = {"current_password": current, "new_password": new}
    return await api.post("/v1/auth/password", json=body, headers=headers)


async def make_reset(api: AsyncClient, caller: Member, member: Member) -> JSON:
    return created(await api.post(f"/v1/people/{member.person_id}/password-reset", headers=caller.headers))


async def complete(api: AsyncClient, token: str, password: str = FRESH) -> Response:
    return await api.post("/v1/auth/password/reset", json={"token": token, "password": password})


async def join(state: ApiState, member: Member, company: Company, *, accepted: bool = True) -> Member:
    """Make a member of one company a member of another one, too; there they are the person that is returned."""
    other = await make_member(state, company)
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(delete(Session).where(Session.id == other.session_id))
        await uow.session.execute(
            update(Membership)
            .where(Membership.account_id == other.account_id)
            .values(account_id=member.account_id, accepted_at=utc_now() if accepted else None)
        )
    return other


async def leave(state: ApiState, member: Member) -> None:
    """Yesterday was their last day."""
    today = business_day()
    events = [
        Event(id=new_id(), kind=EventKind.HIRE, effective_on=today - timedelta(days=30), changes={}),
        Event(id=new_id(), kind=EventKind.LEAVE, effective_on=today - timedelta(days=1), changes={}),
    ]
    async with transaction(state.sessions, state.doorbell) as uow:
        await replace_spells(
            uow.session, company_id=member.company_id, person_id=member.person_id, spells=build_spells(events)
        )


async def give_roles(state: ApiState, member: Member, *roles: str) -> None:
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(
            update(Person)
            .where(Person.company_id == member.company_id, Person.id == member.person_id)
            .values(roles=list(roles))
        )


async def test_a_change_ends_all_other_sessions_in_every_company(api: AsyncClient, state: ApiState) -> None:
    company, second = await make_company(state), await make_company(state)
    await join(state, company, second)
    there = ok(await sign_in(api, company.email, scope=f"company:{second.code}"))
    here = ok(await sign_in(api, company.email, scope=f"company:{company.code}"))
    response = await change(api, company.headers)
    assert (response.status_code, response.content) == (204, b"")
    ok(await api.get("/v1/me", headers=company.headers))
    for tokens in (here, there):
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        problem(await api.get("/v1/me", headers=headers), status=401, code="invalid-token")
    scope = f"company:{company.code}"
    problem(await sign_in(api, company.email, scope=scope), status=401, code="invalid-credentials")
    ok(await sign_in(api, company.email, FRESH, scope=scope))


async def test_a_change_needs_the_password_so_far_and_a_strong_one(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    assert pointers(await change(api, company.headers, "wrong")) == [("/current_password", "wrong-password")]
    for weak in (f"{company.email.partition('@')[0]} and more", "password123"):
        assert pointers(await change(api, company.headers, new=weak)) == [("/new_password", "weak-password")]
    assert pointers(await change(api, company.headers, new="short")) == [("/new_password", "string-too-short")]
    ok(await sign_in(api, company.email))


async def test_tries_at_a_change_are_throttled_apart_from_those_at_the_door(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    answers = [(await change(api, company.headers, f"wrong {number}")).status_code for number in range(7)]
    assert answers == [422] * 5 + [429] * 2
    ok(await sign_in(api, company.email))
    problem(await change(api, company.headers), status=429, code="too-many-requests")


async def test_only_people_have_passwords(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    connector = await make_connector(state, company, shop_ids=[])
    problem(await change(api, connector.headers), status=403, code="not-allowed")
    problem(await change(api, {}), status=401, code="unauthenticated")


async def test_no_password_is_hashed_while_a_connection_is_held(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = await make_company(state)
    token = (await make_reset(api, company, company))["token"]
    held: list[int] = []
    hashed = Passwords.hashed

    async def watched(self: Passwords, password: str) -> str:
        held.append(state.engine.pool.checkedout())  # type: ignore[attr-defined]
        return await hashed(self, password)

    monkeypatch.setattr(Passwords, "hashed", watched)
    assert (await change(api, company.headers)).status_code == 204
    assert (await complete(api, token)).status_code == 204
    assert held == [0, 0]


async def test_a_link_sets_a_new_password_once_and_ends_all_sessions(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member = await make_member(state, company)
    reset = await make_reset(api, company, member)
    assert set(reset) == {"id", "token", "expires_at"}
    assert (await complete(api, reset["token"])).status_code == 204
    problem(await api.get("/v1/me", headers=member.headers), status=401, code="invalid-token")
    problem(await sign_in(api, member.email), status=401, code="invalid-credentials")
    ok(await sign_in(api, member.email, FRESH))
    assert (await complete(api, reset["token"], "another fresh pass phrase")).status_code == 204
    ok(await sign_in(api, member.email, FRESH))


async def test_a_newer_link_replaces_the_one_before(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member = await make_member(state, company)
    first, second = [(await make_reset(api, company, member))["token"] for _ in range(2)]
    assert pointers(await complete(api, first)) == [("/token", "invalid-link")]
    assert pointers(await complete(api, second, "password123")) == [("/password", "weak-password")]
    assert (await complete(api, second)).status_code == 204


async def test_an_invitation_is_no_reset_nor_the_other_way_round(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    token = (await make_reset(api, company, company))["token"]
    response = await api.post("/v1/invitations/accept", json={"token": token, "password": FRESH})
    assert pointers(response) == [("/token", "invalid-link")]
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(
            update(OneTimeLink).where(OneTimeLink.company_id == company.company_id).values(expires_at=utc_now())
        )
    assert pointers(await complete(api, token)) == [("/token", "invalid-link")]


async def test_a_link_never_reaches_the_account_of_another_company(api: AsyncClient, state: ApiState) -> None:
    """ORG-0: whoever makes a link in one company must not come into another one by it."""
    ours, theirs = await make_company(state), await make_company(state)
    member = await make_member(state, ours)
    await join(state, member, theirs)
    token = (await make_reset(api, ours, member))["token"]
    assert (await complete(api, token)).status_code == 204
    ok(await api.get("/v1/me", headers=member.headers))
    scope = f"company:{theirs.code}"
    problem(await sign_in(api, member.email, FRESH, scope=scope), status=401, code="invalid-credentials")
    ok(await sign_in(api, member.email, scope=scope))


async def test_a_link_never_reaches_an_account_that_another_company_has_named(
    api: AsyncClient, state: ApiState
) -> None:
    """HR could otherwise set the password, take the named place up in its owner's stead, and administer there."""
    operator, ours = await make_company(state, platform=True), await make_company(state)
    hr, member = await make_member(state, ours, roles=("hr",)), await make_member(state, ours)
    body = {"name": "青禾", "admin_email": member.email, "admin_password": "the password of nobody"}
    theirs = created(await api.post("/v1/companies", json=body, headers=operator.headers))
    token = (await make_reset(api, hr, member))["token"]
    assert (await complete(api, token)).status_code == 204
    for scope in ("", f"company:{theirs['code']}"):
        problem(await sign_in(api, member.email, FRESH, scope=scope), status=401, code="invalid-credentials")
    ok(await api.get("/v1/me", headers=member.headers))
    ok(await sign_in(api, member.email, scope=f"company:{theirs['code']}"))


async def test_a_company_that_the_person_has_left_does_not_stand_in_the_way(api: AsyncClient, state: ApiState) -> None:
    ours, former = await make_company(state), await make_company(state)
    member = await make_member(state, ours)
    await leave(state, await join(state, member, former))
    assert (await complete(api, (await make_reset(api, ours, member))["token"])).status_code == 204
    ok(await sign_in(api, member.email, FRESH))


async def test_a_link_is_worth_no_more_than_its_maker_on_the_day(api: AsyncClient, state: ApiState) -> None:
    """Whoever made one before they left, or lost the role, would keep a key to the company."""
    company = await make_company(state)
    admin, hr, gone = [await make_member(state, company, roles=(role,)) for role in ("admin", "hr", "hr")]
    member = await make_member(state, company)
    links = [(admin, company), (hr, member), (gone, await make_member(state, company))]
    tokens = [(await make_reset(api, maker, whom))["token"] for maker, whom in links]
    await give_roles(state, admin, "hr", "employee")
    await give_roles(state, hr, "employee")
    await leave(state, gone)
    for token in tokens:
        assert pointers(await complete(api, token)) == [("/token", "invalid-link")]
    for _, whom in links:
        ok(await sign_in(api, whom.email))
    await give_roles(state, hr, "admin")
    assert (await complete(api, tokens[1])).status_code == 204


@pytest.mark.parametrize("role", ["platform", "ops"])
async def test_who_administers_the_installation_is_reset_by_nobody_else(
    api: AsyncClient, state: ApiState, role: str
) -> None:
    company = await make_company(state, platform=role == "platform", ops=role == "ops")
    admin = await make_member(state, company, roles=("admin",))
    response = await api.post(f"/v1/people/{company.person_id}/password-reset", headers=admin.headers)
    problem(response, status=403, code="not-allowed")
    token = (await make_reset(api, company, company))["token"]
    assert (await complete(api, token)).status_code == 204
    ok(await sign_in(api, company.email, FRESH))


async def test_a_link_made_before_the_role_was_given_is_worthless(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member = await make_member(state, company)
    token = (await make_reset(api, company, member))["token"]
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(update(Account).where(Account.id == member.account_id).values(is_platform=True))
    assert (await complete(api, token)).status_code == 204
    ok(await sign_in(api, member.email))


async def test_who_may_make_a_link_for_whom(api: AsyncClient, state: ApiState) -> None:
    company, stranger = await make_company(state), await make_company(state)
    hr, employee = await make_member(state, company, roles=("hr",)), await make_member(state, company)
    pending = await make_member(state, company, accepted=False)
    for caller, whom, status, code in (
        (employee, employee, 403, "not-allowed"),
        (hr, company, 403, "not-allowed"),
        (stranger, employee, 404, "not-found"),
        (hr, pending, 409, "no-account"),
    ):
        response = await api.post(f"/v1/people/{whom.person_id}/password-reset", headers=caller.headers)
        problem(response, status=status, code=code)
    await make_reset(api, hr, employee)


async def test_the_operator_makes_a_link_for_any_account(api: AsyncClient, state: ApiState) -> None:
    """`attain-admin reset-password`: for accounts that no company may reset."""
    company, second = await make_company(state, platform=True), await make_company(state)
    await join(state, company, second)
    async with transaction(state.sessions, state.doorbell) as uow:
        assert await service.create_operators_reset(uow, email=f"{secrets.token_hex(6)}@example.com") is None
        link = await service.create_operators_reset(uow, email=company.email)
    assert link is not None
    assert (await complete(api, link.token)).status_code == 204
    ok(await sign_in(api, company.email, FRESH, scope=f"company:{second.code}"))


async def test_the_operator_gives_an_account_to_whom_a_company_has_named(api: AsyncClient, state: ApiState) -> None:
    """Also where whoever held it first has no other place any more."""
    ours, theirs = await make_company(state), await make_company(state)
    member = await make_member(state, ours)
    await join(state, member, theirs, accepted=False)
    await leave(state, member)
    async with transaction(state.sessions, state.doorbell) as uow:
        link = await service.create_operators_reset(uow, email=member.email)
    assert link is not None
    assert (await complete(api, link.token)).status_code == 204
    scope = f"company:{theirs.code}"
    problem(await sign_in(api, member.email, scope=scope), status=401, code="invalid-credentials")
    ok(await sign_in(api, member.email, FRESH, scope=scope))


async def test_changes_and_resets_are_in_the_trail_without_secrets(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member = await make_member(state, company)
    await change(api, member.headers)
    token = (await make_reset(api, company, member))["token"]
    await complete(api, token, "another fresh pass phrase")
    async with transaction(state.sessions, state.doorbell) as uow:
        entries = list(await uow.session.scalars(select(AuditEntry).where(AuditEntry.company_id == company.company_id)))
    made = {(entry.action, entry.actor_id) for entry in entries if entry.action != "create"}
    assert {
        ("change_password", member.person_id),
        ("create_password_reset", company.person_id),
        ("complete_password_reset", member.person_id),
    } <= made
    written = " ".join(f"{entry.changes}" for entry in entries)
    assert "phrase" not in written
    assert "argon2" not in written
    assert token.partition("_")[2] not in written


async def test_a_sign_in_that_began_with_the_old_password_does_not_outlive_it(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = await make_company(state)
    matches = Passwords.matches

    async def changed_meanwhile(self: Passwords, password: str, stored: str | None) -> bool:
        monkeypatch.setattr(Passwords, "matches", matches)
        fits = await matches(self, password, stored)
        assert (await change(api, company.headers)).status_code == 204
        return fits

    monkeypatch.setattr(Passwords, "matches", changed_meanwhile)
    problem(await sign_in(api, company.email), status=401, code="invalid-credentials")
    ok(await sign_in(api, company.email, FRESH))


async def test_text_that_cannot_be_written_is_refused_and_not_stumbled_over(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    broken = "\\ud800 is half a letter"
    for path, fields in (
        ("/v1/auth/password", ("current_password", "new_password")),
        ("/v1/auth/password/reset", ("token", "password")),
        ("/v1/invitations/accept", ("token", "password")),
        ("/v1/auth/oidc/finish", ("state", "code")),
    ):
        for field in fields:
            sound = {name: "a sound enough text" for name in fields if name != field}
            body = ",".join(f'"{name}": "{value}"' for name, value in {**sound, field: broken}.items())
            headers = company.headers | {"Content-Type": "application/json"}
            response = await api.post(path, content=f"{{{body}}}", headers=headers)
            assert response.status_code in {400, 422}, (path, field, response.text)
