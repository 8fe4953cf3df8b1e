"""What clients do with Attain, over HTTP: sign in, make a company's things, push batches, read values."""

import json
import ssl
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_hex
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import httpx

from tests.support.stack import ADMIN_EMAIL, ADMIN_PASSWORD, wait_until

Json = dict[str, Any]
Row = dict[str, str]
PASSWORD = "correct horse battery staple"
OBSERVED_AT = "2026-01-02T09:00:00+08:00"
VERDICTS = ("accepted", "unchanged", "superseded", "stale", "conflict", "rejected")
LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=64)
PASSING = frozenset({429, 503})
PATIENCE_SECONDS = 60


class Client:
    """The API for one token or key; usable from several threads."""

    def __init__(self, base_url: str, token: str = "", *, trust: ssl.SSLContext | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.trust = trust
        self.http = httpx.Client(
            base_url=base_url, headers=headers, timeout=30, limits=LIMITS, trust_env=False, verify=trust or True
        )

    @classmethod
    def sign_in(
        cls, base_url: str, *, email: str, password: str, scope: str = "", trust: ssl.SSLContext | None = None
    ) -> "Client":
        """With an e-mail and a password."""
        form = {"username": email, "password": password, "scope": scope}
        with cls(base_url, trust=trust) as nobody:
            reply = nobody.http.post("/v1/auth/token", data=form)
        assert reply.status_code == 200, reply.text
        return cls(base_url, reply.json()["access_token"], trust=trust)

    def get(self, path: str, **query: Any) -> Json:
        """A resource or a part of a list."""
        return _checked(self.http.get(path, params=query))

    def items(self, path: str, **query: Any) -> Iterator[Json]:
        """A whole list."""
        cursor: Json = {}
        while True:
            page = self.get(path, limit=200, **query, **cursor)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            cursor = {"cursor": page["next_cursor"]}

    def create(self, path: str, body: Json) -> Json:
        """A new resource."""
        return _checked(self.http.post(path, json=body, headers={"Idempotency-Key": str(uuid4())}))

    def upload(self, path: str, files: Mapping[str, tuple[str, bytes]], **fields: str) -> Json:
        """A new resource out of a file."""
        return _checked(self.http.post(path, files=files, data=fields, headers={"Idempotency-Key": str(uuid4())}))

    def act(self, path: str, action: str) -> Json:
        """An action on a resource in whatever version."""
        return _checked(self.http.post(f"{path}/actions/{action}", headers={"If-Match": "*"}))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()


class Connector(Client):
    """A connector with its key: pushes, and tries again as the contract says."""

    id: str
    tries: Counter[str]

    def push_once(self, rows: Sequence[Row], *, key: str, **defaults: str) -> httpx.Response:
        """One try, whatever comes of it."""
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        return self.http.post("/v1/metric-batches", content=self.body_of(rows, **defaults), headers=headers)

    def body_of(self, rows: Sequence[Row], **defaults: str) -> bytes:
        """The body that every try sends."""
        return json.dumps({"grain": "day", "observed_at": OBSERVED_AT, **defaults, "observations": list(rows)}).encode()

    def push(self, rows: Sequence[Row], *, key: str = "", **defaults: str) -> Json:
        """Push until it is acknowledged, always with the same key; counts why it was tried again."""
        key = key or str(uuid4())
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                reply = self.push_once(rows, key=key, **defaults)
                if reply.status_code not in PASSING:
                    receipt = _checked(reply)
                    assert receipt["received"] == len(rows)
                    return receipt
                self.tries[str(reply.status_code)] += 1
            except httpx.TransportError as error:
                self.tries[type(error).__name__] += 1
            assert time.monotonic() < deadline, f"not acknowledged within {PATIENCE_SECONDS} s: {self.tries}"
            time.sleep(0.05)


@dataclass
class Company:
    """A company, seen by its administrator."""

    admin: Client
    id: str
    code: str

    def make_shop(self, external_id: str) -> str:
        """A shop on tmall; its id."""
        body = {"platform": "tmall", "external_id": external_id, "name": external_id}
        return str(self.admin.create("/v1/shops", body)["id"])

    def make_connector(self, shop_ids: Iterable[str]) -> Connector:
        """A connector that may push these shops."""
        body = {"name": f"connector {token_hex(3)}", "shop_ids": list(shop_ids), "scopes": ["write", "backfill"]}
        made = self.admin.create("/v1/connectors", body)
        connector = Connector(str(self.admin.http.base_url), made["api_key"], trust=self.admin.trust)
        connector.id, connector.tries = made["id"], Counter()
        return connector

    def make_cycle(self, kind: str, starts_on: str) -> str:
        """A cycle; its id."""
        return str(self.admin.create("/v1/cycles", {"kind": kind, "starts_on": starts_on, "name": starts_on})["id"])

    def make_goal(self, cycle_id: str, indicators: Sequence[Json], **fields: object) -> str:
        """A goal of the company, a draft: attainments are computed from the first moment on; its id."""
        body: Json = {
            "cycle_id": cycle_id,
            "owner": {"type": "company"},
            "title": f"goal {token_hex(3)}",
            "weight": "10",
            "indicators": list(indicators),
        }
        return str(self.admin.create("/v1/goals", body | fields)["id"])

    def batches(self, **query: str) -> list[Json]:
        """All its batches."""
        return list(self.admin.items("/v1/metric-batches", **query))

    def wait_until_done(self, *, seconds: float = 60) -> float:
        """Wait until no batch is to be done any more; the seconds it took."""
        return wait_until(
            lambda: not self.admin.get("/v1/metric-batches", state="stored", limit=1)["items"],
            seconds=seconds,
            what="the batches to be done",
        )

    def attainment(self, goal_id: str, **query: Any) -> Json:
        """What a goal has come to."""
        return self.admin.get(f"/v1/goals/{goal_id}/attainment", **query)

    def wait_for_batch(self, goal_id: str, batch_id: str, *, seconds: float = 30) -> Json:
        """What a goal has come to once it shows a batch."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.attainment(goal_id, wait_for_batch=batch_id, timeout=5)
            if (found["includes_batches_up_to"] or "") >= batch_id:
                return found
            assert time.monotonic() < deadline, f"batch {batch_id} is not shown after {seconds} s: {found}"


def make_company(
    base_url: str, *, name: str = "", admin_email: str = "", trust: ssl.SSLContext | None = None
) -> Company:
    """A company from nothing, by the platform's operator."""
    email = admin_email or f"{token_hex(6)}@example.com"
    body = {"name": name or f"company {token_hex(3)}", "admin_email": email, "admin_password": PASSWORD}
    with Client.sign_in(base_url, email=ADMIN_EMAIL, password=ADMIN_PASSWORD, trust=trust) as operator:
        made = operator.create("/v1/companies", body)
    admin = Client.sign_in(base_url, email=email, password=PASSWORD, scope=f"company:{made['code']}", trust=trust)
    return Company(admin, made["id"], made["code"])


def metric_indicator(metric: str, shop_ids: Sequence[str], target: str, **fields: object) -> Json:
    """An indicator on a metric, the more the better."""
    indicator: Json = {
        "kind": "metric",
        "metric": metric,
        "shop_ids": list(shop_ids),
        "direction": "higher_better",
        "target": target,
    }
    return indicator | fields


def verdict_totals(batches: Iterable[Json]) -> Counter[str]:
    """The verdicts of some batches in total; each must be done and its verdicts add up (ING-1)."""
    totals: Counter[str] = Counter()
    for batch in batches:
        assert batch["state"] == "done", batch
        assert sum(batch["verdicts"].values()) == batch["received"], batch
        totals.update(batch["verdicts"])
    return totals


def now_text() -> str:
    """This instant, as it is written in JSON."""
    return datetime.now(UTC).isoformat()


def _checked(reply: httpx.Response) -> Json:
    assert reply.is_success, f"{reply.request.method} {reply.request.url}: {reply.status_code} {reply.text[:2000]}"
    body: Json = reply.json()
    return body
