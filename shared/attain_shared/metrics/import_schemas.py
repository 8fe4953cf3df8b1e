"""The wire contract of metric imports (ING-6)."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from attain_shared.metrics.schemas import VerdictCounts
from attain_shared.rules.corrections import Finality
from attain_shared.rules.periods import Grain
from attain_shared.wire import Input, Instant, Line, Output


class ImportOptions(Input):
    """The fields of the form beside the file."""

    shop: Annotated[Line, Field(min_length=3)]
    """The shop as a push names it: `platform:external_id`."""
    kind: Literal["shop", "product"] | None = None
    """Which report the file is; without it, its columns say so."""
    on_error: Literal["refuse", "skip"] = "refuse"
    """What a cell that cannot be understood does: nothing is stored, or it alone is left out."""
    dry_run: bool = False
    """Store nothing, and answer with the report."""
    lane: Literal["live", "backfill"] = "live"
    """As in a push."""
    observed_at: Instant | None = None
    """When the platform said so (MET-7). Without it the time of the upload, which says nothing of an old file."""
    finality: Finality = Finality.FINAL
    """Of the periods that were over on the day of `observed_at`; those that were not are `realtime`."""


class MatchedColumnRead(Output):
    """A column that was taken in."""

    column: str
    """The spreadsheet's letter."""
    header: str
    """As the file has it."""
    metrics: list[str]
    """One code, unless the header has changed its meaning over time."""


class UnknownColumnRead(Output):
    """A column that names no metric, and was left out."""

    column: str
    """The spreadsheet's letter."""
    header: str
    """As the file has it."""


class RepeatedColumnRead(Output):
    """A column that was left out because another one means the same."""

    column: str
    """The spreadsheet's letter."""
    header: str
    """As the file has it."""
    kept: str
    """The letter of the column that was taken in."""


class FaultyCellRead(Output):
    """A cell that could not be understood, and was left out."""

    row: int
    """In the file; the first is 1."""
    column: str
    """The spreadsheet's letter."""
    header: str
    """Of the column."""
    text: str
    """What is in the cell, its first 100 characters."""
    code: str
    """Stable."""
    detail: str
    """For people: the end of a sentence that begins with the text."""


class MetricImportReport(Output):
    """How a file was understood."""

    rows: int
    """Rows below the header that are not empty."""
    observations: int
    """Figures found."""
    blanks: int
    """Cells without a value: blank or `-`, which is not zero (MET-8)."""
    grains: dict[Grain, int]
    """Figures by the length of their bucket."""
    first_day: date | None
    """The first day of all figures; null without any."""
    last_day: date | None
    """The last day of all figures."""
    columns: list[MatchedColumnRead]
    """What was taken in."""
    unknown_columns: list[UnknownColumnRead]
    """What was not."""
    repeated_columns: list[RepeatedColumnRead]
    """What was there twice."""
    bad_cells: list[FaultyCellRead]
    """The first 200 of them."""
    bad_cell_count: int
    """All of them."""


class MetricImportPreview(Output):
    """What an import would do."""

    shop_id: UUID
    """The shop."""
    kind: Literal["shop", "product"]
    """Which report the file is."""
    file_name: str
    """As uploaded."""
    rows: int
    """Rows below the header that are not empty."""
    report: MetricImportReport
    """How the file was understood."""


class MetricImportSummary(Output):
    """A file that was taken in."""

    id: UUID
    """The import."""
    shop_id: UUID
    """The shop."""
    kind: Literal["shop", "product"]
    """Which report the file is."""
    file_name: str
    """As uploaded."""
    rows: int
    """Rows below the header that are not empty."""
    state: Literal["stored", "done", "failed"]
    """Of its batches: `failed` if one has, `stored` while one waits; neither is dropped, so without any it is `done`."""
    verdicts: VerdictCounts | None
    """What became of the figures, of all batches together; null until they are done, and again once one of them has been
    dropped because of its age."""
    batch_ids: list[UUID]
    """The batches that the figures were pushed in."""
    created_by: UUID
    """Who uploaded it."""
    created_at: datetime
    """When."""


class MetricImportRead(MetricImportSummary):
    """A file that was taken in, with its report."""

    report: MetricImportReport
    """How the file was understood."""
