"""A review led over HTTP by everybody who has a part in it, from the self-assessment on."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import update

from attain_api.state import ApiState
from attain_shared.db.session import transaction
from attain_shared.goals.attainment_models import Attainment
from attain_shared.goals.models import Goal
from attain_shared.identifiers import new_id
from attain_shared.reviews.models import Review, ReviewDelegation
from attain_shared.reviews.settings import ReviewSettings
from attain_shared.rules.review_flow import Step
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.goals import make_cycle
from tests.support.http import ok
from tests.support.reviewed import add_review_cycle
from tests.support.stored_goals import store_goal

Json = dict[str, Any]

CASE = {
    "kind": "positive",
    "behaviour": "双11当晚主动跟进 37 位客户的补发",
    "consequence": "无一差评",
    "on": "2026-09-12",
}
LAPSE = {"kind": "nonconformance", "behaviour": "推诿客户投诉", "consequence": "两起差评", "on": None}


def value(code: str, level: int = 2, *, partial: bool = True, **more: Any) -> Json:
    """A value met in full up to a level, the next one partly (2.5 by default), with the case that it needs."""
    levels = ["full"] * level + (["partial"] if partial else [])
    cases = [CASE] if level >= 3 else [LAPSE] if level < 2 or not partial else []
    return {"code": code, "levels": levels + ["none"] * (5 - len(levels)), "cases": cases} | more


def unsure(code: str) -> Json:
    """A value that the 1 over 1 and HR are to decide."""
    return {"code": code, "unsure": True}


def both(*args: Any, **more: Any) -> list[Json]:
    """Both values of the round alike."""
    return [value(code, *args, **more) for code in ("customer_first", "teamwork")]


@dataclass(kw_only=True)
class Reviewing:
    """A review of a subject, and who acts on it."""

    api: AsyncClient
    state: ApiState
    company: Company
    subject: Member
    manager: Member
    skip: Member
    hr: Member
    cycle: Json
    id: UUID

    async def goal(self, score: str | tuple[str, str] | None, *, weight: str = "50", **more: Any) -> str:
        """A confirmed goal of the subject's, with what it has come to."""
        owner = {"person_id": self.subject.person_id} | more
        return str(await store_goal(self.state, self.company, self.cycle, score=score, weight=weight, **owner))

    async def set_score(self, *goal_ids: str, score: str, **more: Any) -> None:
        """Have goals come to another score."""
        statement = update(Attainment).where(
            Attainment.company_id == self.company.company_id, Attainment.goal_id.in_(map(UUID, goal_ids))
        )
        async with transaction(self.state.sessions, self.state.doorbell) as uow:
            await uow.session.execute(statement.values(score=Decimal(score), **more))

    async def cancel_goal(self, goal_id: str) -> None:
        """Have a goal count no more."""
        statement = update(Goal).where(Goal.company_id == self.company.company_id, Goal.id == UUID(goal_id))
        async with transaction(self.state.sessions, self.state.doorbell) as uow:
            await uow.session.execute(statement.values(state="cancelled"))

    async def change(self, **values: Any) -> None:
        """Bring the review somewhere else."""
        statement = update(Review).where(Review.company_id == self.company.company_id, Review.id == self.id)
        async with transaction(self.state.sessions, self.state.doorbell) as uow:
            await uow.session.execute(statement.values(**values))

    async def put(self, part: str, who: Member, *, etag: str | None = "*", **body: Any) -> Response:
        """Save a part of the review."""
        headers = who.headers | ({} if etag is None else {"If-Match": etag})
        return await self.api.put(f"/v1/reviews/{self.id}/{part}-assessment", json=body, headers=headers)

    async def act(self, action: str, who: Member, *, etag: str | None = "*", reason: str | None = None) -> Response:
        """Lead it on."""
        headers = who.headers | ({} if etag is None else {"If-Match": etag})
        body = {"reason": reason} if reason is not None else None
        return await self.api.post(f"/v1/reviews/{self.id}/actions/{action}", json=body, headers=headers)

    async def read(self, who: Member) -> Response:
        """The review as somebody sees it."""
        return await self.api.get(f"/v1/reviews/{self.id}", headers=who.headers)

    async def figures(self, who: Member) -> Json:
        """Its figures as somebody sees them."""
        return ok(await self.api.get(f"/v1/reviews/{self.id}/figures", headers=who.headers))

    async def history(self) -> list[Json]:
        """Its record, the earliest first."""
        params = {"sort": "at"}
        found = ok(await self.api.get(f"/v1/reviews/{self.id}/history", params=params, headers=self.hr.headers))
        return list(found["items"])

    async def assess_oneself(self, **body: Any) -> Json:
        """Save the employee's own part and submit it: 2.5 in both values unless told otherwise."""
        ok(await self.put("self", self.subject, **{"values": both()} | body))
        return ok(await self.act("submit", self.subject))

    async def assess(self, **body: Any) -> Json:
        """Save the manager's part and submit it, as above."""
        ok(await self.put("manager", self.manager, **{"values": both()} | body))
        answer = await self.act("submit", self.manager)
        again = await self.read(self.manager)
        assert (answer.content, answer.headers["ETag"]) == (again.content, again.headers["ETag"]), answer.text
        return ok(answer)

    async def delegate(self, step: Step, to: Member) -> None:
        """Have somebody do a step in its owner's place."""
        async with transaction(self.state.sessions, self.state.doorbell) as uow:
            uow.session.add(
                ReviewDelegation(
                    company_id=self.company.company_id,
                    review_id=self.id,
                    step=step.value,
                    person_id=to.person_id,
                    reason="产假",
                    delegated_by=self.hr.person_id,
                )
            )


async def make_reviewing(
    api: AsyncClient,
    state: ApiState,
    *,
    company: Company | None = None,
    step: Step = Step.SELF_ASSESSMENT,
    has_second_level: bool = True,
    settings: Json | None = None,
    cycle: Json | None = None,
    department_id: UUID | None = None,
    subject: Member | None = None,
    **round_fields: Any,
) -> Reviewing:
    """A review that nobody has written anything in, of a round about July unless told otherwise."""
    company = company or await make_company(state)
    subject = subject or await make_member(state, company)
    manager, skip = [await make_member(state, company) for _ in range(2)]
    hr = await make_member(state, company, roles=("hr",))
    cycle = cycle or await make_cycle(api, company, kind="month")
    chosen = ReviewSettings.model_validate(settings or {}).model_dump(mode="json")
    async with transaction(state.sessions, state.doorbell) as uow:
        round_id = add_review_cycle(
            uow,
            company_id=company.company_id,
            cycle_id=UUID(cycle["id"]),
            by=hr.person_id,
            name="2026 Q3",
            **{"settings": chosen} | round_fields,
        )
        await uow.session.flush()
        review = Review(
            company_id=company.company_id,
            id=new_id(),
            review_cycle_id=round_id,
            person_id=subject.person_id,
            department_id=department_id,
            manager_id=manager.person_id,
            second_level_id=skip.person_id if has_second_level else None,
            step=step.value,
            version=1,
        )
        uow.session.add(review)
    people = {"subject": subject, "manager": manager, "skip": skip, "hr": hr}
    return Reviewing(api=api, state=state, company=company, cycle=cycle, id=review.id, **people)


async def add_past_review(made: Reviewing, *, cadence: str, starts_on: str, performance: str | None, v: str) -> None:
    """A closed review of the subject in another round, of a period of its own (REV-12)."""
    kinds = {"quarter": "quarter", "half_year": "half_year", "ad_hoc": "month"}
    cycle = await make_cycle(made.api, made.company, kind=kinds[cadence], starts_on=starts_on)
    async with transaction(made.state.sessions, made.state.doorbell) as uow:
        round_id = add_review_cycle(
            uow,
            company_id=made.company.company_id,
            cycle_id=UUID(cycle["id"]),
            by=made.hr.person_id,
            name=cadence,
            cadence=cadence,
        )
        await uow.session.flush()
        uow.session.add(
            Review(
                company_id=made.company.company_id,
                id=new_id(),
                review_cycle_id=round_id,
                person_id=made.subject.person_id,
                manager_id=made.manager.person_id,
                step=Step.CLOSED.value,
                performance=Decimal(performance) if performance else None,
                values_score=Decimal(v),
                version=1,
            )
        )


def judged(review: Json) -> Sequence[Any]:
    """What a review comes to, in the order of REV-2 to REV-9."""
    names = ("performance", "values", "values_failed", "overall", "suggested_rating", "quadrant")
    return [review[name] for name in names]
