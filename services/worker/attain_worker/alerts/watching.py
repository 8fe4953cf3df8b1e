"""Keeping the watch that a company's rules ask for: what they find is told once, and taken back when it is over (CULT-5)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.alerts.queries import Told, Trouble, clear_alerts, raise_alerts
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import transaction
from attain_shared.doorbell import Doorbell
from attain_worker.alerts import rule_repository
from attain_worker.alerts.companies import watch_each
from attain_worker.alerts.judging import judge_rules
from attain_worker.alerts.repository import list_shop_owners
from attain_worker.report import report

log = structlog.get_logger(__name__)


class Watch:
    """Brings the alerts of rules in line with what the rules find now.

    A company is one transaction of about ten statements, however many shops, goals and people it has; without rules it is
    three. Safe to run any number of times, and by several workers at once: one of them does it.
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
        """Look at every company; one that cannot be looked at is logged, and holds up no other."""
        await watch_each(self._sessions, self._doorbell, self.watch_company)

    async def watch_company(self, company_id: UUID) -> None:
        """Raise what is trouble and not told, clear what is told and fine; what is neither stays."""
        now = self._clock()
        async with transaction(self._sessions, self._doorbell) as uow:
            if not await rule_repository.try_lock_company(uow.session, company_id=company_id):
                return
            rules = await rule_repository.load_rules(uow.session, company_id=company_id)
            told = await rule_repository.list_open(uow.session, company_id=company_id)
            if not rules and not told:
                return
            known = set(told.values())
            findings = await judge_rules(uow.session, company_id=company_id, rules=rules, told=known, now=now)
            standing = findings.troubles.keys() | findings.between
            over = [alert_id for alert_id, subject in told.items() if subject not in standing]
            new = [trouble for subject, trouble in findings.troubles.items() if subject not in known]
            cleared = await clear_alerts(uow.session, company_id=company_id, ids=over, now=now)
            troubles = await _with_owners(uow.session, company_id=company_id, troubles=new, now=now)
            raised = await raise_alerts(uow.session, company_id=company_id, troubles=troubles, now=now)
        _note(company_id, raised=raised, cleared=cleared)


async def _with_owners(
    session: AsyncSession, *, company_id: UUID, troubles: Sequence[Trouble], now: datetime
) -> list[Trouble]:
    """The same, where nobody is named with whoever owns the shop."""
    shop_ids = {one.shop_id for one in troubles if one.owner_id is None and one.shop_id is not None}
    if not shop_ids:
        return list(troubles)
    owners = await list_shop_owners(session, company_id=company_id, shop_ids=shop_ids, today=business_day(now))
    return [
        one if one.owner_id is not None or one.shop_id is None else one._replace(owner_id=owners.get(one.shop_id))
        for one in troubles
    ]


def _note(company_id: UUID, *, raised: Sequence[Told], cleared: Sequence[Told]) -> None:
    report().add(raised=len(raised), cleared=len(cleared))
    for told in cleared:
        log.info("an alert is cleared", company_id=str(company_id), kind=told.kind, **told.ids)
    for told in raised:
        log.warning("an alert is raised", company_id=str(company_id), kind=told.kind, **told.ids)
