"""The connector kit: everything between a connector's rows and Attain's inbox.

    with Connection(Credentials.from_environment()) as connection:
        outcome = push(connection, rows, Defaults(source="my-connector", grain="day", observed_at=now),
                       checkpoint=Path("push.json"), wait_seconds=600)

Interrupted and started again, it goes on where it was, with the `observed_at` of the first try.
It needs pydantic and httpx, and nothing of what the services need.
"""

from attain_shared.client.batching import Defaults, Observation
from attain_shared.client.connection import Connection, Credentials
from attain_shared.client.errors import BadRow, CheckpointMismatch, GaveUp, PushFailed, Refused, RowFault
from attain_shared.client.pushing import Outcome, Progress, push
from attain_shared.client.retries import RetryPolicy, Trouble

__all__ = [
    "BadRow",
    "CheckpointMismatch",
    "Connection",
    "Credentials",
    "Defaults",
    "GaveUp",
    "Observation",
    "Outcome",
    "Progress",
    "PushFailed",
    "Refused",
    "RetryPolicy",
    "RowFault",
    "Trouble",
    "push",
]
