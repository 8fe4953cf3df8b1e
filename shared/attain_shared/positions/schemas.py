"""The wire contract of positions, their library and their successors."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, ConfigDict, Field, JsonValue, StrictBool

from attain_shared.departments.schemas import DepartmentFunction, Duties
from attain_shared.positions.grades import Grade
from attain_shared.rules.algebra import Aggregate
from attain_shared.rules.attainment import Direction
from attain_shared.wire import Code, Day, Input, Instant, Name, Output, Text

Tier = Literal["executive", "middle", "frontline"]
"""The tiers of ORG-2: 高层, 中层, 基层."""
Readiness = Literal["now", "one_year", "later"]
"""How soon a successor could take over (ORG-6)."""
Language = Literal["zh", "en"]
"""What shipped names are written in."""
KpiKind = Literal["metric", "growth", "people", "manual"]
"""The kinds of indicators that a template can start (GOAL-4)."""

Lines = Annotated[list[Name], Field(max_length=50)]


class HiringStandards(Input):
    """Whom to hire (招聘标准)."""

    skills: Lines = Field(default=[])
    """What they can do."""
    experience: Lines = Field(default=[])
    """What they have done."""
    qualities: Lines = Field(default=[])
    """What they are like."""


class HiringStandardsRead(Output):
    """Whom to hire (招聘标准)."""

    skills: list[str]
    """What they can do."""
    experience: list[str]
    """What they have done."""
    qualities: list[str]
    """What they are like."""


class KpiCreate(Input):
    """An indicator of a KPI template (GOAL-9); a goal adds whose it is and the target."""

    name: Name
    """What people call it."""
    kind: KpiKind
    """`metric` and `growth` measure a metric of the catalogue, `people` the team, `manual` what somebody enters."""
    metric: Code | None = None
    """The metric's code, for `people` `turnover_rate` or `staff_growth`; null for `manual`."""
    aggregate: Aggregate | None = None
    """How the window is formed; by default as the catalogue says (MET-5a)."""
    against: Literal["previous", "last_year"] | None = None
    """For `growth`, what it is compared with; the previous period by default."""
    direction: Direction | None = None
    """Which figures are good ones; by default as the catalogue says."""
    unit: Name | None = None
    """For `manual`, what is counted; the catalogue knows the others'."""
    dimension: str = Field(default="", max_length=130, pattern=r"^[^\x00-\x1f\x7f]*$")
    """Empty for the whole shop."""


class KpiRead(Output):
    """An indicator of a KPI template (GOAL-9)."""

    name: str
    """What people call it."""
    kind: KpiKind
    """What kind of indicator it starts."""
    metric: str | None
    """The code of what is measured; null for `manual`."""
    aggregate: Aggregate | None
    """How the window is formed; null where nothing is to be formed."""
    against: Literal["previous", "last_year"] | None
    """What growth is compared with."""
    direction: Direction | None
    """Which figures are good ones."""
    unit: str | None
    """What it is counted in."""
    dimension: str
    """Empty for the whole shop."""


KpiTemplate = Annotated[list[KpiCreate], Field(max_length=8)]
"""As many as a goal may have indicators (GOAL-4)."""

_EXAMPLE: dict[str, JsonValue] = {
    "name": "策划",
    "function": "planning",
    "tier": "frontline",
    "grade": "senior",
    "duties": ["活动策划", "页面优化"],
    "hiring_standards": {"skills": ["文案"], "experience": ["两年电商策划"], "qualities": ["细致"]},
    "kpi_template": [{"name": "支付转化率", "kind": "metric", "metric": "conversion"}],
    "is_key": False,
}


class PositionCreate(Input):
    """A new position (ORG-2)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: Name
    """Its name, once in a function."""
    function: DepartmentFunction
    """The department function it belongs to."""
    tier: Tier
    """How high it is."""
    grade: Grade
    """Its grade (职级); `director` and above are the senior review class."""
    duties: Duties = Field(default=[])
    """What it does."""
    hiring_standards: HiringStandards = Field(default=HiringStandards())
    """Whom to hire for it."""
    kpi_template: KpiTemplate = Field(default=[])
    """What goals of its holders start from."""
    is_key: StrictBool = False
    """Whether it names successors (ORG-6)."""


class PositionUpdate(Input):
    """What to change of a position: absent means unchanged."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"grade": "lead"}]})

    name: Name | MISSING = MISSING
    """Its name."""
    function: DepartmentFunction | MISSING = MISSING
    """The department function it belongs to."""
    tier: Tier | MISSING = MISSING
    """How high it is."""
    grade: Grade | MISSING = MISSING
    """Its grade."""
    duties: Duties | MISSING = MISSING
    """What it does."""
    hiring_standards: HiringStandards | MISSING = MISSING
    """Whom to hire for it, all of it."""
    kpi_template: KpiTemplate | MISSING = MISSING
    """What goals of its holders start from, all of it."""
    is_key: StrictBool | MISSING = MISSING
    """Whether it names successors."""


class PositionRead(Output):
    """A position."""

    id: UUID
    """Its id."""
    name: str
    """Its name."""
    function: DepartmentFunction
    """The department function it belongs to."""
    tier: Tier
    """How high it is."""
    grade: Grade
    """Its grade."""
    is_senior_class: bool
    """Whether the grade puts its holder in the senior review class."""
    duties: list[str]
    """What it does."""
    hiring_standards: HiringStandardsRead
    """Whom to hire for it."""
    kpi_template: list[KpiRead]
    """What goals of its holders start from."""
    is_key: bool
    """Whether it names successors."""
    closed_on: Day | None
    """From this day on nobody new takes it."""
    created_at: Instant
    """When it was made."""
    allowed_actions: list[Literal["close", "reopen"]]
    """What the caller may do with it now."""


class LibraryWording(Output):
    """A position of the library in one language."""

    name: str
    """Its name."""
    duties: list[str]
    """What it does."""
    hiring_standards: HiringStandardsRead
    """Whom to hire for it."""
    kpi_template: list[KpiRead]
    """What goals of its holders start from."""


class LibraryPositionRead(Output):
    """A position of the library that ships."""

    code: str
    """Its code in the library."""
    function: DepartmentFunction
    """The department function it belongs to."""
    tier: Tier
    """How high it is."""
    grade: Grade
    """Its grade."""
    is_key: bool
    """Whether it names successors."""
    zh: LibraryWording
    """In Chinese."""
    en: LibraryWording
    """In English."""


class LibraryApply(Input):
    """Which positions of the library to make."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"codes": ["designer", "artist"], "dry_run": True}]})

    codes: Annotated[list[Code], Field(max_length=200)] | None = None
    """Only these; null for all."""
    language: Language = "zh"
    """What the new positions are written in."""
    dry_run: StrictBool = False
    """Say what would be done, and do nothing."""


class AppliedPosition(Output):
    """What applying came to for one position."""

    code: str
    """Its code in the library."""
    name: str
    """Its name."""
    action: Literal["create", "unchanged"]
    """Whether it is new."""
    id: UUID | None
    """The position; null for a new one in a dry run."""


class LibraryReport(Output):
    """What applying the library came to."""

    dry_run: bool
    """Whether nothing was done."""
    positions: list[AppliedPosition]
    """In the library's order."""


class SuccessorWrite(Input):
    """A reserve candidate (后备干部)."""

    person_id: UUID
    """Who could take over."""
    readiness: Readiness
    """How soon."""
    note: Text | None = None
    """Why, and what is missing."""


class SuccessorsWrite(Input):
    """All successors of a position: who is not in it no longer is one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {"person_id": "0199b2c4-5f00-7a10-8000-000000000001", "readiness": "one_year", "note": None}
                    ]
                }
            ]
        }
    )

    items: list[SuccessorWrite] = Field(max_length=50)
    """Each person once."""


class SuccessorRead(Output):
    """A reserve candidate (后备干部)."""

    person_id: UUID
    """Who could take over."""
    readiness: Readiness
    """How soon."""
    note: str | None
    """Why, and what is missing."""


class SuccessorsRead(Output):
    """The successors of a position."""

    items: list[SuccessorRead]
    """The readiest first."""
