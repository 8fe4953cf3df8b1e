"""The wire contract of calibration, and of how managers rate (REV-8, REV-13, api.md)."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, RootModel

from attain_shared.reviews.assessment_schemas import ScaleFigure, ScaleScore
from attain_shared.rules.distribution import Limit
from attain_shared.rules.rater_statistics import RaterVerdict
from attain_shared.rules.review_flow import Step
from attain_shared.wire import Figure, Input, Output, Statement

MOST_RATINGS = 1000
"""How many ratings one call sets."""

_ID = "0199b2c4-5f00-7a10-8000-00000000000{}"
RATINGS_EXAMPLE: list[Any] = [{"review_id": _ID.format(1), "rating": "3.5", "reason": "与同组相比略低"}]


class GivenRating(Input):
    """A rating for one review."""

    review_id: UUID
    """The review, of this round and at `calibration`."""
    rating: ScaleScore
    """The rating."""
    reason: Statement | None = None
    """Why: due where it differs from what counted before."""


class GivenRatings(RootModel[Annotated[list[GivenRating], Field(min_length=1, max_length=MOST_RATINGS)]]):
    """Ratings that are set together: all of them or none."""

    model_config = ConfigDict(json_schema_extra={"examples": [RATINGS_EXAMPLE]})


class GroupAction(Input):
    """A group to lock or to publish."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"group_id": _ID.format(2), "exception": None}]})

    group_id: UUID
    """The group, as the calibration lists it."""
    exception: Statement | None = None
    """Why it is done in spite of violations, or without members that are not there yet."""


class GroupUnlock(Input):
    """A group to open again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"group_id": _ID.format(2), "reason": "漏了一个评级"}]})

    group_id: UUID
    """The group."""
    reason: Statement
    """Why."""


class DistributionRead(Output):
    """How many of a group's reviews have which rating."""

    steps: dict[str, int] = Field(examples=[{"2.5": 0, "3": 1, "3.25": 2, "3.5": 10, "3.75": 3, "4": 3, "4.5": 1}])
    """By each step of the scale, from the lowest on."""
    top: int
    """4 or more."""
    upper: int
    """3.75 or more, the top included."""
    middle: int
    """3.5."""
    lower: int
    """3.25 or less."""


class LimitsRead(Output):
    """How many of a group may and must have which rating (REV-8)."""

    most_top: int
    """At most so many 4 or more."""
    most_upper: int
    """At most so many 3.75 or more, the top included."""
    about_middle: int
    """About so many 3.5: shown, never a violation."""
    least_lower: int
    """At least so many 3.25 or less."""


class ViolationRead(Output):
    """A limit that is broken, and by how many."""

    limit: Limit
    """`top`, `upper` or `lower`."""
    by: int
    """Too many of the top or upper ratings, too few of the lower ones."""


class ProposedMove(Output):
    """A rating to be lowered."""

    review_id: UUID
    """The review."""
    person_id: UUID
    """Whose it is."""
    before: ScaleFigure
    """What counts now."""
    after: ScaleFigure
    """What would do."""


class GroupMark(Output):
    """When, by whom and in spite of what a group was locked or published."""

    at: datetime
    """When."""
    by: UUID
    """Who did it."""
    exception: str | None
    """The exception that was stated; a member of the group finds null."""


class GroupMember(Output):
    """A review in its group."""

    review_id: UUID
    """The review."""
    person_id: UUID
    """Whose it is."""
    name: str
    """What they are called."""
    department_id: UUID | None
    """Their department when it was opened."""
    step: Step
    """Where it is. What was judged follows once it has come to `calibration`, and is null before."""
    score: Figure | None
    """What the round is judged on: the overall score, or the performance."""
    suggested_rating: ScaleFigure | None
    """As the assessments have it."""
    rating: ScaleFigure | None
    """As it was set, if it was."""
    counted_rating: ScaleFigure | None
    """What counts in the distribution: the rating where it is set, else 2.5 with failed values, else the suggested one, or
    the nearest step of performance where the round is judged on that."""
    values_failed: bool | None
    """Whether the values are failed: such a review counts, and stays at 2.5 (REV-4, REV-8)."""


class CalibrationGroupRead(Output):
    """The people whose ratings are distributed together, as the caller sees them (REV-7, REV-8).

    Of a group that they are in themselves, callers find what was judged without their own review.
    """

    group_id: UUID
    """The department's id; of people without one the round's."""
    department_id: UUID | None
    """The department that gives the group its name."""
    name: str | None
    """What that is called."""
    size: int
    """How many reviews are in it, whatever their step; the limits are made of it."""
    in_calibration: int
    """How many have come to `calibration`, or are past it."""
    missing: dict[Step, int]
    """How many are not there yet, by step: they hold a publication up."""
    distribution: DistributionRead | None
    """Of the ratings that count now; null where values alone are assessed."""
    limits: LimitsRead | None
    """What it should keep to."""
    violations: list[ViolationRead]
    """What it breaks."""
    advice_only: bool
    """The company is too small for limits: they block nothing."""
    proposal: list[ProposedMove] | None
    """The smallest change that meets the limits, of the reviews that the caller may rate; null where there is none."""
    locked: bool
    """Whether it is: no rating changes."""
    lock: GroupMark | None
    """Once it is locked."""
    published: bool
    """Whether it was, if without members that came to calibration after that."""
    publication: GroupMark | None
    """Once it is published, the last time if there were several."""
    without_own: bool
    """Whether the caller is in the group, and their own review left out of what is shown."""
    members: list[GroupMember] | None
    """The reviews that the caller may see, by name; only with `group_id`."""


class RatingChangeRead(Output):
    """A rating before and after, and why (REV-8)."""

    id: UUID
    """The entry of the record."""
    origin: Literal["calibration", "publication", "appeal"]
    """Where it came about; by `publication` what counted became the rating."""
    before: ScaleFigure | None
    """What counted before; null where there was no rating."""
    after: ScaleFigure
    """The rating."""
    reason: str | None
    """Why."""
    changed_by: UUID
    """Who changed it."""
    at: datetime = Field(validation_alias="created_at")
    """When."""


class RaterLeaning(Output):
    """How one manager rates (REV-13)."""

    manager_id: UUID
    """Who assessed."""
    name: str
    """What they are called."""
    count: int
    """How many they have judged in this round."""
    mean: Figure
    """The mean of what they judged, two decimals."""
    leniency: Figure
    """That mean less the company's: below zero is harsh."""
    spread: Figure
    """The standard deviation of what they judged."""
    verdict: RaterVerdict
    """`harsh`, `generous`, `narrow` (rates everybody much alike) or `usual`."""


class RaterStatisticsRead(Output):
    """How the managers of a round rate, against the company (REV-13)."""

    mean: Figure | None
    """Of everybody's suggested ratings; null where there is none yet."""
    spread: Figure | None
    """Their standard deviation."""
    raters: list[RaterLeaning]
    """From the harshest to the most generous; those below the caller, HR sees all."""
