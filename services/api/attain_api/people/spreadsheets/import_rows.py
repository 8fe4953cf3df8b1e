"""From the lines of a spreadsheet to what each says about a person: pure, and slow enough for a thread."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from attain_api.messages import Language, detail
from attain_api.people.spreadsheets import vocabulary
from attain_shared.errors import FieldError, Invalid
from attain_shared.imports.sheets import Limits, Line, read_lines
from attain_shared.people.import_schemas import ImportFault, ImportRow

MAX_COLUMNS = 60
LIMITS = Limits(rows=20_001, columns=MAX_COLUMNS, text=4001, unpacked=64 << 20)
"""The header, and as many people as a company has; no field takes more characters, an apostrophe before them aside."""
REQUIRED = ("name", "email", "hired_on")
DATES = frozenset({"hired_on", "probation_ends_on", "confirmed_on", "left_on"})
WHOLE_ROW = "row"
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]0{1,2}:00(?::00)?)?", re.ASCII)
_NO_FORMULA = re.compile(r"^'(?=[=+@\t\r-])")
"""The apostrophe by which a CSV, ours too, keeps a text from being a formula."""
_BETWEEN_ROLES = re.compile(r"[\s,，;；、/]+")


@dataclass(slots=True)
class Row:
    """A line, as far as it can be understood by itself."""

    number: int
    said: dict[str, Any]
    """What is in the cells, by field."""
    data: ImportRow | None = None
    """None where something is wrong."""
    faults: list[ImportFault] = field(default_factory=list)

    @property
    def email(self) -> str | None:
        """The e-mail, if there is one that can be read."""
        return self.data.email if self.data else self.said.get("email", "").strip().lower()[:200] or None


@dataclass(slots=True, kw_only=True)
class Upload:
    """A file, read."""

    language: Language
    used: list[str]
    unknown: list[str]
    rows: list[Row]

    def blame(self, row: Row, *errors: FieldError) -> None:
        """Note what is wrong with a row, in the caller's language; the pointer is the column."""
        row.faults += [
            ImportFault.model_construct(
                column=error.pointer, code=error.code, detail=detail(error.code, error.detail, self.language)
            )
            for error in errors
        ]


def read_upload(content: bytes, *, language: Language) -> Upload:
    """Read a file and check each line by itself.

    Raises:
        Invalid: the file as a whole is of no use.
    """
    header, *lines = read_lines(content, limits=LIMITS)
    columns, unknown = _columns(header)
    upload = Upload(language=language, used=sorted(columns), unknown=unknown, rows=[])
    for line in lines:
        row = Row(line.number, _said(line, columns))
        _check(upload, row)
        if any(cell.strip() for cell in line.cells[len(header.cells) :]):
            error = FieldError(WHOLE_ROW, "too-many-cells", "The line has more cells than the header.")
            upload.blame(row, error)
        upload.rows.append(row)
    _refuse_duplicates(upload)
    return upload


def _columns(header: Line) -> tuple[dict[str, int], list[str]]:
    if len(header.cells) > MAX_COLUMNS:
        raise Invalid.field("/file", "too-many-columns", f"A file has at most {MAX_COLUMNS} columns.")
    columns: dict[str, int] = {}
    unknown = []
    faults = []
    for index, text in enumerate(header.cells):
        name = vocabulary.field_of(text)
        if name is None:
            if text.strip():
                unknown.append(text.strip()[:200])
        elif name in columns:
            faults.append(FieldError(f"/columns/{name}", "duplicate", "Two columns of the file mean this."))
        else:
            columns[name] = index
    faults += [
        FieldError(f"/columns/{name}", "missing-column", "The file has no column for this.")
        for name in REQUIRED
        if name not in columns
    ]
    if faults:
        raise Invalid("The header of the file is not right; see `errors`.", errors=faults)
    return columns, unknown


def _said(line: Line, columns: Mapping[str, int]) -> dict[str, Any]:
    """The cells that are not empty, in the form that the schema takes."""
    said: dict[str, Any] = {}
    for name, index in columns.items():
        text = line.cells[index].strip() if index < len(line.cells) else ""
        if text:
            said[name] = _value(name, _NO_FORMULA.sub("", text))
    return said


def _value(name: str, text: str) -> str | list[str]:
    if name in DATES:
        day = _DAY.fullmatch(text)
        return f"{day[1]}-{day[2]:0>2}-{day[3]:0>2}" if day else text
    if name == "roles":
        return [vocabulary.code_of(name, word) for word in _BETWEEN_ROLES.split(text) if word]
    if name in {"employment_type", "department_function"}:
        return vocabulary.code_of(name, text)
    return text


def _check(upload: Upload, row: Row) -> None:
    try:
        row.data = ImportRow.model_validate(row.said)
    except ValidationError as error:
        for wrong in error.errors(include_url=False):
            code = wrong["type"].replace("_", "-")
            said = detail(code, wrong["msg"], upload.language, wrong.get("ctx"))
            row.faults.append(ImportFault(column=str(wrong["loc"][0]), code=code, detail=said))
        return
    upload.blame(row, *_impossible(row.data))


def _impossible(data: ImportRow) -> Sequence[FieldError]:
    found = []
    for name in ("confirmed_on", "left_on"):
        day = getattr(data, name)
        if day is not None and day < data.hired_on:
            found.append(FieldError(name, "before-hire", "This is before the first day."))
    if data.confirmed_on and data.left_on and data.confirmed_on > data.left_on:
        found.append(FieldError("confirmed_on", "after-leave", "This is after the last day."))
    if data.leaving_reason and not data.left_on:
        found.append(FieldError("leaving_reason", "not-left", "Only of somebody who has left."))
    if data.email == data.manager_email:
        found.append(FieldError("manager_email", "manager-cycle", "Nobody is their own manager."))
    if data.email == data.mentor_email:
        found.append(FieldError("mentor_email", "own-mentor", "Nobody is their own mentor."))
    return found


def _refuse_duplicates(upload: Upload) -> None:
    first: dict[str, int] = {}
    for row in upload.rows:
        if row.data is not None and first.setdefault(row.data.email, row.number) != row.number:
            said = f"Line {first[row.data.email]} has the same e-mail."
            upload.blame(row, FieldError("email", "duplicate", said))
