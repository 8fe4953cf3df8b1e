"""The wire contract of cascades: whether targets add up, and how one may be split (GOAL-11)."""

from datetime import date
from typing import Literal
from uuid import UUID

from attain_shared.goals.schemas import OwnerRead
from attain_shared.wire import Figure, Output


class CascadedMetric(Output):
    """A target of a metric that adds up, beside those below it."""

    metric: str
    """The metric's code."""
    dimension: str
    """Empty for the whole shop."""
    item_set_id: UUID | None
    """The set of items it is measured over."""
    target: Figure
    """The goal's own."""
    children: int
    """How many goals below have one."""
    children_target: Figure
    """What theirs add up to."""
    gap: Figure
    """Theirs less its own: below 0 where they do not reach it."""
    stretch: Figure | None
    """Theirs over its own, to six decimals; null where its own is 0."""


class CascadedGoal(Output):
    """A goal, and whose it is."""

    goal_id: UUID
    """The goal."""
    title: str
    """What is to be reached."""
    owner: OwnerRead
    """Whose it is."""
    state: Literal["draft", "submitted", "returned", "confirmed", "closed"]
    """Where it is in its life; cancelled goals are no part of a cascade."""


class CascadeParent(CascadedGoal):
    """A goal with others below it."""

    children: int
    """How many there are that the caller sees."""
    metrics: list[CascadedMetric]
    """Those that add up over days and shops and are measured by it and below it."""


class OrphanGoal(CascadedGoal):
    """A goal of a department or a person that is below none."""

    reason: Literal["no-parent", "parent-cancelled"]
    """Why."""


class UnownedGoal(CascadedGoal):
    """A goal with others below it that nobody answers for."""

    reason: Literal["owner-left", "department-closed", "department-without-head"]
    """Why."""


class CascadeRead(Output):
    """A part of a cycle's cascade: each list continues in the next part (GOAL-11)."""

    cycle_id: UUID
    """The cycle."""
    items: list[CascadeParent]
    """The goals with others below them, in this cycle or in one within it."""
    orphans: list[OrphanGoal]
    """Goals of departments and people that are below none."""
    unowned: list[UnownedGoal]
    """Of the goals with others below them those that nobody answers for."""
    next_cursor: str | None
    """Give it back as `cursor` for the next part; null at the end."""


class SplitShare(Output):
    """What of a target falls to an owner."""

    owner: OwnerRead
    """Who."""
    weight: Figure
    """What it was split by: shops held, or what these made last year."""
    target: Figure
    """The part; all of them add up to the whole."""


class GoalSplitRead(Output):
    """A proposal how to split a target; nothing is stored (GOAL-11)."""

    goal_id: UUID
    """The goal."""
    indicator_id: UUID
    """Its indicator."""
    metric: str
    """The metric's code."""
    by: Literal["shop", "last_year"]
    """By the shops that each holds in the goal's window, or by what these made in the same window last year."""
    starts_on: date
    """The first day of the window that the weights are of."""
    ends_on: date
    """Its last day, inclusive."""
    target: Figure
    """The whole."""
    items: list[SplitShare]
    """By owner, in the order given; alike for all where nothing has any weight."""
