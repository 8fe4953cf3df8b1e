"""The operations that change something, one after the other: each leaves entries with its own name and request (SEC-5)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from httpx import AsyncClient
from sqlalchemy import select

from attain_api.audit.commands import verify_company
from attain_api.state import ApiState
from attain_shared.audit.models import AuditEntry
from attain_shared.clock import business_day
from tests.support.companies import Company, make_company, make_member, make_shop

TODAY = business_day().isoformat()
YESTERDAY = (business_day() - timedelta(days=1)).isoformat()


@dataclass(frozen=True)
class Story:
    """Calls operations as a company's administrator and looks at what each has left in the trail."""

    api: AsyncClient
    state: ApiState
    company: Company

    async def does(
        self, operation: str, method: str, path: str, body: object = None, *, on: tuple[str, ...]
    ) -> dict[str, Any]:
        """Call an operation that is to leave entries on these kinds of resources."""
        response = await self.api.request(method, path, json=body, headers=self.company.headers)
        assert response.status_code < 300, (operation, response.text)
        async with self.state.sessions() as session:
            found = list(
                await session.scalars(
                    select(AuditEntry).where(
                        AuditEntry.company_id == self.company.company_id,
                        AuditEntry.request_id == response.headers["x-request-id"],
                    )
                )
            )
        assert {entry.resource_type for entry in found} == set(on), operation
        assert {(entry.action, entry.actor_id) for entry in found} == {(operation, self.company.person_id)}
        answer: dict[str, Any] = response.json() if response.content else {}
        return answer

    async def is_whole(self) -> bool:
        """Whether the chain holds."""
        found = verify_company(self.state.sessions, company_id=self.company.company_id)
        return [finding async for finding in found] == []


async def test_changes_of_the_organisation(api: AsyncClient, state: ApiState) -> None:
    story = Story(api, state, await make_company(state))
    body = {"name": "运营部", "function": "operations"}
    one = await story.does("create_department", "POST", "/v1/departments", body, on=("department",))
    two = await story.does("create_department", "POST", "/v1/departments", body | {"name": "二部"}, on=("department",))
    path = f"/v1/departments/{two['id']}"
    await story.does("update_department", "PATCH", path, {"headcount_plan": 3}, on=("department",))
    await story.does("move_department", "POST", f"{path}/actions/move", {"parent_id": one["id"]}, on=("department",))
    await story.does("close_department", "POST", f"{path}/actions/close", {}, on=("department",))
    assert await story.is_whole()


async def test_changes_of_people(api: AsyncClient, state: ApiState) -> None:
    story = Story(api, state, await make_company(state))
    body = {"name": "林晓", "email": f"{story.company.code}@example.com", "hired_on": "2026-03-01"}
    person = await story.does("create_person", "POST", "/v1/people", body, on=("person", "person_event"))
    path = f"/v1/people/{person['id']}"
    await story.does("update_person", "PATCH", path, {"phone": "13800138000"}, on=("person",))
    changed = {"effective_on": TODAY, "manager_id": str(story.company.person_id)}
    await story.does("change_manager", "POST", f"{path}/change-manager", changed, on=("person_event",))
    await story.does("confirm_person", "POST", f"{path}/confirm", {"effective_on": "2026-06-01"}, on=("person_event",))
    other = await story.does(
        "create_person", "POST", "/v1/people", body | {"email": f"2{body['email']}"}, on=("person", "person_event")
    )
    path = f"/v1/people/{other['id']}"
    await story.does("leave_person", "POST", f"{path}/leave", {"effective_on": YESTERDAY}, on=("person_event",))
    await story.does("erase_person", "POST", f"{path}/erase", on=("person",))
    assert await story.is_whole()


async def test_changes_of_shops_connectors_and_cycles(api: AsyncClient, state: ApiState) -> None:
    story = Story(api, state, await make_company(state))
    owner = await make_member(state, story.company)
    shop = await make_shop(state, story.company)
    await story.does("update_shop", "PATCH", f"/v1/shops/{shop.id}", {"name": "专卖店"}, on=("shop",))
    owners = [{"type": "person", "id": str(owner.person_id), "share": "1.0"}]
    await story.does(
        "put_shop_owners",
        "PUT",
        f"/v1/shops/{shop.id}/owners",
        {"starts_on": "2026-07-01", "owners": owners},
        on=("shop_owner",),
    )
    items = {"shop_id": str(shop.id), "name": "爆款", "item_ids": ["1"]}
    made = await story.does("create_item_set", "POST", "/v1/item-sets", items, on=("item_set",))
    await story.does("update_item_set", "PATCH", f"/v1/item-sets/{made['id']}", {"item_ids": ["2"]}, on=("item_set",))
    await story.does("delete_item_set", "DELETE", f"/v1/item-sets/{made['id']}", on=("item_set",))
    keyed = {"name": "x", "shop_ids": [str(shop.id)], "scopes": ["write"]}
    made = await story.does("create_connector", "POST", "/v1/connectors", keyed, on=("connector", "api_key"))
    path = f"/v1/connectors/{made['id']}"
    await story.does("update_connector", "PATCH", path, {"name": "y"}, on=("connector",))
    await story.does("rotate_connector_key", "POST", f"{path}/actions/rotate", {"overlap_hours": 1}, on=("api_key",))
    cycle = {"kind": "quarter", "starts_on": "2026-10-01", "name": "Q4"}
    made = await story.does("post_cycle", "POST", "/v1/cycles", cycle, on=("cycle",))
    await story.does("close_cycle", "POST", f"/v1/cycles/{made['id']}/actions/close", on=("cycle",))
    assert await story.is_whole()
