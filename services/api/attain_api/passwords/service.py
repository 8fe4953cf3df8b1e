"""Passwords change by their owner, or by a one-time link (SEC-1).

A company's administrator or HR makes such a link, and hands it over. An account that is good for another company too,
or for the installation, is not theirs: completing their link changes nothing then, with the same answer. The operator's
command makes a link for any account.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
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
from attain_api.links import service as links
from attain_api.links.service import NewLink
from attain_api.passwords import repository
from attain_api.sessions import service as sessions
from attain_api.state import ApiState
from attain_api.throttling import service as throttling
from attain_shared.access.models import OneTimeLink
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork, transaction
from attain_shared.errors import Conflict, Invalid, NotAllowed
from attain_shared.people.timeline import Status

LIVES = timedelta(hours=24)


class NoAccount(Conflict):
    """There is no password to set anew."""

    code, title = "no-account", "No account yet"


@dataclass(frozen=True, slots=True)
class NewPassword:
    """A change that its owner may make: the hash of the password that was right, and the one to store."""

    known_hash: str
    new_hash: str


async def prepare_change(
    state: ApiState, *, actor: Actor, current_password: str, new_password: str, client: Client
) -> NewPassword:
    """Check and hash before the request's transaction begins: both take long, and hold no connection.

    Tries are counted apart from those to sign in, which anybody can make: nobody keeps the owner from changing it.
    """
    assert actor.person_id is not None
    async with transaction(state.sessions, state.doorbell) as uow:
        holder = await get_holder(uow, company_id=actor.company_id, person_id=actor.person_id)
    check_strength(new_password, email=holder.email, name=holder.name, pointer="/new_password")
    tries = await throttling.count(
        state, throttling.Subject("password", str(holder.account_id)), *throttling.address_of(client)
    )
    if holder.password_hash is None or not await state.passwords.matches(current_password, holder.password_hash):
        raise _wrong_password()
    await throttling.succeed(state, tries.subjects)
    return NewPassword(holder.password_hash, await state.passwords.hashed(new_password))


def _wrong_password() -> Invalid:
    return Invalid.field("/current_password", "wrong-password", "This is not the password so far.")


async def change_password(uow: UnitOfWork, *, actor: Actor, password: NewPassword) -> None:
    """Set it; all other sign-ins of the account end, in every company."""
    assert actor.account_id is not None
    account = await repository.get_account(uow.session, account_id=actor.account_id)
    if account.password_hash != password.known_hash:  # somebody was faster
        raise _wrong_password()
    account.password_hash = password.new_hash
    await sessions.end_sessions_of_account(uow, account_id=account.id, but=actor.session_id)
    _record(uow, company_id=actor.company_id, person_id=actor.person_id, action="change_password")


def _record(uow: UnitOfWork, *, company_id: UUID, person_id: UUID | None, action: str) -> None:
    """That there is another password, and nothing of it (SEC-5)."""
    uow.record(resource_type="membership", resource_id=person_id, changes={}, company_id=company_id, action=action)


async def create_reset(uow: UnitOfWork, *, actor: Actor, person_id: UUID) -> NewLink:
    """A link for a person of the caller's company; one made earlier is good no more."""
    holder = await get_holder(uow, company_id=actor.company_id, person_id=person_id, for_update=True)
    check_may_manage(actor, holder)
    if holder.account_id is None or holder.status == Status.LEFT:
        raise NoAccount("The person does not sign in to this company.")
    if (holder.is_platform or holder.is_ops) and person_id != actor.person_id:
        raise NotAllowed("This account administers the installation: only its owner, or a command, resets it.")
    return await links.make_link(
        uow,
        kind="password_reset",
        company_id=actor.company_id,
        person_id=person_id,
        created_by=actor.person_id,
        lives=LIVES,
    )


async def create_operators_reset(uow: UnitOfWork, *, email: str) -> NewLink | None:
    """A link for any account that can sign in somewhere, made by whoever runs the installation."""
    place = await repository.find_place(uow.session, email=email)
    if place is None:
        return None
    company_id, person_id = place
    await get_holder(uow, company_id=company_id, person_id=person_id, for_update=True)
    return await links.make_link(
        uow, kind="password_reset", company_id=company_id, person_id=person_id, created_by=None, lives=LIVES
    )


async def complete_reset(state: ApiState, *, token: str, password: str, client: Client) -> None:
    """Set the password of a link's account, and end its sign-ins everywhere."""
    tries = await throttling.count(state, throttling.link(token), *throttling.address_of(client))
    async with transaction(state.sessions, state.doorbell) as uow:
        link = await links.get_link(uow, kind="password_reset", token=token)
        holder = await _resetting(uow, link=link)
    check_strength(password, email=holder.email, name=holder.name, pointer="/password")
    password_hash = await state.passwords.hashed(password)
    async with transaction(state.sessions, state.doorbell) as uow:
        link = await links.get_link(uow, kind="password_reset", token=token, for_update=True)
        if link.used_at is None:
            await _reset(uow, link=link, holder=await _resetting(uow, link=link), password_hash=password_hash)
    await throttling.succeed(state, tries.subjects)


async def _resetting(uow: UnitOfWork, *, link: OneTimeLink) -> Holder:
    """The person of a link, who still signs in to its company; the operator's is for the account wherever it is."""
    holder = await find_holder(
        uow, company_id=link.company_id, person_id=link.person_id, pending=link.created_by is None
    )
    if holder is None or holder.account_id is None or holder.status == Status.LEFT:
        raise links.invalid_link()
    if link.created_by is not None and not await was_made_by_one_who_may(
        uow, company_id=link.company_id, holder=holder, made_by=link.created_by
    ):
        raise links.invalid_link()
    return holder


async def _reset(uow: UnitOfWork, *, link: OneTimeLink, holder: Holder, password_hash: str) -> None:
    link.used_at = utc_now()
    uow.author = replace(
        uow.author, kind="person", id=link.person_id, company_id=link.company_id, action="complete_password_reset"
    )
    if holder.account_id is None or not _is_enough(link, holder):
        return
    account = await repository.get_account(uow.session, account_id=holder.account_id)
    account.password_hash = password_hash
    await sessions.end_sessions_of_account(uow, account_id=account.id)


def _is_enough(link: OneTimeLink, holder: Holder) -> bool:
    """Whether who made the link may decide over the whole account (ORG-0)."""
    if link.created_by is None:
        return True  # the operator's command
    if holder.is_elsewhere:
        return False
    return not (holder.is_platform or holder.is_ops) or link.created_by == link.person_id
