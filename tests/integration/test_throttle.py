"""Brute force is throttled (SEC-7)."""

import asyncio
import secrets
import statistics
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from httpx import ASGITransport, AsyncClient, Response
from prometheus_client import CollectorRegistry
from sqlalchemy import func, select, update

from attain_api.access.client import Client
from attain_api.access.passwords import Passwords
from attain_api.app import create_app
from attain_api.state import ApiState
from attain_api.throttling import service as throttling
from attain_shared.access.models import SignInThrottle
from attain_shared.audit.models import AuditEntry
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_worker.maintenance.service import Housekeeping
from tests.support.companies import PASSWORD, make_company, make_member
from tests.support.http import ok, problem


@asynccontextmanager
async def client_at(state: ApiState, address: str) -> AsyncIterator[AsyncClient]:
    """A client that calls from this address."""
    transport = ASGITransport(create_app(fresh(state)), client=(address, 1))
    async with AsyncClient(transport=transport, base_url="http://test") as api:
        yield api


def fresh(state: ApiState) -> ApiState:
    """The same database, and nothing remembered: an API that was restarted."""
    return replace(state, registry=CollectorRegistry())


async def sign_in(api: AsyncClient, email: str, password: str = PASSWORD) -> Response:
    return await api.post("/v1/auth/token", data={"username": email, "password": password})


async def test_100_wrong_tries_lock_out_and_another_account_is_unaffected(
    state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = await make_company(state)
    other = await make_member(state, company)
    hashed: list[str] = []
    matches = Passwords.matches

    async def watched(self: Passwords, password: str, stored: str | None) -> bool:
        hashed.append(password)
        return await matches(self, password, stored)

    monkeypatch.setattr(Passwords, "matches", watched)
    async with client_at(state, "198.51.100.1") as api:
        answers = await asyncio.gather(*(sign_in(api, company.email, f"wrong {number}") for number in range(100)))
        assert Counter(answer.status_code for answer in answers) == {401: 5, 429: 95}
        assert len(hashed) == 5
        refused = await sign_in(api, company.email.upper())
        problem(refused, status=429, code="too-many-requests")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.headers["ratelimit-limit"] == "5"
        assert refused.headers["ratelimit-remaining"] == "0"
        ok(await sign_in(api, other.email))
        # who was signed in before goes on
        ok(await api.get("/v1/me", headers=company.headers))
    # nor does a restart forget: nothing of it is in the process
    async with client_at(state, "203.0.113.77") as restarted:
        problem(await sign_in(restarted, company.email), status=429, code="too-many-requests")


async def test_codes_of_companies_are_not_to_be_guessed(state: ApiState) -> None:
    """With the right password; to leave the company out, or to name one's own, is no wrong try."""
    company = await make_company(state)
    async with client_at(state, "198.51.100.9") as api:
        form = {"username": company.email, "password": PASSWORD}
        guesses = [await api.post("/v1/auth/token", data=form | {"scope": f"company:{n}"}) for n in range(6)]
        assert [answer.status_code for answer in guesses] == [401] * 5 + [429]
        left = await make_member(state, company, accepted=False)
        assert [(await sign_in(api, left.email)).status_code for _ in range(7)] == [403] * 7


async def test_an_e_mail_that_nobody_has_is_throttled_alike(state: ApiState) -> None:
    async with client_at(state, "198.51.100.2") as api:
        email = f"{secrets.token_hex(6)}@example.com"
        answers = [await sign_in(api, email) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 2
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["4", "3", "2", "1", "0", "0", "0"]


async def test_a_right_password_starts_the_count_anew(state: ApiState) -> None:
    company = await make_company(state)
    async with client_at(state, "198.51.100.3") as api:
        for _ in range(3):
            for _ in range(4):
                problem(await sign_in(api, company.email, "wrong"), status=401, code="invalid-credentials")
            right = await sign_in(api, company.email)
            ok(right)
            assert right.headers["ratelimit-limit"] == "5"


async def test_a_block_ends_and_the_next_one_is_longer(state: ApiState) -> None:
    company = await make_company(state)
    key = throttling.account(company.email).key(state.settings.secret_key.get_secret_value())
    async with client_at(state, "198.51.100.4") as api:
        waits = []
        for _ in range(2):
            answers = [await sign_in(api, company.email, "wrong") for _ in range(6)]
            assert [answer.status_code for answer in answers] == [401] * 5 + [429]
            waits.append(int(answers[-1].headers["retry-after"]))
            async with transaction(state.sessions, state.doorbell) as uow:
                over = utc_now() - timedelta(seconds=1)
                await uow.session.execute(
                    update(SignInThrottle).where(SignInThrottle.subject == key).values(blocked_until=over)
                )
        assert waits == [60, 120]
        ok(await sign_in(api, company.email))


async def test_an_address_has_100_wrong_tries_a_minute_over_all_accounts(state: ApiState) -> None:
    company = await make_company(state)
    subject = throttling.address_of(Client(None, "198.51.100.5"))[0]
    async with client_at(state, "198.51.100.5") as api, client_at(state, "198.51.100.6") as elsewhere:
        problem(await sign_in(api, "nobody@example.com"), status=401, code="invalid-credentials")
        async with transaction(state.sessions, state.doorbell) as uow:
            key = subject.key(state.settings.secret_key.get_secret_value())
            await uow.session.execute(update(SignInThrottle).where(SignInThrottle.subject == key).values(failures=99))
        ok(await sign_in(api, company.email))  # a right one is given back
        problem(await sign_in(api, company.email, "wrong"), status=401, code="invalid-credentials")
        refused = await sign_in(api, company.email)
        problem(refused, status=429, code="too-many-requests")
        assert refused.headers["ratelimit-limit"] == "100"
        ok(await sign_in(elsewhere, company.email))


async def test_nothing_that_was_typed_is_stored(state: ApiState) -> None:
    company = await make_company(state)
    async with client_at(state, "198.51.100.7") as api:
        problem(await sign_in(api, company.email, "wrong"), status=401, code="invalid-credentials")
    async with transaction(state.sessions, state.doorbell) as uow:
        subjects = list(await uow.session.scalars(select(SignInThrottle.subject)))
    assert {len(subject) for subject in subjects} == {32}
    assert not any(company.email.encode() in subject or b"198.51" in subject for subject in subjects)


async def test_the_worker_deletes_yesterdays_tallies(state: ApiState) -> None:
    names = [throttling.Subject("test", secrets.token_hex(6)) for _ in range(2)]
    keys = [name.key(state.settings.secret_key.get_secret_value()) for name in names]
    await throttling.count(state, *names)
    async with transaction(state.sessions, state.doorbell) as uow:
        long_ago = utc_now() - timedelta(hours=25)
        await uow.session.execute(
            update(SignInThrottle).where(SignInThrottle.subject == keys[0]).values(window_started_at=long_ago)
        )
    for _ in range(2):
        await Housekeeping(state.sessions, state.doorbell).forget_old_answers()
    async with transaction(state.sessions, state.doorbell) as uow:
        left = await uow.session.scalars(select(SignInThrottle.subject).where(SignInThrottle.subject.in_(keys)))
        assert list(left) == [keys[1]]


async def test_a_block_is_told_to_the_companies_of_the_account(state: ApiState) -> None:
    company = await make_company(state)
    async with client_at(state, "198.51.100.8") as api:
        for _ in range(8):
            await sign_in(api, company.email, "wrong")
    await state.aftermath.finish()
    async with transaction(state.sessions, state.doorbell) as uow:
        told = await uow.session.scalar(
            select(func.count())
            .select_from(AuditEntry)
            .where(AuditEntry.company_id == company.company_id, AuditEntry.action == "sign_in_blocked")
        )
    assert told == 1


SAMPLES = 60


async def test_an_unknown_user_and_a_wrong_password_take_the_same_time(state: ApiState) -> None:
    """Issue 4, must show 7."""
    company = await make_company(state)
    members = [company.email] + [(await make_member(state, company)).email for _ in range(SAMPLES // 5)]
    taken: dict[str, list[float]] = {"unknown": [], "wrong": []}
    await state.passwords.matches("x", None)  # the hash that is compared with for nothing is made once
    for number in range(SAMPLES):
        async with client_at(state, f"198.51.{100 + number % 100}.{number}") as api:
            emails = {"unknown": f"{secrets.token_hex(6)}@example.com", "wrong": members[number // 5]}
            for kind in sorted(emails, reverse=bool(number % 2)):
                began = time.perf_counter()
                answer = await sign_in(api, emails[kind], "not the password")
                taken[kind].append(time.perf_counter() - began)
                problem(answer, status=401, code="invalid-credentials")
    unknown, wrong = (statistics.median(taken[kind]) * 1000 for kind in ("unknown", "wrong"))
    ratio = unknown / wrong
    print(f"medians of {SAMPLES}: unknown user {unknown:.1f} ms, wrong password {wrong:.1f} ms, ratio {ratio:.3f}")
    assert 0.75 < ratio < 1.25
