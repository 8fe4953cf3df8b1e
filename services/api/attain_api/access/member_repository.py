"""Statements on who is signed in: run with every request, and again and again for those who listen."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, Date, Uuid, bindparam, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.access.tokens import Claims
from attain_shared.access.models import Account, Membership, Session
from attain_shared.clock import BUSINESS_ZONE, business_day, utc_now
from attain_shared.people.models import Person, PersonSpell
from attain_shared.people.timeline import Status


@dataclass(frozen=True, slots=True)
class Member:
    """A person signed in to a company."""

    account_id: UUID
    company_id: UUID
    person_id: UUID
    roles: Sequence[str]
    is_platform: bool
    is_ops: bool


_SIGNED_IN = (
    select(
        Membership.account_id,
        Membership.company_id,
        Membership.person_id,
        Person.roles,
        Account.is_platform,
        Account.is_ops,
    )
    .select_from(Membership)
    .join(Account, Account.id == Membership.account_id)
    .join(Person, (Person.company_id == Membership.company_id) & (Person.id == Membership.person_id))
    .join(
        PersonSpell,
        (PersonSpell.company_id == Membership.company_id) & (PersonSpell.person_id == Membership.person_id),
    )
    .join(Session, (Session.account_id == Membership.account_id) & (Session.company_id == Membership.company_id))
    .where(
        Membership.accepted_at.is_not(None),
        PersonSpell.starts_on <= bindparam("today"),
        PersonSpell.ends_on > bindparam("today"),
        PersonSpell.status == Status.EMPLOYED,
        # whoever comes back signs in anew: nobody knows who has kept the tokens of their first time
        cast(func.timezone(BUSINESS_ZONE.key, Session.created_at), Date) >= PersonSpell.hired_on,
        Session.revoked_at.is_(None),
        Session.expires_at > bindparam("now"),
    )
)

# run with every request, so made once: making it takes longer than running it
_MEMBER = _SIGNED_IN.where(
    Membership.account_id == bindparam("account_id"),
    Membership.company_id == bindparam("company_id"),
    Person.company_id == bindparam("company_id"),
    PersonSpell.company_id == bindparam("company_id"),
    Session.id == bindparam("session_id"),
)

_ROLES = _SIGNED_IN.with_only_columns(Session.id, Person.roles).where(
    Session.id == func.any(bindparam("session_ids", type_=ARRAY(Uuid())))
)


async def find_member(session: AsyncSession, *, claims: Claims) -> Member | None:
    """The member with today's roles, unless the sign-in was ended or they are not employed; see `_MEMBER`.

    One statement for every request, so a change of any of these holds from the next one on.
    """
    values = {
        "account_id": claims.account_id,
        "company_id": claims.company_id,
        "session_id": claims.session_id,
        "today": business_day(),
        "now": utc_now(),
    }
    row = (await session.execute(_MEMBER, values)).one_or_none()
    return Member(*row) if row else None


async def list_roles(session: AsyncSession, *, session_ids: Sequence[UUID]) -> dict[UUID, frozenset[str]]:
    """Today's roles of those who are signed in, by sign-in: the same as `find_member` says of each."""
    values = {"session_ids": list(session_ids), "today": business_day(), "now": utc_now()}
    return {found: frozenset(roles) for found, roles in await session.execute(_ROLES, values)}
