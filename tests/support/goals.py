"""Cycles and goals for tests."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response

from tests.support.companies import Member
from tests.support.http import created, ok

NOBODY = "01997b1c-0000-7000-8000-000000000000"
"""An id that nothing has; the same in every process, as the names of tests are made of it."""


async def make_cycle(
    api: AsyncClient, company: Member, *, kind: str = "quarter", starts_on: str = "2026-07-01"
) -> dict[str, Any]:
    """An open cycle."""
    body = {"kind": kind, "starts_on": starts_on, "name": f"{kind} of {starts_on}"}
    return created(await api.post("/v1/cycles", json=body, headers=company.headers))


def indicator(shop_ids: Sequence[UUID | str], metric: str = "gmv", **more: Any) -> dict[str, Any]:
    """An indicator that is valid by default."""
    shops = [str(shop_id) for shop_id in shop_ids]
    base = {"kind": "metric", "metric": metric, "shop_ids": shops, "direction": "higher_better", "target": "1000"}
    return base | more


def goal_body(cycle_id: str, indicators: Sequence[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """The company's only goal, unless told otherwise."""
    base = {"cycle_id": cycle_id, "owner": {"type": "company"}, "title": "提升转化", "weight": "100"}
    return base | {"indicators": list(indicators)} | more


async def make_goal(
    api: AsyncClient, company: Member, *indicators: dict[str, Any], cycle_id: str, **more: Any
) -> dict[str, Any]:
    """A goal in draft."""
    body = goal_body(cycle_id, indicators, **more)
    return created(await api.post("/v1/goals", json=body, headers=company.headers))


async def act(
    api: AsyncClient,
    company: Member,
    goal_id: str,
    action: str,
    *,
    etag: str | None = "*",
    reason: str | None = None,
) -> Response:
    """Lead a goal on in its life (GOAL-3)."""
    headers = company.headers | ({} if etag is None else {"If-Match": etag})
    body = {"reason": reason} if reason is not None else None
    return await api.post(f"/v1/goals/{goal_id}/actions/{action}", json=body, headers=headers)


async def confirm_goals(api: AsyncClient, company: Member, *goal_ids: str, owner: Member | None = None) -> None:
    """Lead goals from draft to confirmed; the owner confirms, where that is somebody else than who submits."""
    for action, who in (("submit", company), ("confirm", owner or company)):
        for goal_id in goal_ids:
            ok(await act(api, who, goal_id, action))


async def read_attainment(api: AsyncClient, company: Member, goal_id: str, **params: Any) -> dict[str, Any]:
    """What a goal has come to."""
    return ok(await api.get(f"/v1/goals/{goal_id}/attainment", params=params, headers=company.headers))


async def read_scorecard(api: AsyncClient, company: Member, path: str, *, cycle_id: str) -> dict[str, Any]:
    """A scorecard."""
    return ok(await api.get(f"/v1/scorecards/{path}", params={"cycle_id": cycle_id}, headers=company.headers))
