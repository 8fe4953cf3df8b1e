"""Statements on webhooks and their deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.paging import PageQuery, paginate
from attain_shared.events.queries import Place, find_here
from attain_shared.identifiers import new_id
from attain_shared.webhooks.models import Delivery, EventRelay, Webhook
from attain_shared.webhooks.schemas import TEST_KIND, Channel, DeliveryState

REPLAYED_AT_MOST = 10_000
"""Deliveries of one request that are sent anew."""


@dataclass(frozen=True, kw_only=True)
class WantedWebhooks:
    """Which webhooks; None is any."""

    name: str | None
    channel: Channel | None
    is_active: bool | None


@dataclass(frozen=True, kw_only=True)
class WantedDeliveries:
    """Which deliveries; None is any."""

    state: DeliveryState | None
    event_kind: str | None


# of one subject the first is due now and the others wait for it, also for one that is pending already
_REPLAY = text("""
    WITH held AS MATERIALIZED (
        SELECT id FROM deliveries
        WHERE company_id = :company_id AND webhook_id = :webhook_id AND state = ANY(CAST(:states AS text[]))
          AND (CAST(:delivery_id AS uuid) IS NULL OR id = :delivery_id) AND created_at >= :since
        ORDER BY created_at, id LIMIT :at_most FOR UPDATE
    ), placed AS (
        SELECT delivery.id, row_number() OVER (
            PARTITION BY delivery.subject_id ORDER BY delivery.position, delivery.event_id
        ) AS place
        FROM deliveries delivery JOIN held ON held.id = delivery.id
        WHERE delivery.company_id = :company_id
    )
    UPDATE deliveries delivery SET state = 'pending', attempts = 0, finished_at = NULL, next_attempt_at = CASE
        WHEN placed.place = 1 AND NOT EXISTS (
            SELECT FROM deliveries before
            WHERE before.company_id = :company_id AND before.webhook_id = :webhook_id
              AND before.subject_id = delivery.subject_id AND before.state = 'pending'
        ) THEN CAST(:now AS timestamptz) END
    FROM placed WHERE delivery.company_id = :company_id AND delivery.id = placed.id
    RETURNING delivery.id
""")


async def find_webhook(
    session: AsyncSession, *, company_id: UUID, webhook_id: UUID, for_update: bool = False
) -> Webhook | None:
    """A webhook of the company; held until the transaction ends where it or its deliveries are to be changed."""
    statement = select(Webhook).where(Webhook.company_id == company_id, Webhook.id == webhook_id)
    return await session.scalar(statement.with_for_update() if for_update else statement)


async def list_webhooks(
    session: AsyncSession, *, company_id: UUID, wanted: WantedWebhooks, query: PageQuery
) -> tuple[list[Webhook], str | None]:
    """A part of the company's webhooks."""
    statement = select(Webhook).where(Webhook.company_id == company_id)
    if wanted.name is not None:
        statement = statement.where(Webhook.name == wanted.name)
    if wanted.channel is not None:
        statement = statement.where(Webhook.channel == wanted.channel)
    if wanted.is_active is not None:
        statement = statement.where(Webhook.is_active == wanted.is_active)
    columns = {"name": Webhook.name, "created_at": Webhook.created_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=Webhook.id)


_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('attain:webhooks:' || :company_id, 0))")


async def hold_count(session: AsyncSession, *, company_id: UUID) -> int:
    """How many the company has; until the transaction ends nobody else makes one."""
    await session.execute(_LOCK, {"company_id": str(company_id)})
    return await session.scalar(select(func.count()).where(Webhook.company_id == company_id)) or 0


async def start_relay(session: AsyncSession, *, company_id: UUID) -> Place:
    """Have the company's events handed on from here, where they are not yet; where here is."""
    here = await find_here(session)
    await session.execute(
        insert(EventRelay)
        .values(company_id=company_id, position=here.position, event_id=here.id)
        .on_conflict_do_nothing()
    )
    return here


async def add_test(session: AsyncSession, *, company_id: UUID, webhook_id: UUID, now: datetime) -> Delivery:
    """A delivery of a test event, about the webhook itself; after one that is still on its way."""
    here = await find_here(session)
    pending = select(Delivery.id).where(
        Delivery.company_id == company_id,
        Delivery.webhook_id == webhook_id,
        Delivery.subject_id == webhook_id,
        Delivery.state == "pending",
    )
    delivery = Delivery(
        company_id=company_id,
        webhook_id=webhook_id,
        event_id=new_id(),
        position=here.position,
        kind=TEST_KIND,
        subject_id=webhook_id,
        data={"webhook_id": str(webhook_id)},
        happened_at=now,
        state="pending",
        attempts=0,
        next_attempt_at=None if await session.scalar(pending.limit(1)) else now,
        tries=[],
    )
    session.add(delivery)
    await session.flush()
    return delivery


async def find_delivery(
    session: AsyncSession, *, company_id: UUID, webhook_id: UUID, delivery_id: UUID
) -> Delivery | None:
    """A delivery to a webhook, as it is now."""
    found: Delivery | None = await session.scalar(
        select(Delivery)
        .where(Delivery.company_id == company_id, Delivery.webhook_id == webhook_id, Delivery.id == delivery_id)
        .execution_options(populate_existing=True)
    )
    return found


async def list_deliveries(
    session: AsyncSession, *, company_id: UUID, webhook_id: UUID, wanted: WantedDeliveries, query: PageQuery
) -> tuple[list[Delivery], str | None]:
    """A part of the deliveries to a webhook."""
    statement = select(Delivery).where(Delivery.company_id == company_id, Delivery.webhook_id == webhook_id)
    if wanted.state is not None:
        statement = statement.where(Delivery.state == wanted.state)
    if wanted.event_kind is not None:
        statement = statement.where(Delivery.kind == wanted.event_kind)
    columns = {"created_at": Delivery.created_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=Delivery.id)


async def send_anew(
    session: AsyncSession,
    *,
    company_id: UUID,
    webhook_id: UUID,
    states: Sequence[DeliveryState],
    since: datetime,
    now: datetime,
    delivery_id: UUID | None = None,
) -> int:
    """Make deliveries in one of these states pending again, or one of them alone; how many."""
    rows = await session.scalars(
        _REPLAY,
        {
            "company_id": company_id,
            "webhook_id": webhook_id,
            "delivery_id": delivery_id,
            "states": list(states),
            "since": since,
            "now": now,
            "at_most": REPLAYED_AT_MOST,
        },
    )
    return len(rows.all())
