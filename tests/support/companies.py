"""Companies for tests: each test makes its own, so nothing needs cleaning up."""

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.access.passwords import Passwords
from attain_api.access.tokens import Claims, sign_access_token
from attain_api.connectors import service as connectors
from attain_api.shops import service as shops
from attain_api.state import ApiState
from attain_shared.access.models import Account, Membership, Session
from attain_shared.access.models import Company as CompanyRow
from attain_shared.access.schemas import ConnectorCreate
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork, transaction
from attain_shared.identifiers import new_id
from attain_shared.people.models import Person
from attain_shared.people.queries import hire
from attain_shared.shops.models import Shop
from attain_shared.shops.schemas import ShopCreate

PASSWORD = "correct horse battery staple"


@dataclass(frozen=True, kw_only=True)
class Member:
    """Somebody who can sign in to a company."""

    company_id: UUID
    account_id: UUID
    person_id: UUID
    email: str
    roles: frozenset[str]
    token: str
    session_id: UUID

    @property
    def headers(self) -> dict[str, str]:
        """What a request of theirs carries."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def actor(self) -> Actor:
        """For calling services directly."""
        return Actor(
            company_id=self.company_id,
            principal_id=self.person_id,
            kind="person",
            roles=self.roles,
            person_id=self.person_id,
            account_id=self.account_id,
            session_id=self.session_id,
        )


@dataclass(frozen=True, kw_only=True)
class Company(Member):
    """A company, seen by its administrator."""

    code: str
    name: str


@dataclass(frozen=True, kw_only=True)
class KeyedConnector:
    """A connector with its key."""

    id: UUID
    api_key: str

    @property
    def headers(self) -> dict[str, str]:
        """What a push carries."""
        return {"Authorization": f"Bearer {self.api_key}"}


@cache
def password_hash() -> str:
    """PASSWORD's hash, made once: it is slow on purpose."""
    return Passwords()._hasher.hash(PASSWORD)


async def make_company(
    state: ApiState, *, roles: tuple[str, ...] = ("admin", "employee"), platform: bool = False, ops: bool = False
) -> Company:
    """A company with one member, an administrator unless other roles are given."""
    code = f"t{secrets.token_hex(6)}"
    async with transaction(state.sessions, state.doorbell) as uow:
        row = CompanyRow(id=new_id(), code=code, name=f"Company {code}")
        uow.session.add(row)
        await uow.session.flush()
        member = await _add_member(uow, state=state, company_id=row.id, roles=roles, platform=platform, ops=ops)
    return Company(**vars(member), code=code, name=row.name)


async def make_member(
    state: ApiState, company: Member, *, roles: tuple[str, ...] = ("employee",), accepted: bool = True
) -> Member:
    """Another person of the company, with an account of their own."""
    async with transaction(state.sessions, state.doorbell) as uow:
        return await _add_member(uow, state=state, company_id=company.company_id, roles=roles, accepted=accepted)


async def _add_member(
    uow: UnitOfWork,
    *,
    state: ApiState,
    company_id: UUID,
    roles: tuple[str, ...],
    platform: bool = False,
    ops: bool = False,
    accepted: bool = True,
) -> Member:
    email = f"{secrets.token_hex(6)}@example.com"
    account = Account(id=new_id(), email=email, password_hash=password_hash(), is_platform=platform, is_ops=ops)
    person = Person(
        company_id=company_id,
        id=new_id(),
        name=email.partition("@")[0],
        email=email,
        roles=sorted(roles),
    )
    uow.session.add_all([account, person])
    await uow.session.flush()
    await hire(
        uow.session,
        company_id=company_id,
        person_id=person.id,
        hired_on=date(2026, 3, 1),
        changes={"employment_type": "employee"},
        recorded_by=None,
    )
    uow.session.add(
        Membership(
            account_id=account.id,
            company_id=company_id,
            person_id=person.id,
            accepted_at=utc_now() if accepted else None,
        )
    )
    await uow.session.flush()
    claims = Claims(account.id, company_id, add_session(uow, account_id=account.id, company_id=company_id))
    await uow.session.flush()
    token = sign_access_token(claims, key=state.settings.secret_key.get_secret_value(), now=utc_now(), seconds=3600)
    installation = {role for role, held in (("platform", platform), ("ops", ops)) if held}
    return Member(
        company_id=company_id,
        account_id=account.id,
        person_id=person.id,
        email=email,
        roles=frozenset(roles) | installation,
        token=token,
        session_id=claims.session_id,
    )


def add_session(uow: UnitOfWork, *, account_id: UUID, company_id: UUID) -> UUID:
    """A sign-in without a password."""
    session = Session(
        id=new_id(), account_id=account_id, company_id=company_id, expires_at=utc_now() + timedelta(days=1)
    )
    uow.session.add(session)
    return session.id


async def make_shop(state: ApiState, company: Member, *, platform: str = "tmall", name: str = "旗舰店") -> Shop:
    """A shop of the company."""
    data = ShopCreate(platform=platform, external_id=secrets.token_hex(6), name=name)
    async with transaction(state.sessions, state.doorbell) as uow:
        return await shops.create_shop(uow, actor=company.actor, data=data)


async def make_connector(
    state: ApiState, company: Member, *, shop_ids: list[UUID], scopes: tuple[str, ...] = ("write", "backfill")
) -> KeyedConnector:
    """A connector for some shops."""
    data = ConnectorCreate.model_validate({"name": "connector", "shop_ids": shop_ids, "scopes": scopes})
    async with transaction(state.sessions, state.doorbell) as uow:
        made = await connectors.create_connector(uow, actor=company.actor, data=data)
    return KeyedConnector(id=made.id, api_key=made.api_key)
