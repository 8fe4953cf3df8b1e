"""Single sign-on against a real provider process on loopback (SEC-1)."""

import base64
import hmac
import json
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from httpx import ASGITransport, AsyncClient, Response
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from prometheus_client import CollectorRegistry
from pydantic import SecretStr
from sqlalchemy import delete, select, update

from attain_api.app import create_app
from attain_api.oidc.provider import OidcProvider, UnknownKey, read_id_token
from attain_api.settings import OidcSettings
from attain_api.state import ApiState
from attain_shared.access.models import Membership, OidcSignIn, Session
from attain_shared.audit.models import AuditEntry
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.errors import Unauthenticated
from deploy.local.ports import free_port
from tests.support.companies import PASSWORD, make_company, make_member
from tests.support.http import ok, pointers, problem

JSON = dict[str, Any]
BACK = "https://attain.example.com/signed-in"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider: a process of its own."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        url = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                httpx.get(f"{url}/jwks", timeout=1).raise_for_status()
                break
            except httpx.HTTPError:
                assert process.poll() is None
                time.sleep(0.1)
        yield url
        process.terminate()


@dataclass(frozen=True)
class Installation:
    """An API with single sign-on, and its provider."""

    api: AsyncClient
    issuer: str

    async def start(self, **body: str) -> Response:
        return await self.api.post("/v1/auth/oidc/start", json={"redirect_uri": BACK} | body)

    async def finish(self, state: str, code: str) -> Response:
        return await self.api.post("/v1/auth/oidc/finish", json={"state": state, "code": code})

    async def sign_in_there(self, **body: str) -> JSON:
        """Begin here, sign in at the provider as `subject`, and come back with what the address holds."""
        subject = body.pop("subject")
        url = ok(await self.start(**body))["authorization_url"]
        async with AsyncClient() as browser:
            answer = await browser.post(url, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        assert answer.headers["location"].startswith(BACK)
        return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}

    async def know(self, subject: str, **claims: object) -> None:
        """Make somebody known at the provider."""
        async with AsyncClient() as http:
            (await http.put(f"{self.issuer}/users/{subject}", json=claims)).raise_for_status()


@pytest.fixture
async def here(state: ApiState, issuer: str) -> AsyncIterator[Installation]:
    settings = OidcSettings(
        issuer=issuer, client_id="attain", client_secret=SecretStr("s3cret"), redirect_uris=frozenset({BACK})
    )
    own = replace(state, registry=CollectorRegistry(), oidc=OidcProvider(settings))
    async with AsyncClient(transport=ASGITransport(create_app(own)), base_url="http://test") as api:
        yield Installation(api, issuer)


async def test_a_verified_e_mail_signs_in_to_its_account_and_is_linked(here: Installation, state: ApiState) -> None:
    company = await make_company(state)
    subject = secrets.token_hex(6)
    await here.know(subject, email=company.email.upper(), email_verified=True)
    response = await here.finish(**await here.sign_in_there(subject=subject))
    tokens = ok(response)
    assert response.headers["cache-control"] == "no-store"
    me = ok(await here.api.get("/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}))
    assert me["person_id"] == str(company.person_id)
    refreshed = await here.api.post("/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    ok(refreshed)
    # from now on the subject counts, whatever becomes of the e-mail
    await here.know(subject, email="another@example.com", email_verified=False)
    ok(await here.finish(**await here.sign_in_there(subject=subject)))


async def test_the_first_single_sign_on_ends_what_a_password_gave(here: Installation, state: ApiState) -> None:
    """Whoever chose the password before, by an invitation that came to them, is not whom the provider vouches for."""
    held, named = await make_company(state), await make_company(state)
    boss = await make_member(state, named, roles=("admin",))
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(delete(Session).where(Session.id == boss.session_id))
        place = update(Membership).where(Membership.account_id == boss.account_id)
        await uow.session.execute(place.values(account_id=held.account_id, accepted_at=None))
    subject = secrets.token_hex(6)
    await here.know(subject, email=held.email, email_verified=True)
    scope = f"company:{named.code}"
    tokens = ok(await here.finish(**await here.sign_in_there(subject=subject, scope=scope)))
    me = ok(await here.api.get("/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}))
    assert me["person_id"] == str(boss.person_id)
    problem(await here.api.get("/v1/me", headers=held.headers), status=401, code="invalid-token")
    for company in (held, named):
        form = {"username": held.email, "password": PASSWORD, "scope": f"company:{company.code}"}
        response = await here.api.post("/v1/auth/token", data=form)
        problem(response, status=401, code="invalid-credentials")
    # the next one ends nothing
    ok(await here.finish(**await here.sign_in_there(subject=subject, scope=scope)))
    ok(await here.api.get("/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}))
    for company_id, noted in ((held.company_id, []), (named.company_id, [(boss.person_id, boss.person_id)])):
        entries = select(AuditEntry.actor_id, AuditEntry.resource_id).where(
            AuditEntry.company_id == company_id, AuditEntry.action == "link_identity"
        )
        async with transaction(state.sessions, state.doorbell) as uow:
            assert [tuple(row) for row in await uow.session.execute(entries)] == noted


async def test_the_browser_is_sent_away_with_pkce_state_and_nonce(here: Installation) -> None:
    url = urlsplit(ok(await here.start())["authorization_url"])
    assert f"{url.scheme}://{url.netloc}" == here.issuer
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert query["response_type"] == "code"
    assert query["code_challenge_method"] == "S256"
    assert query["redirect_uri"] == BACK
    assert query["scope"] == "openid email"
    assert all(len(query[name]) >= 43 for name in ("state", "nonce", "code_challenge"))


async def test_the_company_is_chosen_as_with_a_password(here: Installation, state: ApiState) -> None:
    company, other = await make_company(state), await make_company(state)
    subject = secrets.token_hex(6)
    await here.know(subject, email=company.email, email_verified=True)
    ok(await here.finish(**await here.sign_in_there(subject=subject, scope=f"company:{company.code}")))
    response = await here.finish(**await here.sign_in_there(subject=subject, scope=f"company:{other.code}"))
    problem(response, status=401, code="invalid-credentials")


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"email": "{known}", "email_verified": False}, id="unverified"),
        pytest.param({"email": "{known}"}, id="not said to be verified"),
        pytest.param({"email": "{known}", "email_verified": "true"}, id="verified in words"),
        pytest.param({"email": "{unknown}", "email_verified": True}, id="unknown"),
        pytest.param({"email_verified": True}, id="no e-mail"),
    ],
)
async def test_no_account_is_found_by_an_e_mail_that_does_not_count(
    here: Installation, state: ApiState, claims: JSON
) -> None:
    company = await make_company(state)
    emails = {"{known}": company.email, "{unknown}": f"{secrets.token_hex(6)}@example.com"}
    subject = secrets.token_hex(6)
    await here.know(subject, **{name: emails.get(value, value) for name, value in claims.items()})
    response = await here.finish(**await here.sign_in_there(subject=subject))
    problem(response, status=401, code="oidc-refused")


async def test_a_state_is_good_once_and_a_code_too(here: Installation, state: ApiState) -> None:
    company = await make_company(state)
    subject = secrets.token_hex(6)
    await here.know(subject, email=company.email, email_verified=True)
    used = await here.sign_in_there(subject=subject)
    ok(await here.finish(**used))
    problem(await here.finish(**used), status=401, code="oidc-refused")
    fresh = await here.sign_in_there(subject=subject)
    problem(await here.finish(fresh["state"], used["code"]), status=401, code="oidc-refused")
    problem(await here.finish(fresh["state"], fresh["code"]), status=401, code="oidc-refused")
    problem(await here.finish("never given", fresh["code"]), status=401, code="oidc-refused")


async def test_a_code_of_another_sign_in_does_not_fit_the_nonce(here: Installation, state: ApiState) -> None:
    """A code slipped into somebody else's browser carries the nonce of its own beginning."""
    company = await make_company(state)
    subject = secrets.token_hex(6)
    await here.know(subject, email=company.email, email_verified=True)
    stolen, mine = await here.sign_in_there(subject=subject), await here.sign_in_there(subject=subject)
    problem(await here.finish(mine["state"], stolen["code"]), status=401, code="oidc-refused")
    changed = await here.sign_in_there(subject=subject)
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(update(OidcSignIn).values(nonce="another"))
    problem(await here.finish(**changed), status=401, code="oidc-refused")


async def test_who_comes_back_too_late_begins_anew(here: Installation, state: ApiState) -> None:
    company = await make_company(state)
    subject = secrets.token_hex(6)
    await here.know(subject, email=company.email, email_verified=True)
    late = await here.sign_in_there(subject=subject)
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(update(OidcSignIn).values(expires_at=utc_now()))
    problem(await here.finish(**late), status=401, code="oidc-refused")


async def test_browsers_are_sent_back_only_where_the_settings_allow(here: Installation) -> None:
    for uri in ("https://evil.example.com/", f"{BACK}/", f"{BACK}?x=1"):
        assert pointers(await here.start(redirect_uri=uri)) == [("/redirect_uri", "unknown-redirect")]


async def test_without_settings_there_is_no_single_sign_on(api: AsyncClient) -> None:
    for path, body in (("start", {"redirect_uri": BACK}), ("finish", {"state": "x", "code": "y"})):
        response = await api.post(f"/v1/auth/oidc/{path}", json=body)
        problem(response, status=404, code="oidc-not-configured")


async def test_a_provider_that_is_away_is_told_as_such(here: Installation, state: ApiState) -> None:
    nowhere = OidcSettings(
        issuer=f"http://127.0.0.1:{free_port()}",
        client_id="attain",
        client_secret=SecretStr("s3cret"),
        redirect_uris=frozenset({BACK}),
    )
    own = replace(state, registry=CollectorRegistry(), oidc=OidcProvider(nowhere))
    async with AsyncClient(transport=ASGITransport(create_app(own)), base_url="http://test") as api:
        response = await api.post("/v1/auth/oidc/start", json={"redirect_uri": BACK})
    problem(response, status=503, code="unavailable")
    assert int(response.headers["retry-after"]) > 0


SETTINGS = OidcSettings(
    issuer="https://id.example.com", client_id="attain", client_secret=SecretStr("x"), redirect_uris=frozenset({BACK})
)
KEY = RSAKey.generate_key(2048, {"kid": "one"})
KEYS = KeySet([KEY])


def id_token(key: RSAKey = KEY, *, header: JSON | None = None, **changes: object) -> str:
    now = int(time.time())
    claims = {
        "iss": SETTINGS.issuer,
        "aud": SETTINGS.client_id,
        "sub": "lin",
        "nonce": "n",
        "iat": now,
        "exp": now + 60,
        "email": "Lin@example.com",
        "email_verified": True,
    } | changes
    return jwt.encode(
        {"alg": "RS256", "kid": "one"} | (header or {}),
        {name: value for name, value in claims.items() if value is not None},
        key,
        algorithms=["RS256", "RS384"],
    )


def unsigned() -> str:
    _, claims, _ = id_token().split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "one"}).encode()).decode().rstrip("=")
    return f"{header}.{claims}."


def signed_with_the_public_key() -> str:
    """The public key taken for a secret that both sides know."""
    header, claims, _ = id_token().split(".")
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "one"}).encode()).decode().rstrip("=")
    mac = hmac.digest(KEY.as_pem(private=False), f"{header}.{claims}".encode(), "sha256")
    return f"{header}.{claims}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def test_a_sound_id_token_says_who() -> None:
    identity = read_id_token(id_token(), settings=SETTINGS, keys=KEYS, nonce="n")
    assert (identity.subject, identity.email) == ("lin", "lin@example.com")
    several = id_token(aud=["attain", "other"], azp="attain")
    assert read_id_token(several, settings=SETTINGS, keys=KEYS, nonce="n").subject == "lin"


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(unsigned(), id="alg none"),
        pytest.param(signed_with_the_public_key(), id="the public key as a secret"),
        pytest.param(id_token(RSAKey.generate_key(2048, {"kid": "one"})), id="another key"),
        pytest.param(id_token(header={"alg": "RS384"}), id="an algorithm not on the list"),
        pytest.param(id_token(iss="https://evil.example.com"), id="another issuer"),
        pytest.param(id_token(aud="another client"), id="another audience"),
        pytest.param(id_token(aud=["attain", "other"], azp="other"), id="made for another party"),
        pytest.param(id_token(nonce="m"), id="another nonce"),
        pytest.param(id_token(nonce=None), id="no nonce"),
        pytest.param(id_token(exp=int(time.time()) - 31), id="expired"),
        pytest.param(id_token(exp=None), id="no end"),
        pytest.param(id_token(sub=None), id="no subject"),
        pytest.param(id_token(sub=7), id="a number as subject"),
        pytest.param("nonsense", id="nonsense"),
    ],
)
def test_any_other_id_token_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        read_id_token(token, settings=SETTINGS, keys=KEYS, nonce="n")


def test_a_key_that_is_not_known_yet_is_looked_for_again() -> None:
    newer = RSAKey.generate_key(2048, {"kid": "two"})
    with pytest.raises(UnknownKey):
        read_id_token(id_token(newer, header={"kid": "two"}), settings=SETTINGS, keys=KEYS, nonce="n")
