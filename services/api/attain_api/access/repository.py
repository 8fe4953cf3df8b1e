"""Statements on accounts, memberships and credentials."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, false, func, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from attain_api.access.tokens import Claims, Opaque
from attain_api.access.visibility import on_day
from attain_shared.access.models import (
    Account,
    ApiKey,
    Company,
    Connector,
    IdempotencyKey,
    Membership,
    RefreshToken,
    Session,
)
from attain_shared.clock import business_day, utc_now
from attain_shared.people.models import Person, PersonSpell
from attain_shared.people.timeline import Status


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A connector and the key it showed."""

    company_id: UUID
    connector_id: UUID
    secret_hash: bytes
    scopes: Sequence[str]
    shop_ids: Sequence[UUID]
    require_signature: bool
    expires_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Profile:
    """What `/v1/me` tells."""

    name: str
    email: str | None
    company_id: UUID
    company_code: str
    company_name: str


@dataclass(frozen=True, slots=True)
class Holder:
    """A person of a company, and the account they sign in with if they have one."""

    person_id: UUID
    name: str
    email: str
    roles: Sequence[str]
    status: str
    """Of today."""
    account_id: UUID | None
    password_hash: str | None
    is_platform: bool
    is_ops: bool
    is_elsewhere: bool
    """Whether the account is, or is to be, of another company, too, and has not left it: never to be told here (ORG-0)."""


@dataclass(frozen=True, slots=True)
class Place:
    """One company of an account."""

    company_id: UUID
    code: str
    person_id: UUID
    accepted_at: datetime | None


async def find_holder(
    session: AsyncSession, *, company_id: UUID, person_id: UUID, for_update: bool = False, pending: bool = False
) -> Holder | None:
    """A person with their account: where asked one that has not taken up the place, too, and held until the transaction ends."""
    elsewhere, there = aliased(Membership), aliased(PersonSpell)
    statement = (
        select(
            Person.id,
            Person.name,
            Person.email,
            Person.roles,
            PersonSpell.status,
            Account.id.label("account_id"),
            Account.password_hash,
            func.coalesce(Account.is_platform, false()),
            func.coalesce(Account.is_ops, false()),
            # one that is not taken up counts, too: who sets the password could otherwise take it up
            exists().where(
                elsewhere.account_id == Account.id,
                elsewhere.company_id != company_id,
                there.company_id == elsewhere.company_id,
                there.person_id == elsewhere.person_id,
                there.starts_on <= business_day(),
                there.ends_on > business_day(),
                there.status != Status.LEFT,
            ),
        )
        .join(PersonSpell, (PersonSpell.company_id == Person.company_id) & (PersonSpell.person_id == Person.id))
        .outerjoin(
            Membership,
            (Membership.company_id == Person.company_id)
            & (Membership.person_id == Person.id)
            & (true() if pending else Membership.accepted_at.is_not(None)),
        )
        .outerjoin(Account, Account.id == Membership.account_id)
        .where(Person.company_id == company_id, Person.id == person_id, on_day(business_day()))
    )
    if for_update:
        statement = statement.with_for_update(of=Person)
    row = (await session.execute(statement)).one_or_none()
    return Holder(*tuple(row)) if row else None


# made once: every push runs it
_KEY_HOLDER = (
    select(
        ApiKey.company_id,
        ApiKey.connector_id,
        ApiKey.secret_hash,
        Connector.scopes,
        Connector.shop_ids,
        Connector.require_signature,
        ApiKey.expires_at,
        ApiKey.revoked_at,
        Connector.expires_at.label("connector_expires_at"),
        Connector.revoked_at.label("connector_revoked_at"),
    )
    .join(Connector, (Connector.company_id == ApiKey.company_id) & (Connector.id == ApiKey.connector_id))
    .where(ApiKey.id == bindparam("key_id"))
)


async def find_key_holder(session: AsyncSession, *, key_id: UUID) -> KeyHolder | None:
    """The connector of a key, within the key's own company."""
    found = await session.execute(_KEY_HOLDER, {"key_id": key_id})
    row = found.one_or_none()
    if row is None:
        return None
    ends = [at for at in (row.expires_at, row.connector_expires_at) if at is not None]
    return KeyHolder(
        company_id=row.company_id,
        connector_id=row.connector_id,
        secret_hash=row.secret_hash,
        scopes=row.scopes,
        shop_ids=row.shop_ids,
        require_signature=row.require_signature,
        expires_at=min(ends, default=None),
        revoked_at=row.revoked_at or row.connector_revoked_at,
    )


async def find_account(session: AsyncSession, *, email: str) -> Account | None:
    """The account of an e-mail."""
    return await session.scalar(select(Account).where(Account.email == email))


async def hold_password_hash(session: AsyncSession, *, account_id: UUID) -> str | None:
    """The hash as it is now; nobody changes it before the transaction ends."""
    return await session.scalar(
        select(Account.password_hash).where(Account.id == account_id).with_for_update(read=True)
    )


async def list_places(session: AsyncSession, *, account_id: UUID) -> list[Place]:
    """The companies where the account's owner is employed today, whether the place has been taken up or not."""
    found = await session.execute(
        select(Company.id, Company.code, Membership.person_id, Membership.accepted_at)
        .join(Membership, Membership.company_id == Company.id)
        .join(
            PersonSpell,
            (PersonSpell.company_id == Membership.company_id) & (PersonSpell.person_id == Membership.person_id),
        )
        .where(Membership.account_id == account_id, on_day(business_day()), PersonSpell.status == Status.EMPLOYED)
        .order_by(Company.code)
    )
    return [Place(*row) for row in found]


async def accept_membership(session: AsyncSession, *, account_id: UUID, company_id: UUID, at: datetime) -> None:
    """Note that the owner has taken up a company; a second time changes nothing."""
    await session.execute(
        update(Membership)
        .where(
            Membership.account_id == account_id,
            Membership.company_id == company_id,
            Membership.accepted_at.is_(None),
        )
        .values(accepted_at=at)
    )


async def lock_refresh_token(session: AsyncSession, *, token_id: UUID) -> RefreshToken | None:
    """The token's row, held until the transaction ends: of two at once only one is the first."""
    return await session.scalar(select(RefreshToken).where(RefreshToken.id == token_id).with_for_update())


async def add_refresh_token(
    session: AsyncSession, *, token: Opaque, claims: Claims, expires_at: datetime, now: datetime
) -> None:
    """Store a session's next refresh token; not by the ORM, as the trail would grow by two entries each quarter hour."""
    await session.execute(
        insert(RefreshToken).values(
            id=token.id,
            family_id=claims.session_id,
            account_id=claims.account_id,
            company_id=claims.company_id,
            secret_hash=token.secret_hash,
            expires_at=expires_at,
            created_at=now,
        )
    )


async def spend_refresh_token(session: AsyncSession, *, token_id: UUID, at: datetime) -> None:
    """Note that a refresh token has been used."""
    await session.execute(update(RefreshToken).where(RefreshToken.id == token_id).values(used_at=at))


async def keep_up_session(
    session: AsyncSession, *, session_id: UUID, at: datetime, expires_at: datetime, address: str | None
) -> None:
    """Note that a sign-in goes on, and from where."""
    await session.execute(
        update(Session).where(Session.id == session_id).values(last_used_at=at, expires_at=expires_at, address=address)
    )


async def get_person_profile(session: AsyncSession, *, company_id: UUID, person_id: UUID) -> Profile:
    """A person's name and company."""
    found = await session.execute(
        select(Person.name, Person.email, Company.id, Company.code, Company.name.label("company_name"))
        .join(Company, Company.id == Person.company_id)
        .where(Person.company_id == company_id, Person.id == person_id)
    )
    return Profile(*found.one())


async def get_connector_profile(session: AsyncSession, *, company_id: UUID, connector_id: UUID) -> Profile:
    """A connector's name and company."""
    found = await session.execute(
        select(Connector.name, Company.id, Company.code, Company.name.label("company_name"))
        .join(Company, Company.id == Connector.company_id)
        .where(Connector.company_id == company_id, Connector.id == connector_id)
    )
    name, company, code, company_name = found.one()
    return Profile(name, None, company, code, company_name)


async def try_lock(session: AsyncSession, *, number: int) -> bool:
    """Take an advisory lock until the transaction ends, unless somebody holds it."""
    return bool(await session.scalar(select(func.pg_try_advisory_xact_lock(number))))


async def find_answer(
    session: AsyncSession, *, company_id: UUID, principal_id: UUID, route: str, key: str, since: datetime
) -> IdempotencyKey | None:
    """The first answer to a creating request."""
    return await session.scalar(
        select(IdempotencyKey).where(
            IdempotencyKey.company_id == company_id,
            IdempotencyKey.principal_id == principal_id,
            IdempotencyKey.route == route,
            IdempotencyKey.key == key,
            IdempotencyKey.created_at > since,
        )
    )


async def store_answer(
    session: AsyncSession,
    *,
    company_id: UUID,
    principal_id: UUID,
    route: str,
    key: str,
    body_hash: bytes,
    status: int,
    headers: dict[str, str],
    answer: dict[str, Any],
) -> None:
    """Keep an answer; one that is past its time is replaced."""
    values = {"body_hash": body_hash, "status": status, "headers": headers, "answer": answer, "created_at": utc_now()}
    statement = insert(IdempotencyKey).values(
        company_id=company_id, principal_id=principal_id, route=route, key=key, **values
    )
    await session.execute(
        statement.on_conflict_do_update(index_elements=["company_id", "principal_id", "route", "key"], set_=values)
    )


async def lock_admins(session: AsyncSession, *, company_id: UUID) -> None:
    """Let nobody else look who administers the company before the transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"attain:admins:{company_id}", 0))))


async def has_other_admin(session: AsyncSession, *, company_id: UUID, person_id: UUID) -> bool:
    """Whether somebody else administers the company: has an account there, and is employed today and for good."""
    later = aliased(PersonSpell)
    leaves = exists().where(
        later.company_id == company_id,
        later.person_id == Person.id,
        later.ends_on > business_day(),
        later.status == Status.LEFT,
    )
    others = exists().where(
        Person.company_id == company_id,
        Person.id != person_id,
        Person.roles.contains(["admin"]),
        PersonSpell.company_id == company_id,
        PersonSpell.person_id == Person.id,
        PersonSpell.status == Status.EMPLOYED,
        on_day(business_day()),
        Membership.company_id == company_id,
        Membership.person_id == Person.id,
        Membership.accepted_at.is_not(None),
        ~leaves,
    )
    return bool(await session.scalar(select(others)))
