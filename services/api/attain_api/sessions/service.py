"""Sign-ins that are kept up, and their end (SEC-1).

A session that has ended is good for nothing from the next request on: neither its access tokens nor its refresh tokens.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.access.holders import get_holder
from attain_api.paging import PageQuery
from attain_api.sessions import repository
from attain_shared.access.models import Session
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import NotFound


@dataclass(frozen=True, slots=True)
class ShownSession:
    """A sign-in as its owner sees it."""

    id: UUID
    device: str | None
    address: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool


async def list_sessions(uow: UnitOfWork, *, actor: Actor, query: PageQuery) -> tuple[list[ShownSession], str | None]:
    """The caller's own sign-ins to this company; others are known only there (ORG-0)."""
    assert actor.account_id is not None
    rows, cursor = await repository.list_sessions(
        uow.session, account_id=actor.account_id, company_id=actor.company_id, now=utc_now(), query=query
    )
    return [_shown(row, actor=actor) for row in rows], cursor


def _shown(row: Session, *, actor: Actor) -> ShownSession:
    return ShownSession(
        id=row.id,
        device=row.device,
        address=row.address,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        current=row.id == actor.session_id,
    )


def _end(uow: UnitOfWork, row: Session, *, now: datetime) -> None:
    row.revoked_at = now
    uow.record(
        resource_type="session",
        resource_id=row.id,
        changes={"revoked_at": (None, now)},
        company_id=row.company_id,
        action="end_session",
    )


async def revoke_session(uow: UnitOfWork, *, actor: Actor, session_id: UUID) -> None:
    """End one of the caller's own sign-ins to this company."""
    assert actor.account_id is not None
    now = utc_now()
    row = await repository.find_session(
        uow.session, session_id=session_id, account_id=actor.account_id, company_id=actor.company_id, now=now
    )
    if row is None:
        raise NotFound("There is no such session.")
    _end(uow, row, now=now)


async def revoke_others(uow: UnitOfWork, *, actor: Actor) -> None:
    """End the caller's other sign-ins to this company."""
    mine = (Session.account_id == actor.account_id) & (Session.company_id == actor.company_id)
    now = utc_now()
    for row in await repository.hold_sessions(uow.session, now=now, which=mine & (Session.id != actor.session_id)):
        _end(uow, row, now=now)


async def end_session(uow: UnitOfWork, *, session_id: UUID) -> None:
    """End a sign-in, whosever it is; one that has ended stays so."""
    now = utc_now()
    row = await repository.find_live(uow.session, session_id=session_id, now=now)
    if row is not None:
        _end(uow, row, now=now)


async def end_sessions_of_account(uow: UnitOfWork, *, account_id: UUID, but: UUID | None = None) -> None:
    """End an account's sign-ins in every company, but for one: its password is another one now."""
    which = Session.account_id == account_id
    if but is not None:
        which &= Session.id != but
    now = utc_now()
    for row in await repository.hold_sessions(uow.session, now=now, which=which):
        _end(uow, row, now=now)


async def sign_out_person(uow: UnitOfWork, *, actor: Actor, person_id: UUID) -> None:
    """End all sign-ins of a person of the company, on behalf of an administrator or HR."""
    holder = await get_holder(uow, company_id=actor.company_id, person_id=person_id)
    which = (Session.account_id == holder.account_id) & (Session.company_id == actor.company_id)
    now = utc_now()
    for row in await repository.hold_sessions(uow.session, now=now, which=which):
        _end(uow, row, now=now)
