"""The wire contract of the figures of departments (ORG-5)."""

from datetime import date
from uuid import UUID

from pydantic import Field

from attain_shared.rules.headcount import TeamSize
from attain_shared.wire import Figure, Output


class ByEmploymentType(Output):
    """The headcount on the last day, by how people are employed (ORG-3)."""

    employee: int
    """Employed by the company."""
    outsourced: int
    """代运营."""
    intern: int
    """Interns."""


class HeadcountFigures(Output):
    """The figures of a department alone, or of its subtree."""

    headcount: int
    """Employed on the last day of the period."""
    by_employment_type: ByEmploymentType
    """The same, by how they are employed."""
    headcount_plan: int | None
    """How many there should be; of a subtree the sum of the plans there are; null without any."""
    vacancies: int | None
    """How many the plan still wants; null without a plan."""
    over_plan: int | None
    """How many there are beyond the plan; null without one."""
    span: Figure | None
    """The mean number of direct reports of those who have any, on the last day."""
    widest_span: int | None
    """The most direct reports that anybody has."""
    joiners: int
    """Hired or rehired in the period."""
    leavers: int
    """Whose last day was in the period; counted where they were on it."""
    transfers_in: int
    """Came from outside while employed."""
    transfers_out: int
    """Went outside while employed."""
    mean_headcount: Figure
    """The mean of the daily headcounts."""
    turnover: Figure | None = Field(examples=["0.0500"])
    """流失率: leavers / mean of the daily headcounts; null at headcount 0."""


class OwnFigures(HeadcountFigures):
    """The figures of a department without those below it."""

    team_size_advice: TeamSize
    """Against 2 to 25 people to a team."""


class DepartmentFigures(Output):
    """The figures of one department for a period."""

    department_id: UUID
    """The department."""
    own: OwnFigures
    """Of the department alone."""
    subtree: HeadcountFigures
    """With everything below it."""


class DepartmentStats(DepartmentFigures):
    """The figures of one department, with the period."""

    from_: date = Field(alias="from")
    """The first day of the period."""
    to: date
    """The last day of the period; the tree is as it was on it, with what was closed in the period where it was."""


class AllStats(Output):
    """The figures of all departments that the caller answers for."""

    from_: date = Field(alias="from")
    """The first day of the period."""
    to: date
    """The last day of the period; the tree is as it was on it, with what was closed in the period where it was."""
    items: list[DepartmentFigures]
    """Those open at some time in the period, by name."""
