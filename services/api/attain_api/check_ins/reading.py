"""A check-in as the caller sees it (CULT-1)."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.check_ins.repository import SeenCheckIn
from attain_api.conditional import content_tag
from attain_shared.check_ins.models import CheckIn, CheckInGoal
from attain_shared.check_ins.schemas import AttainmentThen, CheckInAction, CheckInGoalRead, CheckInRead
from attain_shared.clock import business_day
from attain_shared.errors import Invalid
from attain_shared.rules.periods import Grain, bucket_end, is_bucket

GRAINS = {"weekly": Grain.WEEK, "monthly": Grain.MONTH, "one_on_one": Grain.DAY}
"""What each kind is about."""


class ShownCheckIn(NamedTuple):
    """A check-in as the caller sees it."""

    id: UUID
    read: CheckInRead

    @property
    def tag(self) -> str:
        """The strong ETag."""
        return content_tag(self.read)


def check_period(kind: str, starts_on: date) -> None:
    """Refuse a day that no such period begins on, and what is to come."""
    if not is_bucket(starts_on, GRAINS[kind]):
        raise Invalid.field("/starts_on", "not-a-period-start", "a week starts on a Monday, a month on its first day")
    if starts_on > business_day():
        raise Invalid.field("/starts_on", "in-the-future", "not after today")


def show(seen: SeenCheckIn, lines: Sequence[CheckInGoal], *, actor: Actor) -> ShownCheckIn:
    """With what it says of goals; its writer's private note is shown to nobody else."""
    check_in = seen.check_in
    is_own = check_in.person_id == actor.principal_id
    stored = {name: getattr(check_in, name) for name in CheckInRead.model_fields if hasattr(check_in, name)}
    read = CheckInRead.model_validate(
        stored
        | {
            "ends_on": bucket_end(check_in.starts_on, GRAINS[check_in.kind]),
            "private_note": check_in.private_note if is_own else None,
            "goals": [_read_line(line) for line in lines],
            "comments": seen.comments,
            "allowed_actions": _allowed(check_in),
        }
    )
    return ShownCheckIn(check_in.id, read)


def _allowed(check_in: CheckIn) -> list[CheckInAction]:
    """Whoever sees a draft is its writer, and whoever sees what is submitted may speak to it."""
    return ["change", "submit", "delete"] if check_in.state == "draft" else ["comment"]


def _read_line(line: CheckInGoal) -> CheckInGoalRead:
    then = None
    if line.status is not None and line.computed_at is not None:
        then = AttainmentThen(score=line.score, status=line.status, computed_at=line.computed_at)
    stored = {name: getattr(line, name) for name in ("goal_id", "comment", "confidence")}
    return CheckInGoalRead.model_validate(stored | {"attainment": then})
