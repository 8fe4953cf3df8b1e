"""A company always has somebody who can administer it (SEC-2)."""

from uuid import UUID

from attain_api.access import repository
from attain_api.access.actor import Actor
from attain_api.access.holders import find_holder
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, NotAllowed


class LastAdmin(Conflict):
    """Without this person nobody could administer the company."""

    code, title = "last-admin", "The last administrator"


async def hold_admins(uow: UnitOfWork, *, company_id: UUID) -> None:
    """Hold the company's administrators before anybody else's row is: two changes at once then wait, never in a circle."""
    await repository.lock_admins(uow.session, company_id=company_id)


async def check_not_operator(uow: UnitOfWork, *, actor: Actor, person_id: UUID) -> None:
    """Refuse what would take an operator of the installation away, unless one with `platform` does it (ORG-0).

    To be called before a person leaves or loses a role. A place that the account has not taken up tells nothing of it.
    """
    if "platform" in actor.roles:
        return
    holder = await find_holder(uow, company_id=actor.company_id, person_id=person_id)
    if holder is not None and (holder.is_platform or holder.is_ops):
        raise NotAllowed("The person operates the installation: only an operator does this.")


async def check_not_last_admin(uow: UnitOfWork, *, company_id: UUID, person_id: UUID) -> None:
    """Refuse to go on unless another administrator can sign in today and is not known to leave.

    To be called before a person loses the role, leaves or is signed out for good, in the transaction of that change:
    the company's administrators are held until its end, so of two who unmake each other at once only one succeeds.
    """
    await repository.lock_admins(uow.session, company_id=company_id)
    if not await repository.has_other_admin(uow.session, company_id=company_id, person_id=person_id):
        raise LastAdmin("The company would be left without an administrator who can sign in.")
