"""What a worker tells of its work: its metrics, and the lines of its jobs."""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry
from structlog.contextvars import merge_contextvars
from structlog.processors import format_exc_info
from structlog.testing import capture_logs

from attain_shared.logs import redact
from attain_worker.jobs import Job, Jobs, Outcome

Line = MutableMapping[str, Any]


class Told:
    """A worker's metrics, as Prometheus would read them."""

    def __init__(self) -> None:
        """Of a worker that has just started."""
        self.registry = CollectorRegistry()
        self.jobs = Jobs(self.registry)

    def value(self, name: str, **labels: str) -> float:
        """A series' value; 0 where there is none."""
        return self.registry.get_sample_value(f"attain_{name}", labels) or 0.0

    def ended(self, job: Job) -> dict[str, float]:
        """How often a job has ended how."""
        counts = {str(one): self.value("jobs_total", task=job.value, outcome=one.value) for one in Outcome}
        assert self.value("job_duration_seconds_count", task=job.value) == sum(counts.values())
        return {outcome: count for outcome, count in counts.items() if count}


@contextmanager
def lines() -> Iterator[list[Line]]:
    """What is logged, as it would be written."""
    with capture_logs([merge_contextvars, format_exc_info, redact]) as logs:
        yield logs


def of_jobs(logs: list[Line]) -> list[Line]:
    """The lines that jobs have written at their ends."""
    return [line for line in logs if line["event"] == "job"]


def fail_with(error: BaseException) -> Any:
    """Stands for a coroutine function that raises this."""

    async def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail
