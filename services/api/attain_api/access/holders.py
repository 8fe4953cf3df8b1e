"""People as those who sign in: what invitations, resets and sign-outs ask about somebody."""

from uuid import UUID

from attain_api.access import repository
from attain_api.access.actor import Actor
from attain_api.access.repository import Holder
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import NotAllowed, NotFound
from attain_shared.people.timeline import Status

__all__ = ["Holder", "check_may_manage", "find_holder", "get_holder", "was_made_by_one_who_may"]


async def find_holder(
    uow: UnitOfWork, *, company_id: UUID, person_id: UUID, for_update: bool = False, pending: bool = False
) -> Holder | None:
    """A person of a company with their account, if they have one.

    With `pending` also one that has not taken up the place, of which nothing is to be told in that company (ORG-0).
    """
    return await repository.find_holder(
        uow.session, company_id=company_id, person_id=person_id, for_update=for_update, pending=pending
    )


async def get_holder(uow: UnitOfWork, *, company_id: UUID, person_id: UUID, for_update: bool = False) -> Holder:
    """The same; no such person is an error."""
    holder = await find_holder(uow, company_id=company_id, person_id=person_id, for_update=for_update)
    if holder is None:
        raise NotFound("There is no such person.")
    return holder


def check_may_manage(actor: Actor, holder: Holder) -> None:
    """HR makes no link for an administrator: it could otherwise become one."""
    if "admin" in holder.roles and "admin" not in actor.roles:
        raise NotAllowed("Only an administrator makes a link for one.")


async def was_made_by_one_who_may(uow: UnitOfWork, *, company_id: UUID, holder: Holder, made_by: UUID) -> bool:
    """Whether who made a link might make it today: neither they nor its person need be what they were."""
    maker = await find_holder(uow, company_id=company_id, person_id=made_by)
    if maker is None or maker.status != Status.EMPLOYED:
        return False
    may = {"admin"} if "admin" in holder.roles else {"admin", "hr"}
    return not may.isdisjoint(maker.roles)
