"""A year that is judged: a round of closed yearly reviews, and everybody who has a say in what follows."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.rules.review_flow import Step
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.goals import make_cycle
from tests.support.http import created, ok
from tests.support.reviewed import add_review, add_review_cycle

Json = dict[str, Any]
URL = "/v1/decisions"


@dataclass(kw_only=True)
class Deciding:
    """A company after its year: boss (executive) ── manager ── subject; another executive, and two of HR."""

    api: AsyncClient
    state: ApiState
    company: Company
    round_id: UUID
    cycle_id: UUID
    people: dict[str, Member] = field(default_factory=dict)

    async def review(self, person: Member, *, rating: str = "3.5", step: Step = Step.CLOSED, **more: Any) -> UUID:
        """A review of somebody in the round, closed with a rating unless told otherwise."""
        async with transaction(self.state.sessions, self.state.doorbell) as uow:
            return await add_review(
                uow,
                company_id=self.company.company_id,
                review_cycle_id=self.round_id,
                step=step,
                person_id=person.person_id,
                manager_id=self.people["manager" if person is not self.people["manager"] else "boss"].person_id,
                **({"rating": Decimal(rating)} | more),
            )

    async def propose(self, who: str = "hr", **body: Any) -> Json:
        """By rule, for the whole round."""
        return ok(await self.api.post(self.proposing, json=body, headers=self.people[who].headers))

    @property
    def proposing(self) -> str:
        """Where that is done."""
        return f"/v1/review-cycles/{self.round_id}/decisions/propose"

    async def post(self, who: str, of: UUID, **body: Any) -> Response:
        """A decision by hand, a promotion unless told otherwise."""
        given = {"review_id": str(of), "kind": "promotion", "value": "店长", "reason": "带教新人"}
        return await self.api.post(URL, json=given | body, headers=self.people[who].headers)

    async def create(self, who: str, review_id: UUID, **body: Any) -> Json:
        """The same, which is taken."""
        return created(await self.post(who, review_id, **body))

    async def patch(self, who: str, decision_id: str, value: str | None, **headers: str) -> Response:
        """Another value."""
        body = {"value": value, "reason": "复核后调整"}
        return await self.api.patch(f"{URL}/{decision_id}", json=body, headers=self.people[who].headers | headers)

    async def act(self, who: str, action: str, decision_id: str, reason: str | None = None, **headers: str) -> Response:
        """Approve or reject."""
        return await self.api.post(
            f"{URL}/{decision_id}/actions/{action}",
            json={"reason": reason},
            headers=self.people[who].headers | headers,
        )

    async def get(self, who: str, decision_id: str) -> Response:
        """One decision."""
        return await self.api.get(f"{URL}/{decision_id}", headers=self.people[who].headers)

    async def listed(self, who: str, **params: str) -> list[Json]:
        """Those that somebody sees."""
        page = ok(await self.api.get(URL, params={"limit": "200"} | params, headers=self.people[who].headers))
        return list(page["items"])

    async def told(self, who: str = "hr", **params: str) -> list[tuple[str, str | None, str | None]]:
        """Of those: kind, value and rule, sorted."""
        return sorted((one["kind"], one["value"], one["rule"]) for one in await self.listed(who, **params))


async def make_deciding(api: AsyncClient, state: ApiState) -> Deciding:
    """A round about 2026, without reviews as yet."""
    company = await make_company(state)
    roles = {"hr": ("hr", "employee"), "second_hr": ("hr", "employee")}
    roles |= {"boss": ("executive", "employee"), "executive": ("executive", "employee")}
    names = ("hr", "second_hr", "boss", "executive", "manager", "subject", "peer")
    people = {name: await make_member(state, company, roles=roles.get(name, ("employee",))) for name in names}
    people["admin"] = company
    for name, above in (("subject", "manager"), ("peer", "manager"), ("manager", "boss")):
        manager = {"manager_id": str(people[above].person_id)}
        ok(await api.patch(f"/v1/people/{people[name].person_id}", json=manager, headers=company.headers))
    year = await make_cycle(api, company, kind="year", starts_on="2026-01-01")
    async with transaction(state.sessions, state.doorbell) as uow:
        round_id = add_review_cycle(
            uow,
            company_id=company.company_id,
            cycle_id=UUID(year["id"]),
            by=people["hr"].person_id,
            name="2026",
            cadence="year",
            review_class="staff",
        )
    return Deciding(api=api, state=state, company=company, round_id=round_id, cycle_id=UUID(year["id"]), people=people)
