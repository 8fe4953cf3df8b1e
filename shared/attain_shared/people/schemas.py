"""The wire contract of people."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import MISSING, AfterValidator, ConfigDict, Field, StringConstraints

from attain_shared.wire import Day, Email, Input, Instant, Name, Output, Text

EmploymentType = Literal["employee", "outsourced", "intern"]
"""The employment types of ORG-3."""
Role = Literal["admin", "hr", "executive", "employee"]
"""The roles a person can have in a company (SEC-2)."""
Status = Literal["upcoming", "employed", "left"]
"""Where somebody stands on a day."""
EventKind = Literal["hire", "confirm", "transfer", "promote", "change_manager", "change_terms", "leave", "rehire"]
"""The dated events of ORG-3."""


def _each_once(roles: list[Role]) -> list[Role]:
    return sorted(set(roles))


Roles = Annotated[list[Role], Field(max_length=10), AfterValidator(_each_once)]
Phone = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=3, max_length=40, pattern=r"^\+?[0-9][0-9 ()-]*$")
]
"""A telephone number."""


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
    phone: Phone | None = None
    """A telephone number."""
    department_id: UUID | None = None
    """The department."""
    position_id: UUID | None = None
    """The position."""
    manager_id: UUID | None = None
    """The manager; the line is a forest."""
    mentor_id: UUID | None = None
    """Who takes care of the person's start (导师)."""
    employment_type: EmploymentType = "employee"
    """How the person is employed."""
    hired_on: Day
    """The first day; in the future for somebody who is yet to come."""
    probation_ends_on: Day | None = None
    """The last day of the probation."""
    roles: Roles = Field(default=["employee"])
    """What the person may do (SEC-2)."""


class PersonUpdate(Input):
    """What to change of a person: absent means unchanged, null clears.

    What is dated is recorded as an event of today: a transfer for department and position, a change of manager, a
    change of terms for the rest; the first day is corrected. For another day use the actions.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"phone": None, "roles": ["employee", "hr"]}]})

    name: Name | MISSING = MISSING
    """The person's name."""
    email: Email | MISSING = MISSING
    """Unique in the company."""
    phone: Phone | MISSING | None = MISSING
    """A telephone number."""
    department_id: UUID | MISSING | None = MISSING
    """The department."""
    position_id: UUID | MISSING | None = MISSING
    """The position."""
    manager_id: UUID | MISSING | None = MISSING
    """The manager."""
    mentor_id: UUID | MISSING | None = MISSING
    """The mentor."""
    employment_type: EmploymentType | MISSING = MISSING
    """How the person is employed."""
    hired_on: Day | MISSING = MISSING
    """The first day: corrects the hire."""
    probation_ends_on: Day | MISSING | None = MISSING
    """The last day of the probation."""
    roles: Roles | MISSING = MISSING
    """What the person may do."""


class PersonRead(Output):
    """A person on a day, as far as the caller may see (SEC-3, SEC-4)."""

    id: UUID
    """The id."""
    name: str
    """The person's name."""
    email: str | None
    """Unique in the company."""
    phone: str | None
    """A telephone number."""
    status: Status
    """`upcoming` before the first day, `left` after the last."""
    department_id: UUID | None
    """The department."""
    department_name: str | None
    """Its name."""
    position_id: UUID | None
    """The position."""
    position_name: str | None
    """Its name."""
    manager_id: UUID | None
    """The manager."""
    manager_name: str | None
    """The manager's name."""
    mentor_id: UUID | None
    """The mentor."""
    employment_type: EmploymentType | None
    """How the person is employed."""
    hired_on: Day | None
    """The first day."""
    probation_ends_on: Day | None
    """The last day of the probation."""
    confirmed_on: Day | None
    """When the probation was passed (转正)."""
    left_on: Day | None
    """The last day."""
    leaving_reason: str | None
    """Why the person left."""
    roles: list[Role] | None
    """What the person may do."""
    created_at: Instant | None
    """When the record was made."""
    masked: list[str]
    """The fields that are hidden from the caller: their null says nothing."""
    allowed_actions: list[str]
    """What the caller may do with the person now."""


class Dated(Input):
    """What every event says."""

    effective_on: Day
    """The first day on which it holds; in the future, it takes effect by itself."""
    note: Text | None = None
    """Why; for HR, the person and the managers above."""


class TransferBody(Dated):
    """A move to another department or position; what is absent stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"effective_on": "2026-12-01", "department_id": "0199a7d3-c1f2-7c63-b1d7-e8e1a4c5f001"}]
        }
    )

    department_id: UUID | MISSING | None = MISSING
    """The new department."""
    position_id: UUID | MISSING | None = MISSING
    """The new position."""
    manager_id: UUID | MISSING | None = MISSING
    """The new manager."""


class PromoteBody(Dated):
    """A promotion to another position."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"effective_on": "2026-12-01", "position_id": "0199a7d3-c1f2-7c63-b1d7-e8e1a4c5f001"}]
        }
    )

    position_id: UUID
    """The new position."""
    department_id: UUID | MISSING | None = MISSING
    """The new department."""
    manager_id: UUID | MISSING | None = MISSING
    """The new manager."""


class ChangeManagerBody(Dated):
    """Another manager."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"effective_on": "2026-12-01", "manager_id": "0199a7d3-c1f2-7c63-b1d7-e8e1a4c5f001"}]
        }
    )

    manager_id: UUID | None
    """The new manager; null for none."""


class ConfirmBody(Dated):
    """The probation is passed (转正)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"effective_on": "2026-12-01"}]})


class LeaveBody(Dated):
    """Somebody leaves; the account is closed the day after."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"effective_on": "2026-12-31", "reason": "moved to another city"}]}
    )

    effective_on: Day
    """The last day at work."""
    reason: Text | None = None
    """Why (离职原因)."""


class RehireBody(Dated):
    """Somebody who left comes back: what is absent is empty, not as it was."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"effective_on": "2027-03-01"}]})

    department_id: UUID | None = None
    """The department."""
    position_id: UUID | None = None
    """The position."""
    manager_id: UUID | None = None
    """The manager."""
    mentor_id: UUID | None = None
    """The mentor."""
    employment_type: EmploymentType = "employee"
    """How the person is employed."""
    probation_ends_on: Day | None = None
    """The last day of the probation."""


class PersonEventRead(Output):
    """Something that happened to a person, or will."""

    id: UUID
    """The id."""
    kind: EventKind
    """What happened."""
    effective_on: Day
    """The first day of the new state; for a leave the last day at work."""
    changes: dict[str, Any]
    """What it set, by field."""
    note: str | None
    """Why; null unless the caller sees the person in full."""
    recorded_by: UUID | None
    """The person who recorded it."""
    recorded_at: Instant
    """When."""
    corrects_id: UUID | None
    """The withdrawn event that this one stands for."""
    withdrawn_by: UUID | None
    """Who withdrew it."""
    withdrawn_at: Instant | None
    """When; a withdrawn event has no effect."""
    withdrawal_reason: str | None
    """Why; null unless the caller sees the person in full."""
    allowed_actions: list[str]
    """What the caller may do with it now."""


class WithdrawBody(Input):
    """Why an event is withdrawn."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "recorded for the wrong person"}]})

    reason: Annotated[Text, Field(min_length=1)]
    """Kept with the event."""


class CorrectBody(Input):
    """What was wrong about an event: what is absent stays as recorded."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"effective_on": "2026-12-15", "reason": "typed the wrong month"}]}
    )

    reason: Annotated[Text, Field(min_length=1)]
    """Kept with the event that is withdrawn."""
    effective_on: Day | MISSING = MISSING
    """The right day."""
    department_id: UUID | MISSING | None = MISSING
    """The right department."""
    position_id: UUID | MISSING | None = MISSING
    """The right position."""
    manager_id: UUID | MISSING | None = MISSING
    """The right manager."""
    mentor_id: UUID | MISSING | None = MISSING
    """The right mentor."""
    employment_type: EmploymentType | MISSING = MISSING
    """The right employment."""
    probation_ends_on: Day | MISSING | None = MISSING
    """The right last day of the probation."""
    leaving_reason: Text | MISSING | None = MISSING
    """The right reason of a leave."""
    note: Text | MISSING | None = MISSING
    """The right note."""
