"""Goals, indicators and milestones as they are copied to the next cycle (GOAL-1)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import inspect

from attain_shared.goals.models import Cycle, Goal, Indicator, Milestone
from attain_shared.goals.sources import MEASURED, window_of
from attain_shared.identifiers import new_id
from attain_shared.metrics.catalogue import CatalogueEntry
from attain_shared.rules.periods import Window
from attain_shared.rules.succession import carried_day, carried_window
from attain_shared.shops.models import ItemSet

Row = TypeVar("Row", Goal, Indicator, Milestone)
_OF_ITS_OWN = frozenset({"id", "version", "created_at", "agreed_at", "is_closed_with_cycle", "named_by"})
"""What a copy does not take over, but has of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copier:
    """What copies of one cycle's goals have in common."""

    cycle: Cycle
    """The next one."""
    months: int
    """How much later it is."""
    author_id: UUID
    made: Mapping[UUID, UUID]
    """By the goal that it is copied from, every copy to be made."""
    copies: Mapping[UUID, UUID]
    """Those that are there already, which may have been changed."""
    parents: Mapping[UUID, Goal]
    """By their ids: of other cycles, or such copies."""
    entries: Mapping[str, CatalogueEntry]
    item_sets: Mapping[UUID, ItemSet]

    def goal(self, goal: Goal) -> Goal:
        """A draft; below the copy of the goal above it, or below that itself where it was not copied.

        What was there before is a parent where it is not cancelled, and its window encloses the copy's.
        """
        window = carried_window(window_of(goal), self.months)
        return _copy(
            goal,
            id=self.made[goal.id],
            cycle_id=self.cycle.id,
            parent_id=self._parent_id(goal, window),
            starts_on=window.starts_on,
            ends_on=window.ends_on,
            state="draft",
            copied_from_id=goal.id,
            created_by=self.author_id,
            version=1,
        )

    def indicator(self, indicator: Indicator, goal: Goal) -> Indicator:
        """As it was, by the formula in force and over the items that its set has now.

        A given curve says what each day of a window weighs: where the copy has another number of days, it has none.
        """
        curve, items = (
            indicator.daily_curve,
            self.item_sets.get(indicator.item_set_id) if indicator.item_set_id else None,
        )
        return _copy(
            indicator,
            id=new_id(),
            goal_id=goal.id,
            metric_version=self.entries[indicator.metric or ""].version if indicator.kind in MEASURED else None,
            item_dimensions=[f"item:{item_id}" for item_id in items.item_ids] if items else indicator.item_dimensions,
            daily_curve=curve if curve is not None and len(curve) == window_of(goal).days else None,
        )

    def milestone(self, milestone: Milestone) -> Milestone:
        """Due as much later, and not done."""
        return _copy(
            milestone,
            id=new_id(),
            goal_id=self.made[milestone.goal_id],
            due_on=carried_day(milestone.due_on, self.months),
            done_on=None,
            done_at=None,
        )

    def _parent_id(self, goal: Goal, window: Window) -> UUID | None:
        if goal.parent_id is None or goal.parent_id in self.made:
            return self.made.get(goal.parent_id) if goal.parent_id else None
        parent = self.parents.get(self.copies.get(goal.parent_id, goal.parent_id))
        return parent.id if parent is not None and window_of(parent).encloses(window) else None


def parents_first(goals: Iterable[Goal]) -> list[Goal]:
    """In an order in which they can be inserted."""
    by_id = {goal.id: goal for goal in goals}

    def depth(goal: Goal) -> int:
        above = by_id.get(goal.parent_id) if goal.parent_id else None
        return 0 if above is None else 1 + depth(above)

    return sorted(by_id.values(), key=depth)


def _copy(row: Row, **changes: object) -> Row:
    """The same row, but for what is of its own and what is changed."""
    kind: Callable[..., Row] = type(row)
    names = (attribute.key for attribute in inspect(type(row)).column_attrs)
    return kind(**{name: getattr(row, name) for name in names if name not in _OF_ITS_OWN} | changes)
