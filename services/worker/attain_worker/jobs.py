"""The one place where a job is a job: it has an id, one line in the log, and is counted (`attain_jobs_total`)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from attain_shared.db.failures import is_passing
from attain_shared.identifiers import new_id
from attain_shared.rules.corrections import Verdict
from attain_worker.report import CURRENT, Report

log = structlog.get_logger(__name__)

JOB_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)
LAG_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200)


class Job(StrEnum):
    """The jobs there are, as the metrics and the log call them."""

    INGESTION = "ingestion"
    RECOMPUTE = "recompute"
    RECOMPUTE_AT_LEISURE = "recompute-at-leisure"
    CHECKS = "checks"
    CURVES = "curves"
    SWEEP = "sweep"
    HEARTBEAT = "heartbeat"
    PARTITIONS = "partitions"
    RETENTION = "retention"
    SETTLING = "settling"
    NEW_DAY = "new-day"
    SILENCE = "silence"
    ALERT_RULES = "alert-rules"
    FORGOTTEN_WORK = "forgotten-work"
    OLD_ANSWERS = "old-answers"
    RELAY = "relay"
    DELIVERY = "delivery"


class Outcome(StrEnum):
    """How a job ended."""

    DONE = "done"
    FAILED = "failed"
    PUT_OFF = "put-off"
    """For a reason that goes away by itself, or as the worker ends."""


@dataclass(slots=True)
class Totals:
    """What a worker has done since it started: for its heartbeat."""

    batches_taken_in: int = 0
    rows_taken_in: int = 0
    goals_recomputed: int = 0
    jobs_failed: int = 0
    lag_seconds: float | None = None
    """The longest that a batch had waited, of those taken in since the heartbeat before."""


class Jobs:
    """Runs jobs, logs each that did something in one line, and counts what they did."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """The metrics go into the registry; every label is one of a few words of this build.

        A job is called `task` there and in the log: `job` is a label that Prometheus itself sets.
        """
        self.totals = Totals()
        self._jobs = Counter("attain_jobs", "Jobs that had something to do.", ("task", "outcome"), registry=registry)
        self._seconds = Histogram(
            "attain_job_duration_seconds", "Of such a job.", ("task",), buckets=JOB_SECONDS, registry=registry
        )
        self._batches = Counter("attain_batches_taken_in", "Batches whose claim is committed.", registry=registry)
        self._rows = Counter("attain_rows_taken_in", "Rows of such batches.", ("verdict",), registry=registry)
        self._put_aside = Counter(
            "attain_batches_put_aside", "Batches given up after the last try (ING-5).", registry=registry
        )
        self._waited = Histogram(
            "attain_ingestion_lag_seconds",
            "From a batch's 202 to its facts.",
            buckets=LAG_SECONDS,
            registry=registry,
        )
        self._marked = Histogram(
            "attain_recompute_lag_seconds",
            "From a goal's mark to its attainment.",
            buckets=LAG_SECONDS,
            registry=registry,
        )
        self._attainments = Counter("attain_attainments_computed", "Attainments written.", registry=registry)
        self._heartbeat = Gauge("attain_heartbeat_timestamp_seconds", "Of the last heartbeat.", registry=registry)
        # a series that begins with its first failure has no increase that an alert could see
        for job in Job:
            for outcome in Outcome:
                self._jobs.labels(job, outcome)
        for verdict in Verdict:
            self._rows.labels(verdict)

    @contextmanager
    def run(self, job: Job, company_id: UUID | None = None) -> Iterator[None]:
        """Run a block as a job.

        Raises:
            Exception: what the block raises, once it is counted and logged: whoever catches it need not.
        """
        did, began = Report(), time.perf_counter()
        of_company = {} if company_id is None else {"company_id": str(company_id)}
        token = CURRENT.set(did)
        try:
            with structlog.contextvars.bound_contextvars(job_id=str(new_id()), **of_company):
                try:
                    yield
                except (Exception, asyncio.CancelledError) as error:
                    self._end(job, did, time.perf_counter() - began, error)
                    raise
                self._end(job, did, time.perf_counter() - began, None)
        finally:
            CURRENT.reset(token)

    def by_the_clock(self, job: Job, task: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """A task as a job that raises nothing: the next run tries again."""

        async def run() -> None:
            with suppress(Exception), self.run(job):
                await task()

        return run

    def _end(self, job: Job, did: Report, seconds: float, error: BaseException | None) -> None:
        self._count(did)
        outcome = _outcome(did, error)
        if error is None and not did.counts:
            return
        self.totals.jobs_failed += outcome is Outcome.FAILED
        self._jobs.labels(job, outcome).inc()
        self._seconds.labels(job).observe(seconds)
        told = {"task": job.value, "outcome": outcome.value, "milliseconds": round(seconds * 1000, 1), **did.counts}
        if outcome is Outcome.FAILED:
            log.error("job", exc_info=error, **told)
        elif outcome is Outcome.PUT_OFF:
            log.warning("job", **({} if error is None else {"reason": repr(error)[:300]}), **told)
        elif job is Job.HEARTBEAT:
            self._heartbeat.set_to_current_time()
            log.debug("job", **told)
        else:
            log.info("job", **told)

    def _count(self, did: Report) -> None:
        """What was committed, however the job ended."""
        self._batches.inc(did.counts["batches"])
        for verdict, rows in did.verdicts.items():
            self._rows.labels(verdict).inc(rows)
        self._put_aside.inc(did.counts["put_aside"])
        self._attainments.inc(did.counts["goals"])
        for seconds in did.waited:
            self._waited.observe(seconds)
        for seconds in did.marked:
            self._marked.observe(seconds)
        totals = self.totals
        totals.batches_taken_in += did.counts["batches"]
        totals.rows_taken_in += did.counts["rows"]
        totals.goals_recomputed += did.counts["goals"]
        if did.waited:
            totals.lag_seconds = max(*did.waited, totals.lag_seconds or 0.0)


def _outcome(did: Report, error: BaseException | None) -> Outcome:
    if error is not None:
        is_put_off = isinstance(error, asyncio.CancelledError) or is_passing(error)
        return Outcome.PUT_OFF if is_put_off else Outcome.FAILED
    if did.counts["failed"]:
        return Outcome.FAILED
    return Outcome.PUT_OFF if did.counts["put_off"] else Outcome.DONE
