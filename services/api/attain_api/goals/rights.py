"""What the caller may do with an owner's goals, as the predicates of SEC-3 found it."""

from typing import NamedTuple

from attain_shared.errors import NotAllowed
from attain_shared.goals.models import Goal

ACTIONS = {"draft": ("submit",), "submitted": ("confirm",)}
"""What can be done in which state; returning and adjusting come with the rest of GOAL-3."""


class Rights(NamedTuple):
    """The caller's rights on the goals of one owner."""

    is_full: bool
    """Whether they are seen in full, and not only in their public form."""
    may_write: bool
    may_confirm: bool

    @property
    def mark(self) -> str:
        """For the ETag: what a caller gets changes with their rights."""
        return ("f" if self.is_full else "p") + ("w" if self.may_write else "") + ("c" if self.may_confirm else "")

    def allow(self, action: str) -> bool:
        """Whether some state would allow the caller this action."""
        return self.may_confirm if action == "confirm" else self.may_write

    def allowed_actions(self, goal: Goal) -> list[str]:
        """What the caller may do with a goal now."""
        return [action for action in ACTIONS.get(goal.state, ()) if self.allow(action)]

    def check(self, action: str) -> None:
        """Refuse a caller whom no state would allow this action.

        Raises:
            NotAllowed: the goals are seen, but not written.
        """
        if not self.allow(action):
            raise NotAllowed(f"You may not {action} goals of this owner.")
