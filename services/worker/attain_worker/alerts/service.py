"""Watching over connectors: a shop whose figures are due and not there raises an alert (MET-8)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.alerts.queries import Trouble, clear_alerts, raise_alerts
from attain_shared.alerts.schemas import AlertKind, Severity
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import transaction
from attain_shared.doorbell import Doorbell
from attain_worker.alerts import repository
from attain_worker.alerts.companies import watch_each
from attain_worker.alerts.repository import Change
from attain_worker.report import report

log = structlog.get_logger(__name__)


class Silence:
    """Raises an alert when a connector falls silent, and clears it when it speaks again or need not any more.

    Safe to run any number of times, and by several workers at once.
    """

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        doorbell: Doorbell,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`clock` gives the present instant, aware."""
        self._sessions = sessions
        self._doorbell = doorbell
        self._clock = clock

    async def watch(self) -> None:
        """Look at the connectors of every company; one that cannot be looked at is logged, and holds up no other."""
        await watch_each(self._sessions, self._doorbell, self.watch_company)

    async def watch_company(self, company_id: UUID) -> None:
        """Bring the alerts of a company in line with what its connectors have brought."""
        now = self._clock()
        async with transaction(self._sessions, self._doorbell) as uow:
            changes = await repository.list_changes(uow.session, company_id=company_id, now=now)
            over = [change.alert_id for change in changes if change.alert_id is not None]
            silent = [change for change in changes if change.alert_id is None]
            # holds the rule before its alerts, as whoever deletes it does
            troubles = await _troubles(uow.session, company_id=company_id, silent=silent, now=now)
            cleared = await clear_alerts(uow.session, company_id=company_id, ids=over, now=now)
            raised = await raise_alerts(uow.session, company_id=company_id, troubles=troubles, now=now)
        report().add(raised=len(raised), cleared=len(cleared))
        for told in cleared:
            log.info("a connector is silent no longer", company_id=str(company_id), **told.ids)
        for told in raised:
            log.warning("a connector is silent", company_id=str(company_id), **told.ids)


async def _troubles(
    session: AsyncSession, *, company_id: UUID, silent: Sequence[Change], now: datetime
) -> list[Trouble]:
    """What is to be told, with whom it concerns: as the company's rule says, else the shop's owner."""
    if not silent:
        return []
    rule = await repository.find_silence_rule(session, company_id=company_id)
    owners: dict[UUID, UUID | None] = {}
    if rule is None or rule.owner_id is None:
        shop_ids = {change.shop_id for change in silent}
        owners = await repository.list_shop_owners(
            session, company_id=company_id, shop_ids=shop_ids, today=business_day(now)
        )
    return [
        Trouble(
            kind=AlertKind.SILENT_CONNECTOR,
            severity=Severity.WARNING if rule is None else Severity(rule.severity),
            rule_id=None if rule is None else rule.id,
            owner_id=owners.get(change.shop_id) if rule is None or rule.owner_id is None else rule.owner_id,
            details=_details(change),
            connector_id=change.connector_id,
            shop_id=change.shop_id,
        )
        for change in silent
    ]


def _details(change: Change) -> dict[str, str | None]:
    values = {"expected_day": change.expected_day, "due_at": change.due_at, "latest_day": change.latest_day}
    return {name: value.isoformat() if value else None for name, value in values.items()}
