"""Exporting people to a spreadsheet: what the list shows, and nothing a program could take for a formula (SEC-3)."""

import asyncio
import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from io import BytesIO, StringIO
from typing import Literal, NamedTuple
from uuid import UUID

import xlsxwriter

from attain_api.access.actor import Actor
from attain_api.messages import Language
from attain_api.paging import PageQuery
from attain_api.people import reading, repository
from attain_api.people.repository import PeopleFilter, PersonRow
from attain_api.people.spreadsheets import bulk, vocabulary
from attain_api.people.spreadsheets.bulk import KnownDepartment
from attain_api.people.spreadsheets.import_departments import SEPARATOR, WIDE_SEPARATOR
from attain_shared.clock import business_day
from attain_shared.db.session import UnitOfWork
from attain_shared.people.schemas import PersonRead

Format = Literal["xlsx", "csv"]
COLUMNS = tuple(name for name in vocabulary.LABELS if name != "department_function")
PART = 2_000
"""Rows read at once."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_PERSONAL = frozenset({"name", "q", "email"})
"""Filters whose values the trail must not keep (SEC-6)."""


@dataclass(frozen=True, slots=True)
class File:
    """A file, and how many people are in it."""

    content: bytes
    format: Format
    count: int


class Places(NamedTuple):
    """What rows name by id."""

    paths: Mapping[UUID, str]
    emails: Mapping[UUID, str]
    """Those the caller may see."""


Cells = Sequence[str]


async def read_cells(uow: UnitOfWork, *, actor: Actor, wanted: PeopleFilter, language: Language) -> list[Cells]:
    """A line for each person that the list shows the caller, masked as there."""
    departments = await bulk.list_departments(uow.session, company_id=actor.company_id)
    places = Places(paths_of(departments), await bulk.list_emails(uow.session, actor=actor))
    lines: list[Cells] = []
    cursor: str | None = None
    while True:
        query = PageQuery.model_construct(limit=PART, cursor=cursor, sort="name")
        rows, cursor = await repository.list_person_rows(uow.session, actor=actor, wanted=wanted, query=query)
        lines += await asyncio.to_thread(_lines, rows, actor, places, language)
        if cursor is None:
            return lines


def record_export(uow: UnitOfWork, *, wanted: PeopleFilter, file: File) -> None:
    """Say in the audit trail who has taken how many people's data out, and by which filters."""
    given = {name: getattr(wanted, name) for name in PeopleFilter.__dataclass_fields__}
    told = {name: "…" if name in _PERSONAL else value for name, value in given.items() if value not in {None, False}}
    uow.record(
        resource_type="person",
        resource_id=None,
        action="export",
        changes={"format": (None, file.format), "count": (None, file.count), "filters": (None, told)},
    )


def write_file(lines: Sequence[Cells], *, file_format: Format, language: Language) -> File:
    """The file; slow, so not for the event loop."""
    header = [vocabulary.label_of(name, language) for name in COLUMNS]
    content = (_xlsx if file_format == "xlsx" else _csv)([header, *lines])
    return File(content, file_format, len(lines))


def paths_of(departments: Iterable[KnownDepartment]) -> dict[UUID, str]:
    """Each department as an import finds it: the names from the top."""
    known = {one.id: one for one in departments}
    paths: dict[UUID, str] = {}

    def path(one: KnownDepartment) -> str:
        if one.id not in paths:
            name = one.name.replace(SEPARATOR, WIDE_SEPARATOR)
            above = known.get(one.parent_id) if one.parent_id else None
            paths[one.id] = f"{path(above)}{SEPARATOR}{name}" if above else name
        return paths[one.id]

    for department in known.values():
        path(department)
    return paths


def _lines(rows: Sequence[PersonRow], actor: Actor, places: Places, language: Language) -> list[Cells]:
    return [_cells(person, places, language) for person in reading.read_people(rows, actor=actor)]


def _cells(person: PersonRead, places: Places, language: Language) -> Cells:
    values: dict[str, object] = person.model_dump(include=set(COLUMNS))
    values["department"] = places.paths.get(person.department_id) if person.department_id else None
    values["position"] = person.position_name
    values["manager_email"] = places.emails.get(person.manager_id) if person.manager_id else None
    values["mentor_email"] = places.emails.get(person.mentor_id) if person.mentor_id else None
    for name in ("employment_type", "status"):
        code = values[name]
        values[name] = vocabulary.word_of(name, str(code), language) if code else None
    between = "、" if language == "zh-CN" else ", "
    values["roles"] = between.join(vocabulary.word_of("roles", role, language) for role in person.roles or ())
    return ["" if values[name] is None else str(values[name]) for name in COLUMNS]


def _xlsx(lines: Iterable[Cells]) -> bytes:
    """Every cell is text, whatever it begins with, and shown as such."""
    stored = BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stored, options) as book:
        # the day that its name says: of the same people it is the same file
        book.set_properties({"created": datetime.combine(business_day(), time.min)})
        text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for number, cells in enumerate(lines):
            for column, cell in enumerate(cells):
                if cell:
                    sheet.write_string(number, column, cell, text)
    return stored.getvalue()


def _csv(lines: Iterable[Cells]) -> bytes:
    """With the mark by which Excel knows UTF-8, and an apostrophe before what it would take for a formula."""
    stored = StringIO()
    writer = csv.writer(stored)
    writer.writerows([f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell for cell in cells] for cells in lines)
    return stored.getvalue().encode("utf-8-sig")
