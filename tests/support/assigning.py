"""Giving templates to people, for tests."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import text

from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from tests.support.companies import Company, Member, make_member
from tests.support.http import created, ok
from tests.support.staff import add_person, hired

TEMPLATE: dict[str, Any] = {
    "name": "店铺业绩",
    "title": "做好店铺业绩",
    "behaviours": "每天看数据",
    "weight": "60",
    "indicators": [
        {"kind": "metric", "metric": "gmv", "target": "1000"},
        {"kind": "metric", "metric": "conversion", "aggregate": "daily_pooled", "target": "0.036"},
    ],
}
MANUAL = {"kind": "manual", "name": "准时率", "unit": "%", "target": "95"}


@dataclass
class World:
    """A company with a template, a cycle and a shop."""

    api: AsyncClient
    state: ApiState
    company: Company
    cycle: str
    shop: UUID
    position: str
    department: str

    async def template(self, **fields: Any) -> str:
        """A template by its id."""
        body = TEMPLATE | {"name": f"t{new_id()}"} | fields
        return str(created(await self.api.post("/v1/kpi-templates", json=body, headers=self.company.headers))["id"])

    async def people(self, count: int, **place: Any) -> list[str]:
        """People in the position and the department, unless placed otherwise."""
        spot: dict[str, Any] = {"department_id": self.department, "position_id": UUID(self.position)} | place
        told = hired(**spot)
        return sorted([str(await add_person(self.state, self.company, told)) for _ in range(count)])

    async def send(self, template: str, to: dict[str, Any], *, caller: Member | None = None, **more: Any) -> Response:
        """Assign a template, over the shop unless told otherwise."""
        body = {"cycle_id": self.cycle, "to": to, "shop_ids": [str(self.shop)]} | more
        headers = (caller or self.company).headers
        return await self.api.post(f"/v1/kpi-templates/{template}/assign", json=body, headers=headers)

    async def assign(self, template: str, to: dict[str, Any], **more: Any) -> dict[str, Any]:
        """The report of assigning a template."""
        return ok(await self.send(template, to, **more))

    async def count(self, table: str) -> int:
        """How many rows of a table the company has."""
        async with self.state.sessions() as session:
            statement = text(f"SELECT count(*) FROM {table} WHERE company_id = :company_id")
            return int(await session.scalar(statement, {"company_id": self.company.company_id}) or 0)

    async def goals(self, **params: str) -> list[dict[str, Any]]:
        """The company's goals, for HR."""
        caller = await make_member(self.state, self.company, roles=("hr",))
        page = ok(await self.api.get("/v1/goals", params=params | {"limit": "200"}, headers=caller.headers))
        return list(page["items"])


def outcomes(report: dict[str, Any]) -> dict[str, str]:
    """By person, what became of it."""
    return {one["person_id"]: one["reason"] or one["outcome"] for one in report["items"]}


def counts(report: dict[str, Any]) -> tuple[int, int, int]:
    """Created, existing, refused."""
    return report["created"], report["existing"], report["refused"]
