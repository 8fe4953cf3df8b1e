"""Sending deliveries: taken on for a while, sent with no transaction open, settled afterwards (ADR 48).

At least once: a worker that dies in between has taken it on for its lease only, and the next one sends it with the same id.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.alerts.queries import describe_alert
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork, reading, transaction
from attain_shared.doorbell import Doorbell
from attain_shared.webhooks.schemas import Channel
from attain_shared.webhooks.sealing import DeliveryKey, SealBroken
from attain_worker.delivery import repository
from attain_worker.delivery.measures import Measures, Outcome
from attain_worker.delivery.message import Message, Sending, Sent, Target
from attain_worker.delivery.relay import Relay
from attain_worker.delivery.repository import Due, Health, Receiver, Taken
from attain_worker.delivery.retries import wait_after
from attain_worker.delivery.robots import DIGEST, SPACING
from attain_worker.delivery.wording import describe
from attain_worker.jobs import Job, Jobs
from attain_worker.report import report

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
"""How long a delivery is somebody's by default: several times as long as any try takes."""
FAILING_FOR = timedelta(days=5)
"""How long nothing may arrive at a webhook before it is given up."""
WEBHOOKS_AT_ONCE = 64
"""Served side by side by one process: a slow one takes up a place of its own alone."""
FAILING_UP_TO = WEBHOOKS_AT_ONCE // 2
"""Places that may be taken when one that fails begins: the others stay free for those where something arrives."""
REQUESTS_PER_WEBHOOK = 8
"""At once, each about another subject."""
TRANSACTIONS_AT_ONCE = 4
"""Of the deliveries together: the connections are for all that the worker does."""
TURN_SECONDS = 20.0
"""After which a webhook that always has more makes room for the next."""
FINISH_SECONDS = 5.0
"""For what is on its way as the worker ends; what takes longer is sent again by another one."""
UNSENDABLE = Sent(ok=False, status=None, error="key-changed", retry_after=None, gone=False, milliseconds=0)
"""The address was sealed with another ATTAIN_DELIVERY_KEY: it has to be given anew."""
BROKEN = Sent(ok=False, status=None, error="internal-error", retry_after=None, gone=False, milliseconds=0)
"""Sending itself has failed: a fault of ours, which must not keep the delivery for ever."""


@dataclass(frozen=True, slots=True)
class Round:
    """Deliveries to one webhook that were taken on together."""

    due: Due
    receiver: Receiver
    taken: Sequence[Taken]
    texts: Sequence[dict[str, str] | None]
    known: list[tuple[Taken, Sent]] = field(default_factory=list)
    """What has come of them, and is not written down yet."""
    settling: asyncio.Lock = field(default_factory=asyncio.Lock)


class Delivering:
    """Hands events on and sends what is due; safe to be run by several workers at once."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        doorbell: Doorbell,
        *,
        sender: Sending,
        key: DeliveryKey,
        jobs: Jobs,
        measures: Measures,
        lease: timedelta = LEASE,
        clock: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`clock` gives the present instant, aware; `chance` spreads the retries."""
        self._sessions = sessions
        self._doorbell = doorbell
        self._sender = sender
        self._key = key
        self._jobs = jobs
        self._measures = measures
        self._lease = lease
        self._clock = clock
        self._chance = chance
        self._relay = Relay(sessions, doorbell, jobs=jobs, clock=clock)
        self._database = asyncio.Semaphore(TRANSACTIONS_AT_ONCE)
        self._serving: dict[UUID, asyncio.Task[None]] = {}
        self._ending = False

    async def look(self) -> None:
        """Hand on what has happened, and begin to serve each webhook that something is due at."""
        await self._relay.hand_on()
        now = self._clock()
        async with reading(self._sessions) as uow:
            due = await repository.list_due(uow.session, now=now, most=2 * WEBHOOKS_AT_ONCE)
        self._measures.overdue_seconds.set(max((now - one.due_at).total_seconds() for one in due) if due else 0)
        for one in due:
            places = FAILING_UP_TO if one.is_failing else WEBHOOKS_AT_ONCE
            if one.webhook_id not in self._serving and len(self._serving) < places:
                self._begin(one)

    async def finish(self) -> None:
        """End: take nothing on any more, and give what is on its way a moment."""
        self._ending = True
        if serving := list(self._serving.values()):
            await asyncio.wait(serving, timeout=FINISH_SECONDS)
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)

    def _begin(self, due: Due) -> None:
        task = asyncio.create_task(self._serve(due))
        self._serving[due.webhook_id] = task
        task.add_done_callback(lambda _: self._serving.pop(due.webhook_id))

    async def _serve(self, due: Due) -> None:
        """Send to a webhook what is due there, or as much as its turn allows; what fails is in the log of jobs."""
        until = time.monotonic() + TURN_SECONDS
        with suppress(Exception), self._jobs.run(Job.DELIVERY, due.company_id):
            while not self._ending and time.monotonic() < until and (taken := await self._take_on(due)):
                await self._send(taken)

    async def _take_on(self, due: Due) -> Round | None:
        company_id = due.company_id
        async with self._database, transaction(self._sessions, self._doorbell) as uow:
            receiver = await repository.hold_receiver(
                uow.session, company_id=company_id, webhook_id=due.webhook_id, now=self._clock()
            )
            if receiver is None:
                return None
            now = self._clock()  # its row may have been waited for
            spacing = SPACING.get(receiver.channel)
            taken = await repository.take_on(
                uow.session,
                company_id=company_id,
                webhook_id=due.webhook_id,
                now=now,
                until=now + self._lease,
                most=REQUESTS_PER_WEBHOOK if spacing is None else DIGEST,
            )
            if not taken:
                return None
            texts: list[dict[str, str] | None] = [None] * len(taken)
            if spacing is not None:
                await repository.leave_alone(
                    uow.session, company_id=company_id, webhook_id=due.webhook_id, until=now + spacing
                )
                texts = [await _describe(uow.session, company_id, one) for one in taken]
        return Round(due, receiver, taken, texts)

    async def _send(self, of: Round) -> None:
        """Send with no transaction open; each is settled as soon as it is known, a robot's together."""
        target = self._target(of.receiver)
        messages = [_message(one, text) for one, text in zip(of.taken, of.texts, strict=True)]
        if target is None:
            await self._settle(of, [(one, UNSENDABLE) for one in of.taken])
        elif target.channel == Channel.WEBHOOK:
            tries = [self._send_one(of, one, target, message) for one, message in zip(of.taken, messages, strict=True)]
            # one that cannot be settled must not break off the others
            for failure in await asyncio.gather(*tries, return_exceptions=True):
                if failure is not None:
                    raise failure
        else:
            sent = await _have_sent(self._sender.send_many(target, messages))
            await self._settle(of, [(one, sent) for one in of.taken])

    async def _send_one(self, of: Round, taken: Taken, target: Target, message: Message) -> None:
        of.known.append((taken, await _have_sent(self._sender.send(target, message))))
        async with of.settling:  # the webhook's row lets one in at a time: whoever is in settles for all that wait
            known = of.known[:]
            of.known.clear()
            if known:
                await self._settle(of, known)

    def _target(self, receiver: Receiver) -> Target | None:
        """Where to send to; None where the key is another now."""
        key, owner = self._key, receiver.webhook_id
        generations = [receiver.secret_generation]
        if receiver.previous_secret_until is not None and receiver.previous_secret_until > self._clock():
            generations.append(receiver.secret_generation - 1)
        sealed = receiver.vendor_secret_sealed
        with suppress(SealBroken):
            return Target(
                webhook_id=owner,
                channel=receiver.channel,
                url=key.unseal(receiver.url_sealed, owner=owner),
                vendor_secret=None if sealed is None else key.unseal(sealed, owner=owner),
                signing_secrets=tuple(key.signing_secret(owner, generation=one) for one in generations),
                language=receiver.language,
            )
        return None

    async def _settle(self, of: Round, known: Sequence[tuple[Taken, Sent]]) -> None:
        """Write down what has come of these tries, and what they say of the webhook."""
        of_webhook = {"company_id": of.due.company_id, "webhook_id": of.due.webhook_id}
        outcomes: list[Outcome] = []
        async with self._database, transaction(self._sessions, self._doorbell) as uow:
            health = await repository.hold_health(uow.session, **of_webhook)
            if health is None:  # it is deleted
                return
            now = self._clock()
            # of a receiver that it does not go to any more nothing is believed but that something has arrived
            is_there = health.url_sealed == of.receiver.url_sealed
            if is_there:
                await self._note_health(uow, of.due, health, [sent for _, sent in known], now=now)
            for taken, sent in known:
                outcome = await self._settle_one(uow, of.due, taken, sent, is_there=is_there, now=now)
                outcomes += [] if outcome is None else [outcome]
            alone = max((sent.retry_after or 0.0 for _, sent in known), default=0.0)
            if alone and is_there:
                await repository.leave_alone(uow.session, **of_webhook, until=now + timedelta(seconds=alone))
        for outcome in outcomes:
            report().add(**{outcome.value: 1})
            self._measures.count(of.receiver.channel, outcome)

    async def _settle_one(
        self, uow: UnitOfWork, due: Due, taken: Taken, sent: Sent, *, is_there: bool, now: datetime
    ) -> Outcome | None:
        """Write down what has come of one try; None where somebody else has."""
        wait, outcome = None, Outcome.DELIVERED
        if not sent.ok:
            retry_after = sent.retry_after if is_there else None
            wait = wait_after(taken.attempts, retry_after=retry_after, chance=self._chance())
            outcome = Outcome.DEAD if wait is None else Outcome.RETRIED
        tried = {"at": now.isoformat(), "status": sent.status, "error": sent.error, "milliseconds": sent.milliseconds}
        settled = await repository.settle(
            uow.session,
            company_id=due.company_id,
            taken=taken,
            state="pending" if outcome is Outcome.RETRIED else outcome.value,
            next_attempt_at=None if wait is None else now + wait,
            tried=tried,
            now=now,
        )
        return outcome if settled else None

    async def _note_health(
        self, uow: UnitOfWork, due: Due, health: Health, sent: Sequence[Sent], *, now: datetime
    ) -> None:
        """Note whether the webhook fails, and give it up where it is gone or has failed for days."""
        of_webhook = {"company_id": due.company_id, "webhook_id": due.webhook_id}
        failing_since = None if any(one.ok for one in sent) else health.failing_since or now
        reason = None
        if health.is_active and failing_since is not None:
            is_gone = any(one.gone for one in sent)
            reason = "gone" if is_gone else "failing" if now - failing_since >= FAILING_FOR else None
        if reason is not None or failing_since != health.failing_since:
            await repository.set_health(
                uow.session, **of_webhook, failing_since=failing_since, disabled_reason=reason, now=now
            )
        if reason is not None:
            uow.record(
                company_id=due.company_id,
                resource_type="webhook",
                resource_id=due.webhook_id,
                changes={"is_active": (True, False), "disabled_reason": (None, reason)},
            )
            log.warning("a webhook was given up", webhook_id=str(due.webhook_id), reason=reason)


async def _have_sent(sending: Awaitable[Sent]) -> Sent:
    """What has come of it, also where sending itself fails; an error's text may show an address, so it is not told."""
    try:
        return await sending
    except Exception as error:  # noqa: BLE001  # one that is never settled would come due for ever
        report().add(failed=1)
        log.error("a delivery could not be sent", error=type(error).__name__)  # noqa: TRY400
        return BROKEN


async def _describe(session: AsyncSession, company_id: UUID, taken: Taken) -> dict[str, str] | None:
    """What a robot says of an alert, read as it is now and kept nowhere."""
    if not taken.kind.startswith("alert."):
        return None
    alert = await describe_alert(session, company_id=company_id, alert_id=taken.subject_id)
    return None if alert is None else describe(alert)


def _message(taken: Taken, text_fields: dict[str, str] | None) -> Message:
    return Message(
        delivery_id=taken.id,
        event_id=taken.event_id,
        kind=taken.kind,
        subject_id=taken.subject_id,
        happened_at=taken.happened_at,
        data=taken.data,
        text_fields=text_fields,
    )
