"""A company always has somebody who can administer it (SEC-2)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from attain_api.access.admins import LastAdmin, check_not_last_admin, check_not_operator
from attain_api.state import ApiState
from attain_shared.access.models import Membership
from attain_shared.clock import business_day
from attain_shared.db.session import transaction
from attain_shared.errors import NotAllowed
from attain_shared.identifiers import new_id
from attain_shared.people.models import Person
from attain_shared.people.queries import replace_spells
from attain_shared.people.timeline import Event, EventKind, build_spells
from tests.support.companies import Member, make_company, make_member


async def demote(state: ApiState, member: Member, *, together: asyncio.Barrier | None = None) -> None:
    async with transaction(state.sessions, state.doorbell) as uow:
        if together is not None:
            await together.wait()
        await check_not_last_admin(uow, company_id=member.company_id, person_id=member.person_id)
        await uow.session.execute(
            update(Person)
            .where(Person.company_id == member.company_id, Person.id == member.person_id)
            .values(roles=["employee"])
        )


async def test_the_last_administrator_stays_one(state: ApiState) -> None:
    first = await make_company(state)
    second = await make_member(state, first, roles=("admin",))
    await demote(state, second)
    with pytest.raises(LastAdmin) as refused:
        await demote(state, first)
    assert (refused.value.status, refused.value.code) == (409, "last-admin")


async def test_of_two_who_unmake_each_other_at_once_one_stays(state: ApiState) -> None:
    first = await make_company(state)
    second = await make_member(state, first, roles=("admin",))
    together = asyncio.Barrier(2)
    outcomes = await asyncio.gather(
        demote(state, first, together=together), demote(state, second, together=together), return_exceptions=True
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["LastAdmin", "NoneType"]


async def test_who_cannot_sign_in_or_is_to_leave_does_not_count(state: ApiState) -> None:
    first = await make_company(state)
    await make_member(state, first, roles=("admin",), accepted=False)
    await make_member(state, await make_company(state), roles=("admin",))
    leaving = await make_member(state, first, roles=("admin",))
    today = business_day()
    events = [
        Event(id=new_id(), kind=EventKind.HIRE, effective_on=today, changes={}),
        Event(id=new_id(), kind=EventKind.LEAVE, effective_on=today, changes={}),
    ]
    async with transaction(state.sessions, state.doorbell) as uow:
        await replace_spells(
            uow.session, company_id=first.company_id, person_id=leaving.person_id, spells=build_spells(events)
        )
    with pytest.raises(LastAdmin):
        await demote(state, first)
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(
            update(Membership)
            .where(Membership.company_id == first.company_id, Membership.accepted_at.is_(None))
            .values(accepted_at=Membership.created_at)
        )
    await demote(state, first)


async def test_an_administrator_who_is_yet_to_start_does_not_count(state: ApiState) -> None:
    first = await make_company(state)
    second = await make_member(state, first, roles=("admin",))
    hire = Event(id=new_id(), kind=EventKind.HIRE, effective_on=business_day() + timedelta(days=1), changes={})
    async with transaction(state.sessions, state.doorbell) as uow:
        await replace_spells(
            uow.session, company_id=first.company_id, person_id=second.person_id, spells=build_spells([hire])
        )
    with pytest.raises(LastAdmin):
        await demote(state, first)


@pytest.mark.parametrize("role", ["platform", "ops"])
async def test_no_company_decides_about_an_operator_of_the_installation(state: ApiState, role: str) -> None:
    operator = await make_company(state, platform=role == "platform", ops=role == "ops")
    admin, member = await make_member(state, operator, roles=("admin",)), await make_member(state, operator)
    platform = replace(admin.actor, roles=frozenset({"admin", "platform"}))
    async with transaction(state.sessions, state.doorbell) as uow:
        with pytest.raises(NotAllowed):
            await check_not_operator(uow, actor=admin.actor, person_id=operator.person_id)
        await check_not_operator(uow, actor=platform, person_id=operator.person_id)
        await check_not_operator(uow, actor=admin.actor, person_id=member.person_id)
