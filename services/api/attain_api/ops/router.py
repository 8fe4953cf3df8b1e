"""`/v1/ops`: the installation, for those who run it."""

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter, Depends, Response

from attain_api.deps import State, Uow, allow
from attain_api.ops import service
from attain_api.ops.schemas import InstallationStatus, Samples

PATIENCE_SECONDS = 1.4
"""A database that hangs is as good as away; so long may it take for who asks to be known as well."""
POLITE_SECONDS = 0.2
"""Then the driver takes leave of the server, for two seconds where that says nothing; this long it may."""


async def _within_patience() -> AsyncIterator[None]:
    """Around the whole request: what it asks of the database is given up, there as well, once it has taken too long."""
    async with asyncio.timeout(PATIENCE_SECONDS + POLITE_SECONDS), asyncio.timeout(PATIENCE_SECONDS):
        yield


router = APIRouter(
    prefix="/v1/ops", tags=["Operations"], dependencies=[Depends(_within_patience, scope="function"), allow("ops")]
)


@router.get("/status", summary="How the installation does")
async def get_ops_status(*, uow: Uow, state: State, response: Response) -> InstallationStatus:
    """Right now, over all companies, and nothing of any; `503` where the database does not answer within two seconds."""
    response.headers["Cache-Control"] = "no-store"
    return await service.get_status(uow, state=state)


@router.get("/samples", summary="How the installation did")
async def get_ops_samples(*, uow: Uow, response: Response) -> Samples:
    """Over the last hour: a sample every 15 seconds, for charts."""
    response.headers["Cache-Control"] = "no-store"
    return await service.list_samples(uow)
