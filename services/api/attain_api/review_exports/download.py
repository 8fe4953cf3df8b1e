"""Making a file of reviews before the transaction that records it: no connection is held while it is written."""

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Request, Response

from attain_api.access.actor import Actor
from attain_api.access.authentication import authenticate
from attain_api.deps import Credential, RolePolicy, State
from attain_api.messages import preferred
from attain_api.parameters import refuse_unknown
from attain_api.review_exports import service
from attain_api.review_exports.workbook import write_workbook
from attain_api.standby import lagging
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork, reading

PEOPLE = RolePolicy(frozenset({"hr", "executive", "employee"}))
"""Whose reviews the file holds is a matter of who they are to the people (SEC-3)."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPORTED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}
}
"""For OpenAPI."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file to answer with, and how many reviews are in it."""

    content: bytes
    count: int

    def response(self) -> Response:
        """The file, under a name that says the day."""
        headers = {"Content-Disposition": f'attachment; filename="reviews-{business_day()}.xlsx"'}
        return Response(self.content, media_type=XLSX, headers=headers)


async def read_round(
    *,
    request: Request,
    credential: Credential,
    state: State,
    review_cycle_id: UUID,
    accept_language: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Download:
    """Read what the caller may see, give the connection back, and write the file; files are written one at a time.

    Nobody but a caller of the company waits for it: they are asked about beforehand, and once more when it is read.
    """
    language = preferred(accept_language)
    async with reading(state.sessions) as uow:
        await _caller(uow, credential, state)
    refuse_unknown(request)
    async with state.files.turn():
        async with reading(state.sessions) as uow:
            actor = await _caller(uow, credential, state)
            async with lagging(request, state.standby, uow) as lagged:
                lines = await service.read_lines(
                    lagged, actor=actor, review_cycle_id=review_cycle_id, language=language
                )
        content = await asyncio.to_thread(write_workbook, lines, language=language)
    return Download(content, len(lines))


async def _caller(uow: UnitOfWork, credential: str, state: State) -> Actor:
    secret_key = state.settings.secret_key.get_secret_value()
    actor = await authenticate(uow.session, credential=credential, secret_key=secret_key)
    PEOPLE.check(actor)
    return actor
