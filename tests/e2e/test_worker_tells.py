"""A worker as a process: its metrics on a port of its own, a line a job in its log, its heartbeat; and no secret."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import make_url

from tests.support.stack import ADMIN_PASSWORD, Service, Stack, wait_until
from tests.support.story import Company

ROWS = 50
SEEN = """
    SELECT worker_id, rows_taken_in, batches_taken_in, memory_bytes, version FROM worker_heartbeats
    ORDER BY beat_at DESC LIMIT 1
"""


@contextmanager
def started_anew(stack: Stack) -> Iterator[Service]:
    """The worker, which has done nothing yet and whose heart beats faster."""
    (worker,) = stack.workers
    before = worker.env
    assert worker.terminate() == 0
    worker.env = before | {"ATTAIN_HEARTBEAT_SECONDS": "0.2"}
    try:
        stack.start_worker(worker)
        yield worker
    finally:
        worker.terminate()
        worker.env = before
        stack.start_worker(worker)


def test_a_worker_tells_what_it_did_and_no_secret(stack: Stack, company: Company) -> None:
    """ING-4, GOAL-10."""
    with (
        started_anew(stack) as worker,
        company.make_connector([company.make_shop("shop")]) as connector,
        stack.database() as database,
    ):
        rows = [
            {"shop": "tmall:shop", "metric": "gmv", "dimension": f"item:{row}", "bucket": "2025-03-01", "value": "1"}
            for row in range(ROWS)
        ]
        connector.push(rows, key="one")
        company.wait_until_done(seconds=30)
        expected = [
            f'attain_rows_taken_in_total{{verdict="accepted"}} {float(ROWS)}',
            "attain_batches_taken_in_total 1.0",
            "attain_ingestion_lag_seconds_count 1.0",
            'attain_jobs_total{outcome="done",task="ingestion"} 1.0',
            "attain_queue_up 1.0",
            'service="attain-worker"',
            "process_cpu_seconds_total",
        ]
        wait_until(lambda: all(line in worker.metrics() for line in expected), seconds=10, what="the metrics")
        wait_until(lambda: database.rows(SEEN)[0]["rows_taken_in"] == ROWS, seconds=10, what="the heartbeat")
        seen = database.rows(SEEN)[0]
        assert (seen["batches_taken_in"], seen["version"]) == (1, "0.1.0")
        assert seen["memory_bytes"] > 10 << 20
        assert worker.terminate() == 0
        listed = {row["worker_id"] for row in database.rows("SELECT worker_id FROM worker_heartbeats")}
        assert seen["worker_id"] not in listed, "one that ended well is not looked for"
        lines = [json.loads(line) for line in worker.log_text().splitlines()]
        jobs = [line for line in lines if line["event"] == "job"]
        assert Counter(job["task"] for job in jobs if job["outcome"] == "done")["ingestion"] == 1
        others = [job for job in jobs if job["outcome"] != "done"]
        assert all("CancelledError" in job["reason"] for job in others), "only the worker's end puts a job off"
        assert len({job["job_id"] for job in jobs}) == len(jobs)
        secrets = [str(make_url(stack.database_url).password), worker.env["ATTAIN_SECRET_KEY"], ADMIN_PASSWORD]
        assert not [secret for secret in secrets if secret in worker.log_text()]
