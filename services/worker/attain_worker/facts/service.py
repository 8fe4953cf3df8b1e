"""Making facts of claimed batches: verdicts, facts, history and marks, all in the claim's transaction (ING-4)."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from attain_shared.clock import utc_now
from attain_shared.db.partitions import month_of
from attain_shared.db.session import UnitOfWork
from attain_shared.goals.queries import mark_goals
from attain_shared.metrics.declarations import load_metrics
from attain_shared.metrics.months import sum_up_changed
from attain_shared.metrics.queries import Series
from attain_shared.rules.periods import bucket_end
from attain_shared.shops.queries import lock_shops
from attain_worker.facts import judgement, repository
from attain_worker.facts.claim import Batch, Claim, Known, shop_names, sort_out, unpack
from attain_worker.facts.repository import FactWriter, Span

EnsureMonths = Callable[[set[date]], Awaitable[None]]
"""Makes the partitions of months (first days) where they are missing."""


async def store(
    uow: UnitOfWork,
    *,
    company_id: UUID,
    batches: Sequence[Batch],
    payloads: Mapping[UUID, bytes],
    ensure_months: EnsureMonths,
) -> Claim:
    """Make facts of locked batches; the claim says what became of each row."""
    session = uow.session
    pushes = [unpack(payloads[batch.id]) for batch in batches]
    connectors = {batch.connector_id for batch in batches if batch.connector_id}
    known = Known(
        shops=await repository.find_shops(session, company_id=company_id, names=shop_names(pushes)),
        scopes=await repository.find_scopes(session, company_id=company_id, connector_ids=connectors),
        metrics=await load_metrics(session, company_id=company_id),
    )
    claim = sort_out(batches, pushes, known)
    if claim.rows:
        buckets = {bucket for own in claim.first for bucket in own}
        await ensure_months({month_of(bucket) for bucket in buckets})
        await lock_shops(session, company_id=company_id, shop_ids={series.shop_id for series in claim.series})
        await _store_rows(uow, company_id, claim)
    if claim.latest_days:
        await repository.note_deliveries(session, company_id=company_id, days=claim.latest_days, now=utc_now())
    return claim


async def _store_rows(uow: UnitOfWork, company_id: UUID, claim: Claim) -> None:
    ordered = judgement.in_order(claim)
    writer = FactWriter(uow.session, company_id, claim, ordered)
    decided = judgement.decide(claim, ordered, await writer.load_present())
    await writer.add(decided.added, decided.verdicts)
    await writer.replace(decided.replacing, decided.verdicts)
    await writer.keep_passed(decided.passed)
    if decided.changed:
        months = _months_of(claim, decided.changed)
        await repository.mark_checks(uow.session, company_id=company_id, months=months)
        await sum_up_changed(uow.session, company_id=company_id, months=_series_by_month(claim, decided.changed))
    earliest = min(batch.id for batch in claim.batches)
    goal_ids = await repository.find_affected_goals(
        uow.session,
        company_id=company_id,
        changed=_spans_of(claim, decided.changed),
        kept=_spans_of(claim, decided.kept),
        earliest=earliest,
    )
    await mark_goals(uow.session, company_id=company_id, marks=[(goal_id, earliest) for goal_id in goal_ids])


def _months_of(claim: Claim, numbers: Iterable[int]) -> set[tuple[UUID, date]]:
    shops = [series.shop_id for series in claim.series]
    touched = {(shops[claim.rows[number].series], claim.rows[number].bucket) for number in numbers}
    return {(shop_id, month_of(bucket)) for shop_id, bucket in touched}


def _series_by_month(claim: Claim, numbers: Iterable[int]) -> dict[date, set[Series]]:
    touched = {(claim.rows[number].series, month_of(claim.rows[number].bucket)) for number in numbers}
    months: dict[date, set[Series]] = defaultdict(set)
    for number, month in touched:
        shop_id, metric, dimension, _ = claim.series[number]
        months[month].add(Series(shop_id, metric, dimension))
    return months


def _spans_of(claim: Claim, numbers: Iterable[int]) -> list[Span]:
    """From the first to the last day that changed, of each series: what lies between may be recomputed for nothing."""
    spans: dict[int, tuple[date, date]] = {}
    for number in numbers:
        series, bucket = claim.rows[number][:2]
        if series in spans:
            first, last = spans[series]
            spans[series] = (min(first, bucket), max(last, bucket))
        else:
            spans[series] = (bucket, bucket)
    found = []
    for number, (first, last) in spans.items():
        shop_id, metric, dimension, grain = claim.series[number]
        found.append(Span(shop_id, metric, dimension, first, bucket_end(last, grain)))
    return sorted(found)
