"""Declaring metrics: what ships stands, a company adds its own and keeps every version of them (MET-4)."""

from collections.abc import Iterable, Mapping
from typing import Any

from attain_api.access.actor import Actor
from attain_api.conditional import check_if_match, content_tag
from attain_api.goals.measuring import remeasure
from attain_api.metrics import repository
from attain_api.paging import PageQuery
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Conflict, FieldError, Invalid, NotAllowed, NotFound
from attain_shared.metrics.catalogue import CatalogueEntry
from attain_shared.metrics.declarations import entry_of, load_entries, lock_metrics, metrics_of
from attain_shared.metrics.models import CompanyMetric
from attain_shared.metrics.schemas import MetricCreate, MetricRead, MetricUpdate, MetricVersionRead
from attain_shared.rules.algebra import parse_expression
from attain_shared.rules.declarations import (
    FITTING,
    Fault,
    declaration_faults,
    expression_text,
    name_faults,
    printed,
)

SEES_PEOPLE = frozenset({"admin", "hr", "executive"})
"""Who is shown which person declared a version: a connector knows nobody (SEC-3)."""
MAX_METRICS = 1000
"""Metrics of a company's own: the catalogue is read whole for every figure."""
DECLARED = tuple(MetricCreate.model_fields)
"""What a version of a metric says."""
FORMULAS = ("numerator", "denominator")
ROLL_UP_REFUSED = "roll-up-refused"
"""The code the contract names for an aggregate that does not fit the metric."""


class MetricExists(Conflict):
    """The catalogue has a metric of this code, shipped or the company's own."""

    code, title = "metric-exists", "Metric already there"


class TooManyMetrics(Conflict):
    """The company has declared as many metrics as it can."""

    code, title = "too-many-metrics", "Too many metrics"


async def list_metrics(uow: UnitOfWork, *, actor: Actor) -> list[MetricRead]:
    """The whole catalogue, the shipped metrics first."""
    entries = await load_entries(uow.session, company_id=actor.company_id)
    return [read_metric(entry) for entry in entries.values()]


async def get_metric(uow: UnitOfWork, *, actor: Actor, code: str) -> MetricRead:
    """One metric, as it is declared now."""
    return read_metric(_find(code, await load_entries(uow.session, company_id=actor.company_id)))


async def list_versions(
    uow: UnitOfWork, *, actor: Actor, code: str, query: PageQuery
) -> tuple[list[MetricVersionRead], str | None]:
    """A part of the versions of a metric; one that ships has none."""
    _find(code, await load_entries(uow.session, company_id=actor.company_id))
    rows, cursor = await repository.list_versions(uow.session, company_id=actor.company_id, code=code, query=query)
    sees_people = not SEES_PEOPLE.isdisjoint(actor.roles)
    return [
        MetricVersionRead(
            **dict(read_version(row)), created_by=row.created_by if sees_people else None, created_at=row.created_at
        )
        for row in rows
    ], cursor


async def create_metric(uow: UnitOfWork, *, actor: Actor, data: MetricCreate) -> CompanyMetric:
    """The first version of a metric of the company's own."""
    await lock_metrics(uow.session, company_id=actor.company_id)
    entries = await load_entries(uow.session, company_id=actor.company_id)
    if data.code in entries:
        raise MetricExists(f"There is a metric {data.code} already.")
    if sum(entry.version is not None for entry in entries.values()) >= MAX_METRICS:
        raise TooManyMetrics(f"A company declares {MAX_METRICS} metrics at most.")
    declared = data.model_dump() | {"over_shops": data.over_shops or FITTING[data.algebra][0]}
    return await _add_version(uow, actor=actor, declared=declared, version=1, entries=entries)


async def update_metric(
    uow: UnitOfWork, *, actor: Actor, code: str, data: MetricUpdate, if_match: str | None
) -> MetricRead:
    """The next version of a metric; goals that measure it follow a new formula (GOAL-10)."""
    await lock_metrics(uow.session, company_id=actor.company_id)
    entries = await load_entries(uow.session, company_id=actor.company_id)
    before = read_metric(_find(code, entries))
    standing = await repository.find_metric(uow.session, company_id=actor.company_id, code=code)
    if standing is None:
        raise NotAllowed("A metric that ships with Attain cannot be changed.")
    check_if_match(if_match, content_tag(before))
    declared = {name: getattr(standing, name) for name in DECLARED}
    changed = declared | _canonical(data.model_dump(exclude_unset=True))
    if changed == declared:
        return before
    row = await _add_version(uow, actor=actor, declared=changed, version=standing.version + 1, entries=entries)
    if any(changed[name] != declared[name] for name in FORMULAS):
        await remeasure(uow, company_id=actor.company_id, entries=[entry_of(row)])
    return read_version(row)


def read_version(row: CompanyMetric) -> MetricRead:
    """A version of a company's own metric as the contract shows it."""
    return read_metric(entry_of(row))


def read_metric(entry: CatalogueEntry) -> MetricRead:
    """A metric as the contract shows it."""
    metric = entry.metric
    return MetricRead(
        origin="shipped" if entry.version is None else "company",
        version=entry.version,
        code=metric.code,
        zh=entry.zh,
        en=entry.en,
        unit=metric.unit,
        algebra=metric.algebra,
        over_shops=metric.over_shops,
        over_shops_weight=metric.over_shops_weight,
        numerator=expression_text(metric.numerator) or None,
        denominator=expression_text(metric.denominator) or None,
        default_aggregate=metric.default_aggregate,
        better=metric.better,
        aliases=list(entry.aliases),
    )


async def _add_version(
    uow: UnitOfWork,
    *,
    actor: Actor,
    declared: Mapping[str, Any],
    version: int,
    entries: Mapping[str, CatalogueEntry],
) -> CompanyMetric:
    row = CompanyMetric(
        company_id=actor.company_id, version=version, created_by=actor.principal_id, **_canonical(declared)
    )
    entry = entry_of(row)
    taken = {
        printed(name): code
        for code, other in entries.items()
        if code != row.code
        for name in (code, other.zh, other.en, *other.aliases)
    }
    _refuse(
        [
            *declaration_faults(entry.metric, metrics_of(entries)),
            *name_faults(row.zh, row.en, row.aliases, taken, code=row.code if version == 1 else None),
        ]
    )
    uow.session.add(row)
    await uow.session.flush()
    return row


def _canonical(declared: Mapping[str, Any]) -> dict[str, Any]:
    """The same with its formulas as they are kept: written one way, and empty where there is none."""
    kept, faults = dict(declared), []
    for name in FORMULAS:
        if name in declared:
            try:
                kept[name] = expression_text(parse_expression(declared[name] or ""))
            except ValueError as error:
                faults.append(Fault(name, "invalid-formula", str(error)))
    _refuse(faults)
    return kept


def _refuse(faults: Iterable[Fault]) -> None:
    """Refuse the declaration if anything is wrong with it; an aggregate that does not fit gives the problem its code."""
    errors = [FieldError(f"/{fault.field}", fault.code, fault.detail) for fault in faults]
    if errors:
        code = ROLL_UP_REFUSED if any(error.code == ROLL_UP_REFUSED for error in errors) else None
        raise Invalid("The metric cannot be taken; see `errors`.", errors=errors, code=code)


def _find(code: str, entries: Mapping[str, CatalogueEntry]) -> CatalogueEntry:
    if code not in entries:
        raise NotFound("There is no such metric.")
    return entries[code]
