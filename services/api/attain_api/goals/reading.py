"""Goals as their readers see them: in full, or the public part of the company's and the departments' (SEC-3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from attain_api.conditional import version_tag
from attain_api.goals.owners import OwnerKey, read_owner
from attain_api.goals.rights import Rights
from attain_shared.goals.models import Goal, Indicator
from attain_shared.goals.schemas import GoalRead, IndicatorRead
from attain_shared.rules.attainment import Direction

MASKED = ("parent_id", "why", "how", "behaviours", "standards", "weight", "rubric", "ignore_missing")
"""What the public form of a goal leaves out."""
MASKED_OF_INDICATOR = ("shop_ids", "aggregate", "dimension", "baseline", "cap")
"""What it leaves out of each indicator."""
_NAMES = [*MASKED, *(f"indicators/{name}" for name in MASKED_OF_INDICATOR)]
_MADE = frozenset({"owner", "indicators", "allowed_actions", "masked"})


@dataclass(frozen=True, slots=True)
class ShownGoal:
    """A goal as the caller sees it, and the tag of this sight of it."""

    id: UUID
    body: GoalRead
    tag: str


def show_goal(goal: Goal, indicators: Sequence[Indicator], *, rights: Rights) -> ShownGoal:
    """The tag changes with the goal, and with what the caller may see and do."""
    return ShownGoal(goal.id, read_goal(goal, indicators, rights=rights), goal_tag(goal, rights=rights))


def goal_tag(goal: Goal, *, rights: Rights) -> str:
    """The ETag of what this caller sees."""
    return version_tag(goal.version, suffix=rights.mark)


def read_goal(goal: Goal, indicators: Sequence[Indicator], *, rights: Rights) -> GoalRead:
    """A goal as the caller sees it."""
    hidden = () if rights.is_full else MASKED
    fields = {
        name: None if name in hidden else getattr(goal, name) for name in GoalRead.model_fields if name not in _MADE
    }
    return GoalRead.model_validate(
        fields
        | {
            "owner": read_owner(OwnerKey(goal.department_id, goal.person_id)),
            "indicators": [_read_indicator(indicator, is_full=rights.is_full) for indicator in indicators],
            "allowed_actions": rights.allowed_actions(goal),
            "masked": [] if rights.is_full else _NAMES,
        }
    )


def _read_indicator(indicator: Indicator, *, is_full: bool) -> IndicatorRead:
    hidden = () if is_full else MASKED_OF_INDICATOR
    fields = {
        name: None if name in hidden else getattr(indicator, name)
        for name in IndicatorRead.model_fields
        if name != "band"
    }
    band = {"low": indicator.band_low, "high": indicator.band_high} if indicator.direction == Direction.BAND else None
    return IndicatorRead.model_validate(fields | {"band": band})
