"""What is done with a review from its interview on, over HTTP."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response

from attain_shared.clock import business_day
from tests.support.companies import Member
from tests.support.http import ok

Json = dict[str, Any]
GOOD: Json = {"behaviour": "双11当晚主动跟进 37 位客户的补发", "consequence": "无一差评"}
LAPSE: Json = {"behaviour": "两次周报未附转化数据", "consequence": "投放调整晚了一周"}
IN_THE_PERIOD = "2026-08-14"
"""A day of the quarter that the rounds of these tests are about."""


def days_from_now(days: int) -> str:
    """A business day, as the contract writes it."""
    return (business_day() + timedelta(days=days)).isoformat()


def interview(**more: Any) -> Json:
    """An interview held today, with a good case, unless told otherwise."""
    return {"held_on": days_from_now(0), "good": [GOOD]} | more


async def record(api: AsyncClient, who: Member, review_id: UUID, body: Json | None = None, **headers: str) -> Response:
    """Record the interview of a review."""
    sent = who.headers | {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.post(f"/v1/reviews/{review_id}/interview", json=body or interview(), headers=sent)


async def act(
    api: AsyncClient, who: Member, review_id: UUID, action: str, body: Json | None = None, *, etag: str | None = "*"
) -> Response:
    """Lead a review on."""
    headers = who.headers | ({} if etag is None else {"If-Match": etag})
    return await api.post(f"/v1/reviews/{review_id}/actions/{action}", json=body, headers=headers)


async def read(api: AsyncClient, who: Member, review_id: UUID) -> Json:
    """A review as somebody sees it."""
    return ok(await api.get(f"/v1/reviews/{review_id}", headers=who.headers))


async def items(api: AsyncClient, who: Member, path: str, **params: Any) -> list[Json]:
    """A list as somebody sees it."""
    return list(ok(await api.get(f"/v1/{path}", params=params, headers=who.headers))["items"])


async def give(
    api: AsyncClient,
    who: Member,
    to: Member,
    *,
    kind: str = "constructive",
    on: str | date = IN_THE_PERIOD,
    **more: Any,
) -> Response:
    """Give feedback."""
    body = {"person_id": str(to.person_id), "kind": kind, "case": LAPSE, "on": str(on)} | more
    return await api.post("/v1/feedback", json=body, headers=who.headers)
