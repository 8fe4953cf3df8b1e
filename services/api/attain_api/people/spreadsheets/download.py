"""Making a file of people before the transaction that records it: no connection is held while it is written."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Header, Query, Request, Response

from attain_api.access.actor import Actor
from attain_api.access.authentication import authenticate
from attain_api.deps import Credential, RolePolicy, State
from attain_api.messages import preferred
from attain_api.people.filters import ExportQuery
from attain_api.people.repository import PeopleFilter
from attain_api.people.spreadsheets import exporting
from attain_api.people.spreadsheets.exporting import File
from attain_api.standby import lagging
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork, reading
from attain_shared.errors import Unavailable

EVERYBODY = RolePolicy(frozenset({"admin", "hr", "executive", "employee"}))
MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
EXPORTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {
            MEDIA_TYPES["xlsx"]: {"schema": {"type": "string", "format": "binary"}},
            "text/csv": {"schema": {"type": "string"}},
        },
    }
}
"""For OpenAPI."""
PATIENCE_SECONDS = 20
_one_at_a_time = asyncio.Semaphore(1)


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file to answer with."""

    wanted: PeopleFilter
    file: File

    def response(self) -> Response:
        """The file, under a name that says the day."""
        name = f"people-{business_day()}.{self.file.format}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(self.file.content, media_type=MEDIA_TYPES[self.file.format], headers=headers)


async def read_export(
    *,
    request: Request,
    credential: Credential,
    state: State,
    query: Annotated[ExportQuery, Query()],
    accept_language: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Download:
    """Read what the caller may see, give the connection back, and write the file; one at a time in a process.

    Nobody but a caller of the company waits for it: they are asked about beforehand, and once more when it is read.

    Raises:
        Unavailable: others are before, and take too long.
    """
    async with reading(state.sessions) as uow:
        await _caller(uow, credential, state)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await _one_at_a_time.acquire()
    except TimeoutError:
        raise Unavailable("Other exports are being written.", retry_after=PATIENCE_SECONDS) from None
    try:
        return await _export(request, credential, state, query, accept_language)
    finally:
        _one_at_a_time.release()


async def _caller(uow: UnitOfWork, credential: str, state: State) -> Actor:
    secret_key = state.settings.secret_key.get_secret_value()
    actor = await authenticate(uow.session, credential=credential, secret_key=secret_key)
    EVERYBODY.check(actor)
    return actor


async def _export(
    request: Request, credential: str, state: State, query: ExportQuery, accept_language: str | None
) -> Download:
    language, wanted = preferred(accept_language), query.wanted()
    async with reading(state.sessions) as uow:
        actor = await _caller(uow, credential, state)
        async with lagging(request, state.standby, uow) as lagged:
            lines = await exporting.read_cells(lagged, actor=actor, wanted=wanted, language=language)
    file = await asyncio.to_thread(exporting.write_file, lines, file_format=query.format, language=language)
    return Download(wanted=wanted, file=file)
