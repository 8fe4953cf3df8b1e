"""The wire contract of leaderboards (龙虎榜, CULT-2)."""

from uuid import UUID

from attain_shared.goals.schemas import OwnerRead
from attain_shared.wire import Figure, Output


class LeaderboardEntry(Output):
    """Somebody on a leaderboard: by performance, or with a metric by its attainment; the other figures are null."""

    rank: int | None
    """Equal figures share one; null without a figure, or where only bounds of it are known."""
    owner: OwnerRead
    """Who."""
    name: str
    """What they are called."""
    performance: Figure | None
    """The weighted mean of their goals' scores (REV-2)."""
    performance_low: Figure | None
    """The least it can be."""
    performance_high: Figure | None
    """The most it can be."""
    attainment: Figure | None
    """Of their indicators of the metric the best attainment (GOAL-5)."""
    attainment_low: Figure | None
    """The least it can be."""
    attainment_high: Figure | None
    """The most it can be."""
    actual: Figure | None
    """The actual figure of that indicator."""


class LeaderboardRead(Output):
    """The people that the caller sees, from the best to those without a figure."""

    cycle_id: UUID
    """Of which cycle."""
    metric: str | None
    """By the attainment of this metric; null: by performance."""
    department_id: UUID | None
    """Of this department and all below it; null: of the company."""
    items: list[LeaderboardEntry]
    """A part of the board."""
    next_cursor: str | None
    """Give it back as `cursor` for the next part; null at the end."""
