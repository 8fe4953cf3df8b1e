"""The wire contract of people."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, AfterValidator, ConfigDict, Field

from attain_shared.wire import Day, Email, Input, Instant, Name, Output

EmploymentType = Literal["employee", "outsourced", "intern"]
"""The employment types of ORG-3."""
Role = Literal["admin", "hr", "executive", "employee"]
"""The roles a person can have in a company (SEC-2)."""


def _each_once(roles: list[Role]) -> list[Role]:
    return sorted(set(roles))


Roles = Annotated[list[Role], Field(max_length=10), AfterValidator(_each_once)]


class PersonCreate(Input):
    """A new person (ORG-3)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "林晓",
                    "email": "lin@example.com",
                    "department_id": None,
                    "position_id": None,
                    "manager_id": None,
                    "employment_type": "employee",
                    "hired_on": "2026-03-01",
                    "roles": ["employee"],
                }
            ]
        }
    )

    name: Name
    """The person's name."""
    email: Email
    """Unique in the company."""
    department_id: UUID | None = None
    """The department."""
    position_id: UUID | None = None
    """The position; positions arrive with a later release, so only null is known."""
    manager_id: UUID | None = None
    """The manager; the line is a forest."""
    employment_type: EmploymentType = "employee"
    """How the person is employed."""
    hired_on: Day
    """The first day."""
    roles: Roles = Field(default=["employee"])
    """What the person may do (SEC-2)."""


class PersonUpdate(Input):
    """What to change of a person: absent means unchanged, null clears."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"manager_id": None, "roles": ["employee", "hr"]}]})

    name: Name | MISSING = MISSING
    """The person's name."""
    email: Email | MISSING = MISSING
    """Unique in the company."""
    department_id: UUID | MISSING | None = MISSING
    """The department."""
    position_id: UUID | MISSING | None = MISSING
    """The position; only null is known."""
    manager_id: UUID | MISSING | None = MISSING
    """The manager."""
    employment_type: EmploymentType | MISSING = MISSING
    """How the person is employed."""
    hired_on: Day | MISSING = MISSING
    """The first day."""
    roles: Roles | MISSING = MISSING
    """What the person may do."""


class PersonRead(Output):
    """A person."""

    id: UUID
    """The id."""
    name: str
    """The person's name."""
    email: str
    """Unique in the company."""
    department_id: UUID | None
    """The department."""
    position_id: UUID | None
    """The position; null until positions arrive."""
    manager_id: UUID | None
    """The manager."""
    employment_type: EmploymentType
    """How the person is employed."""
    hired_on: Day
    """The first day."""
    roles: list[Role]
    """What the person may do."""
    created_at: Instant
    """When the record was made."""
