"""Statements of handing events on to webhooks, and of taking deliveries on and settling them.

All that says which delivery of a subject is next is written under the lock of its webhook's row: there is one at most.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from attain_shared.events.queries import Place, StoredEvent
from attain_shared.identifiers import new_id

TRIES_KEPT = 20


class Listener(NamedTuple):
    """A webhook that is told of events."""

    webhook_id: UUID
    event_kinds: list[str]
    starts_after: int

    def wants(self, event: StoredEvent) -> bool:
        """Whether it is told of this one."""
        return event.kind in self.event_kinds and event.position > self.starts_after


class Due(NamedTuple):
    """A webhook that something is to be sent to."""

    company_id: UUID
    webhook_id: UUID
    due_at: datetime
    is_failing: bool
    """Nothing has arrived there of late."""


class Receiver(NamedTuple):
    """A webhook whose deliveries are taken on, as it is stored."""

    webhook_id: UUID
    channel: str
    language: str
    url_sealed: bytes
    vendor_secret_sealed: bytes | None
    secret_generation: int
    previous_secret_until: datetime | None


class Taken(NamedTuple):
    """A delivery that was taken on."""

    id: UUID
    event_id: UUID
    kind: str
    subject_id: UUID
    happened_at: datetime
    data: dict[str, Any]
    attempts: int
    """This one among them."""


class Health(NamedTuple):
    """How a webhook has been of late; its row is held."""

    url_sealed: bytes
    is_active: bool
    failing_since: datetime | None


_BEHIND = text("""
    SELECT relay.company_id FROM event_relays relay
    WHERE relay.position >= CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint) OR EXISTS (
        SELECT FROM events event
        WHERE event.company_id = relay.company_id AND (event.position, event.id) > (relay.position, relay.event_id)
          AND event.position < CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)
    ) ORDER BY relay.company_id
""")

_HOLD_RELAY = text("""
    SELECT position, event_id FROM event_relays WHERE company_id = :company_id FOR UPDATE SKIP LOCKED
""")

_MOVE_RELAY = text("""
    UPDATE event_relays SET position = :position, event_id = :event_id WHERE company_id = :company_id
""")

# no transaction here has ever had a number so high: those are of the database that the dump is from
_AHEAD = text("""
    SELECT position >= CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)
    FROM event_relays WHERE company_id = :company_id
""")

_RENUMBER = text("""
    WITH listeners AS (
        UPDATE webhooks SET starts_after = 0
        WHERE company_id = :company_id
          AND starts_after >= CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)
    ), waiting AS (
        UPDATE events SET position = CAST(CAST(pg_current_xact_id() AS text) AS bigint)
        WHERE company_id = :company_id AND (position, id) > (:position, :event_id)
    )
    UPDATE event_relays SET position = 0 WHERE company_id = :company_id
""")

_LISTENERS = text("""
    SELECT id, event_kinds, starts_after FROM webhooks WHERE company_id = :company_id AND is_active
    ORDER BY id FOR NO KEY UPDATE
""")

_HAND_ON = text("""
    INSERT INTO deliveries (company_id, id, webhook_id, event_id, position, kind, subject_id, data, happened_at, state,
                            attempts, next_attempt_at, tries, created_at)
    SELECT :company_id, row.id, row.webhook_id, event.id, event.position, event.kind, event.subject_id, event.data,
           event.happened_at, 'pending', 0, CASE
               WHEN row_number() OVER (PARTITION BY row.webhook_id, event.subject_id ORDER BY row.id) = 1
                AND NOT EXISTS (
                    SELECT FROM deliveries before
                    WHERE before.company_id = :company_id AND before.webhook_id = row.webhook_id
                      AND before.subject_id = event.subject_id AND before.state = 'pending'
                ) THEN CAST(:now AS timestamptz) END, '[]', :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:webhooks AS uuid[]), CAST(:positions AS bigint[]), CAST(:events AS uuid[]))
         AS row (id, webhook_id, position, event_id)
    JOIN events event ON event.company_id = :company_id AND event.position = row.position AND event.id = row.event_id
    WHERE NOT EXISTS (
        SELECT FROM deliveries known
        WHERE known.company_id = :company_id AND known.webhook_id = row.webhook_id AND known.event_id = event.id
    )
""")

_DUE = text("""
    SELECT relay.company_id, webhook.id, due.next_attempt_at, webhook.is_failing
    FROM event_relays relay
    CROSS JOIN LATERAL (
        SELECT webhooks.id, webhooks.failing_since IS NOT NULL AS is_failing FROM webhooks
        WHERE webhooks.company_id = relay.company_id AND webhooks.is_active
          AND (webhooks.sends_after IS NULL OR webhooks.sends_after <= :now)
    ) AS webhook
    CROSS JOIN LATERAL (
        SELECT deliveries.next_attempt_at FROM deliveries
        WHERE deliveries.company_id = relay.company_id AND deliveries.webhook_id = webhook.id
          AND deliveries.state = 'pending' AND deliveries.next_attempt_at <= :now
        ORDER BY deliveries.next_attempt_at LIMIT 1
    ) AS due
    ORDER BY webhook.is_failing, due.next_attempt_at LIMIT :most
""")

_HOLD_RECEIVER = text("""
    SELECT id, channel, language, url_sealed, vendor_secret_sealed, secret_generation, previous_secret_until
    FROM webhooks
    WHERE company_id = :company_id AND id = :webhook_id AND is_active AND (sends_after IS NULL OR sends_after <= :now)
    FOR NO KEY UPDATE
""")

_TAKE_ON = text("""
    WITH due AS MATERIALIZED (
        SELECT id FROM deliveries
        WHERE company_id = :company_id AND webhook_id = :webhook_id AND state = 'pending' AND next_attempt_at <= :now
        ORDER BY next_attempt_at, position, event_id LIMIT :most FOR UPDATE
    ), taken AS (
        UPDATE deliveries delivery SET attempts = delivery.attempts + 1, next_attempt_at = :until
        FROM due WHERE delivery.company_id = :company_id AND delivery.id = due.id
        RETURNING delivery.id, delivery.event_id, delivery.kind, delivery.subject_id, delivery.happened_at,
                  delivery.data, delivery.attempts, delivery.position
    )
    SELECT id, event_id, kind, subject_id, happened_at, data, attempts FROM taken ORDER BY position, event_id
""")

_LEAVE_ALONE = text("""
    UPDATE webhooks SET sends_after = :until
    WHERE company_id = :company_id AND id = :webhook_id AND (sends_after IS NULL OR sends_after < :until)
""")

_HOLD_HEALTH = text("""
    SELECT url_sealed, is_active, failing_since FROM webhooks
    WHERE company_id = :company_id AND id = :webhook_id FOR NO KEY UPDATE
""")

_SET_HEALTH = text("""
    UPDATE webhooks SET failing_since = :failing_since, is_active = is_active AND CAST(:reason AS text) IS NULL,
           disabled_at = CASE WHEN CAST(:reason AS text) IS NULL THEN disabled_at ELSE CAST(:now AS timestamptz) END,
           disabled_reason = COALESCE(:reason, disabled_reason), version = version + 1
    WHERE company_id = :company_id AND id = :webhook_id
""")

# whoever was thought dead may still say that it arrived; of a failure only whoever took it on last is believed
_SETTLE = text("""
    UPDATE deliveries SET state = :state, next_attempt_at = :next_attempt_at,
           finished_at = CASE WHEN :state = 'pending' THEN NULL ELSE CAST(:now AS timestamptz) END,
           tries = CASE WHEN jsonb_array_length(tries) < :kept THEN tries ELSE tries - 0 END || CAST(:tried AS jsonb)
    WHERE company_id = :company_id AND id = :delivery_id AND state = 'pending'
      AND (attempts = :attempts OR :state = 'delivered')
    RETURNING webhook_id, subject_id
""")

_RELEASE_NEXT = text("""
    UPDATE deliveries SET next_attempt_at = :now
    WHERE company_id = :company_id AND next_attempt_at IS NULL AND id = (
        SELECT next.id FROM deliveries next
        WHERE next.company_id = :company_id AND next.webhook_id = :webhook_id AND next.subject_id = :subject_id
          AND next.state = 'pending'
        ORDER BY next.position, next.event_id LIMIT 1
    )
""")


async def list_companies_behind(session: AsyncSession) -> list[UUID]:
    """The companies where something has happened that is not handed on yet."""
    return list(await session.scalars(_BEHIND))


async def hold_relay(session: AsyncSession, *, company_id: UUID) -> Place | None:
    """How far a company's events are handed on; None where another worker is at it."""
    row = (await session.execute(_HOLD_RELAY, {"company_id": company_id})).one_or_none()
    return None if row is None else Place(*row)


async def is_relay_ahead(session: AsyncSession, *, company_id: UUID) -> bool:
    """Whether a company's events are handed on further than there are any: its database came from a dump (ADR 44)."""
    return bool(await session.scalar(_AHEAD, {"company_id": company_id}))


async def renumber(session: AsyncSession, *, company_id: UUID, place: Place) -> None:
    """Hand a company's events on from the start of this database's count, those that waited in the dump among them."""
    await session.execute(_RENUMBER, {"company_id": company_id, "position": place.position, "event_id": place.id})


async def move_relay(session: AsyncSession, *, company_id: UUID, place: Place) -> None:
    """They are handed on up to here."""
    await session.execute(_MOVE_RELAY, {"company_id": company_id, "position": place.position, "event_id": place.id})


async def hold_listeners(session: AsyncSession, *, company_id: UUID) -> list[Listener]:
    """The webhooks that are told of events, held."""
    return [Listener(*row) for row in await session.execute(_LISTENERS, {"company_id": company_id})]


async def hand_on(
    session: AsyncSession, *, company_id: UUID, wanted: Sequence[tuple[UUID, StoredEvent]], now: datetime
) -> None:
    """Make a delivery of each event to each webhook that wants it, in the order in which they go."""
    await session.execute(
        _HAND_ON,
        {
            "company_id": company_id,
            "ids": [new_id() for _ in wanted],
            "webhooks": [webhook_id for webhook_id, _ in wanted],
            "positions": [event.position for _, event in wanted],
            "events": [event.id for _, event in wanted],
            "now": now,
        },
    )


async def list_due(session: AsyncSession, *, now: datetime, most: int) -> list[Due]:
    """The webhooks that something is to be sent to, those that fail last, the longest due first."""
    return [Due(*row) for row in await session.execute(_DUE, {"now": now, "most": most})]


async def hold_receiver(session: AsyncSession, *, company_id: UUID, webhook_id: UUID, now: datetime) -> Receiver | None:
    """A webhook that may be sent to now, held."""
    parameters = {"company_id": company_id, "webhook_id": webhook_id, "now": now}
    row = (await session.execute(_HOLD_RECEIVER, parameters)).one_or_none()
    return None if row is None else Receiver(*row)


async def take_on(
    session: AsyncSession, *, company_id: UUID, webhook_id: UUID, now: datetime, until: datetime, most: int
) -> list[Taken]:
    """Take on what is due at a webhook: it comes due again unless it is settled until then."""
    parameters = {"company_id": company_id, "webhook_id": webhook_id, "now": now, "until": until, "most": most}
    return [Taken(*row) for row in await session.execute(_TAKE_ON, parameters)]


async def leave_alone(session: AsyncSession, *, company_id: UUID, webhook_id: UUID, until: datetime) -> None:
    """Send nothing to a webhook before then."""
    await session.execute(_LEAVE_ALONE, {"company_id": company_id, "webhook_id": webhook_id, "until": until})


async def hold_health(session: AsyncSession, *, company_id: UUID, webhook_id: UUID) -> Health | None:
    """How a webhook has been, held; None where it is deleted."""
    row = (await session.execute(_HOLD_HEALTH, {"company_id": company_id, "webhook_id": webhook_id})).one_or_none()
    return None if row is None else Health(*row)


async def set_health(
    session: AsyncSession,
    *,
    company_id: UUID,
    webhook_id: UUID,
    failing_since: datetime | None,
    disabled_reason: str | None,
    now: datetime,
) -> None:
    """Note since when nothing arrives at a webhook, and give it up where there is a reason."""
    await session.execute(
        _SET_HEALTH,
        {
            "company_id": company_id,
            "webhook_id": webhook_id,
            "failing_since": failing_since,
            "reason": disabled_reason,
            "now": now,
        },
    )


async def settle(
    session: AsyncSession,
    *,
    company_id: UUID,
    taken: Taken,
    state: str,
    next_attempt_at: datetime | None,
    tried: dict[str, Any],
    now: datetime,
) -> bool:
    """Say what has come of a delivery, and let the next of its subject go where it is over; whether it was to be said."""
    rows = await session.execute(
        _SETTLE,
        {
            "company_id": company_id,
            "delivery_id": taken.id,
            "attempts": taken.attempts,
            "state": state,
            "next_attempt_at": next_attempt_at,
            "tried": json.dumps([tried]),
            "kept": TRIES_KEPT,
            "now": now,
        },
    )
    settled = rows.one_or_none()
    if settled is not None and state != "pending":
        of_subject = {"webhook_id": settled.webhook_id, "subject_id": settled.subject_id}
        await session.execute(_RELEASE_NEXT, {"company_id": company_id, "now": now, **of_subject})
    return settled is not None
