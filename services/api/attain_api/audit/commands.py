"""`attain-admin audit`: whether the trails are whole, and what to keep elsewhere to know it by."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_api.settings import AdminSettings
from attain_shared.audit.queries import find_head, list_heads, list_links
from attain_shared.audit.verification import Anchor, Verification
from attain_shared.db.session import create_engine, create_sessions, reading
from attain_shared.settings import read_settings

app = typer.Typer(help="The audit trail's hash chains (SEC-5).", no_args_is_help=True)

PART = 1000
"""Entries read at a time."""
PROGRESS = 20_000
"""Entries after which a sign of life is given."""
TOLD = 50
"""Findings told of one company at most."""

Sessions = async_sessionmaker[AsyncSession]
Anchors = dict[UUID, dict[int, bytes]]


@asynccontextmanager
async def _database() -> AsyncIterator[Sessions]:
    engine = create_engine(read_settings(AdminSettings, program="attain-admin"), application="attain-admin")
    try:
        yield create_sessions(engine)
    finally:
        await engine.dispose()


@app.command()
def anchor() -> None:
    """Print where every company's chain ends, one JSON object a line. Keep it where the database's owner cannot write."""
    asyncio.run(_anchor())


async def _anchor() -> None:
    async with _database() as sessions, reading(sessions) as uow:
        for head in await list_heads(uow.session):
            if head.sequence:
                typer.echo(
                    json.dumps(
                        {
                            "company_id": str(head.company_id),
                            "company": head.code,
                            "sequence": head.sequence,
                            "digest": head.digest.hex(),
                        }
                    )
                )


@app.command()
def verify(
    company: Annotated[str | None, typer.Option(help="The code of the one company to verify.")] = None,
    anchor: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="What `audit anchor` printed before.")
    ] = None,
) -> None:
    """Read every chain from its beginning: exits 1 where anything was changed, removed, reordered or cut off."""
    if not asyncio.run(_verify(company, _read_anchors(anchor))):
        raise typer.Exit(1)


def _read_anchors(path: Path | None) -> Anchors:
    anchors: Anchors = defaultdict(dict)
    try:
        for line in path.read_text().splitlines() if path else ():
            known = json.loads(line)
            anchors[UUID(known["company_id"])][int(known["sequence"])] = bytes.fromhex(known["digest"])
    except (ValueError, KeyError, TypeError) as error:
        raise typer.BadParameter(f"{path} holds a line that `audit anchor` did not print") from error
    return anchors


async def _verify(code: str | None, anchors: Anchors) -> bool:
    async with _database() as sessions:
        async with reading(sessions) as uow:
            known = await list_heads(uow.session)
        companies = [row for row in known if code in {None, row.code}]
        if code is not None and not companies:
            raise typer.BadParameter(f"there is no company {code}")
        whole = [await _verify_one(sessions, row, anchors.pop(row.company_id, {})) for row in companies]
    gone = [] if code is not None else list(anchors)
    for company_id in gone:
        typer.echo(f"{company_id}: the company is anchored, but not there any more")
    return all(whole) and not gone


async def _verify_one(sessions: Sessions, company: Row[Any], anchors: dict[int, bytes]) -> bool:
    verification, found = Verification(anchors=dict(anchors)), 0
    async for finding in verify_company(sessions, company_id=company.company_id, verification=verification):
        found += 1
        if found <= TOLD:
            typer.echo(f"{company.code}: {finding}")
    if found > TOLD:
        typer.echo(f"{company.code}: and {found - TOLD} findings more")
    verdict = "whole" if not found else "NOT WHOLE"
    typer.echo(f"{company.code}: {verification.last.sequence} entries verified, {verdict}")
    return not found


async def verify_company(
    sessions: Sessions, *, company_id: UUID, verification: Verification | None = None
) -> AsyncIterator[str]:
    """What is wrong with a company's chain; people may go on working meanwhile."""
    verification, after = verification or Verification(), None
    async with reading(sessions) as uow:
        while True:
            # the head is read before the part: behind an empty part no entry of that head can be missing but by cutting
            head = await find_head(uow.session, company_id=company_id)
            links = await list_links(uow.session, company_id=company_id, after=after, limit=PART)
            for link in links:
                for finding in verification.take(link):
                    yield finding
            uow.session.expunge_all()
            if not links:
                break
            after = links[-1].sequence
            if after % PROGRESS == 0:
                typer.echo(f"… {after} entries", err=True)
    end = None if head is None else Anchor(sequence=head.sequence, digest=head.digest)
    for finding in verification.end(end):
        yield finding
