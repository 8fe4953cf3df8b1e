"""What becomes of reviews by themselves: unanswered ones close, late joiners come in, steps follow people (REV-6)."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select, text
from structlog.testing import capture_logs

from attain_api.state import ApiState
from attain_shared.audit.models import AuditEntry
from attain_shared.clock import BUSINESS_ZONE, business_day
from attain_shared.db.session import transaction
from attain_shared.reviews.following import follow_people
from attain_shared.reviews.models import Review
from attain_shared.rules.review_flow import Step
from attain_worker.reviews import repository, service
from attain_worker.reviews.service import Settling
from tests.support.fresh import client_of, fresh_state
from tests.support.http import created, ok
from tests.support.settled import Round, make_round


@pytest.fixture
async def held(api: AsyncClient, state: ApiState) -> Round:
    return await make_round(api, state)


def days_ago(days: int, at: time = time.min) -> datetime:
    """An instant of a business day before today."""
    return datetime.combine(business_day() - timedelta(days=days), at, BUSINESS_ZONE).astimezone(UTC)


async def test_what_is_not_answered_for_seven_days_closes_on_record(held: Round) -> None:
    """REV-6: the seventh day after the interview is the last one; then it closes by itself, once."""
    late = await held.review(Step.ACKNOWLEDGEMENT, interviewed_at=days_ago(8, time.max))
    in_time = await held.review(Step.ACKNOWLEDGEMENT, of="peer", interviewed_at=days_ago(7))
    for _ in range(2):
        await held.settle()
    closed = await held.find(late)
    assert (closed.step, closed.due_on, closed.closed_at is not None) == ("closed", None, True)
    assert await held.events(late) == [("open", None, "self_assessment"), ("expire", None, "closed")]
    assert (await held.find(in_time)).step == "acknowledgement"


async def test_the_trail_says_that_nobody_closed_it(held: Round) -> None:
    """SEC-5: an entry of the system, with the step before and after."""
    late = await held.review(Step.ACKNOWLEDGEMENT, interviewed_at=days_ago(8))
    await held.settle()
    of_review = (AuditEntry.company_id == held.company_id, AuditEntry.resource_id == late)
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        entries = await uow.session.scalars(select(AuditEntry).where(*of_review).order_by(AuditEntry.sequence))
        last = entries.all()[-1]
    step = last.changes["step"]
    assert (last.actor_kind, last.actor_id, last.action) == ("system", None, "update")
    assert (step["before"], step["after"]) == ("acknowledgement", "closed")


async def test_a_step_that_a_late_worker_has_not_closed_may_not_be_appealed(api: AsyncClient, held: Round) -> None:
    """REV-6: seven days are seven days, whether a worker runs or not; acknowledging is still welcome."""
    late = await held.review(Step.ACKNOWLEDGEMENT, interviewed_at=days_ago(8))
    shown = ok(await api.get(f"/v1/reviews/{late}", headers=held.people["me"].headers))
    assert shown["allowed_actions"] == ["acknowledge"]


async def test_two_workers_at_once_close_a_review_once(held: Round) -> None:
    """Whoever holds a review closes it, and each of many once; more than a slice are closed too."""
    reviews = [
        await held.review(
            Step.ACKNOWLEDGEMENT, of=name, manager="skip", second_level_id=None, interviewed_at=days_ago(9)
        )
        for name in ("me", "peer", "report", "boss")
    ]
    await asyncio.gather(held.settle(), held.settle(), held.settle())
    for review in reviews:
        assert [action for action, *_ in await held.events(review)].count("expire") == 1


async def test_more_than_a_slice_is_closed_in_one_run(held: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SLICE", 2)
    for name in ("me", "peer", "report"):
        await held.review(
            Step.ACKNOWLEDGEMENT, of=name, manager="skip", second_level_id=None, interviewed_at=days_ago(9)
        )
    await held.settle()
    assert set((await _steps(held)).values()) == {"closed"}


async def test_a_review_that_somebody_is_at_is_left_to_the_next_run(held: Round) -> None:
    """The employee acknowledges at this moment: the worker neither waits nor goes over it."""
    late = await held.review(Step.ACKNOWLEDGEMENT, interviewed_at=days_ago(8))
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        lock = text("SELECT FROM reviews WHERE company_id = :company_id AND id = :id FOR UPDATE")
        await uow.session.execute(lock, {"company_id": held.company_id, "id": late})
        await held.settle()
        assert (await held.find(late)).step == "acknowledgement"
    await held.settle()
    assert (await held.find(late)).step == "closed"


async def test_late_joiners_get_a_review_and_only_in_open_rounds(api: AsyncClient, state: ApiState) -> None:
    """REV-1: who comes while a round is open is taken in; a draft and a closed one take in nobody."""
    held = await make_round(api, state, person_ids=None)
    closed = await held.another("closed", state="closed")
    draft = await held.another("draft", state="draft")
    await held.settle()
    before = await _steps(held)
    body = {"name": "林晓", "email": f"{held.company_id}@example.com", "hired_on": "2026-04-01"}
    body |= {"manager_id": str(held.person("boss"))}
    joiner = UUID(created(await api.post("/v1/people", json=body, headers=held.people["hr"].headers))["id"])
    await asyncio.gather(held.settle(), held.settle())
    after = await _steps(held)
    assert joiner not in before
    assert after == before | {joiner: "self_assessment"}
    async with transaction(state.sessions, state.doorbell) as uow:
        ids = (
            await uow.session.scalars(select(Review.review_cycle_id).where(Review.company_id == held.company_id))
        ).all()
    assert len(ids) == len(after)
    assert {closed, draft}.isdisjoint(ids)


async def test_steps_follow_a_change_of_managers(api: AsyncClient, held: Round) -> None:
    """REV-6: who is manager now owns the step, on record; the 1 over 1 with them."""
    review = await held.review(Step.MANAGER_ASSESSMENT)
    body = {"effective_on": business_day().isoformat(), "manager_id": str(held.person("skip"))}
    ok(await api.post(f"/v1/people/{held.person('me')}/change-manager", json=body, headers=held.people["hr"].headers))
    await held.settle()
    found = await held.find(review)
    assert (found.manager_id, found.second_level_id) == (held.person("skip"), None)
    assert [action for action, *_ in await held.events(review)] == ["open", "change_manager"]


async def test_trouble_with_one_round_leaves_everything_else_alone(
    postgres_url: str, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of this company and of others; it is met again at the next run, and the log says so."""
    async with fresh_state(postgres_url, state) as own, client_of(own) as api:
        held, other = await make_round(api, own), await make_round(api, own)
        late = [await one.review(Step.ACKNOWLEDGEMENT, interviewed_at=days_ago(8)) for one in (held, other)]

        async def fail(uow: Any, *, company_id: UUID, review_cycle_id: UUID) -> Any:
            if company_id == held.company_id:
                raise RuntimeError("something of this round's")
            return await follow_people(uow, company_id=company_id, review_cycle_id=review_cycle_id)

        monkeypatch.setattr(service, "follow_people", fail)
        with capture_logs() as logs:
            await Settling(own.sessions, own.doorbell).settle()
        mine = [line for line in logs if line.get("company_id") == str(held.company_id)]
        assert [(line["event"], line["log_level"]) for line in mine] == [
            ("reviews are not settled", "error"),
            ("reviews were closed without an answer", "info"),
        ]
        steps = [(await one.find(review)).step for one, review in zip((held, other), late, strict=True)]
        assert steps == ["closed"] * 2


async def test_a_database_that_is_away_is_waited_for(held: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    """A passing failure is a warning, and what it kept from being done is done by the next run."""
    late = await held.review(Step.ACKNOWLEDGEMENT, interviewed_at=days_ago(8))

    async def fail(*_: Any, **__: Any) -> Any:
        raise ConnectionResetError("gone")

    monkeypatch.setattr(repository, "hold_unanswered", fail)
    with capture_logs() as logs:
        await held.settle()
    assert [line["event"] for line in logs if line["log_level"] == "warning"] == ["reviews are settled later"]
    monkeypatch.undo()
    await held.settle()
    assert (await held.find(late)).step == "closed"


async def test_what_was_done_before_a_worker_died_stays_and_the_rest_is_done_later(
    held: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One transaction a slice: killed between two, or in one, a worker leaves nothing half done."""
    await held.review(Step.SELF_ASSESSMENT, of="peer", due_on=business_day())
    late = await held.review(Step.ACKNOWLEDGEMENT, interviewed_at=days_ago(8))

    async def die(*_: Any, **__: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(repository, "add_reminders", die)
    with pytest.raises(KeyboardInterrupt):
        await held.settle()
    assert (await held.find(late)).step == "closed"
    monkeypatch.undo()
    await held.settle()
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        count = text("SELECT count(*) FROM reminders WHERE company_id = :company_id")
        assert await uow.session.scalar(count, {"company_id": held.company_id}) == 1


async def _steps(held: Round) -> dict[UUID, str]:
    async with transaction(held.state.sessions, held.state.doorbell) as uow:
        rows = await uow.session.execute(
            select(Review.person_id, Review.step).where(
                Review.company_id == held.company_id, Review.review_cycle_id == held.id
            )
        )
        return {row.person_id: row.step for row in rows}
