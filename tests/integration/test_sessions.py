"""Sessions: where somebody is signed in, and how that ends (SEC-1)."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

from httpx import ASGITransport, AsyncClient
from prometheus_client import CollectorRegistry
from sqlalchemy import delete, select, update
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from attain_api.app import create_app
from attain_api.state import ApiState
from attain_shared.access.models import Session
from attain_shared.audit.models import AuditEntry
from attain_shared.clock import BUSINESS_ZONE, business_day, utc_now
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from attain_shared.people.queries import replace_spells
from attain_shared.people.timeline import Event, EventKind, build_spells
from attain_worker.maintenance.service import Housekeeping
from tests.support.companies import PASSWORD, Member, make_company, make_member
from tests.support.http import ok, problem

JSON = dict[str, Any]


async def sign_in(api: AsyncClient, member: Member, *, device: str = "a browser") -> JSON:
    form = {"username": member.email, "password": PASSWORD}
    return ok(await api.post("/v1/auth/token", data=form, headers={"User-Agent": device}))


def bearer(tokens: JSON) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def list_sessions(api: AsyncClient, headers: dict[str, str], **query: Any) -> list[JSON]:
    items: list[JSON] = ok(await api.get("/v1/auth/sessions", headers=headers, params=query))["items"]
    return items


async def is_signed_in(api: AsyncClient, tokens: JSON) -> bool:
    return (await api.get("/v1/me", headers=bearer(tokens))).status_code == 200


async def test_a_sign_in_is_listed_with_its_device_and_address(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    tokens = await sign_in(api, company, device="Firefox\x7f on " + "a very long machine " * 20)
    other, mine = await list_sessions(api, bearer(tokens), sort="created_at")
    assert (other["id"], other["current"]) == (str(company.session_id), False)
    assert mine["current"] is True
    assert mine["device"].startswith("Firefox on a very long")
    assert len(mine["device"]) == 200
    assert mine["address"] == "127.0.0.1"
    assert set(mine) == {"id", "device", "address", "created_at", "last_used_at", "expires_at", "current"}


async def test_sessions_are_paged(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    tokens = [await sign_in(api, company) for _ in range(3)]
    query: JSON = {"limit": 3, "sort": "-created_at"}
    first = ok(await api.get("/v1/auth/sessions", headers=bearer(tokens[0]), params=query))
    rest = await list_sessions(api, bearer(tokens[0]), cursor=first["next_cursor"], **query)
    assert len(first["items"]) == 3
    assert [one["id"] for one in rest] == [str(company.session_id)]


async def test_a_refresh_keeps_the_session_and_moves_its_times(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    tokens = await sign_in(api, company)
    (before,) = [one for one in await list_sessions(api, bearer(tokens)) if one["current"]]
    response = await api.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    (after,) = [one for one in await list_sessions(api, bearer(ok(response))) if one["current"]]
    assert after["id"] == before["id"]
    assert after["created_at"] == before["created_at"]
    assert after["last_used_at"] > before["last_used_at"]
    assert after["expires_at"] > before["expires_at"]


async def test_an_ended_session_is_refused_from_the_next_request_on(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    tokens = await sign_in(api, company)
    assert await is_signed_in(api, tokens)
    (mine,) = [one for one in await list_sessions(api, bearer(tokens)) if one["current"]]
    for expected in (204, 404):
        response = await api.delete(f"/v1/auth/sessions/{mine['id']}", headers=company.headers)
        assert response.status_code == expected
    problem(await api.get("/v1/me", headers=bearer(tokens)), status=401, code="invalid-token")
    response = await api.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    problem(response, status=401, code="invalid-token")


async def test_signing_out_ends_the_access_token_too(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    tokens = await sign_in(api, company)
    await api.post("/v1/auth/logout", json={"refresh_token": tokens["refresh_token"]})
    assert not await is_signed_in(api, tokens)


async def test_the_reuse_of_a_refresh_token_ends_the_access_tokens_too(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    tokens = await sign_in(api, company)
    body = {"refresh_token": tokens["refresh_token"]}
    newer = ok(await api.post("/v1/auth/refresh", json=body))
    problem(await api.post("/v1/auth/refresh", json=body), status=401, code="invalid-token")
    assert not await is_signed_in(api, newer)


async def test_nobody_sees_or_ends_the_session_of_another(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member, stranger = await make_member(state, company), await make_company(state)
    for caller in (company, stranger):
        assert [one["id"] for one in await list_sessions(api, caller.headers)] == [str(caller.session_id)]
        response = await api.delete(f"/v1/auth/sessions/{member.session_id}", headers=caller.headers)
        problem(response, status=404, code="not-found")
    problem(await api.delete(f"/v1/auth/sessions/{new_id()}", headers=member.headers), status=404, code="not-found")


async def test_all_others_end_at_once(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    one, other = await sign_in(api, company), await sign_in(api, company)
    response = await api.post("/v1/auth/sessions/actions/revoke-others", headers=bearer(one))
    assert response.status_code == 204
    assert await is_signed_in(api, one)
    assert not await is_signed_in(api, other)
    assert len(await list_sessions(api, bearer(one))) == 1


async def test_an_administrator_or_hr_signs_a_person_out(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    hr, member, stranger = (
        await make_member(state, company, roles=("hr",)),
        await make_member(state, company),
        await make_company(state),
    )
    url = f"/v1/people/{member.person_id}/sign-out"
    problem(await api.post(url, headers=member.headers), status=403, code="not-allowed")
    problem(await api.post(url, headers=stranger.headers), status=404, code="not-found")
    assert (await api.post(url, headers=hr.headers)).status_code == 204
    problem(await api.get("/v1/me", headers=member.headers), status=401, code="invalid-token")
    assert await is_signed_in(api, await sign_in(api, member))
    assert (await api.post(url, headers=company.headers)).status_code == 204


async def test_a_session_that_ran_out_or_is_missing_is_refused(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    old, gone = await sign_in(api, company), await sign_in(api, company)
    ids = [one["id"] for one in await list_sessions(api, company.headers, sort="created_at")][1:]
    async with transaction(state.sessions, state.doorbell) as uow:
        ran_out = utc_now() - timedelta(seconds=1)
        await uow.session.execute(update(Session).where(Session.id == ids[0]).values(expires_at=ran_out))
        await uow.session.execute(delete(Session).where(Session.id == ids[1]))
    for tokens in (old, gone):
        assert not await is_signed_in(api, tokens)
        response = await api.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
        problem(response, status=401, code="invalid-token")


async def set_events(state: ApiState, member: Member, *events: tuple[EventKind, int]) -> None:
    """Say what happened to somebody, and how many days from today."""
    dated = [
        Event(id=new_id(), kind=kind, effective_on=business_day() + timedelta(days=days), changes={})
        for kind, days in events
    ]
    async with transaction(state.sessions, state.doorbell) as uow:
        await replace_spells(
            uow.session, company_id=member.company_id, person_id=member.person_id, spells=build_spells(dated)
        )


async def test_somebody_who_has_left_is_refused_from_the_next_day_on(api: AsyncClient, state: ApiState) -> None:
    """SEC-3: closed the next day, for every way in."""
    company = await make_company(state)
    member = await make_member(state, company)
    tokens = await sign_in(api, member)
    await set_events(state, member, (EventKind.HIRE, -100), (EventKind.LEAVE, 0))
    assert await is_signed_in(api, tokens)
    await set_events(state, member, (EventKind.HIRE, -100), (EventKind.LEAVE, -1))
    problem(await api.get("/v1/me", headers=bearer(tokens)), status=401, code="invalid-token")
    response = await api.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    problem(response, status=401, code="invalid-token")
    form = {"username": member.email, "password": PASSWORD}
    problem(await api.post("/v1/auth/token", data=form), status=403, code="not-allowed")


async def is_refreshed(api: AsyncClient, tokens: JSON) -> bool:
    response = await api.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    return response.status_code == 200


async def test_somebody_who_is_yet_to_start_signs_in_from_the_first_day_on(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    member = await make_member(state, company)
    before = await sign_in(api, member)
    await set_events(state, member, (EventKind.HIRE, 1))
    form = {"username": member.email, "password": PASSWORD}
    for scope in ("", f"company:{company.code}"):
        response = await api.post("/v1/auth/token", data=form | {"scope": scope})
        assert response.status_code == (401 if scope else 403), response.text
    assert not await is_signed_in(api, before)
    assert not await is_refreshed(api, before)
    await set_events(state, member, (EventKind.HIRE, 0))
    assert await is_signed_in(api, await sign_in(api, member))


async def test_who_comes_back_signs_in_anew(api: AsyncClient, state: ApiState) -> None:
    """A session of the first time, in whosever hands it is, does not come to life by the return."""
    member = await make_member(state, await make_company(state))
    tokens, newer = await sign_in(api, member), await sign_in(api, member)
    (mine,) = [one for one in await list_sessions(api, bearer(tokens)) if one["current"]]
    midnight = datetime.combine(business_day(), time(), tzinfo=BUSINESS_ZONE)
    begun = update(Session).where(Session.id == mine["id"])
    for second, is_good in ((-1, False), (0, True)):
        async with transaction(state.sessions, state.doorbell) as uow:
            await uow.session.execute(begun.values(created_at=midnight + timedelta(seconds=second)))
        await set_events(state, member, (EventKind.HIRE, -9), (EventKind.LEAVE, -1), (EventKind.REHIRE, 0))
        assert await is_signed_in(api, tokens) is is_good
        assert await is_refreshed(api, tokens) is is_good
    assert await is_signed_in(api, newer)
    assert await is_signed_in(api, await sign_in(api, member))


async def test_sign_ins_and_their_ends_are_in_the_trail(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    tokens = await sign_in(api, company)
    await api.post("/v1/auth/logout", json={"refresh_token": tokens["refresh_token"]})
    async with transaction(state.sessions, state.doorbell) as uow:
        found = await uow.session.scalars(
            select(AuditEntry)
            .where(AuditEntry.company_id == company.company_id, AuditEntry.resource_type == "session")
            .order_by(AuditEntry.sequence)
        )
        signed_in, signed_out = found.all()
    assert (signed_in.action, signed_in.actor_id) == ("sign_in", company.person_id)
    assert signed_out.action == "end_session"
    assert signed_in.resource_id == signed_out.resource_id
    assert tokens["refresh_token"] not in f"{signed_in.changes}{signed_out.changes}"


async def test_a_session_shows_the_client_behind_a_trusted_proxy_and_no_other(state: ApiState) -> None:
    """ATTAIN_TRUSTED_PROXIES: whoever else sends X-Forwarded-For is not believed."""
    company, own = await make_company(state), replace(state, registry=CollectorRegistry())
    application: Any = create_app(own)
    app: Any = ProxyHeadersMiddleware(application, trusted_hosts="127.0.0.1,10.0.0.0/8")
    told = {"X-Forwarded-For": "203.0.113.9"}
    shown = []
    for peer in ("10.1.2.3", "192.0.2.7"):
        transport = ASGITransport(app, client=(peer, 1))
        async with AsyncClient(transport=transport, base_url="http://test", headers=told) as api:
            tokens = await sign_in(api, company)
            (mine,) = [one for one in await list_sessions(api, bearer(tokens)) if one["current"]]
            shown.append(mine["address"])
    assert shown == ["203.0.113.9", "192.0.2.7"]


async def test_the_worker_deletes_sessions_that_ended_a_day_ago(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    ran_out, revoked, fresh = [await sign_in(api, company) for _ in range(3)]
    ids = [one["id"] for one in await list_sessions(api, company.headers, sort="created_at")][1:]
    ended = utc_now() - timedelta(hours=25)
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(update(Session).where(Session.id == ids[0]).values(expires_at=ended))
        await uow.session.execute(update(Session).where(Session.id == ids[1]).values(revoked_at=ended))
    await Housekeeping(state.sessions, state.doorbell).forget_old_answers()
    async with transaction(state.sessions, state.doorbell) as uow:
        left = await uow.session.scalars(select(Session.id).where(Session.company_id == company.company_id))
        assert {str(one) for one in left} == {str(company.session_id), ids[2]}
    for tokens in (ran_out, revoked):
        response = await api.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
        problem(response, status=401, code="invalid-token")
    assert await is_signed_in(api, fresh)
