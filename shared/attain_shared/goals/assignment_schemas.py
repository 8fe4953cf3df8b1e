"""The wire contract of giving one template to many people (GOAL-13)."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Discriminator, Field, JsonValue, StrictBool, StringConstraints, Tag

from attain_shared.goals.schemas import Weight
from attain_shared.positions.schemas import Tier
from attain_shared.wire import DecimalText, Input, Output

MOST_PEOPLE = 2000
"""As many as one call gives a template to."""

_EXAMPLE: JsonValue = {
    "cycle_id": "0199b2c4-5f00-7a10-8000-000000000002",
    "to": {"department_id": "0199b2c4-5f00-7a10-8000-000000000006", "include_below": True},
    "shop_ids": "owned",
    "targets": {"0": "0.036"},
    "dry_run": True,
}


class ToPosition(Input):
    """Everybody with a position."""

    position_id: UUID
    """The position."""


class ToDepartment(Input):
    """Everybody in a department."""

    department_id: UUID
    """The department."""
    include_below: StrictBool = False
    """Also everybody in the departments below it."""


class ToTier(Input):
    """Everybody with a position of a tier."""

    tier: Tier
    """The tier (ORG-2)."""


class ToPeople(Input):
    """Some people by name."""

    person_ids: list[UUID] = Field(min_length=1, max_length=MOST_PEOPLE)
    """Who they are."""


_KINDS = {"position_id": "position", "department_id": "department", "tier": "tier"}


def _kind(to: Any) -> str | None:  # noqa: ANN401  # whatever was sent
    names = to if isinstance(to, dict) else getattr(to, "model_fields_set", None)
    if names is None:
        return None
    return next((kind for name, kind in _KINDS.items() if name in names), "people")


To = Annotated[
    Annotated[ToPosition, Tag("position")]
    | Annotated[ToDepartment, Tag("department")]
    | Annotated[ToTier, Tag("tier")]
    | Annotated[ToPeople, Tag("people")],
    Discriminator(_kind),
]
"""Whom to give it to."""
IndicatorIndex = Annotated[str, StringConstraints(pattern=r"^[0-7]$")]
"""The place of an indicator in its template, from 0."""


class Assignment(Input):
    """Whom to give a template to, in which cycle, and over which shops."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    cycle_id: UUID
    """The cycle; must be open. Who counts is who is there today, or on the cycle's day nearest to it."""
    to: To
    """Whom to give it to."""
    shop_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)] | Literal["owned"] = "owned"
    """The shops that all are measured over; `owned`: each over their own of today."""
    targets: dict[IndicatorIndex, DecimalText] = Field(default={}, examples=[{"0": "0.036"}])
    """By the place of an indicator its target, in place of the template's."""
    weight: Weight | None = None
    """Percent of each owner's goals, in place of the template's."""
    parent_id: UUID | None = None
    """The goal above the new ones."""
    state: Literal["draft"] = "draft"
    """What the new goals start as."""
    dry_run: StrictBool = False
    """Say what would be done, and do nothing."""


class AssignedItem(Output):
    """What the call came to for one person."""

    person_id: UUID
    """Who."""
    outcome: Literal["created", "existing", "refused"]
    """`existing`: has a goal of this template in this cycle already, which stays as it is."""
    goal_id: UUID | None
    """The goal; null for a new one in a dry run, and where refused."""
    reason: str | None
    """Where refused, why: `not-allowed`, `has-left`, `not-hired-yet`, `no-shops`, `too-many-shops`, `no-department`,
    `unknown-department` (whose figures the caller does not see), `roll-up-refused` (over several shops), …"""


class AssignmentReport(Output):
    """What giving a template to people came to."""

    dry_run: bool
    """Whether nothing was done."""
    created: int
    """How many got a goal."""
    existing: int
    """How many have one already."""
    refused: int
    """How many get none."""
    items: list[AssignedItem]
    """One a person, by person."""
