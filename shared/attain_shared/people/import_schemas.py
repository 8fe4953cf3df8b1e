"""The wire contract of importing people from a spreadsheet (ORG-3)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from attain_shared.departments.schemas import DepartmentFunction
from attain_shared.people.schemas import EmploymentType, Phone, Roles
from attain_shared.wire import Day, Email, Input, Name, Output, Text

DepartmentPath = Annotated[str, StringConstraints(max_length=4000)]


class ImportRow(Input):
    """What a line of the file says about a person; each field is a column, an empty cell is the default."""

    name: Name
    """The person's name."""
    email: Email
    """Unique in the company; a line is recognised by it."""
    phone: Phone | None = None
    """A telephone number."""
    department: DepartmentPath | None = None
    """The department: a path from the top (`运营中心/运营一部`), or a name that is unique in the company."""
    department_function: DepartmentFunction | None = None
    """What the department is for, if the import makes it; else that of the department above, else `management`."""
    position: Name | None = None
    """The position's name: unique among those of the department's function, else in the company."""
    manager_email: Email | None = None
    """The manager: somebody of the company or of another line."""
    mentor_email: Email | None = None
    """The mentor: likewise."""
    employment_type: EmploymentType = "employee"
    """How the person is employed."""
    hired_on: Day
    """The first day."""
    probation_ends_on: Day | None = None
    """The last day of the probation."""
    confirmed_on: Day | None = None
    """When the probation was passed (转正)."""
    left_on: Day | None = None
    """The last day, of somebody who has left."""
    leaving_reason: Text | None = None
    """Why the person left."""
    roles: Roles = Field(default=["employee"])
    """What the person may do (SEC-2)."""


class ImportFault(Output):
    """One thing that is wrong with a line."""

    column: str
    """The column, by the name of its field; `row` where it is the line as a whole."""
    code: str
    """Stable."""
    detail: str
    """A sentence for people, in the caller's language."""


class ImportedRow(Output):
    """What becomes of a line."""

    row: int
    """Its number in the file; the first line is 1."""
    action: Literal["create", "unchanged", "error"]
    """`unchanged`: somebody with this e-mail and these data is there already."""
    email: str | None
    """The e-mail, if it can be read."""
    person_id: UUID | None
    """The person; null in a dry run for one who is yet to be made."""
    errors: list[ImportFault]
    """What is wrong with it."""


class ImportColumns(Output):
    """How the header was understood."""

    used: list[str]
    """The fields that have a column."""
    unknown: list[str]
    """The headers that mean nothing here, as they stand in the file."""


class ImportReport(Output):
    """What an import has done, or in a dry run would do."""

    dry_run: bool
    """Whether it was only tried."""
    stored: bool
    """Whether the people are stored; an import with errors stores nothing at all."""
    created: int
    """How many people are new."""
    unchanged: int
    """How many are there already, as the file says."""
    failed: int
    """How many lines are wrong."""
    columns: ImportColumns
    """How the header was understood."""
    departments_created: list[str]
    """The paths of the departments that are made with them."""
    rows: list[ImportedRow]
    """Every line, in the file's order."""
