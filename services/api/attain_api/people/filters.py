"""Which people a caller asks for: the query parameters of the list and of the export."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from attain_api.paging import PageQuery
from attain_api.people.repository import PeopleFilter
from attain_shared.people.schemas import EmploymentType, Role, Status
from attain_shared.wire import Day, Email, Name


class PersonFilter(BaseModel):
    """Which people."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    on: Day | None = None
    """As of this day; today without one. Another day needs the right to the record."""
    department_id: UUID | None = None
    """Only those in this department."""
    subtree: bool = False
    """With a department: those of the departments below it, too."""
    position_id: UUID | None = None
    """Only those in this position."""
    manager_id: UUID | None = None
    """Only those who report to this person."""
    employment_type: EmploymentType | None = None
    """Only those employed in this way."""
    status: Status | None = None
    """Only those of this status; with a department, a position or a manager, `employed` without one."""
    role: Role | None = None
    """Only those who have this role."""
    name: Name | None = None
    """Only those of exactly this name."""
    q: Name | None = None
    """Only those whose name contains this."""
    email: Email | None = None
    """Only the one with this e-mail, if the caller may see it."""

    def wanted(self) -> PeopleFilter:
        """The same, for the service."""
        return PeopleFilter(**self.model_dump(include=set(PersonFilter.model_fields)))


class PersonQuery(PersonFilter, PageQuery):
    """How to list people."""

    sort: Literal["name", "-name", "hired_on", "-hired_on", "created_at", "-created_at"] = "name"
    """By another field than the name, only those whose record the caller may see are listed."""


class ExportQuery(PersonFilter):
    """What to export."""

    format: Literal["xlsx", "csv"] = "xlsx"
    """A workbook, or comma-separated values in UTF-8."""
