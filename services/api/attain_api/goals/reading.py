"""Goals as their readers see them: in full, or the public part of the company's and the departments' (SEC-3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from attain_api.conditional import version_tag
from attain_api.goals.owners import OwnerKey, read_owner
from attain_api.goals.rights import Rights
from attain_shared.goals.indicator_schemas import IndicatorRead
from attain_shared.goals.models import Goal, Indicator, Milestone
from attain_shared.goals.schemas import GoalRead
from attain_shared.goals.sources import MEASURED
from attain_shared.rules.attainment import Direction

MASKED = (
    "parent_id", "why", "how", "collaborators", "milestones", "behaviours", "standards", "weight", "rubric",
    "rubric_id", "rubric_version", "ignore_missing", "agreed_at", "template_id", "copied_from_id",
)  # fmt: skip
"""What the public form of a goal leaves out."""
MASKED_OF_INDICATOR = (
    "shop_ids", "aggregate", "dimension", "item_set", "attribution", "daily_curve", "department_id", "baseline", "cap",
)  # fmt: skip
"""What it leaves out of each indicator."""
_NAMES = [*MASKED, *(f"indicators/{name}" for name in MASKED_OF_INDICATOR)]
_MADE = frozenset({"owner", "milestones", "rubric_version", "indicators", "allowed_actions", "masked"})


@dataclass(frozen=True, slots=True)
class ShownGoal:
    """A goal as the caller sees it, and the tag of this sight of it."""

    id: UUID
    body: GoalRead
    tag: str


class Parts(NamedTuple):
    """What belongs to a goal, in its order."""

    indicators: Sequence[Indicator]
    milestones: Sequence[Milestone]


def show_goal(goal: Goal, parts: Parts, *, rights: Rights) -> ShownGoal:
    """The tag changes with the goal, and with what the caller may see and do."""
    return ShownGoal(goal.id, read_goal(goal, parts, rights=rights), goal_tag(goal, rights=rights))


def goal_tag(goal: Goal, *, rights: Rights) -> str:
    """The ETag of what this caller sees."""
    return version_tag(goal.version, suffix=rights.mark(goal))


def read_goal(goal: Goal, parts: Parts, *, rights: Rights) -> GoalRead:
    """A goal as the caller sees it."""
    made = {
        "owner": read_owner(OwnerKey(goal.department_id, goal.person_id)),
        "milestones": parts.milestones,
        "rubric_version": goal.rubric_version if goal.rubric is not None else None,
        "indicators": [_read_indicator(indicator, is_full=rights.is_full) for indicator in parts.indicators],
        "allowed_actions": rights.allowed_actions(goal),
        "masked": [] if rights.is_full else _NAMES,
    }
    fields = {name: getattr(goal, name) for name in GoalRead.model_fields if name not in _MADE} | made
    return GoalRead.model_validate(fields if rights.is_full else fields | dict.fromkeys(MASKED))


def _read_indicator(indicator: Indicator, *, is_full: bool) -> IndicatorRead:
    is_measured = indicator.kind in MEASURED
    made = {
        "shop_ids": indicator.shop_ids if is_measured else None,
        "dimension": indicator.dimension if is_measured and indicator.item_set_id is None else None,
        "item_set": indicator.item_set_id,
        "attribution": indicator.attribution if is_measured else None,
        "band": {"low": indicator.band_low, "high": indicator.band_high}
        if indicator.direction == Direction.BAND
        else None,
    }
    fields = {name: getattr(indicator, name) for name in IndicatorRead.model_fields if name not in made} | made
    return IndicatorRead.model_validate(fields if is_full else fields | dict.fromkeys(MASKED_OF_INDICATOR))
