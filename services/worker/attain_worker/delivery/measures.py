"""What Prometheus is told of deliveries."""

from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Gauge

from attain_shared.webhooks.schemas import Channel


class Outcome(StrEnum):
    """What has come of a try."""

    DELIVERED = "delivered"
    RETRIED = "retried"
    """It failed, and there will be another one."""
    DEAD = "dead"
    """It failed, and was the last one."""


class Measures:
    """Tries by channel and outcome, and how late they are."""

    def __init__(self, registry: CollectorRegistry) -> None:
        """Every label is one of a few words of this build."""
        self.overdue_seconds = Gauge(
            "attain_webhook_overdue_seconds",
            "How long the delivery that has been due longest is; not those that wait for a retry.",
            registry=registry,
        )
        self._tries = Counter(
            "attain_webhook_deliveries", "Tries of deliveries.", ("channel", "outcome"), registry=registry
        )
        # a series that begins with its first failure has no increase that an alert could see
        for channel in Channel:
            for outcome in Outcome:
                self._tries.labels(channel, outcome)

    def count(self, channel: str, outcome: Outcome) -> None:
        """There was a try."""
        self._tries.labels(channel, outcome).inc()
