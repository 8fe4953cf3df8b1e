"""Delivering as long as the worker runs."""

from datetime import timedelta

import structlog
from prometheus_client import CollectorRegistry
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.doorbell import MemoryDoorbell
from attain_shared.periodic import every
from attain_shared.webhooks.sealing import DeliveryKey
from attain_worker.delivery.measures import Measures
from attain_worker.delivery.sending import Sender
from attain_worker.delivery.service import Delivering
from attain_worker.jobs import Job, Jobs
from attain_worker.settings import WorkerSettings

log = structlog.get_logger(__name__)

LEASE_IN_TRIES = 4
"""How many times as long as a try may take a delivery is somebody's: nobody else sends it while they do."""
LOOK_SECONDS = 1.0
"""Between looks at what has happened and what is due: where nothing is, two statements."""


async def deliver(
    settings: WorkerSettings,
    sessions: async_sessionmaker[AsyncSession],
    *,
    jobs: Jobs,
    registry: CollectorRegistry,
) -> None:
    """Tell webhooks of what happens, until cancelled; without a key there are none."""
    if settings.delivery_key is None:
        log.info("webhooks are off: ATTAIN_DELIVERY_KEY is not set")
        return
    async with Sender(
        networks=settings.delivery_networks, public_url=settings.public_url, total_seconds=settings.delivery_seconds
    ) as sender:
        delivering = Delivering(
            sessions,
            MemoryDoorbell(),
            sender=sender,
            key=DeliveryKey(settings.delivery_key.get_secret_value()),
            jobs=jobs,
            measures=Measures(registry),
            lease=LEASE_IN_TRIES * timedelta(seconds=settings.delivery_seconds),
        )
        try:
            await every(LOOK_SECONDS, jobs.by_the_clock(Job.RELAY, delivering.look))
        finally:
            await delivering.finish()
