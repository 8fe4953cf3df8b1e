"""What went wrong for callers, counted since the start of the process."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter

from attain_shared.errors import TooManyRequests, Unauthenticated


class Counters:
    """Each reason is there from the start, at 0: a rate needs a value before the first event."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        """In a registry, or to be read by nobody."""
        self.requests_refused = _by_reason(
            "attain_http_requests_refused",
            "Requests and connections that a limit has ended.",
            ("busy", "slow-head", "slow-body", "slow-reader"),
            registry,
        )
        self.sign_in_failures = _by_reason(
            "attain_sign_in_failures", "Sign-ins that were refused.", ("credentials", "throttled", "refresh"), registry
        )
        self.pushes_refused = _by_reason(
            "attain_pushes_refused", "Pushes that were sent away.", ("rate", "inbox-full"), registry
        )
        self.pool_timeouts = Counter(
            "attain_database_pool_timeouts",
            "Requests that no connection to the database came free for.",
            registry=registry,
        )

    @contextmanager
    def sign_in(self, *, refused_as: str = "credentials") -> Iterator[None]:
        """Around a sign-in: counts it if it is refused."""
        try:
            yield
        except (TooManyRequests, Unauthenticated) as error:
            is_throttled = isinstance(error, TooManyRequests)
            self.sign_in_failures.labels("throttled" if is_throttled else refused_as).inc()
            raise


def _by_reason(name: str, documentation: str, reasons: tuple[str, ...], registry: CollectorRegistry | None) -> Counter:
    counter = Counter(name, documentation, ("reason",), registry=registry)
    for reason in reasons:
        counter.labels(reason)
    return counter
