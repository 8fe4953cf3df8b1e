"""What the trail and an export of personal data tell of reviews: no more than the reader may know (REV-7, SEC-3)."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select, update

from attain_api.state import ApiState
from attain_shared.audit.models import AuditEntry
from attain_shared.audit.resources import OF_REVIEWS, RESOURCES
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.db.tables import metadata
from attain_shared.goals.models import Cycle
from attain_shared.identifiers import new_id
from attain_shared.reviews.calibration_models import CalibrationGroup, RatingChange
from attain_shared.reviews.follow_up_models import Decision
from attain_shared.reviews.models import Review, ReviewAssessment
from attain_shared.reviews.rater_models import RaterAnswer, ReviewRater
from attain_shared.rules.review_flow import Step
from tests.support.companies import Company, Member, make_company, make_member
from tests.support.http import ok
from tests.support.reviewed import add_review, add_review_cycle

READERS = {"admin": ("admin",), "executive": ("executive",), "hr": ("hr",), "other hr": ("hr",)}
DRAFT = "secret-draft-comment"
"""What `reviewed.assessment` says."""


@pytest.fixture
async def company(state: ApiState) -> Company:
    return await make_company(state)


@pytest.fixture
async def readers(state: ApiState, company: Company) -> Mapping[str, Member]:
    return {name: await make_member(state, company, roles=roles) for name, roles in READERS.items()}


async def make_review(state: ApiState, company: Company, *, subject: Member, manager: Member, step: Step) -> UUID:
    quarter = {"kind": "quarter", "name": "Q3", "state": "open"}
    async with transaction(state.sessions, state.doorbell) as uow:
        cycle = Cycle(
            company_id=company.company_id,
            id=new_id(),
            starts_on=date(2026, 7, 1),
            ends_on=date(2026, 9, 30),
            **quarter,
        )
        uow.session.add(cycle)
        await uow.session.flush()
        made = {"company_id": company.company_id}
        round_id = add_review_cycle(uow, **made, cycle_id=cycle.id, by=company.person_id, name="Q3")
        await uow.session.flush()
        who = {"person_id": subject.person_id, "manager_id": manager.person_id}
        return await add_review(uow, **made, review_cycle_id=round_id, step=step, **who)


async def trail(api: AsyncClient, reader: Member, **params: str) -> list[dict[str, Any]]:
    query = {"limit": "200", "sort": "sequence"} | params
    items: list[dict[str, Any]] = ok(await api.get("/v1/audit-entries", params=query, headers=reader.headers))["items"]
    return items


async def exported(api: AsyncClient, reader: Member, person_id: UUID) -> dict[str, Any]:
    content = ok(await api.get(f"/v1/people/{person_id}/personal-data", headers=reader.headers))
    records: dict[str, Any] = content["records"]
    return records


async def length(state: ApiState, company: Company) -> int:
    async with state.sessions() as session:
        counted = select(func.count()).select_from(AuditEntry).where(AuditEntry.company_id == company.company_id)
        return int(await session.scalar(counted) or 0)


def test_whatever_belongs_to_a_review_is_among_the_contents_of_reviews() -> None:
    """A table added later is hidden from administrators as well (SEC-3)."""
    belonging = {
        table.name
        for table in metadata.tables.values()
        for constraint in table.foreign_key_constraints
        if constraint.referred_table.name in {"reviews", "calibration_groups"}
    } | {"reviews", "calibration_groups", "feedback"}
    assert {RESOURCES[name].type for name in belonging & RESOURCES.keys()} <= OF_REVIEWS
    assert OF_REVIEWS - {resource.type for resource in RESOURCES.values()} == {"rater_answer"}


async def test_administrators_and_executives_find_nothing_of_a_review(
    api: AsyncClient, state: ApiState, company: Company, readers: Mapping[str, Member]
) -> None:
    review_id = await make_review(
        state, company, subject=readers["admin"], manager=readers["executive"], step=Step.CLOSED
    )
    for name in ("admin", "executive"):
        assert {entry["resource_type"] for entry in await trail(api, readers[name])} & OF_REVIEWS == set()
        assert await trail(api, readers[name], resource_id=str(review_id)) == []
        assert [entry["resource_type"] for entry in await trail(api, readers[name], resource_type="review_cycle")]
    found = {entry["resource_type"] for entry in await trail(api, readers["hr"], resource_id=str(review_id))}
    assert found == {"review", "interview"}


async def test_hr_reads_the_trail_of_every_review_but_their_own(
    api: AsyncClient, state: ApiState, company: Company, readers: Mapping[str, Member]
) -> None:
    """HR who is the subject is only the subject: the trail tells them nothing of the judgement (REV-7)."""
    subject, other = readers["hr"], readers["other hr"]
    review_id = await make_review(state, company, subject=subject, manager=other, step=Step.CALIBRATION)
    of_review: dict[str, Any] = {"company_id": company.company_id, "review_id": review_id}
    async with transaction(state.sessions, state.doorbell) as uow:
        [review] = await uow.session.scalars(
            select(Review).where(Review.company_id == company.company_id, Review.id == review_id)
        )
        review.rating, review.group_id = Decimal("3.25"), review.review_cycle_id
        uow.session.add_all([
            RatingChange(
                **of_review,
                id=new_id(),
                origin="calibration",
                after=Decimal("3.25"),
                reason="x",
                changed_by=other.person_id,
            ),
            CalibrationGroup(
                company_id=company.company_id,
                review_cycle_id=review.review_cycle_id,
                id=review.review_cycle_id,
                exception="all but one deserve a 4",
            ),
            Decision(**of_review, id=new_id(), person_id=subject.person_id, kind="warning", state="proposed"),
        ])  # fmt: skip
    kinds = {"review", "rating_change", "calibration_group", "decision"}
    assert {entry["resource_type"] for entry in await trail(api, other)} >= kinds
    assert {entry["resource_type"] for entry in await trail(api, subject)} & OF_REVIEWS == set()
    assert await trail(api, subject, resource_id=str(review_id)) == []
    told = await exported(api, subject, subject.person_id)
    assert "3.25" not in str(told)


async def test_saving_a_draft_is_in_the_chain_and_shown_to_nobody(
    api: AsyncClient, state: ApiState, company: Company, readers: Mapping[str, Member]
) -> None:
    """SEC-5 has an entry of every change, REV-7 keeps that there is a draft, and when, from all but its writer."""
    subject, manager = readers["hr"], readers["admin"]
    review_id = await make_review(state, company, subject=subject, manager=manager, step=Step.MANAGER_ASSESSMENT)
    before = {name: await trail(api, reader) for name, reader in readers.items()}
    known = await length(state, company)
    async with transaction(state.sessions, state.doorbell) as uow:
        [draft] = await uow.session.scalars(
            select(ReviewAssessment).where(
                ReviewAssessment.company_id == company.company_id,
                ReviewAssessment.review_id == review_id,
                ReviewAssessment.part == "manager",
            )
        )
        draft.saved_at, draft.document = utc_now(), draft.document | {"comment": "changed"}
    assert await length(state, company) == known + 1
    assert {name: await trail(api, reader) for name, reader in readers.items()} == before
    async with state.sessions() as session:
        entries = await session.scalars(select(AuditEntry).where(AuditEntry.company_id == company.company_id))
        assert DRAFT not in str([entry.changes for entry in entries])


async def test_what_a_rater_says_leaves_no_entry(
    state: ApiState, company: Company, readers: Mapping[str, Member]
) -> None:
    """REV-11: neither the answer nor that it was given."""
    review_id = await make_review(
        state, company, subject=readers["hr"], manager=readers["admin"], step=Step.MANAGER_ASSESSMENT
    )
    of_review: dict[str, Any] = {"company_id": company.company_id, "review_id": review_id}
    async with transaction(state.sessions, state.doorbell) as uow:
        rater = ReviewRater(
            **of_review,
            id=new_id(),
            person_id=readers["executive"].person_id,
            relation="peer",
            state="approved",
            nominated_by=readers["admin"].person_id,
        )
        uow.session.add(rater)
    known = await length(state, company)
    async with transaction(state.sessions, state.doorbell) as uow:
        rater = await uow.session.merge(rater)
        rater.state = "answered"
        uow.session.add(RaterAnswer(**of_review, relation="peer", scores={"delivery": "2.5"}, comments={}))
    assert await length(state, company) == known


async def test_the_export_of_ones_own_reviews_keeps_to_what_one_sees_of_them(
    api: AsyncClient, state: ApiState, company: Company, readers: Mapping[str, Member]
) -> None:
    """SEC-6 within REV-7: the judgement from the interview on, drafts of others never."""
    subject, manager = readers["hr"], readers["other hr"]
    review_id = await make_review(state, company, subject=subject, manager=manager, step=Step.CALIBRATION)
    judged = ("review_results", "rating_changes", "review_goals", "review_events", "interviews", "decisions")
    told = await exported(api, subject, subject.person_id)
    assert [row["id"] for row in told["reviews"]] == [str(review_id)]
    assert "overall" not in told["reviews"][0]
    assert {name: told[name] for name in judged} == {name: [] for name in judged}
    assert [row["part"] for row in told["assessments"]] == ["self"]
    of_review = (Review.company_id == company.company_id, Review.id == review_id)
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(update(Review).where(*of_review).values(published_at=utc_now()))
    told = await exported(api, subject, subject.person_id)
    assert [row["overall"] for row in told["review_results"]] == ["3.50"]
    assert {row["part"] for row in told["assessments"]} == {"self", "manager"}


async def test_the_export_of_another_tells_nobody_of_their_own_review(
    api: AsyncClient, state: ApiState, company: Company, readers: Mapping[str, Member]
) -> None:
    """HR who asks for the data of whoever assesses them gets nothing that was written of them."""
    subject, manager = readers["hr"], readers["other hr"]
    await make_review(state, company, subject=subject, manager=manager, step=Step.CALIBRATION)
    told = await exported(api, subject, manager.person_id)
    assert DRAFT not in str(told)
    assert told.keys() & {"assessments_written", "done_in_reviews", "asked_to_rate", "reminders"} == set()
    of_reviews = {entry["resource_type"] for entry in told["audited_actions"] + told["audit_entries"]} & OF_REVIEWS
    assert of_reviews == set()
    own = await exported(api, manager, manager.person_id)
    assert [row["part"] for row in own["assessments_written"]] == ["manager"]
