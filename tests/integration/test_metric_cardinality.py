"""Nobody outside can make series of metrics, and nothing of what they send becomes a label."""

import random
import secrets
from dataclasses import replace
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from httpx import ASGITransport, AsyncClient
from prometheus_client import CollectorRegistry

from attain_api.app import create_app
from attain_api.middleware import RequestLayer
from attain_api.ops.traffic import Traffic
from attain_api.state import ApiState
from tests.support.companies import make_company

REQUESTS = 1500
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other")
REASONS = ("busy", "slow-head", "slow-body", "slow-reader", "credentials", "throttled", "refresh", "rate", "inbox-full")


def labels(registry: CollectorRegistry) -> set[tuple[str, str, str]]:
    """Each label of each series, with its value; bounds of buckets are the code's own."""
    return {
        (sample.name, label, value)
        for metric in registry.collect()
        for sample in metric.samples
        for label, value in sample.labels.items()
        if label != "le" and sample.name != "attain_build_info"
    }


def series(registry: CollectorRegistry) -> int:
    return sum(len(metric.samples) for metric in registry.collect())


def is_ours(label: str, value: str, *, routes: set[str]) -> bool:
    """Whether a value is one of those that the code names."""
    if label == "route":
        return value in routes
    if label == "status":
        return value.isdigit() and (value == "0" or 200 <= int(value) < 600)
    known = {"method": METHODS, "reason": REASONS, "state": ("in_use", "idle"), "lane": ("live", "backfill")}
    return value in known[label]


async def ask_oddly(client: AsyncClient, chance: random.Random, *, headers: dict[str, str], secret: str) -> None:
    """One request that nobody would send; whatever is made up holds the secret."""
    odd = f"{secret}-{chance.randrange(10**9)}"
    path = chance.choice(
        [
            f"/{odd}",
            f"/v1/{odd}/{odd}",
            f"/v1/shops/{odd}",
            f"/v1/people/{odd}/../{odd}",
            f"/v1/metric-batches/{odd}?{odd}={odd}",
            f"/livez/%2e%2e/{odd}",
            f"/livez?{odd}",
            f"/v1/%00/{odd}/店铺",
            "/v1/me",
        ]
    )
    method = chance.choice(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "BREW", odd.upper()[:20]])
    sent = {
        "Accept-Language": f"zh-{odd};q=0.{chance.randrange(9)}",
        "X-Request-ID": odd,
        "User-Agent": odd,
        "Idempotency-Key": odd,
        "Host": f"{odd}.example.com",
    }
    if chance.random() < 0.1:
        sent |= headers
    body: Any = {"name": odd, "source": odd, "shop": f"tmall:{odd}", "refresh_token": odd}
    await client.request(method, path, headers=sent, json=body)


async def sign_in_oddly(client: AsyncClient, *, secret: str) -> None:
    """As somebody whom nobody knows, and with a token that was never given out."""
    await client.post("/v1/auth/token", data={"username": f"{secret}@example.com", "password": secret})
    await client.post("/v1/auth/refresh", json={"refresh_token": f"{secrets.token_hex(16)}_{secret}"})


async def bombard(state: ApiState, *, requests: int) -> None:
    """Ask oddly, and check what the metrics have become of it."""
    company = await make_company(state)
    own, secret, chance = replace(state, registry=CollectorRegistry(), traffic=Traffic()), "planted", random.Random(7)
    app = create_app(own)
    routes = {context.path or "" for context in iter_route_contexts(app.routes)} | {"unmatched"}
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        await sign_in_oddly(client, secret=secret)
        for _ in range(requests // 2):
            await ask_oddly(client, chance, headers=company.headers, secret=secret)
        half_way = series(own.registry)
        for _ in range(requests // 2):
            await ask_oddly(client, chance, headers=company.headers, secret=secret)
        await sign_in_oddly(client, secret=secret)
    found = labels(own.registry)
    strange = {(name, value) for name, label, value in found if not is_ours(label, value, routes=routes)}
    assert not strange, sorted(strange)[:3]
    assert secret not in str(found)
    assert series(own.registry) <= half_way + 100, "the same requests again make no new series but for rare statuses"


async def test_odd_requests_make_a_bounded_number_of_series_and_no_label_of_their_own(state: ApiState) -> None:
    await bombard(state, requests=REQUESTS)


async def test_a_label_of_the_path_as_it_came_would_be_found_out(
    state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test above is worth something."""

    def note(self: Any, scope: Any, *, status: int, seconds: float, statements: int) -> None:
        self._metrics.note(
            method=scope["method"], route=scope["path"], status=status, seconds=seconds, statements=statements
        )

    monkeypatch.setattr(RequestLayer, "_note", note)
    with pytest.raises(AssertionError, match="planted"):
        await bombard(state, requests=40)
