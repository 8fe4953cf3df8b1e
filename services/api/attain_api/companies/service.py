"""Companies and their first administrators (ORG-0)."""

import secrets
from enum import StrEnum
from uuid import UUID

from attain_api.companies import repository
from attain_api.company_values import service as company_values
from attain_api.kpi_templates import service as kpi_templates
from attain_api.paging import PageQuery
from attain_shared.access.models import Company, Membership
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.identifiers import new_id
from attain_shared.people.models import Person
from attain_shared.people.queries import hire


class InstallationRole(StrEnum):
    """A role that an account holds beside those of its person in each company (SEC-2)."""

    OPS = "ops"
    """Sees how the installation does."""
    PLATFORM = "platform"
    """Makes companies."""


_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


async def create_company(uow: UnitOfWork, *, name: str, admin_email: str, password_hash: str) -> Company:
    """A company with its first administrator.

    An e-mail that has an account already gets a membership that its owner takes up by signing in to the company by its
    code; nobody but the owner learns of it, so both ways answer alike.
    """
    company = Company(id=new_id(), code=_new_code(), name=name)
    uow.session.add(company)
    await uow.session.flush()
    await kpi_templates.ship(uow, company_id=company.id)
    await company_values.ship(uow, company_id=company.id)
    person = Person(
        company_id=company.id,
        id=new_id(),
        name=admin_email.partition("@")[0],
        email=admin_email,
        roles=["admin", "employee"],
    )
    uow.session.add(person)
    await uow.session.flush()
    await hire(
        uow.session,
        company_id=company.id,
        person_id=person.id,
        hired_on=business_day(),
        changes={"employment_type": "employee"},
        recorded_by=None,
    )
    account_id, is_new = await repository.add_account(uow.session, email=admin_email, password_hash=password_hash)
    uow.session.add(
        Membership(
            account_id=account_id,
            company_id=company.id,
            person_id=person.id,
            accepted_at=utc_now() if is_new else None,
        )
    )
    await uow.session.flush()
    return company


async def list_companies(uow: UnitOfWork, *, query: PageQuery) -> tuple[list[Company], str | None]:
    """A part of the installation's companies."""
    return await repository.list_companies(uow.session, query=query)


async def is_known(uow: UnitOfWork, *, email: str) -> bool:
    """Whether an account has this e-mail."""
    return await repository.account_exists(uow.session, email=email)


async def bootstrap(uow: UnitOfWork, *, company_name: str, email: str, password_hash: str) -> UUID | None:
    """The first administrator with `platform` and `ops`, unless the e-mail has an account; safe to run twice at once."""
    await repository.wait_for_lock(uow.session, name="attain:bootstrap")
    if await repository.account_exists(uow.session, email=email):
        return None
    company = await create_company(uow, name=company_name, admin_email=email, password_hash=password_hash)
    account_id, _ = await repository.add_account(uow.session, email=email, password_hash=password_hash)
    account = await repository.get_account(uow.session, account_id=account_id)
    account.is_platform = account.is_ops = True
    return company.id


async def set_installation_role(uow: UnitOfWork, *, email: str, role: InstallationRole, is_held: bool) -> bool:
    """Give an account a role of the installation, or take it away, from its next request on; False without an account.

    It is in no company's trail, as no company is to know of it; whoever may run the command is whoever runs the host.
    """
    account = await repository.find_account(uow.session, email=email)
    if account is None:
        return False
    if role is InstallationRole.OPS:
        account.is_ops = is_held
    else:
        account.is_platform = is_held
    return True


def _new_code() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(8))
