"""The newest sample of the installation as metrics, for as long as it is new."""

import time
from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from attain_shared.work.models import InstallationSample

STALE_SECONDS = 60
"""A sample that is older tells nothing any more: then only its age is told, so that an alert notices."""

_GAUGES = {
    "attain_inbox_oldest_seconds": (
        "inbox_oldest_seconds",
        "How long the oldest batch has waited; 0 where none waits.",
    ),
    "attain_inbox_oldest_live_seconds": (
        "inbox_oldest_live_seconds",
        "How long the oldest batch of the live lane has waited; 0 where none waits.",
    ),
    "attain_failed_batches": ("failed_batches", "Batches given up, until somebody replays them."),
    "attain_marks_waiting": ("marks", "Goals that are to be computed anew."),
    "attain_marks_oldest_seconds": ("marks_oldest_seconds", "How long the oldest of them has waited; 0 without any."),
    "attain_checks_waiting": ("checks", "Months of shops that are to be looked through."),
    "attain_silent_connectors": ("silent_connectors", "Connectors that have not brought what was due."),
    "attain_workers_alive": ("workers", "Workers seen within the last 30 seconds."),
    "attain_database_size_bytes": ("database_bytes", "The database on disk."),
    "attain_database_connections": ("connections", "Connections of all clients to the database."),
    "attain_database_oldest_transaction_seconds": (
        "oldest_transaction_seconds",
        "How long the oldest open transaction has been; 0 where there is none.",
    ),
    "attain_archive_failing_seconds": (
        "archive_failing_seconds",
        "How long ago a file of the log was archived while newer ones wait; 0 where none does.",
    ),
    "attain_synchronous_standbys": ("standbys", "Standbys that stream and that commits may wait for."),
    "attain_synchronous_standbys_wanted": ("standbys_wanted", "How many of them each commit is to wait for."),
}
"""By metric: the sample's column, and what it is."""


class InstallationGauges(Collector):
    """Reads the newest sample when it is scraped, maybe in another thread."""

    def __init__(self) -> None:
        """There is no sample yet: its age is counted from now on, so that one that never comes is noticed, too."""
        self._seen_at = time.monotonic()
        self._sample: InstallationSample | None = None

    def show(self, sample: InstallationSample) -> None:
        """This is the newest."""
        self._seen_at, self._sample = time.monotonic(), sample

    def collect(self) -> Iterator[Metric]:
        """The metrics there are at this moment."""
        age, sample = time.monotonic() - self._seen_at, self._sample
        yield GaugeMetricFamily(
            "attain_sample_age_seconds", "How old the newest sample is, or the process that has seen none.", value=age
        )
        if sample is None or age > STALE_SECONDS:
            return
        batches = GaugeMetricFamily("attain_inbox_batches", "Batches that wait to be taken in.", labels=["lane"])
        batches.add_metric(["live"], sample.inbox_live)
        batches.add_metric(["backfill"], sample.inbox_backfill)
        yield batches
        for name, (column, text) in _GAUGES.items():
            yield GaugeMetricFamily(name, text, value=getattr(sample, column) or 0)
