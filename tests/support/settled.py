"""A round of reviews in a company with everybody in it: for tests of what happens to its reviews by themselves."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.reviews.models import Review, ReviewEvent
from attain_shared.rules.review_flow import Step
from attain_worker.reviews.service import Settling
from tests.support.goals import make_cycle
from tests.support.relations import Relations, make_relations
from tests.support.reviewed import add_review, add_review_cycle


@dataclass
class Round:
    """A round, and whoever is in its company."""

    state: ApiState
    people: Relations
    id: UUID
    cycle_id: UUID

    @property
    def company_id(self) -> UUID:
        """The company."""
        return self.people.admin.company_id

    def person(self, name: str) -> UUID:
        """Somebody's id."""
        return self.people[name].person_id

    async def review(self, step: Step, *, of: str = "me", manager: str = "boss", **more: Any) -> UUID:
        """The review of somebody at a step; of `me` by `boss`, unless told otherwise, and `skip` above."""
        fields: dict[str, Any] = {"second_level_id": self.person("skip"), "review_cycle_id": self.id}
        async with transaction(self.state.sessions, self.state.doorbell) as uow:
            return await add_review(
                uow,
                company_id=self.company_id,
                step=step,
                person_id=self.person(of),
                manager_id=self.person(manager),
                **(fields | more),
            )

    async def add(self, row: object) -> None:
        """Write something else into the tables."""
        async with transaction(self.state.sessions, self.state.doorbell) as uow:
            uow.session.add(row)

    async def another(self, name: str, **more: Any) -> UUID:
        """Another round of the same period."""
        async with transaction(self.state.sessions, self.state.doorbell) as uow:
            by = self.person("hr")
            return add_review_cycle(uow, company_id=self.company_id, cycle_id=self.cycle_id, by=by, name=name, **more)

    async def settle(self, **more: Any) -> None:
        """What a worker does every hour."""
        await Settling(self.state.sessions, self.state.doorbell, **more).settle_company(self.company_id)

    async def find(self, review_id: UUID) -> Review:
        """A review as it is now."""
        async with transaction(self.state.sessions, self.state.doorbell) as uow:
            statement = select(Review).where(Review.company_id == self.company_id, Review.id == review_id)
            return (await uow.session.scalars(statement)).one()

    async def events(self, review_id: UUID) -> list[tuple[str, UUID | None, str]]:
        """What was done with it, by whom, and where it was then."""
        own = (ReviewEvent.company_id == self.company_id, ReviewEvent.review_id == review_id)
        columns = (ReviewEvent.action, ReviewEvent.actor_id, ReviewEvent.to_step)
        async with transaction(self.state.sessions, self.state.doorbell) as uow:
            rows = await uow.session.execute(select(*columns).where(*own).order_by(ReviewEvent.id))
            return [(row.action, row.actor_id, row.to_step) for row in rows]


async def make_round(api: AsyncClient, state: ApiState, **more: Any) -> Round:
    """An open ad-hoc round about `me` alone, unless told otherwise; its reviews are those that a test adds."""
    people = await make_relations(state)
    cycle_id = UUID((await make_cycle(api, people.admin))["id"])
    made = Round(state, people, UUID(int=0), cycle_id)
    made.id = await made.another("2026 Q3", **({"person_ids": [people["me"].person_id]} | more))
    return made
