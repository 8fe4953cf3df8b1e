"""Invitations: how somebody comes to an account in a company (ORG-0, SEC-1).

An accepted invitation answers the same whether the e-mail had an account or not, and takes as long. An account that
exists joins only by its own password, which nobody but its owner has: the link alone is worth nothing against it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.access.client import Client
from attain_api.access.holders import (
    Holder,
    check_may_manage,
    find_holder,
    get_holder,
    was_made_by_one_who_may,
)
from attain_api.access.strength import check_strength
from attain_api.invitations import repository
from attain_api.links import service as links
from attain_api.links.service import NewLink
from attain_api.paging import PageQuery
from attain_api.state import ApiState
from attain_api.throttling import service as throttling
from attain_shared.access.models import Membership, OneTimeLink
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork, transaction
from attain_shared.errors import Conflict
from attain_shared.people.timeline import Status

LIVES = timedelta(days=7)


class AlreadyAMember(Conflict):
    """The person signs in already."""

    code, title = "already-a-member", "Already a member"


class HasLeft(Conflict):
    """Nobody who has left is let in."""

    code, title = "person-has-left", "The person has left"


@dataclass(frozen=True, slots=True)
class Proof:
    """What an accepting holder of a link has shown, and the hash to store where there is no account yet."""

    account_id: UUID | None
    fits: bool
    password_hash: str


async def create_invitation(uow: UnitOfWork, *, actor: Actor, person_id: UUID) -> NewLink:
    """A link for a person of the caller's company; one made earlier is good no more."""
    holder = await get_holder(uow, company_id=actor.company_id, person_id=person_id, for_update=True)
    check_may_manage(actor, holder)
    if holder.status == Status.LEFT:
        raise HasLeft("Somebody who has left is not invited.")
    if holder.account_id is not None:
        raise AlreadyAMember("The person has an account in this company.")
    return await links.make_link(
        uow,
        kind="invitation",
        company_id=actor.company_id,
        person_id=person_id,
        created_by=actor.person_id,
        lives=LIVES,
    )


async def list_invitations(
    uow: UnitOfWork, *, actor: Actor, person_id: UUID | None, query: PageQuery
) -> tuple[list[OneTimeLink], str | None]:
    """A part of the company's invitations."""
    return await links.list_links(uow, company_id=actor.company_id, kind="invitation", person_id=person_id, query=query)


async def revoke_invitation(uow: UnitOfWork, *, actor: Actor, invitation_id: UUID) -> None:
    """Make a link worthless; one that was accepted is past that."""
    link = await links.get_link_of_company(uow, company_id=actor.company_id, kind="invitation", link_id=invitation_id)
    check_may_manage(actor, await get_holder(uow, company_id=actor.company_id, person_id=link.person_id))
    if link.used_at is not None:
        raise AlreadyAMember("The invitation has been accepted.")
    if link.revoked_at is None:
        link.revoked_at = utc_now()


async def accept_invitation(state: ApiState, *, token: str, password: str, client: Client) -> None:
    """Make the person's account and its place in the company, or take up the place with the account there is."""
    address = throttling.address_of(client)
    await throttling.count(state, throttling.link(token), *address)
    async with transaction(state.sessions, state.doorbell) as uow:
        link = await links.get_link(uow, kind="invitation", token=token)
        holder = await _invited(uow, link=link)
        account = await repository.find_account(uow.session, email=holder.email)
    check_strength(password, email=holder.email, name=holder.name, pointer="/password")
    # a link must not be a way to try passwords of an account that is throttled at the front door
    await throttling.count(state, throttling.account(holder.email))
    proof = Proof(
        account_id=account.id if account else None,
        fits=await state.passwords.matches(password, account.password_hash if account else None),
        password_hash=await state.passwords.hashed(password),  # made for nothing where there is one: as slow
    )
    async with transaction(state.sessions, state.doorbell) as uow:
        link = await links.get_link(uow, kind="invitation", token=token, for_update=True)
        if link.used_at is None:
            await _join(uow, link=link, holder=await _invited(uow, link=link), proof=proof)
    # the other two stay counted, however it went: the count must not tell it
    await throttling.succeed(state, address)


async def _invited(uow: UnitOfWork, *, link: OneTimeLink) -> Holder:
    """The person of an invitation, who has not left since."""
    holder = await find_holder(uow, company_id=link.company_id, person_id=link.person_id)
    if holder is None or holder.status == Status.LEFT or link.created_by is None:
        raise links.invalid_link()
    if not await was_made_by_one_who_may(uow, company_id=link.company_id, holder=holder, made_by=link.created_by):
        raise links.invalid_link()
    return holder


async def _join(uow: UnitOfWork, *, link: OneTimeLink, holder: Holder, proof: Proof) -> None:
    now = utc_now()
    membership = await repository.find_membership(uow.session, company_id=link.company_id, person_id=link.person_id)
    if membership is not None and membership.accepted_at is not None:
        return
    account_id = await _proven_account(uow, holder=holder, proof=proof, at=now)
    if account_id is None:
        return
    if membership is not None and membership.account_id != account_id:
        # offered to the account of an e-mail that the person has no more
        await uow.session.delete(membership)
        await uow.session.flush()
        membership = None
    if membership is None:
        if await repository.is_taken(uow.session, company_id=link.company_id, account_id=account_id):
            return
        membership = Membership(account_id=account_id, company_id=link.company_id, person_id=link.person_id)
        uow.session.add(membership)
    membership.accepted_at = link.used_at = now
    uow.author = replace(
        uow.author, kind="person", id=link.person_id, company_id=link.company_id, action="accept_invitation"
    )


async def _proven_account(uow: UnitOfWork, *, holder: Holder, proof: Proof, at: datetime) -> UUID | None:
    """The account that joins: one just made, or one whose own password was given."""
    if proof.account_id is not None:
        return proof.account_id if proof.fits else None
    return await repository.add_account(uow.session, email=holder.email, password_hash=proof.password_hash, at=at)
