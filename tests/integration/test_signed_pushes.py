"""Signed pushes (ING-7, reliability.md 32): Standard Webhooks over the unpacked body, one secret a key."""

import gzip
import json
import secrets
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select, update

from attain_api.state import ApiState
from attain_shared.access.models import ApiKey
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.metrics.models import MetricBatch
from attain_shared.signatures import sign
from tests.support.companies import Company, make_company, make_member, make_shop
from tests.support.http import created, ok, pointers, problem
from tests.support.pushes import PUSHES, body, name_of


class Signer:
    """A connector that signs, or is to sign, what it pushes."""

    def __init__(self, company: Company, made: dict[str, Any], shop: str) -> None:
        self.company, self.id = company, made["id"]
        self.api_key, self.secret = made["api_key"], made["signing_secret"]
        self.content = json.dumps(
            body([{"shop": shop, "metric": "gmv", "bucket": "2026-07-01", "value": "100"}])
        ).encode()

    async def push(
        self,
        api: AsyncClient,
        *,
        key: str | None = None,
        seconds: int = 0,
        content: bytes | None = None,
        packed: bool = False,
        **signature: str | None,
    ) -> Response:
        """Sign with the time of `seconds` from now, and send; what is given in `signature` replaces a header, or drops it."""
        key = key or secrets.token_hex(8)
        timestamp = int(utc_now().timestamp()) + seconds
        signed: dict[str, str | None] = {**sign(self.secret, self.content, message_id=key, timestamp=timestamp)}
        signed |= {f"webhook-{name}": value for name, value in signature.items()}
        headers = self.headers(key) | {name: value for name, value in signed.items() if value is not None}
        raw = self.content if content is None else content
        if packed:
            raw, headers = gzip.compress(raw), headers | {"Content-Encoding": "gzip"}
        return await api.post(PUSHES, content=raw, headers=headers)

    async def push_unsigned(self, api: AsyncClient) -> Response:
        return await api.post(PUSHES, content=self.content, headers=self.headers(secrets.token_hex(8)))

    def headers(self, key: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}", "Idempotency-Key": key, "Content-Type": "application/json"}


async def make_signer(api: AsyncClient, state: ApiState, *, required: bool = False) -> Signer:
    company = await make_company(state)
    shop = await make_shop(state, company)
    connector = {"name": "sycm", "shop_ids": [str(shop.id)], "scopes": ["write"], "require_signature": required}
    made = created(await api.post("/v1/connectors", json=connector, headers=company.headers))
    assert made["require_signature"] is required
    return Signer(company, made, name_of(shop))


async def stored(state: ApiState, company: Company) -> int:
    async with transaction(state.sessions, state.doorbell) as uow:
        found = await uow.session.execute(
            select(func.count()).select_from(MetricBatch).where(MetricBatch.company_id == company.company_id)
        )
        return int(found.scalar_one())


def refused(response: Response, fault: str) -> None:
    content = problem(response, status=401, code="invalid-signature")
    assert content["fault"] == fault
    assert response.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("packed", [False, True])
async def test_a_signed_push_is_stored_and_its_replay_gets_the_same_receipt(
    api: AsyncClient, state: ApiState, packed: bool
) -> None:
    signer = await make_signer(api, state, required=True)
    first = await signer.push(api, key="one", packed=packed)
    # each try is signed with its own time; the content is the same
    again = await signer.push(api, key="one", seconds=-60, packed=not packed)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert await stored(state, signer.company) == 1


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"seconds": -301}, "timestamp-outside-tolerance"),
        ({"seconds": 302}, "timestamp-outside-tolerance"),
        ({"content": b'{"observations": []}'}, "no-signature-matches"),
        ({"content": b"no json", "packed": True}, "no-signature-matches"),
        ({"signature": "v1,AAAA"}, "no-signature-matches"),
        ({"timestamp": "soon"}, "timestamp-malformed"),
        ({"signature": None}, "header-missing"),
        ({"id": None}, "header-missing"),
        ({"timestamp": None}, "header-missing"),
    ],
)
@pytest.mark.parametrize("required", [False, True])
async def test_a_wrong_signature_stores_nothing_required_or_not(
    api: AsyncClient, state: ApiState, changes: dict[str, Any], fault: str, required: bool
) -> None:
    signer = await make_signer(api, state, required=required)
    refused(await signer.push(api, **changes), fault)
    assert await stored(state, signer.company) == 0


async def test_a_connector_that_must_sign_cannot_do_without(api: AsyncClient, state: ApiState) -> None:
    signer = await make_signer(api, state)
    assert (await signer.push_unsigned(api)).status_code == 202
    path = f"/v1/connectors/{signer.id}"
    changed = ok(await api.patch(path, json={"require_signature": True}, headers=signer.company.headers))
    assert changed["require_signature"] is True
    refused(await signer.push_unsigned(api), "header-missing")
    assert (await signer.push(api)).status_code == 202
    assert pointers(await api.patch(path, json={"require_signature": 1}, headers=signer.company.headers)) == [
        ("/require_signature", "bool-type")
    ]


async def test_a_signature_is_of_one_idempotency_key(api: AsyncClient, state: ApiState) -> None:
    signer = await make_signer(api, state)
    response = await signer.push(api, key="one", id="two")
    problem(response, status=400, code="webhook-id-mismatch")
    assert await stored(state, signer.company) == 0


async def test_another_connectors_secret_signs_nothing_here(api: AsyncClient, state: ApiState) -> None:
    signer, other = await make_signer(api, state), await make_signer(api, state)
    signer.secret = other.secret
    refused(await signer.push(api), "no-signature-matches")


async def test_a_person_has_nothing_to_sign_with(api: AsyncClient, state: ApiState) -> None:
    signer = await make_signer(api, state)
    admin = await make_member(state, signer.company, roles=("admin",))
    signer.api_key = admin.token
    refused(await signer.push(api), "no-secret")
    assert (await signer.push_unsigned(api)).status_code == 202


async def test_in_an_overlap_each_key_goes_with_its_own_secret(api: AsyncClient, state: ApiState) -> None:
    signer = await make_signer(api, state, required=True)
    old = (signer.api_key, signer.secret)
    path = f"/v1/connectors/{signer.id}/actions/rotate"
    rotated = ok(await api.post(path, json={"overlap_hours": 1}, headers=signer.company.headers))
    new = (rotated["api_key"], rotated["signing_secret"])
    assert old[1] != new[1]
    for api_key, secret in (old, new):
        signer.api_key, signer.secret = api_key, secret
        assert (await signer.push(api)).status_code == 202
    for api_key, secret in ((old[0], new[1]), (new[0], old[1])):
        signer.api_key, signer.secret = api_key, secret
        refused(await signer.push(api), "no-signature-matches")
    await end_overlap(state, signer.company)
    signer.api_key, signer.secret = old
    problem(await signer.push(api), status=401, code="api-key-expired")
    signer.api_key, signer.secret = new
    assert (await signer.push(api)).status_code == 202


async def end_overlap(state: ApiState, company: Company) -> None:
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(
            update(ApiKey)
            .where(ApiKey.company_id == company.company_id, ApiKey.expires_at.is_not(None))
            .values(expires_at=utc_now() - timedelta(seconds=1))
        )


async def test_a_secret_is_shown_once_and_not_in_a_replay(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    headers = company.headers | {"Idempotency-Key": "a connector"}
    connector = {"name": "sycm", "shop_ids": [], "scopes": ["write"]}
    first = created(await api.post("/v1/connectors", json=connector, headers=headers))
    again = created(await api.post("/v1/connectors", json=connector, headers=headers))
    assert first["signing_secret"].startswith("whsec_")
    assert again == first | {"api_key": None, "signing_secret": None}
