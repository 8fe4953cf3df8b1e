"""Whoever sees an alert is told that it was raised and cleared, and nobody else (SEC-3, ADR 44)."""

from uuid import UUID

from attain_api.events.audience import find_audience
from attain_shared.db.session import transaction
from attain_shared.events.queries import StoredEvent
from attain_shared.events.schemas import EventKind
from tests.support.companies import make_member
from tests.support.events import event_of
from tests.support.matrix_world import RELATIONS, ROLES, World
from tests.support.statements import count_statements

ALERTS = ("alert", "alert_on_goal", "alert_on_department")
INSIDE = (*RELATIONS, *ROLES)


def events_of(world: World) -> list[StoredEvent]:
    return [event_of(EventKind.ALERT_RAISED, UUID(world.ids[name]), world.company_id) for name in ALERTS]


async def test_everybody_is_told_of_the_alerts_that_they_could_ask_for(world: World) -> None:
    """All at once, as a process has them listen."""
    members = {caller: world.members[caller] for caller in INSIDE}
    async with transaction(world.state.sessions, world.state.doorbell) as uow:
        told = await find_audience(
            uow.session,
            company_id=world.company_id,
            events=events_of(world),
            listeners=[member.actor for member in members.values()],
        )
    reached = set()
    for caller, member in members.items():
        heard = {name for name in ALERTS if UUID(world.ids[name]) in told[member.person_id]}
        seen = set()
        for name in ALERTS:
            answer = await world.call(caller, {"method": "GET", "url": f"/v1/alerts/{world.ids[name]}"})
            seen |= {name} if answer.is_success else set()
        assert (caller, heard) == (caller, seen)
        reached |= heard
    assert reached == set(ALERTS)


async def test_those_whom_an_alert_does_not_concern_cost_nothing(world: World) -> None:
    """A thousand may listen when one shop's connector falls silent."""
    subject = world.members["subject"]
    asked = []
    for strangers in (1, 20):
        others = [await make_member(world.state, subject) for _ in range(strangers)]
        listeners = [one.actor for one in (subject, *others)]
        async with transaction(world.state.sessions, world.state.doorbell) as uow:
            with count_statements() as statements:
                told = await find_audience(
                    uow.session, company_id=world.company_id, events=events_of(world), listeners=listeners
                )
        asked.append(len(statements))
        assert told[subject.person_id]
        assert not any(told[one.person_id] for one in others)
    assert asked[0] == asked[1]
