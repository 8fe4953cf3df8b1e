"""What the caller may do with an owner's goals, as the relations of SEC-3 and the life of GOAL-3 have it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from attain_api.access.actor import Actor
from attain_shared.errors import NotAllowed
from attain_shared.goals.models import Goal
from attain_shared.rules import life as rules
from attain_shared.rules.life import Action, Life, Relation, State


@dataclass(frozen=True)
class Rights:
    """The caller's rights on the goals of one owner."""

    actor_id: UUID
    is_full: bool
    """Whether they are seen in full, and not only in their public form."""
    relations: frozenset[Relation]
    """What the caller is to the owner."""
    life: Life
    is_department: bool
    is_open: bool
    """Whether the cycle is."""

    @classmethod
    def of(cls, row: Row[Any], *, actor: Actor, department_id: UUID | None, is_open: bool = True) -> "Rights":
        """Out of a row with `relation_columns`; a condition on an owner's column that is null is null."""
        held = {Relation.OWNER: row.is_owner, Relation.SUPERIOR: row.is_superior, Relation.STAND_IN: row.stands_in}
        return cls(
            actor_id=actor.principal_id,
            is_full=bool(row.is_full),
            relations=frozenset(relation for relation, holds in held.items() if holds),
            life=Life(row.life),
            is_department=department_id is not None,
            is_open=is_open,
        )

    def mark(self, goal: Goal) -> str:
        """For the ETag: what a caller gets changes with their rights."""
        relations = self._relations_to(goal)
        letters = "".join(relation.value[1] for relation in Relation if relation in relations)
        return ("f" if self.is_full else "p") + ("o" if self.is_open else "c") + self.life.value[1] + letters

    @cached_property
    def may_write(self) -> bool:
        """Whether the caller writes new goals of this owner."""
        return rules.may_write(self.life, self.relations, head_submits=self.is_department)

    @property
    def agrees_by_submitting(self) -> bool:
        """Whether nobody else has to agree to what the caller submits."""
        return rules.agrees_by_submitting(self.life, self.relations)

    @property
    def is_stand_in(self) -> bool:
        """Whether the caller is nothing to the owner but in their place, as they have no account (GOAL-3)."""
        return self.relations == {Relation.STAND_IN}

    @property
    def may_enter(self) -> bool:
        """Whether the caller enters numbers of manual indicators."""
        return rules.may_enter(self.relations)

    @property
    def may_accept(self) -> bool:
        """Whether the caller accepts or rejects what was entered."""
        return rules.may_accept(self.life, self.relations)

    @property
    def may_tick(self) -> bool:
        """Whether the caller says of any milestone that it is done, as its own owner says of one."""
        return self.may_enter or self.may_accept

    @cached_property
    def _ever(self) -> frozenset[Action]:
        return rules.ever_allowed(self.life, self.relations, head_submits=self.is_department)

    def allowed_actions(self, goal: Goal) -> list[str]:
        """What the caller may do with a goal now; in a closed cycle goals are only changed and ended."""
        return [
            action.value
            for action in rules.allowed(
                State(goal.state),
                self.life,
                self._relations_to(goal),
                is_agreed=goal.agreed_at is not None,
                head_submits=self.is_department,
            )
            if self.is_open or action in rules.ENDINGS or action is Action.CHANGE
        ]

    def stands_in(self, action: Action, goal: Goal) -> bool:
        """Whether the caller may do this only in the place of an owner without an account (GOAL-3)."""
        return rules.stands_in(
            action,
            State(goal.state),
            self.life,
            self.relations,
            is_agreed=goal.agreed_at is not None,
            head_submits=self.is_department,
        )

    def may_ever(self, action: Action, goal: Goal) -> bool:
        """Whether some state would allow the caller this action on a goal."""
        relations = self._relations_to(goal)
        if relations == self.relations:
            return action in self._ever
        return action in rules.ever_allowed(self.life, relations, head_submits=self.is_department)

    def check_writing(self) -> None:
        """Refuse a caller who writes no goals of this owner.

        Raises:
            NotAllowed: the owner is seen, but not written for.
        """
        if not self.may_write:
            raise NotAllowed("You may not write goals of this owner.")

    def check(self, action: Action, goal: Goal) -> None:
        """Refuse a caller whom no state would allow this action.

        Raises:
            NotAllowed: the goal is seen, but not this caller's to act on.
        """
        if not self.may_ever(action, goal):
            raise NotAllowed(f"You may not {action} goals of this owner.")

    def _relations_to(self, goal: Goal) -> frozenset[Relation]:
        wrote = goal.created_by == self.actor_id and self.may_write
        return self.relations | {Relation.WRITER} if wrote else self.relations
