"""Runs of the connector kit against an inbox of the test's own."""

from typing import Any

from attain_shared.client import Connection, Credentials, Defaults, RetryPolicy
from tests.support.inbox import Inbox

QUICK = RetryPolicy(first=0.001, cap=0.01, give_up_after=5)
DEFAULTS = Defaults(grain="day", observed_at="2026-07-02T09:00:00+08:00")


def rows(count: int) -> list[dict[str, Any]]:
    """Rows that differ in their value."""
    return [{"metric": "gmv", "bucket": "2026-07-01", "value": str(number)} for number in range(count)]


def connect(inbox: Inbox, **options: Any) -> Connection:
    """A connection that does not wait long before it tries again."""
    credentials = Credentials(url=inbox.url, api_key="att_key", signing_secret=options.pop("secret", None))
    kept: dict[str, Any] = {"retries": QUICK, "connections": 4}
    return Connection(credentials, **kept | options)
