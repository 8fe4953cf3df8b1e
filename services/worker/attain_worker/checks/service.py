"""Cross-checking the figures of shops: marks in, findings out, one transaction a month of a shop (MET-9).

It is done when nothing else is to do, and rejects nothing: a finding is told beside the figures.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from attain_shared.clock import utc_now
from attain_shared.db.failures import is_passing
from attain_shared.db.session import transaction
from attain_shared.doorbell import Doorbell
from attain_shared.metrics.declarations import load_metrics
from attain_shared.rules.algebra import Algebra, Metric
from attain_shared.rules.findings import (
    CheckedMonth,
    FindingKind,
    aov_mismatch,
    conversion_mismatch,
    days_disagree,
    final_below_realtime,
    tenfold,
)
from attain_shared.rules.periods import Grain
from attain_worker.checks import repository
from attain_worker.checks.repository import Finding, Key, Mark
from attain_worker.report import report

log = structlog.get_logger(__name__)

MARKS_AT_A_TIME = 8
"""Between two looks for a push that has come meanwhile."""
SETTLE = timedelta(seconds=5)
"""A shop that is pushed to again and again is checked as often, not after each push."""


class Checks:
    """Brings the findings on marked months in line with the facts. Safe to run any number of times."""

    def __init__(
        self, sessions: async_sessionmaker[AsyncSession], doorbell: Doorbell, *, settle: timedelta = SETTLE
    ) -> None:
        """Every month is a transaction of its own; `settle` is how long one is left alone once it is marked."""
        self._sessions = sessions
        self._doorbell = doorbell
        self._settle = settle

    async def check(self, company_id: UUID) -> bool:
        """Check the months with the oldest marks; False where nothing was done."""
        async with transaction(self._sessions, self._doorbell) as uow:
            marks = await repository.read_marks(
                uow.session, company_id=company_id, marks=MARKS_AT_A_TIME, settle=self._settle
            )
        done = [await self._check_or_put_off(company_id, mark) for mark in marks]
        return any(done)

    async def _check_or_put_off(self, company_id: UUID, mark: Mark) -> bool:
        """Check a month; one that cannot be checked is logged, and holds up no other."""
        try:
            return await self._check_month(company_id, mark)
        except Exception as error:
            if is_passing(error):
                raise
            log.exception("a month cannot be checked", shop_id=str(mark.shop_id), month=str(mark.month))
            report().add(failed=1)
        async with transaction(self._sessions, self._doorbell) as uow:
            await repository.put_off_mark(uow.session, company_id=company_id, mark=mark)
        return False

    async def _check_month(self, company_id: UUID, mark: Mark) -> bool:
        """Write what was found unless the month was marked again meanwhile: then the next look does."""
        checked = CheckedMonth(mark.month)
        async with transaction(self._sessions, self._doorbell) as uow:
            if not await repository.try_lock_company(uow.session, company_id=company_id):
                return False
            found = await _find(uow.session, company_id=company_id, shop_id=mark.shop_id, checked=checked)
            if not await repository.take_mark(uow.session, company_id=company_id, mark=mark):
                return True
            before = await repository.list_open(
                uow.session, company_id=company_id, shop_id=mark.shop_id, checked=checked
            )
            over = sorted(before[key] for key in before.keys() - {one.key for one in found})
            now = utc_now()
            if found:
                await repository.store_findings(
                    uow.session, company_id=company_id, shop_id=mark.shop_id, findings=found, now=now
                )
            if over:
                await repository.resolve_findings(uow.session, company_id=company_id, ids=over, now=now)
        report().add(months=1, found=len(found), over=len(over))
        return True


async def _find(session: AsyncSession, *, company_id: UUID, shop_id: UUID, checked: CheckedMonth) -> list[Finding]:
    """Everything that does not go together in the reach of a month; six statements, whatever the rows."""
    metrics = await load_metrics(session, company_id=company_id)
    additive = _codes(metrics, Algebra.ADDITIVE)
    counted = _codes(metrics, Algebra.ADDITIVE, Algebra.DISTINCT)
    where: dict[str, Any] = {"company_id": company_id, "shop_id": shop_id, "checked": checked}
    aovs = await repository.list_aovs(session, **where)
    conversions = await repository.list_conversions(session, **where)
    finals = await repository.list_finals_below(session, **where, metrics=counted)
    steep = await repository.list_steep_days(session, **where, metrics=counted)
    disagreeing = await repository.list_disagreeing(session, **where, metrics=additive)
    return [
        *_judge(FindingKind.AOV_MISMATCH, aovs, _aov_mismatch),
        *_judge(FindingKind.CONVERSION_MISMATCH, conversions, _conversion_mismatch),
        *_judge(FindingKind.FINAL_BELOW_REALTIME, finals, lambda row: final_below_realtime(row.value, row.realtime)),
        *_judge(FindingKind.TENFOLD, steep, lambda row: tenfold(row.value, before=row.before)),
        *_judge(FindingKind.DAYS_DISAGREE, disagreeing, lambda row: days_disagree(row.value, days=row.days)),
    ]


def _judge(
    kind: FindingKind, rows: Iterable[Row[Any]], expected_of: Callable[[Row[Any]], Decimal | None]
) -> Iterator[Finding]:
    for row in rows:
        expected = expected_of(row)
        if expected is not None:
            key = Key(row.bucket, Grain(row.grain), row.dimension, row.metric, kind)
            yield Finding(key, row.batch_id, row.value, expected)


def _aov_mismatch(row: Row[Any]) -> Decimal | None:
    return aov_mismatch(gmv=row.numerator, aov=row.ratio, paying_buyers=row.denominator)


def _conversion_mismatch(row: Row[Any]) -> Decimal | None:
    return conversion_mismatch(conversion=row.ratio, paying_buyers=row.numerator, uv=row.denominator)


def _codes(metrics: Mapping[str, Metric], *algebras: Algebra) -> list[str]:
    return sorted(code for code, metric in metrics.items() if metric.algebra in algebras)
