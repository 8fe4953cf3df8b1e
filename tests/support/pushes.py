"""Pushing metrics as a connector does, and reading back what came of it."""

import gzip
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response

from attain_api.state import ApiState
from attain_shared.shops.models import Shop
from tests.support.companies import Company, KeyedConnector, make_company, make_connector, make_shop
from tests.support.http import ok
from tests.support.worker import take_in

DEFAULTS: Mapping[str, Any] = {"grain": "day", "observed_at": "2026-08-01T09:00:00+08:00"}
"""What the rows of a test leave out."""
PUSHES = "/v1/metric-batches"


@dataclass(frozen=True, kw_only=True)
class Pusher:
    """A company with a shop and a connector for it."""

    company: Company
    shop: Shop
    connector: KeyedConnector

    @property
    def company_id(self) -> UUID:
        """The company."""
        return self.company.company_id

    def row(self, metric: str = "gmv", bucket: str = "2026-07-01", value: object = "100", **more: object) -> Any:
        """A row for the shop."""
        return {"shop": name_of(self.shop), "metric": metric, "bucket": bucket, "value": value, **more}

    def headers(self, key: str | None = None) -> dict[str, str]:
        """Of a push; a fresh Idempotency-Key unless one is given."""
        return self.connector.headers | {"Idempotency-Key": key or secrets.token_hex(8)}

    async def push(self, api: AsyncClient, *rows: Any, **more: Any) -> str:
        """Push rows; the batch's id."""
        return batch_id(await api.post(PUSHES, json=body(rows, **more), headers=self.headers()))


async def make_pusher(state: ApiState, *, scopes: tuple[str, ...] = ("write", "backfill")) -> Pusher:
    """A fresh company with one shop and a connector."""
    company = await make_company(state)
    shop = await make_shop(state, company)
    connector = await make_connector(state, company, shop_ids=[shop.id], scopes=scopes)
    return Pusher(company=company, shop=shop, connector=connector)


def name_of(shop: Shop) -> str:
    """A shop as rows name it."""
    return f"{shop.platform}:{shop.external_id}"


def body(rows: Sequence[Any], **more: Any) -> dict[str, Any]:
    """A push's body."""
    return {**DEFAULTS, **more, "observations": list(rows)}


def batch_id(response: Response) -> str:
    """The id of the batch a push made."""
    assert response.status_code == 202, response.text
    return str(response.json()["id"])


async def push_raw(
    api: AsyncClient, pusher: Pusher, content: bytes | str, *, packed: bool = False, key: str | None = None
) -> Response:
    """Push a body byte by byte as given, or packed with gzip."""
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    headers = pusher.headers(key) | {"Content-Type": "application/json"}
    if packed:
        raw, headers = gzip.compress(raw), headers | {"Content-Encoding": "gzip"}
    return await api.post(PUSHES, content=raw, headers=headers)


def with_value(pusher: Pusher, token: str) -> str:
    """The text of a body whose one row has this JSON token for its value."""
    return json.dumps(body([pusher.row(value="@")])).replace('"@"', token)


async def read_batch(api: AsyncClient, pusher: Pusher, batch: str) -> dict[str, Any]:
    """A batch as its connector sees it."""
    return ok(await api.get(f"{PUSHES}/{batch}", headers=pusher.connector.headers))


async def read_verdicts(api: AsyncClient, pusher: Pusher, batch: str) -> list[str]:
    """The verdict of every row, in their order."""
    rows = ok(await api.get(f"{PUSHES}/{batch}/rows?limit=200", headers=pusher.connector.headers))
    return [row["verdict"] for row in rows["items"]]


async def push_and_take_in(api: AsyncClient, state: ApiState, pusher: Pusher, *rows: Any, **more: Any) -> list[str]:
    """Push rows and take them in; their verdicts."""
    batch = await pusher.push(api, *rows, **more)
    await take_in(state, pusher.company_id)
    return await read_verdicts(api, pusher, batch)


async def read_values(api: AsyncClient, pusher: Pusher, **params: Any) -> list[dict[str, Any]]:
    """`/v1/metric-values` of the pusher's shop."""
    question = {"shop_id": str(pusher.shop.id), "metric": "gmv", "from": "2026-07-01", "to": "2026-07-31", **params}
    found = ok(await api.get("/v1/metric-values", params=question, headers=pusher.company.headers))
    items: list[dict[str, Any]] = found["items"]
    return items


async def read_total(api: AsyncClient, pusher: Pusher, **params: Any) -> dict[str, Any]:
    """`/v1/metric-values/total` of the pusher's shop."""
    question = {"shop_id": str(pusher.shop.id), "metric": "gmv", "from": "2026-07-01", "to": "2026-07-31", **params}
    return ok(await api.get("/v1/metric-values/total", params=question, headers=pusher.company.headers))
