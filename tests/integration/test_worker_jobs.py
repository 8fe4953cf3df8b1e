"""A job is one line in the log and is counted once; nothing counts that was undone (ING-4, ING-5, GOAL-10)."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import text, update

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.goals.attainment_models import GoalMark
from attain_shared.identifiers import new_id
from attain_shared.metrics.models import MetricBatch
from attain_shared.periodic import every
from attain_shared.rules.corrections import Verdict
from attain_worker import repository as worker_repository
from attain_worker import runner
from attain_worker.attainment import repository as attainments
from attain_worker.facts import claim as rows
from attain_worker.facts import service as facts
from attain_worker.ingestion import repository as inbox
from attain_worker.ingestion.service import MAX_ATTEMPTS
from attain_worker.jobs import Job
from attain_worker.report import report
from attain_worker.runner import Runner
from tests.support.goals import indicator, make_cycle, make_goal
from tests.support.pushes import make_pusher
from tests.support.told import Told, fail_with, lines, of_jobs
from tests.support.worker import new_checks, new_curves, new_ingestion, new_recompute, take_in


@pytest.fixture
def told() -> Told:
    return Told()


async def execute(state: ApiState, statement: Any) -> None:
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(statement)


async def test_a_claim_is_one_line_and_counted_once_it_is_committed(
    api: AsyncClient, state: ApiState, told: Told
) -> None:
    """ING-4."""
    pusher, ingestion = await make_pusher(state), new_ingestion(state)
    first = await pusher.push(api, pusher.row(value="1"), pusher.row("no_such_metric"))
    await pusher.push(api, pusher.row(value="2"), observed_at="2026-08-01T10:00:00+08:00")
    long_ago = update(MetricBatch).where(MetricBatch.company_id == pusher.company_id, MetricBatch.id == UUID(first))
    await execute(state, long_ago.values(stored_at=utc_now() - timedelta(seconds=100)))
    with lines() as logs:
        for _ in range(3):
            with told.jobs.run(Job.INGESTION, pusher.company_id):
                await ingestion.take_in(pusher.company_id)
    (line,) = logs
    assert line.pop("milliseconds") > 0
    assert UUID(line.pop("job_id")).version == 7
    assert line == {
        "event": "job",
        "log_level": "info",
        "task": "ingestion",
        "outcome": "done",
        "company_id": str(pusher.company_id),
        "batches": 2,
        "rows": 3,
    }
    assert told.ended(Job.INGESTION) == {"done": 1}
    assert told.value("batches_taken_in_total") == 2
    verdicts = {verdict.value: told.value("rows_taken_in_total", verdict=verdict.value) for verdict in Verdict}
    assert (verdicts["rejected"], sum(verdicts.values())) == (1, 3)
    assert told.value("ingestion_lag_seconds_count") == 2
    assert 100 <= told.value("ingestion_lag_seconds_sum") < 110
    totals = told.jobs.totals
    assert (totals.batches_taken_in, totals.rows_taken_in, totals.jobs_failed) == (2, 3, 0)
    assert totals.lag_seconds is not None
    assert 100 <= totals.lag_seconds < 110


async def test_what_was_rolled_back_counts_as_put_off_and_nothing_else(
    api: AsyncClient, state: ApiState, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ING-4: the database is away just before the commit."""
    pusher, ingestion = await make_pusher(state), new_ingestion(state)
    await pusher.push(api, pusher.row())
    with lines() as logs, monkeypatch.context() as patched:
        patched.setattr(inbox, "finish_batches", fail_with(ConnectionResetError("gone")))
        with pytest.raises(ConnectionResetError), told.jobs.run(Job.INGESTION, pusher.company_id):
            await ingestion.take_in(pusher.company_id)
    (line,) = logs
    assert (line["log_level"], line["outcome"], line["reason"]) == (
        "warning",
        "put-off",
        "ConnectionResetError('gone')",
    )
    assert "rows" not in line
    assert told.ended(Job.INGESTION) == {"put-off": 1}
    assert told.value("batches_taken_in_total") == told.value("ingestion_lag_seconds_count") == 0
    with told.jobs.run(Job.INGESTION, pusher.company_id):
        await ingestion.take_in(pusher.company_id)
    assert told.ended(Job.INGESTION) == {"put-off": 1, "done": 1}
    assert told.value("rows_taken_in_total", verdict="accepted") == 1
    assert told.jobs.totals.jobs_failed == 0


async def test_a_poison_batch_fails_its_jobs_until_it_is_put_aside(
    api: AsyncClient, state: ApiState, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ING-5: each try is told once with its exception; the others of its claim count."""
    pusher, ingestion = await make_pusher(state), new_ingestion(state)
    poison = await pusher.push(api, pusher.row(value="666"))
    await pusher.push(api, pusher.row("uv", value="7"))
    sort_out = rows.sort_out

    def refuse(batches: Any, pushes: Any, known: Any) -> Any:
        if UUID(poison) in {batch.id for batch in batches}:
            raise ValueError("poison")
        return sort_out(batches, pushes, known)

    monkeypatch.setattr(facts, "sort_out", refuse)
    make_due = update(MetricBatch).where(MetricBatch.company_id == pusher.company_id).values(due_at=utc_now())
    with lines() as logs:
        for _ in range(MAX_ATTEMPTS + 1):
            with told.jobs.run(Job.INGESTION, pusher.company_id):
                await ingestion.take_in(pusher.company_id)
            await execute(state, make_due)
    jobs, tries = of_jobs(logs), [line for line in logs if line["event"] == "batch failed"]
    assert [line["outcome"] for line in jobs] == ["failed"] * MAX_ATTEMPTS
    assert (jobs[0]["batches"], jobs[0]["rows"], jobs[0]["failed"]) == (1, 1, 1)
    assert jobs[-1]["put_aside"] == 1
    assert [line["job_id"] for line in tries] == [line["job_id"] for line in jobs]
    assert all("ValueError: poison" in line["exception"] for line in tries)
    assert not any("exception" in line for line in jobs)
    assert told.ended(Job.INGESTION) == {"failed": MAX_ATTEMPTS}
    assert told.value("batches_put_aside_total") == 1
    assert told.value("batches_taken_in_total") == 1
    assert told.jobs.totals.jobs_failed == MAX_ATTEMPTS


async def test_goals_count_once_their_attainments_are_committed(
    api: AsyncClient, state: ApiState, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GOAL-10."""
    pusher = await make_pusher(state)
    cycle = (await make_cycle(api, pusher.company))["id"]
    await make_goal(api, pusher.company, indicator([pusher.shop.id]), cycle_id=cycle)
    await pusher.push(api, pusher.row())
    await take_in(state, pusher.company_id)
    marks = update(GoalMark).where(GoalMark.company_id == pusher.company_id)
    await execute(state, marks.values(marked_at=utc_now() - timedelta(seconds=50)))
    worker = new_recompute(state)
    with monkeypatch.context() as patched:
        patched.setattr(attainments, "store_attainments", fail_with(ConnectionResetError("gone")))
        with pytest.raises(ConnectionResetError), told.jobs.run(Job.RECOMPUTE, pusher.company_id):
            await worker.recompute(pusher.company_id)
    assert told.value("attainments_computed_total") == told.value("recompute_lag_seconds_count") == 0
    with lines() as logs:
        for _ in range(2):
            with told.jobs.run(Job.RECOMPUTE, pusher.company_id):
                await worker.recompute(pusher.company_id)
    assert [(line["task"], line["outcome"], line["goals"]) for line in logs] == [("recompute", "done", 1)]
    assert told.value("attainments_computed_total") == told.value("recompute_lag_seconds_count") == 1
    assert 50 <= told.value("recompute_lag_seconds_sum") < 60
    assert told.jobs.totals.goals_recomputed == 1


async def test_a_failure_is_told_once_with_its_job_and_without_what_is_secret(state: ApiState, told: Told) -> None:
    """The round and the clock log nothing on top of it."""
    company_id, secret = new_id(), "hunter2-hunter2"

    async def fail() -> None:
        async with transaction(state.sessions, state.doorbell) as uow:
            await uow.session.execute(text("SELECT 1 / 0, CAST(:password AS text)"), {"password": secret})

    with lines() as logs:
        with suppress(Exception), told.jobs.run(Job.CURVES, company_id):
            await fail()
        clock = asyncio.create_task(every(60, told.jobs.by_the_clock(Job.OLD_ANSWERS, fail)))
        while not told.ended(Job.OLD_ANSWERS):  # noqa: ASYNC110 - nobody tells when a run has ended
            await asyncio.sleep(0.01)
        clock.cancel()
    assert [(line["event"], line["task"], line["log_level"]) for line in logs] == [
        ("job", "curves", "error"),
        ("job", "old-answers", "error"),
    ]
    assert logs[0]["company_id"] == str(company_id)
    assert logs[0]["job_id"] != logs[1]["job_id"]
    assert all("division by zero" in line["exception"] for line in logs)
    assert secret not in str(logs)
    assert told.ended(Job.CURVES) == told.ended(Job.OLD_ANSWERS) == {"failed": 1}
    assert told.jobs.totals.jobs_failed == 2


async def test_what_is_told_outside_of_a_job_is_in_nobodys_line(told: Told) -> None:
    report().add(rows=5)
    with lines() as logs, told.jobs.run(Job.CHECKS):
        pass
    assert logs == []
    assert told.ended(Job.CHECKS) == {}


async def test_a_job_handed_back_at_the_end_is_put_off(told: Told) -> None:
    """F13."""
    begun = asyncio.Event()

    async def last() -> None:
        with told.jobs.run(Job.INGESTION, new_id()):
            begun.set()
            await asyncio.Event().wait()

    working = asyncio.create_task(last())
    await begun.wait()
    with lines() as logs:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert [(line["outcome"], line["reason"]) for line in logs] == [("put-off", "CancelledError()")]
    assert told.ended(Job.INGESTION) == {"put-off": 1}


async def test_trouble_at_several_companies_in_a_row_is_told_by_each_and_the_round_pauses(
    state: ApiState, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "PAUSE_AFTER_FAILURE", 0.01)
    found = [worker_repository.Work(new_id(), has_batches=True, has_marks=False, has_checks=False) for _ in range(4)]
    worker = Runner(
        state.sessions,
        state.doorbell,
        ingestion=new_ingestion(state),
        recompute=new_recompute(state),
        checks=new_checks(state),
        curves=new_curves(state),
        jobs=told.jobs,
    )

    async def find(*_: Any, **__: Any) -> list[worker_repository.Work]:
        if told.ended(Job.INGESTION):
            worker.stop()
            return []
        return found

    monkeypatch.setattr(worker_repository, "find_work", find)
    monkeypatch.setattr(worker._ingestion, "take_in", fail_with(ConnectionResetError("gone")))
    with lines() as logs:
        await asyncio.wait_for(worker.run(), timeout=10)
    assert [line["company_id"] for line in of_jobs(logs)] == [str(work.company_id) for work in found[:3]]
    others = [line["event"] for line in logs if line["event"] != "job"]
    assert others == ["the work of several companies was put off; trying again"]
    assert told.ended(Job.INGESTION) == {"put-off": 3}
