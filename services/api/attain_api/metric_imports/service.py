"""Taking in the reports that sellers download from 生意参谋 (ING-6): through the inbox, like every push."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache, partial
from typing import Any
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.batches import service as batches
from attain_api.batches.body import PushedBody
from attain_api.messages import Language
from attain_api.metric_imports import repository
from attain_api.metric_imports.repository import BatchProgress
from attain_api.metric_imports.upload import ImportRequest
from attain_api.metric_imports.wording import fault, sentence
from attain_api.paging import PageQuery
from attain_api.shops import service as shops
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import FieldError, Invalid, NotFound
from attain_shared.identifiers import new_id
from attain_shared.imports.finality import standing
from attain_shared.imports.reports import FaultyCell, ImportedRow, Report
from attain_shared.metrics.import_schemas import (
    ImportOptions,
    MetricImportPreview,
    MetricImportRead,
    MetricImportReport,
    MetricImportSummary,
)
from attain_shared.metrics.models import MetricImport
from attain_shared.metrics.push import MAX_ROWS
from attain_shared.metrics.schemas import VerdictCounts
from attain_shared.rules.periods import bucket_end

SOURCE = "metric-import"
"""What the batches of an import name as their source."""

Progress = Mapping[UUID, BatchProgress]


async def import_file(uow: UnitOfWork, *, actor: Actor, wanted: ImportRequest) -> MetricImport:
    """Push the figures of a file, all of them in one transaction with the import itself.

    Raises:
        Invalid: there is no such shop, nothing to take in, or a bad cell that is not to be skipped.
    """
    report, options = wanted.report, wanted.options
    shop_id = await _find_shop(uow, actor=actor, name=options.shop)
    if report.faulty and options.on_error == "refuse":
        raise Invalid("Nothing is imported, as some cells are wrong; see `errors`.", errors=_errors(wanted))
    if not report.figures:
        raise Invalid.field("/file", "no-figures", "There is no figure in the file.")
    made = MetricImport(
        company_id=actor.company_id,
        id=new_id(),
        shop_id=shop_id,
        kind=report.kind.value,
        file_name=wanted.file_name,
        file_hash=wanted.file_hash,
        rows=report.rows,
        report=_tell(report),
        batch_ids=[],
        created_by=actor.principal_id,
    )
    bodies = await asyncio.to_thread(list, _bodies(report.figures, options))
    for number, body in enumerate(bodies):
        receipt = await batches.store_push(
            uow, actor=actor, key=f"{SOURCE}-{made.id}-{number}", body=PushedBody(body, is_gzip=False)
        )
        made.batch_ids.append(receipt.id)
    uow.session.add(made)
    await uow.session.flush()
    return made


async def preview_file(uow: UnitOfWork, *, actor: Actor, wanted: ImportRequest) -> MetricImportPreview:
    """What importing a file would store."""
    return MetricImportPreview(
        shop_id=await _find_shop(uow, actor=actor, name=wanted.options.shop),
        kind=wanted.report.kind.value,
        file_name=wanted.file_name,
        rows=wanted.report.rows,
        report=_read_report(_tell(wanted.report), wanted.language),
    )


async def get_import(uow: UnitOfWork, *, actor: Actor, import_id: UUID, language: Language) -> MetricImportRead:
    """One import, with how far its batches are."""
    found = await repository.find_import(uow.session, company_id=actor.company_id, import_id=import_id)
    if found is None:
        raise NotFound("There is no such import.")
    progress = await repository.list_progress(uow.session, company_id=actor.company_id, batch_ids=found.batch_ids)
    return read_import(found, progress, language=language)


async def list_imports(
    uow: UnitOfWork, *, actor: Actor, shop_id: UUID | None, query: PageQuery
) -> tuple[list[MetricImportSummary], str | None]:
    """A part of the company's imports."""
    found, cursor = await repository.list_imports(
        uow.session, company_id=actor.company_id, shop_id=shop_id, query=query
    )
    progress = await repository.list_progress(
        uow.session, company_id=actor.company_id, batch_ids=[batch_id for one in found for batch_id in one.batch_ids]
    )
    return [MetricImportSummary.model_validate(_summary(one, progress)) for one in found], cursor


def read_import(row: MetricImport, progress: Progress, *, language: Language) -> MetricImportRead:
    """An import as the caller sees it."""
    return MetricImportRead.model_validate(_summary(row, progress) | {"report": _read_report(row.report, language)})


def read_new_import(row: MetricImport, *, language: Language) -> MetricImportRead:
    """An import as its maker sees it: its batches have just been stored."""
    return read_import(row, dict.fromkeys(row.batch_ids, BatchProgress("stored", None)), language=language)


async def _find_shop(uow: UnitOfWork, *, actor: Actor, name: str) -> UUID:
    platform, _, external_id = name.partition(":")
    query = PageQuery(limit=1, sort="name")
    found, _ = await shops.list_shops(
        uow, actor=actor, platform=platform, external_id=external_id, name=None, query=query
    )
    if not found:
        raise Invalid.field("/shop", "unknown-shop", "There is no such shop.")
    return found[0].id


def _bodies(figures: Sequence[ImportedRow], options: ImportOptions) -> Iterator[bytes]:
    """The figures as pushes, each as long as a push may be."""
    observed_at = options.observed_at or utc_now()
    said = {
        "source": SOURCE,
        "lane": options.lane,
        "shop": options.shop,
        "observed_at": observed_at.isoformat(),
    }
    of_period = cache(partial(standing, observed_on=business_day(observed_at), said=options.finality))
    for start in range(0, len(figures), MAX_ROWS):
        rows = [
            {
                "metric": figure.metric,
                "dimension": figure.dimension,
                "grain": figure.grain,
                "bucket": figure.bucket.isoformat(),
                "value": format(figure.value, "f"),
                **of_period(figure.grain, figure.bucket)._asdict(),
            }
            for figure in figures[start : start + MAX_ROWS]
        ]
        yield json.dumps(said | {"observations": rows}, ensure_ascii=False, default=date.isoformat).encode()


def _errors(wanted: ImportRequest) -> list[FieldError]:
    return [
        FieldError(f"/file/rows/{cell.row}/{cell.column}", cell.code, sentence(cell, wanted.language))
        for cell in wanted.report.faulty
    ]


def _tell(report: Report) -> dict[str, Any]:
    """A report as it is stored; what is wrong with a cell is put into words when it is read."""
    figures = report.figures
    return {
        "rows": report.rows,
        "observations": len(figures),
        "blanks": report.blanks,
        "grains": Counter(figure.grain.value for figure in figures),
        "first_day": min((figure.bucket.isoformat() for figure in figures), default=None),
        "last_day": max((bucket_end(figure.bucket, figure.grain).isoformat() for figure in figures), default=None),
        "columns": [column._asdict() for column in report.matched],
        "unknown_columns": [column._asdict() for column in report.unknown],
        "repeated_columns": [column._asdict() for column in report.repeated],
        "bad_cells": [cell._asdict() for cell in report.faulty],
        "bad_cell_count": report.fault_count,
    }


def _read_report(stored: Mapping[str, Any], language: Language) -> MetricImportReport:
    cells = [cell | {"detail": fault(FaultyCell(**cell), language)} for cell in stored["bad_cells"]]
    return MetricImportReport.model_validate({**stored, "bad_cells": cells})


def _summary(row: MetricImport, progress: Progress) -> dict[str, Any]:
    known = [progress[batch_id] for batch_id in row.batch_ids if batch_id in progress]
    states = {batch.state for batch in known}
    state = next((state for state in ("failed", "stored") if state in states), "done")
    counts = Counter[str]()
    for batch in known:
        counts.update(batch.verdicts or {})
    is_whole = state == "done" and len(known) == len(row.batch_ids)
    told = {name: getattr(row, name) for name in MetricImportSummary.model_fields if hasattr(row, name)}
    return told | {"state": state, "verdicts": VerdictCounts.model_validate(counts) if is_whole else None}
