"""From the outbox to deliveries: each event once to each webhook that wants it, whoever hands it on."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select, text

from attain_api.state import ApiState
from attain_shared.db.session import STATEMENTS, StatementCount, transaction
from attain_shared.events.queries import Happening, tell
from attain_shared.events.schemas import EventKind
from attain_shared.identifiers import new_id
from attain_shared.webhooks.models import EventRelay
from attain_worker.delivery import relay as relays
from attain_worker.delivery import repository
from tests.support.companies import Member, make_company
from tests.support.hooks import (
    WEBHOOKS,
    Clock,
    Receivers,
    deliver,
    happen,
    make_webhook,
    new_delivering,
    new_relay,
    read_deliveries,
)
from tests.support.http import ok


async def test_a_webhook_is_told_of_what_it_wants_and_of_nothing_from_before(api: AsyncClient, state: ApiState) -> None:
    company, early, late = await make_company(state), new_id(), new_id()
    first = await make_webhook(api, company)
    await happen(state, company, early)
    second = await make_webhook(api, company, event_kinds=["alert.raised", "attainment.changed"])
    await happen(state, company, late)
    await happen(state, company, late, kind=EventKind.ATTAINMENT_CHANGED)
    await new_relay(state).hand_on()
    told = [[(one["kind"], one["subject_id"]) for one in await read_deliveries(api, company, hook)]
            for hook in (first, second)]  # fmt: skip
    assert told == [
        [("alert.raised", str(early)), ("alert.raised", str(late))],
        [("alert.raised", str(late)), ("attainment.changed", str(late))],
    ]


async def test_what_happens_while_a_webhook_is_off_is_not_made_up_for(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    webhook = await make_webhook(api, company)
    path = f"{WEBHOOKS}/{webhook['id']}"
    ok(await api.patch(path, json={"is_active": False}, headers=company.headers))
    await happen(state, company, new_id())
    await new_relay(state).hand_on()
    ok(await api.patch(path, json={"is_active": True}, headers=company.headers))
    await happen(state, company, new_id())
    await new_relay(state).hand_on()
    assert len(await read_deliveries(api, company, webhook)) == 1


async def test_several_workers_hand_every_event_on_once(api: AsyncClient, state: ApiState) -> None:
    company, subjects = await make_company(state), [new_id() for _ in range(30)]
    webhook = await make_webhook(api, company)
    for _ in range(3):
        await happen(state, company, *subjects)
    for _ in range(2):
        await asyncio.gather(*(new_relay(state).hand_on() for _ in range(4)))
    deliveries = await read_deliveries(api, company, webhook)
    assert len(deliveries) == len({one["event_id"] for one in deliveries}) == 90
    first = [one for one in deliveries if one["next_attempt_at"] is not None]
    assert len(first) == len({one["subject_id"] for one in first}) == 30  # of each subject the others wait


async def test_an_event_that_commits_late_is_not_passed_over(api: AsyncClient, state: ApiState) -> None:
    """Its transaction is older than one whose events could be read already: those wait for it."""
    company, slow, quick = await make_company(state), new_id(), new_id()
    webhook = await make_webhook(api, company)
    async with transaction(state.sessions, state.doorbell) as uow:
        happening = Happening(slow, {"alert_id": str(slow)})
        await tell(uow.session, company_id=company.company_id, kind=EventKind.ALERT_RAISED, happenings=[happening])
        await happen(state, company, quick)
        await new_relay(state).hand_on()
        assert await read_deliveries(api, company, webhook) == []
    await new_relay(state).hand_on()
    assert [one["subject_id"] for one in await read_deliveries(api, company, webhook)] == [str(slow), str(quick)]


async def test_more_than_is_handed_on_at_once_is_handed_on_in_turns(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    webhook = await make_webhook(api, company)
    await happen(state, company, *(new_id() for _ in range(relays.EVENTS_AT_ONCE + 1)))
    await new_relay(state).hand_on()
    async with transaction(state.sessions, state.doorbell) as uow:
        statement = text("SELECT count(*) FROM deliveries WHERE company_id = :company_id AND webhook_id = :webhook_id")
        of_webhook = {"company_id": company.company_id, "webhook_id": webhook["id"]}
        assert await uow.session.scalar(statement, of_webhook) == relays.EVENTS_AT_ONCE + 1


async def place_of(state: ApiState, company: Member) -> tuple[int, str]:
    async with transaction(state.sessions, state.doorbell) as uow:
        found = await uow.session.scalar(select(EventRelay).where(EventRelay.company_id == company.company_id))
        assert found is not None
        return found.position, str(found.event_id)


async def test_where_nothing_has_happened_nothing_is_written(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    await make_webhook(api, company)
    relay = new_relay(state)
    await happen(state, company, new_id())
    await relay.hand_on()
    before = await place_of(state, company)
    ran = STATEMENTS.set(count := StatementCount())
    await relay.hand_on()
    STATEMENTS.reset(ran)
    assert (await place_of(state, company), count.ran) == (before, 1)


async def test_a_company_where_handing_on_fails_holds_up_no_other(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, other = await make_company(state), await make_company(state)  # in this order they are looked at
    hooks = [await make_webhook(api, company) for company in (broken, other)]
    for company in (broken, other):
        await happen(state, company, new_id())
    hand_on = repository.hand_on

    async def fail(*args: Any, company_id: UUID, **more: Any) -> None:
        if company_id == broken.company_id:
            msg = "a lock that is not let go"
            raise RuntimeError(msg)
        await hand_on(*args, company_id=company_id, **more)

    monkeypatch.setattr(repository, "hand_on", fail)
    delivering = new_delivering(state, receivers := Receivers(), Clock())
    await deliver(delivering)
    assert [len(receivers.sent_to(hook)) for hook in hooks] == [0, 1]
    monkeypatch.undo()
    await deliver(delivering)
    assert [len(receivers.sent_to(hook)) for hook in hooks] == [1, 1]


async def test_in_a_database_from_a_dump_everything_that_waited_or_happens_is_handed_on_once(
    api: AsyncClient, state: ApiState
) -> None:
    """It counts transactions anew: all places that it was given are ahead of it."""
    company, told, waiting, fresh = await make_company(state), new_id(), new_id(), new_id()
    webhook = await make_webhook(api, company)
    await happen(state, company, told)
    await new_relay(state).hand_on()
    await happen(state, company, waiting)
    async with transaction(state.sessions, state.doorbell) as uow:
        of_company = {"company_id": company.company_id, "more": 10**9}
        for change in (
            "events SET position = position + :more",
            "event_relays SET position = position + :more",
            "webhooks SET starts_after = starts_after + :more",
        ):
            await uow.session.execute(text(f"UPDATE {change} WHERE company_id = :company_id"), of_company)
    await happen(state, company, fresh)
    for _ in range(2):
        await new_relay(state).hand_on()
    subjects = [UUID(one["subject_id"]) for one in await read_deliveries(api, company, webhook)]
    assert (len(subjects), set(subjects)) == (3, {told, waiting, fresh})
