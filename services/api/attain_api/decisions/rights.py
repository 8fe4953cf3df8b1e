"""Who may do what with a decision that follows from a year's result (REV-12, SEC-3, SEC-4)."""

from dataclasses import dataclass
from typing import Literal

from attain_api.access.actor import Actor
from attain_shared.errors import ActionNotAllowed, NotAllowed
from attain_shared.reviews.follow_up_models import Decision

DecisionAction = Literal["change", "approve", "reject"]

STATES: dict[DecisionAction, frozenset[str]] = {
    "change": frozenset({"proposed", "rejected"}),
    "approve": frozenset({"proposed"}),
    "reject": frozenset({"proposed"}),
}
"""In which states each is done: what was rejected may be put forward again with another value."""


@dataclass(frozen=True, slots=True)
class SeenDecision:
    """A decision in the caller's view, and what the caller is to it."""

    decision: Decision
    actor: Actor
    is_above: bool
    """Whether an executive is above the person: in their line, or as head of their department."""
    stands_in: bool
    """Whether an executive decides because HR is nobody but the person and whoever proposed it."""

    @property
    def ever_allowed(self) -> frozenset[DecisionAction]:
        """What some state would allow the caller: nothing on their own, and no approval of their own proposal."""
        decision, actor = self.decision, self.actor
        if decision.person_id == actor.principal_id:
            return frozenset()
        is_hr = "hr" in actor.roles
        decides = is_hr or ("executive" in actor.roles and (self.is_above or self.stands_in))
        allowed: set[DecisionAction] = {"change"} if is_hr else set()
        if decides and decision.proposed_by != actor.principal_id:
            allowed |= {"approve", "reject"}
        return frozenset(allowed)

    @property
    def allowed_actions(self) -> list[DecisionAction]:
        """What the caller may do now."""
        return [
            action for action, states in STATES.items() if action in self.ever_allowed and self.decision.state in states
        ]

    def check_ever(self, action: DecisionAction) -> None:
        """Refuse a caller whom no state would allow this.

        Raises:
            NotAllowed: the decision is seen, but not this caller's to act on.
        """
        if action not in self.ever_allowed:
            raise NotAllowed(f"You may not {action} this decision.")

    def check_now(self, action: DecisionAction) -> None:
        """Refuse what is not to be done in this state.

        Raises:
            ActionNotAllowed: another state would allow it to this caller.
        """
        if action not in self.allowed_actions:
            raise ActionNotAllowed(f"A decision that is {self.decision.state} does not allow to {action} it.")
