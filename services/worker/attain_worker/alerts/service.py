"""Watching over connectors: a shop whose figures are due and not there raises an alert (MET-8)."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.doorbell import Doorbell
from attain_worker.alerts import repository
from attain_worker.report import report
from attain_worker.repository import list_companies

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
        """Look at the connectors of every company; one transaction touches one company."""
        async with transaction(self._sessions, self._doorbell) as uow:
            companies = await list_companies(uow.session)
        for company_id in companies:
            await self.watch_company(company_id)

    async def watch_company(self, company_id: UUID) -> None:
        """Bring the alerts of a company in line with what its connectors have brought."""
        now = self._clock()
        raised: list[repository.Told] = []
        cleared: list[repository.Told] = []
        async with transaction(self._sessions, self._doorbell) as uow:
            changes = await repository.list_changes(uow.session, company_id=company_id, now=now)
            over = sorted(change.alert_id for change in changes if change.alert_id is not None)
            if over:
                cleared = await repository.clear_alerts(uow.session, company_id=company_id, ids=over, now=now)
            if silent := [change for change in changes if change.alert_id is None]:
                raised = await repository.raise_alerts(uow.session, company_id=company_id, changes=silent, now=now)
        report().add(raised=len(raised), cleared=len(cleared))
        for told in cleared:
            log.info("a connector is silent no longer", company_id=str(company_id), **_ids(told))
        for told in raised:
            log.warning("a connector is silent", company_id=str(company_id), **_ids(told))


def _ids(told: repository.Told) -> dict[str, str]:
    return {name: str(identifier) for name, identifier in told._asdict().items()}
