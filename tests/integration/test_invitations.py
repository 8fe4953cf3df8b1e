"""Invitations: how somebody comes to an account in a company (ORG-0, SEC-1)."""

import asyncio
import secrets
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select, update

from attain_api.access.passwords import Passwords
from attain_api.state import ApiState
from attain_shared.access.models import Account, Membership, OneTimeLink
from attain_shared.audit.models import AuditEntry
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from attain_shared.people.models import Person
from attain_shared.people.queries import hire, replace_spells
from attain_shared.people.timeline import Event, EventKind, build_spells
from attain_worker.maintenance.service import Housekeeping
from tests.support.companies import PASSWORD, Company, Member, make_company, make_member
from tests.support.http import created, ok, pointers, problem

JSON = dict[str, Any]
FRESH = "a fresh pass phrase"


async def add_person(
    state: ApiState,
    company: Member,
    *,
    email: str | None = None,
    roles: tuple[str, ...] = ("employee",),
    name: str = "林晓",
) -> Person:
    """Somebody without an account."""
    async with transaction(state.sessions, state.doorbell) as uow:
        person = Person(
            company_id=company.company_id,
            id=new_id(),
            name=name,
            email=email or f"{secrets.token_hex(6)}@example.com",
            roles=sorted(roles),
        )
        uow.session.add(person)
        await uow.session.flush()
        await hire(
            uow.session,
            company_id=company.company_id,
            person_id=person.id,
            hired_on=business_day() - timedelta(days=30),
            changes={},
            recorded_by=None,
        )
    return person


async def leave(state: ApiState, person: Person) -> None:
    """Yesterday was their last day."""
    today = business_day()
    events = [
        Event(id=new_id(), kind=EventKind.HIRE, effective_on=today - timedelta(days=30), changes={}),
        Event(id=new_id(), kind=EventKind.LEAVE, effective_on=today - timedelta(days=1), changes={}),
    ]
    async with transaction(state.sessions, state.doorbell) as uow:
        await replace_spells(
            uow.session, company_id=person.company_id, person_id=person.id, spells=build_spells(events)
        )


async def invite(api: AsyncClient, caller: Member, person: Person) -> JSON:
    return created(await api.post("/v1/invitations", json={"person_id": str(person.id)}, headers=caller.headers))


async def accept(api: AsyncClient, token: str, password: str = FRESH) -> Response:
    return await api.post("/v1/invitations/accept", json={"token": token, "password": password})


async def sign_in(api: AsyncClient, email: str, password: str = FRESH, scope: str = "") -> Response:
    return await api.post("/v1/auth/token", data={"username": email, "password": password, "scope": scope})


async def test_an_invited_person_sets_a_password_and_signs_in(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    person = await add_person(state, company)
    invitation = await invite(api, company, person)
    assert set(invitation) == {"id", "token", "expires_at"}
    problem(await sign_in(api, person.email), status=401, code="invalid-credentials")
    response = await accept(api, invitation["token"])
    assert (response.status_code, response.content) == (204, b"")
    tokens = ok(await sign_in(api, person.email))
    me = ok(await api.get("/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}))
    assert (me["person_id"], me["company"]["code"]) == (str(person.id), company.code)


async def test_a_second_acceptance_changes_nothing(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    person = await add_person(state, company)
    token = (await invite(api, company, person))["token"]
    assert (await accept(api, token)).status_code == 204
    assert (await accept(api, token, "another fresh pass phrase")).status_code == 204
    ok(await sign_in(api, person.email))
    problem(await sign_in(api, person.email, "another fresh pass phrase"), status=401, code="invalid-credentials")


async def accepted(state: ApiState, person: Person) -> list[Any]:
    """The accounts that have taken up the person's place."""
    async with transaction(state.sessions, state.doorbell) as uow:
        found = await uow.session.scalars(
            select(Membership.account_id).where(
                Membership.company_id == person.company_id,
                Membership.person_id == person.id,
                Membership.accepted_at.is_not(None),
            )
        )
        return list(found)


async def test_an_account_of_another_company_joins_only_by_its_own_password(api: AsyncClient, state: ApiState) -> None:
    """ORG-0: who invites neither takes over an account nor learns from the answer that it exists."""
    ours, theirs = await make_company(state), await make_company(state)
    person = await add_person(state, ours, email=theirs.email)
    token = (await invite(api, ours, person))["token"]
    wrong = await accept(api, token)
    assert (wrong.status_code, wrong.content) == (204, b"")
    assert await accepted(state, person) == []
    problem(await sign_in(api, theirs.email), status=401, code="invalid-credentials")
    ok(await sign_in(api, theirs.email, PASSWORD))
    right = await accept(api, token, PASSWORD)
    assert (right.status_code, right.content, dict(right.headers).keys()) == (204, b"", dict(wrong.headers).keys())
    assert await accepted(state, person) == [theirs.account_id]
    ok(await sign_in(api, theirs.email, PASSWORD, scope=f"company:{ours.code}"))
    assert (await accept(api, token)).status_code == 204
    ok(await sign_in(api, theirs.email, PASSWORD, scope=f"company:{theirs.code}"))


async def test_a_link_is_no_way_to_try_the_passwords_of_an_account(api: AsyncClient, state: ApiState) -> None:
    """SEC-7: tries by a link count as those at the front door do, and answer alike whether there is an account."""
    ours, theirs = await make_company(state), await make_company(state)
    answers = []
    for email in (theirs.email, f"{secrets.token_hex(6)}@example.com"):
        person = await add_person(state, ours, email=email)
        token = (await invite(api, ours, person))["token"]
        answers.append([(await accept(api, token, f"a wrong pass phrase {number}")).status_code for number in range(7)])
    assert answers == [[204] * 5 + [429] * 2] * 2
    problem(await sign_in(api, theirs.email, PASSWORD), status=429, code="too-many-requests")


async def test_both_ways_hash_as_much(api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes as long tells nothing (ORG-0); and no connection is held meanwhile."""
    ours, theirs = await make_company(state), await make_company(state)
    held: list[tuple[str, int]] = []
    matches, hashed = Passwords.matches, Passwords.hashed

    async def watched_matches(self: Passwords, password: str, stored: str | None) -> bool:
        held.append(("matches", state.engine.pool.checkedout()))  # type: ignore[attr-defined]
        return await matches(self, password, stored)

    async def watched_hashed(self: Passwords, password: str) -> str:
        held.append(("hashed", state.engine.pool.checkedout()))  # type: ignore[attr-defined]
        return await hashed(self, password)

    await state.passwords.matches("x", None)
    monkeypatch.setattr(Passwords, "matches", watched_matches)
    monkeypatch.setattr(Passwords, "hashed", watched_hashed)
    for email in (theirs.email, f"{secrets.token_hex(6)}@example.com"):
        person = await add_person(state, ours, email=email)
        token = (await invite(api, ours, person))["token"]
        held.clear()
        assert (await accept(api, token)).status_code == 204
        assert held == [("matches", 0), ("hashed", 0)]


async def test_a_new_invitation_replaces_the_one_before(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    person = await add_person(state, company)
    first, second = [(await invite(api, company, person))["token"] for _ in range(2)]
    assert pointers(await accept(api, first)) == [("/token", "invalid-link")]
    assert (await accept(api, second)).status_code == 204


async def test_a_link_that_is_not_good_says_so_and_not_why(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    person = await add_person(state, company)
    good = await invite(api, company, person)
    forged = good["token"].partition("_")[0] + "_forged"
    answers = [pointers(await accept(api, token)) for token in ("nonsense", f"{new_id().hex}_x", forged)]
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(update(OneTimeLink).where(OneTimeLink.id == good["id"]).values(expires_at=utc_now()))
    answers.append(pointers(await accept(api, good["token"])))
    revoked = await invite(api, company, person)
    response = await api.delete(f"/v1/invitations/{revoked['id']}", headers=company.headers)
    assert response.status_code == 204
    answers.append(pointers(await accept(api, revoked["token"])))
    last = await invite(api, company, person)
    await leave(state, person)
    answers.append(pointers(await accept(api, last["token"])))
    assert answers == [[("/token", "invalid-link")]] * 6


@pytest.mark.parametrize(
    "password", ["password123", "PassWord123", "我是林晓没有错的啊哈哈", "the li.xiao.q of it", "LI.XIAO.Q 12345"]
)
async def test_a_weak_password_is_refused(api: AsyncClient, state: ApiState, password: str) -> None:
    company = await make_company(state)
    person = await add_person(state, company, email=f"li.xiao.q@{secrets.token_hex(4)}.example.com")
    token = (await invite(api, company, person))["token"]
    assert pointers(await accept(api, token, password)) == [("/password", "weak-password")]


async def test_a_short_or_endless_password_is_refused_and_a_long_one_kept_whole(
    api: AsyncClient, state: ApiState
) -> None:
    company = await make_company(state)
    person = await add_person(state, company)
    token = (await invite(api, company, person))["token"]
    assert pointers(await accept(api, token, "ninechars")) == [("/password", "string-too-short")]
    assert pointers(await accept(api, token, "x" * 201)) == [("/password", "string-too-long")]
    long = secrets.token_hex(100)
    assert (await accept(api, token, long)).status_code == 204
    problem(await sign_in(api, person.email, long[:-1]), status=401, code="invalid-credentials")
    ok(await sign_in(api, person.email, long))


async def test_who_has_left_or_has_an_account_is_not_invited(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member, person = await make_member(state, company), await add_person(state, company)
    await leave(state, person)
    for who, code in ((member.person_id, "already-a-member"), (person.id, "person-has-left")):
        response = await api.post("/v1/invitations", json={"person_id": str(who)}, headers=company.headers)
        problem(response, status=409, code=code)


async def test_who_may_invite_whom(api: AsyncClient, state: ApiState) -> None:
    company, stranger = await make_company(state), await make_company(state)
    hr, employee = await make_member(state, company, roles=("hr",)), await make_member(state, company)
    admin, person = await add_person(state, company, roles=("admin",)), await add_person(state, company)
    for caller, whom, status, code in (
        (employee, person, 403, "not-allowed"),
        (hr, admin, 403, "not-allowed"),
        (stranger, person, 404, "not-found"),
    ):
        response = await api.post("/v1/invitations", json={"person_id": str(whom.id)}, headers=caller.headers)
        problem(response, status=status, code=code)
    await invite(api, hr, person)
    invitation = await invite(api, company, admin)
    url = f"/v1/invitations/{invitation['id']}"
    problem(await api.delete(url, headers=hr.headers), status=403, code="not-allowed")
    problem(await api.delete(url, headers=stranger.headers), status=404, code="not-found")
    problem(await api.get("/v1/invitations", headers=employee.headers), status=403, code="not-allowed")


async def test_a_link_of_hr_is_worthless_once_its_person_administers(api: AsyncClient, state: ApiState) -> None:
    """HR could otherwise become an administrator by a link it made in time."""
    company = await make_company(state)
    hr, member = await make_member(state, company, roles=("hr",)), await make_member(state, company)
    person = await add_person(state, company)
    invitation = (await invite(api, hr, person))["token"]
    response = await api.post(f"/v1/people/{member.person_id}/password-reset", headers=hr.headers)
    reset = created(response)["token"]
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(
            update(Person)
            .where(Person.company_id == company.company_id, Person.id.in_([person.id, member.person_id]))
            .values(roles=["admin"])
        )
    body = {"token": reset, "password": FRESH}
    assert pointers(await accept(api, invitation)) == [("/token", "invalid-link")]
    assert pointers(await api.post("/v1/auth/password/reset", json=body)) == [("/token", "invalid-link")]
    assert (await accept(api, (await invite(api, company, person))["token"])).status_code == 204


async def test_an_invitation_is_worth_no_more_than_its_maker_on_the_day(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    hr, person = await make_member(state, company, roles=("hr",)), await add_person(state, company)
    token = (await invite(api, hr, person))["token"]
    maker = update(Person).where(Person.company_id == company.company_id, Person.id == hr.person_id)
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(maker.values(roles=["employee"]))
    assert pointers(await accept(api, token)) == [("/token", "invalid-link")]
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(maker.values(roles=["hr"]))
    assert (await accept(api, token)).status_code == 204


async def test_the_worker_deletes_links_that_expired_a_month_ago(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    links = [await invite(api, company, await add_person(state, company)) for _ in range(2)]
    for link, days in zip(links, (31, 29), strict=True):
        expired = update(OneTimeLink).where(OneTimeLink.id == link["id"])
        async with transaction(state.sessions, state.doorbell) as uow:
            await uow.session.execute(expired.values(expires_at=utc_now() - timedelta(days=days)))
    await Housekeeping(state.sessions, state.doorbell).forget_old_answers()
    items = ok(await api.get("/v1/invitations", headers=company.headers))["items"]
    assert [item["id"] for item in items] == [links[1]["id"]]


async def test_invitations_are_listed_without_their_tokens(api: AsyncClient, state: ApiState) -> None:
    company, stranger = await make_company(state), await make_company(state)
    one, other = await add_person(state, company), await add_person(state, company)
    first, second = await invite(api, company, one), await invite(api, company, other)
    await accept(api, second["token"])
    items = ok(await api.get("/v1/invitations", headers=company.headers))["items"]
    assert [item["id"] for item in items] == [second["id"], first["id"]]
    assert set(items[0]) == {"id", "person_id", "created_by", "created_at", "expires_at", "accepted_at", "revoked_at"}
    assert [item["accepted_at"] is not None for item in items] == [True, False]
    assert items[0]["created_by"] == str(company.person_id)
    query = {"person_id": str(one.id)}
    items = ok(await api.get("/v1/invitations", headers=company.headers, params=query))["items"]
    assert [item["id"] for item in items] == [first["id"]]
    assert ok(await api.get("/v1/invitations", headers=stranger.headers))["items"] == []


async def test_an_accepted_invitation_is_not_revoked(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    person = await add_person(state, company)
    invitation = await invite(api, company, person)
    await accept(api, invitation["token"])
    response = await api.delete(f"/v1/invitations/{invitation['id']}", headers=company.headers)
    problem(response, status=409, code="already-a-member")


async def test_a_replayed_creation_shows_no_token(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    person = await add_person(state, company)
    headers = company.headers | {"Idempotency-Key": secrets.token_hex(8)}
    body = {"person_id": str(person.id)}
    first = created(await api.post("/v1/invitations", json=body, headers=headers))
    again = created(await api.post("/v1/invitations", json=body, headers=headers))
    assert again == first | {"token": None}


async def test_of_two_acceptances_at_once_one_makes_the_account(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    person = await add_person(state, company)
    token = (await invite(api, company, person))["token"]
    answers = await asyncio.gather(*(accept(api, token, f"{FRESH} {number}") for number in range(2)))
    assert [answer.status_code for answer in answers] == [204] * 2
    assert len(await accepted(state, person)) == 1
    signed_in = [(await sign_in(api, person.email, f"{FRESH} {number}")).status_code for number in range(2)]
    assert sorted(signed_in) == [200, 401]


async def test_a_person_whose_e_mail_changed_is_invited_by_the_new_one(api: AsyncClient, state: ApiState) -> None:
    """A place offered to the account of the old e-mail, and never taken up, is free again."""
    company, stranger = await make_company(state), await make_company(state)
    person = await add_person(state, company)
    async with transaction(state.sessions, state.doorbell) as uow:
        uow.session.add(Membership(account_id=stranger.account_id, company_id=company.company_id, person_id=person.id))
    token = (await invite(api, company, person))["token"]
    assert (await accept(api, token)).status_code == 204
    ok(await sign_in(api, person.email))
    assert stranger.account_id not in await accepted(state, person)


async def test_an_acceptance_is_in_the_trail_without_secrets(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    person = await add_person(state, company)
    invitation = await invite(api, company, person)
    await accept(api, invitation["token"])
    entries = await entries_of(state, company)
    assert {"create_invitation", "accept_invitation"} <= {entry.action for entry in entries}
    (joined,) = [
        entry for entry in entries if entry.action == "accept_invitation" and entry.resource_type == "membership"
    ]
    assert (joined.actor_id, joined.resource_id) == (person.id, person.id)
    written = " ".join(f"{entry.changes}" for entry in entries)
    async with transaction(state.sessions, state.doorbell) as uow:
        found = await uow.session.execute(
            select(Account.id, Account.password_hash).where(Account.email == person.email)
        )
        account_id, password_hash = found.one()
    for hidden in (invitation["token"].partition("_")[2], password_hash, str(account_id), FRESH):
        assert hidden not in written


async def entries_of(state: ApiState, company: Company) -> list[AuditEntry]:
    async with transaction(state.sessions, state.doorbell) as uow:
        return list(await uow.session.scalars(select(AuditEntry).where(AuditEntry.company_id == company.company_id)))
