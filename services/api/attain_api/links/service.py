"""One-time links: a secret that lets its holder do one thing once, for one person of one company (SEC-1)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from attain_api.access.tokens import new_opaque, read_opaque
from attain_api.links import repository
from attain_api.paging import PageQuery
from attain_shared.access.models import OneTimeLink
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Invalid, NotFound

Kind = Literal["invitation", "password_reset"]


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link with its secret, which is not kept."""

    id: UUID
    token: str
    expires_at: datetime


async def make_link(
    uow: UnitOfWork, *, kind: Kind, company_id: UUID, person_id: UUID, created_by: UUID | None, lives: timedelta
) -> NewLink:
    """A new link; the person's earlier ones of this kind are good no more.

    The caller holds the person's row, so that of two links made at once only one is good.
    """
    now, secret = utc_now(), new_opaque()
    for earlier in await repository.list_open(
        uow.session, company_id=company_id, person_id=person_id, kind=kind, now=now
    ):
        earlier.revoked_at = now
    link = OneTimeLink(
        id=secret.id,
        kind=kind,
        company_id=company_id,
        person_id=person_id,
        secret_hash=secret.secret_hash,
        created_by=created_by,
        expires_at=now + lives,
    )
    uow.session.add(link)
    await uow.session.flush()
    return NewLink(link.id, secret.text, link.expires_at)


async def get_link(uow: UnitOfWork, *, kind: Kind, token: str, for_update: bool = False) -> OneTimeLink:
    """The link of a token, used or not.

    Raises:
        Invalid: there is none, or it has expired or been revoked; which of them, nobody learns.
    """
    shown = read_opaque(token)
    link = await repository.find_link(uow.session, link_id=shown.id, for_update=for_update) if shown else None
    if (
        shown is None
        or link is None
        or not shown.matches(link.secret_hash)
        or link.kind != kind
        or link.revoked_at is not None
        or link.expires_at <= utc_now()
    ):
        raise invalid_link()
    return link


def invalid_link() -> Invalid:
    """What every link that is good for nothing is answered with."""
    return Invalid.field("/token", "invalid-link", "The link is not valid, or no longer.")


async def list_links(
    uow: UnitOfWork, *, company_id: UUID, kind: Kind, person_id: UUID | None, query: PageQuery
) -> tuple[list[OneTimeLink], str | None]:
    """A part of a company's links."""
    return await repository.list_links(uow.session, company_id=company_id, kind=kind, person_id=person_id, query=query)


async def get_link_of_company(uow: UnitOfWork, *, company_id: UUID, kind: Kind, link_id: UUID) -> OneTimeLink:
    """A link that was made in the company."""
    link = await repository.find_link_of_company(uow.session, company_id=company_id, kind=kind, link_id=link_id)
    if link is None:
        raise NotFound("There is no such link.")
    return link
