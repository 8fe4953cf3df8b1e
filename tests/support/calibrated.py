"""Rounds of reviews that have come to calibration, as many as it takes: written straight into the tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork, transaction
from attain_shared.identifiers import new_id
from attain_shared.people.models import Person
from attain_shared.reviews.models import Review
from attain_shared.reviews.settings import ReviewSettings
from attain_shared.rules.overall import suggested_rating
from attain_shared.rules.review_flow import Step
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.http import created
from tests.support.reviewed import add_review_cycle

Json = dict[str, Any]
TWENTY = ["4.60", "4.20", "4.10", "4.05", "4.00", "3.95", "3.80", "3.75", "3.70", *["3.50"] * 10, "3.20"]
"""Scores of a company of 20: rated 4.5, 5 times 4, 3 times 3.75, 10 times 3.5, once 3.25 (REV-8)."""
EVERYBODY = "everybody"


@dataclass(frozen=True, kw_only=True)
class Round:
    """A round, its people by the name of their department, and who deals with it."""

    api: AsyncClient
    company: Company
    hr: Member
    manager: Member
    id: UUID
    departments: Mapping[str, UUID]
    reviews: Mapping[str, Sequence[UUID]]
    """By department, in the order of the scores given."""

    @property
    def path(self) -> str:
        """Where it is calibrated."""
        return f"/v1/review-cycles/{self.id}/calibration"

    async def get(self, caller: Member | None = None, *, group_id: str | None = None) -> Response:
        """Read the groups, or one of them with its members."""
        params = {} if group_id is None else {"group_id": group_id}
        return await self.api.get(self.path, params=params, headers=(caller or self.hr).headers)

    async def post(self, action: str, body: Any, caller: Member | None = None) -> Response:
        """Preview, lock, unlock or publish."""
        return await self.api.post(f"{self.path}/{action}", json=body, headers=(caller or self.hr).headers)

    async def put(self, ratings: Sequence[Json], caller: Member | None = None) -> Response:
        """Set ratings."""
        return await self.api.put(f"{self.path}/ratings", json=ratings, headers=(caller or self.hr).headers)


async def make_round(
    api: AsyncClient,
    state: ApiState,
    people: Mapping[str, Sequence[str]],
    *,
    parents: Mapping[str, str] | None = None,
    heads: Mapping[str, UUID] | None = None,
    company: Company | None = None,
    hr: Member | None = None,
    **more: Any,
) -> Round:
    """A company with a round at calibration.

    `people` maps departments to the overall scores of theirs; `!` before a score stands for failed values, and
    `EVERYBODY` for people without a department. Departments of `parents` may have nobody. `more` are the round's fields.
    """
    company = company or await make_company(state)
    hr = hr or await make_member(state, company, roles=("hr", "employee"))
    manager = await make_member(state, company)
    body = {"kind": "quarter", "starts_on": "2026-07-01", "name": "2026 Q3"}
    cycle = created(await api.post("/v1/cycles", json=body, headers=company.headers))
    departments = await _departments(api, company, people, parents or {}, heads or {})
    reviews: dict[str, list[UUID]] = {}
    async with transaction(state.sessions, state.doorbell) as uow:
        round_id = add_review_cycle(
            uow, company_id=company.company_id, cycle_id=UUID(cycle["id"]), by=hr.person_id, name="round", **more
        )
        await uow.session.flush()
        for name, scores in people.items():
            own: Json = {
                "review_cycle_id": round_id,
                "department_id": departments.get(name),
                "manager_id": manager.person_id,
            }
            reviews[name] = await add_judged(uow, scores, company_id=company.company_id, **own)
    return Round(
        api=api, company=company, hr=hr, manager=manager, id=round_id, departments=departments, reviews=reviews
    )


async def add_judged(
    uow: UnitOfWork, scores: Sequence[str], *, company_id: UUID, step: Step = Step.CALIBRATION, **own: Any
) -> list[UUID]:
    """Reviews of new people, one for each score, which is the performance and the overall score; `?` for none."""
    made, persons = [], []
    for number, score in enumerate(scores):
        person_id = own.get("person_id") or new_id()
        if "person_id" not in own:
            name = f"员工{number:05}"
            persons.append(
                Person(company_id=company_id, id=person_id, name=name, email=f"{person_id}@example.com", roles=[])
            )
        fields = own | {"person_id": person_id} | _judgement(score)
        made.append(Review(company_id=company_id, id=new_id(), step=step.value, version=1, **fields))
    uow.session.add_all(persons)
    await uow.session.flush()
    uow.session.add_all(made)
    await uow.session.flush()
    return [review.id for review in made]


def _judgement(score: str) -> Json:
    failed = score.startswith("!")
    values = {"values_score": Decimal("2.00") if failed else Decimal("2.50"), "values_failed": failed}
    if score == "?":
        return values | {"frozen_as_of": utc_now()}
    figure = Decimal(score.removeprefix("!"))
    return values | {
        "frozen_as_of": utc_now(),
        "performance": figure,
        "overall": figure,
        "suggested_rating": suggested_rating(figure, is_failed=failed),
        "quadrant": "dog" if failed else "bull",
    }


async def _departments(
    api: AsyncClient,
    company: Company,
    people: Mapping[str, object],
    parents: Mapping[str, str],
    heads: Mapping[str, UUID],
) -> dict[str, UUID]:
    names = sorted({*people, *parents, *parents.values()} - {EVERYBODY}, key=lambda name: _depth(name, parents))
    made: dict[str, UUID] = {}
    for name in names:
        parent = parents.get(name)
        body = {
            "name": name,
            "function": "operations",
            "parent_id": str(made[parent]) if parent is not None else None,
            "head_id": str(heads[name]) if name in heads else None,
        }
        department = created(await api.post("/v1/departments", json=body, headers=company.headers))
        made[name] = UUID(department["id"])
    return made


def _depth(name: str, parents: Mapping[str, str]) -> int:
    return 1 + _depth(parents[name], parents) if name in parents else 0


def settings_with(**changes: Any) -> Json:
    """A round's settings, as they are kept."""
    return ReviewSettings(**changes).model_dump(mode="json")
