"""A company's values (价值观), each with five cumulative levels (REV-3)."""

from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.company_values import repository
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.paging import PageQuery
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, NotFound
from attain_shared.identifiers import new_id
from attain_shared.reviews.models import CompanyValue
from attain_shared.reviews.shipped_values import SHIPPED
from attain_shared.reviews.value_schemas import ValueCreate, ValueUpdate


class ValueTaken(Conflict):
    """The company has a value of this code already."""

    code, title = "value-taken", "Value already there"


class LastValue(Conflict):
    """Reviews assess values: one stays active."""

    code, title = "last-value", "Last active value"


async def ship(uow: UnitOfWork, *, company_id: UUID) -> None:
    """Give a new company its own copies of the values that ship."""
    uow.session.add_all(one.copy_for(company_id, position=place) for place, one in enumerate(SHIPPED))
    await uow.session.flush()


async def ship_to_all(uow: UnitOfWork) -> None:
    """The same for the companies of before there were values: for those without any, so it may be run again."""
    for company_id in await repository.list_companies_without(uow.session):
        await ship(uow, company_id=company_id)


async def assessed_values(uow: UnitOfWork, *, company_id: UUID) -> list[dict[str, Any]]:
    """The values as a round that opens now keeps them: the active ones in their order, else those that ship."""
    active = await repository.load_active_values(uow.session, company_id=company_id)
    if not active:
        return [shipped.snapshot() for shipped in SHIPPED]
    return [{name: getattr(value, name) for name in ("code", "name_zh", "name_en", "levels")} for value in active]


async def create_value(uow: UnitOfWork, *, actor: Actor, data: ValueCreate) -> CompanyValue:
    """A new value, active."""
    await repository.lock_values(uow.session, company_id=actor.company_id)
    fields = data.model_dump()
    if data.position is None:
        fields["position"] = await repository.next_position(uow.session, company_id=actor.company_id)
    value = CompanyValue(company_id=actor.company_id, id=new_id(), is_active=True, **fields)
    uow.session.add(value)
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if "uq_company_values_company_id_code" in str(error.orig):
            raise ValueTaken(f"There is a value {data.code} already.") from error
        raise
    return value


async def get_value(uow: UnitOfWork, *, actor: Actor, value_id: UUID) -> CompanyValue:
    """A value of the caller's company."""
    value = await repository.find_value(uow.session, company_id=actor.company_id, value_id=value_id)
    if value is None:
        raise NotFound("There is no such value.")
    return value


async def list_values(
    uow: UnitOfWork, *, actor: Actor, is_active: bool | None, query: PageQuery
) -> tuple[list[CompanyValue], str | None]:
    """A part of the company's values."""
    return await repository.list_values(uow.session, company_id=actor.company_id, is_active=is_active, query=query)


async def update_value(
    uow: UnitOfWork, *, actor: Actor, value_id: UUID, data: ValueUpdate, if_match: str | None
) -> CompanyValue:
    """Change what is given, for rounds opened from now on.

    Raises:
        LastValue: no value would be active any more.
    """
    await repository.lock_values(uow.session, company_id=actor.company_id)
    value = await get_value(uow, actor=actor, value_id=value_id)
    check_if_match(if_match, version_tag(value.version))
    apply_changes(value, data.model_dump(exclude_unset=True))
    await uow.session.flush()
    if not await repository.load_active_values(uow.session, company_id=actor.company_id):
        raise LastValue("One value stays active: reviews assess them.")
    return value
