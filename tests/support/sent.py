"""Sending to receivers on the loopback: what tests of the sending have in common."""

from collections.abc import Sequence
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Any
from uuid import UUID

from attain_shared.identifiers import new_id
from attain_shared.signatures import write_secret
from attain_shared.webhooks.addresses import Network
from attain_worker.delivery.message import Message, Sent, Target
from attain_worker.delivery.sending import Sender
from tests.support.receiving import Received, answer

LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"),)
SECRET = write_secret(b"0123456789abcdef0123456789abcdef")
NEXT = write_secret(b"fedcba9876543210fedcba9876543210")
HAPPENED = datetime(2026, 11, 23, 1, 2, 3, 450_000, UTC)
DELIVERY = UUID("01938000-0000-7000-8000-000000000001")
GOAL = UUID("01938000-0000-7000-8000-000000000002")

MESSAGE = Message(
    delivery_id=DELIVERY,
    event_id=new_id(),
    kind="attainment.changed",
    subject_id=GOAL,
    happened_at=HAPPENED,
    data={"goal_id": str(GOAL)},
    text_fields=None,
)


def target(url: str, *secrets: str) -> Target:
    return Target(
        webhook_id=new_id(),
        channel="webhook",
        url=url,
        vendor_secret=None,
        signing_secrets=secrets or (SECRET,),
        language="en",
    )


async def send(url: str, *secrets: str, networks: Sequence[Network] = LOOPBACK, **given: Any) -> Sent:
    async with Sender(networks=networks, **given) as sender:
        return await sender.send(target(url, *secrets), MESSAGE)


def accept(_request: Received) -> bytes:
    return answer(204)
