"""The matrix of performance and values, and what each quadrant opens (REV-9)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from attain_shared.rules.overall import Label


class Quadrant(StrEnum):
    """Where performance and values together put a person (REV-9)."""

    STAR = "star"
    BULL = "bull"
    RABBIT = "rabbit"
    WILD_DOG = "wild_dog"
    DOG = "dog"


LABELS: Mapping[Quadrant, Label] = {
    Quadrant.STAR: Label("明星", "star"),
    Quadrant.BULL: Label("牛", "bull"),
    Quadrant.RABBIT: Label("小白兔", "rabbit"),
    Quadrant.WILD_DOG: Label("野狗", "wild dog"),
    Quadrant.DOG: Label("狗", "dog"),
}
"""The quadrants' names (REV-9)."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which performance and V on which quadrant begins: a setting (REV-9)."""

    wild_dog: Decimal = Decimal("3.5")
    """Failed values: from this performance on a wild dog, below it a dog."""
    rabbit: Decimal = Decimal("3.5")
    """Passed values: below this performance a rabbit."""
    star_performance: Decimal = Decimal("3.75")
    star_values: Decimal = Decimal(3)


THRESHOLDS = Thresholds()
"""Those of cycles that bring none (REV-9)."""


class FollowUpKind(StrEnum):
    """What a quadrant asks for next (REV-9)."""

    RETENTION_TALK = "retention_talk"
    DEVELOPMENT = "development"
    COACHING = "coaching"
    VALUES_PLAN = "values_plan"
    EXIT_TALK = "exit_talk"


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What a quadrant opens, to be owned and dated by whoever opens it (REV-9)."""

    kind: FollowUpKind
    zh: str
    en: str


FOLLOW_UPS: Mapping[Quadrant, FollowUp] = {
    Quadrant.STAR: FollowUp(FollowUpKind.RETENTION_TALK, "保留与成长面谈", "Retention and growth talk"),
    Quadrant.BULL: FollowUp(FollowUpKind.DEVELOPMENT, "发展计划", "Development"),
    Quadrant.RABBIT: FollowUp(FollowUpKind.COACHING, "限期辅导或调岗", "Coaching or another post, by a date"),
    Quadrant.WILD_DOG: FollowUp(FollowUpKind.VALUES_PLAN, "限期价值观改进计划", "A values plan, by a date"),
    Quadrant.DOG: FollowUp(FollowUpKind.EXIT_TALK, "离职面谈或最后一次改进计划", "An exit talk or a last plan"),
}
"""Each quadrant's follow-up (REV-9)."""


def quadrant(
    performance: Decimal, values: Decimal, *, is_failed: bool, thresholds: Thresholds = THRESHOLDS
) -> Quadrant:
    """The quadrant of a performance and of a V, failed or passed as REV-4 says (REV-9)."""
    if is_failed:
        return Quadrant.WILD_DOG if performance >= thresholds.wild_dog else Quadrant.DOG
    if performance < thresholds.rabbit:
        return Quadrant.RABBIT
    if performance >= thresholds.star_performance and values >= thresholds.star_values:
        return Quadrant.STAR
    return Quadrant.BULL
