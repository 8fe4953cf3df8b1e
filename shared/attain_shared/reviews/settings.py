"""What a company may set for a round of reviews, with the values it has unless said otherwise (REV-2a to REV-9)."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from attain_shared.rules.overall import POINTS
from attain_shared.rules.quadrants import Thresholds
from attain_shared.rules.values import Gate
from attain_shared.wire import DecimalText, Input

Share = Annotated[DecimalText, Field(ge=0, le=1, decimal_places=4)]
Score = Annotated[DecimalText, Field(ge=0, le=5, decimal_places=2)]


class MappingPoint(Input):
    """Where a values score lies on the scale of performance (REV-5)."""

    values: Score
    """The values score."""
    score: Score
    """What it counts as."""


class QuadrantThresholds(Input):
    """From where on somebody is in which quadrant (REV-9)."""

    wild_dog: Score = Field(default=Decimal("3.5"))
    """Performance, with failed values: from here `wild_dog`, below `dog`."""
    rabbit: Score = Field(default=Decimal("3.5"))
    """Performance below this: `rabbit`."""
    star_performance: Score = Field(default=Decimal("3.75"))
    """Performance of a `star`, at least."""
    star_values: Score = Field(default=Decimal(3))
    """Values of a `star`, at least."""

    def rules(self) -> Thresholds:
        """The same, for the rules."""
        return Thresholds(**self.model_dump())


class DistributionShares(Input):
    """The shares of a calibration group (REV-8)."""

    top: Share = Field(default=Decimal("0.20"))
    """Ratings of 4 and more, at most."""
    upper: Share = Field(default=Decimal("0.35"))
    """Ratings of 3.75 and more, at most."""
    lower: Share = Field(default=Decimal("0.15"))
    """Ratings of 3.25 and less, at least."""


class ReviewSettings(Input):
    """How a round of reviews is judged: set before it is opened."""

    performance_weight: Share = Field(default=Decimal("0.7"))
    """The weight of performance in the overall score (REV-5)."""
    values_weight: Share = Field(default=Decimal("0.3"))
    """The weight of the values in it; both add up to 1."""
    team_share: Share = Field(default=Decimal(0))
    """共担当: how much of performance is the score of the department's goals (REV-2a)."""
    competency_share: Share = Field(default=Decimal(0))
    """How much of it is competency and professionalism, judged with evidence."""
    values_gate: Gate = Gate.MEAN
    """When values are failed: by their `mean`, or where `every` value must reach 2.5 (REV-4)."""
    values_mapping: list[MappingPoint] = Field(
        default_factory=lambda: [MappingPoint(values=values, score=score) for values, score in POINTS],
        min_length=2,
        max_length=20,
    )
    """The points that a values score is mapped by, from 0 to 5, linear between them (REV-5)."""
    judged_on: Literal["overall", "performance"] = "overall"
    """What the ratings of a calibration group are by (REV-8)."""
    quadrants: QuadrantThresholds = Field(default_factory=QuadrantThresholds)
    """The thresholds of the matrix (REV-9)."""
    distribution: DistributionShares = Field(default_factory=DistributionShares)
    """The shares of the forced distribution (REV-8)."""

    @property
    def points(self) -> tuple[tuple[Decimal, Decimal], ...]:
        """The mapping, for the rules."""
        return tuple((point.values, point.score) for point in self.values_mapping)


def settings_of(stored: dict[str, Any]) -> ReviewSettings:
    """As a round keeps them."""
    return ReviewSettings.model_validate(stored)
