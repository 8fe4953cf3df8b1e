"""Adding to a company's chain, the last thing a transaction does, and reading it to verify it (SEC-5)."""

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Integer, LargeBinary, Row, Text, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from attain_shared.access.models import Company
from attain_shared.audit.chain import GENESIS, SALT_BYTES, Content, canonical, content_digest, field_digest
from attain_shared.audit.models import AuditEntry, AuditHead
from attain_shared.audit.trail import Author, Change, Trail
from attain_shared.audit.verification import Link
from attain_shared.clock import utc_now
from attain_shared.identifiers import new_id

_COLUMNS: dict[str, TypeEngine[Any]] = {
    "ids": ARRAY(Uuid()),
    "actions": ARRAY(Text()),
    "resource_types": ARRAY(Text()),
    "resource_ids": ARRAY(Uuid()),
    "digests": ARRAY(Text()),
    "changes": ARRAY(Text()),
}

_APPEND = text("""
    WITH RECURSIVE head AS (
        SELECT sequence, digest FROM audit_heads WHERE company_id = :company_id FOR UPDATE
    ), chain (number, sequence, digest) AS (
        SELECT 0, sequence, digest FROM head
        UNION ALL
        SELECT number + 1, sequence + 1,
               sha256(digest || int8send(sequence + 1) || substr(:contents, number * 32 + 1, 32))
        FROM chain WHERE number < :count
    ), added AS (
        INSERT INTO audit_entries (company_id, sequence, id, occurred_at, actor_kind, actor_id, action, resource_type,
                                   resource_id, request_id, digests, changes, digest)
        SELECT :company_id, chain.sequence, entry.id, :occurred_at, :actor_kind, :actor_id, entry.action,
               entry.resource_type, entry.resource_id, :request_id, entry.digests::jsonb, entry.changes::jsonb,
               chain.digest
        FROM chain
        JOIN unnest(:ids, :actions, :resource_types, :resource_ids, :digests, :changes) WITH ORDINALITY
             AS entry (id, action, resource_type, resource_id, digests, changes, number) ON entry.number = chain.number
    )
    UPDATE audit_heads SET sequence = chain.sequence, digest = chain.digest
    FROM chain WHERE audit_heads.company_id = :company_id AND chain.number = :count
    RETURNING audit_heads.sequence
""").bindparams(
    bindparam("company_id", type_=Uuid()),
    bindparam("contents", type_=LargeBinary()),
    bindparam("count", type_=Integer()),
    bindparam("occurred_at", type_=DateTime(timezone=True)),
    bindparam("actor_kind", type_=Text()),
    bindparam("actor_id", type_=Uuid()),
    bindparam("request_id", type_=Text()),
    *(bindparam(name, type_=kind) for name, kind in _COLUMNS.items()),
)
"""Locks the head, hangs the entries behind it and moves it: one round trip, and the lock lives from here to the commit."""


async def append_trail(session: AsyncSession, *, trail: Trail, author: Author) -> None:
    """Hang a transaction's changes on the chains of their companies; nothing is sent where nothing has changed.

    Chains are taken in the order of the companies' ids, so that two transactions on several never wait in a circle.
    """
    of_company: defaultdict[UUID, list[Change]] = defaultdict(list)
    for change in trail.changes():
        of_company[change.company_id].append(change)
    for company_id, changes in sorted(of_company.items()):
        await _append(session, company_id=company_id, changes=changes, author=author)


async def _append(session: AsyncSession, *, company_id: UUID, changes: Sequence[Change], author: Author) -> None:
    if author.company_id != company_id:
        # one company does not learn who in another did this (ORG-0): of an operator it sees the operation
        author = Author(action=author.action, request_id=author.request_id)
    values = _sealed(company_id, changes, author, utc_now())
    for _ in range(2):
        if (await session.execute(_APPEND, values)).scalar() is not None:
            return
        head = insert(AuditHead).values(company_id=company_id, sequence=0, digest=GENESIS)
        await session.execute(head.on_conflict_do_nothing())
    raise RuntimeError("the head of the audit chain cannot be made")


def _sealed(company_id: UUID, changes: Sequence[Change], author: Author, now: datetime) -> dict[str, Any]:
    """The entries as the statement takes them: all digests but those of the chain are made before it is locked."""
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    contents = bytearray()
    for change in changes:
        kept, digests = _salted(change)
        content = Content(
            company_id=company_id,
            id=new_id(),
            occurred_at=now,
            actor_kind=author.kind,
            actor_id=author.id,
            action=change.action or author.action or change.verb,
            resource_type=change.resource_type,
            resource_id=change.resource_id,
            request_id=author.request_id,
            digests=digests,
        )
        contents += content_digest(content)
        row = (
            content.id,
            content.action,
            content.resource_type,
            content.resource_id,
            canonical(digests).decode(),
            canonical(kept).decode(),
        )
        for name, value in zip(_COLUMNS, row, strict=True):
            columns[name].append(value)
    return columns | {
        "company_id": company_id,
        "contents": bytes(contents),
        "count": len(changes),
        "occurred_at": now,
        "actor_kind": author.kind,
        "actor_id": author.id,
        "request_id": author.request_id,
    }


def _salted(change: Change) -> tuple[dict[str, Any], dict[str, str]]:
    kept: dict[str, Any] = {}
    digests: dict[str, str] = {}
    for name, (before, after) in change.differing.items():
        salt = os.urandom(SALT_BYTES).hex()
        kept[name] = {"before": before, "after": after, "salt": salt}
        digests[name] = field_digest(salt, before, after)
    return kept, digests


async def list_heads(session: AsyncSession) -> list[Row[Any]]:
    """Where every company's chain ends: company_id, code, sequence, digest. For commands of the installation."""
    statement = (
        select(Company.id.label("company_id"), Company.code, AuditHead.sequence, AuditHead.digest)
        .outerjoin(AuditHead, AuditHead.company_id == Company.id)
        .order_by(Company.code)
    )
    return list(await session.execute(statement))


async def find_head(session: AsyncSession, *, company_id: UUID, for_update: bool = False) -> AuditHead | None:
    """Where a company's chain ends; held, nobody adds to it until the transaction ends."""
    statement = select(AuditHead).where(AuditHead.company_id == company_id).execution_options(populate_existing=True)
    return await session.scalar(statement.with_for_update() if for_update else statement)


async def list_links(session: AsyncSession, *, company_id: UUID, after: int | None, limit: int) -> list[Link]:
    """The next entries of a chain, for verifying it."""
    statement = (
        select(AuditEntry)
        .where(AuditEntry.company_id == company_id)
        .order_by(AuditEntry.sequence)
        .limit(limit)
        .execution_options(populate_existing=True)
    )
    if after is not None:
        statement = statement.where(AuditEntry.sequence > after)
    return [_link(entry) for entry in await session.scalars(statement)]


def _link(entry: AuditEntry) -> Link:
    content = Content(**{part.name: getattr(entry, part.name) for part in fields(Content)})
    return Link(entry.sequence, content, entry.changes, entry.digest)
