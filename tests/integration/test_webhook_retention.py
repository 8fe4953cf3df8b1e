"""Events and deliveries are kept as long as somebody may ask for them, and no longer."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy import delete, func, select, update

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.events.models import Event
from attain_shared.events.schemas import EVENTS_KEPT
from attain_shared.identifiers import new_id
from attain_shared.webhooks.models import Delivery, Webhook
from attain_worker.retention.service import DELIVERIES_KEPT, Retention
from tests.support.companies import Member, make_company
from tests.support.fresh import client_of, fresh_state
from tests.support.hooks import Clock, Receivers, deliver, happen, make_webhook, new_delivering, new_relay


@pytest.fixture(scope="module")
async def own(postgres_url: str, state: ApiState) -> AsyncIterator[ApiState]:
    """A database of this file's own."""
    async with fresh_state(postgres_url, state) as made:
        yield made


@pytest.fixture(scope="module")
async def client(own: ApiState) -> AsyncIterator[AsyncClient]:
    """The application on it."""
    async with client_of(own) as made:
        yield made


async def let_go(state: ApiState) -> None:
    await Retention(state.engine, inbox_kept_days=90, push_keys_kept_days=7, facts_kept_months=None).let_go()


async def count(state: ApiState, company: Member) -> tuple[int, int]:
    """Events and deliveries that are there."""
    async with transaction(state.sessions, state.doorbell) as uow:
        of_company = [
            select(func.count()).select_from(table).where(table.company_id == company.company_id)
            for table in (Event, Delivery)
        ]
        events, deliveries = [await uow.session.scalar(statement) or 0 for statement in of_company]
        return events, deliveries


async def grow_old(state: ApiState, company: Member, table: type[Event | Delivery], by: timedelta) -> None:
    column = {Event: "happened_at", Delivery: "created_at"}[table]
    async with transaction(state.sessions, state.doorbell) as uow:
        statement = update(table).where(table.company_id == company.company_id)
        await uow.session.execute(statement.values({column: utc_now() - by - timedelta(minutes=1)}))


async def test_old_events_go_once_they_are_handed_on(client: AsyncClient, own: ApiState) -> None:
    company, silent = await make_company(own), await make_company(own)
    await make_webhook(client, company)
    for one in (company, silent):
        await happen(own, one, new_id())
        await grow_old(own, one, Event, EVENTS_KEPT)
    await let_go(own)
    assert await count(own, company) == (1, 0)  # nobody has handed it on yet
    assert await count(own, silent) == (0, 0)  # nobody there listens
    await new_relay(own).hand_on()
    await happen(own, company, new_id())
    await let_go(own)
    assert await count(own, company) == (1, 1)


async def test_old_deliveries_go_once_they_are_over(client: AsyncClient, own: ApiState) -> None:
    company = await make_company(own)
    await make_webhook(client, company)
    await happen(own, company, new_id())
    await deliver(new_delivering(own, Receivers(), Clock()))
    await let_go(own)
    assert await count(own, company) == (1, 1)
    await happen(own, company, new_id())
    await new_relay(own).hand_on()
    await grow_old(own, company, Delivery, DELIVERIES_KEPT)
    await let_go(own)
    assert await count(own, company) == (2, 1)  # one is on its way yet
    async with transaction(own.sessions, own.doorbell) as uow:
        await uow.session.execute(delete(Webhook).where(Webhook.company_id == company.company_id))
    await let_go(own)
    assert await count(own, company) == (2, 0)
