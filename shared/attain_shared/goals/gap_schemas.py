"""The wire contract of a GMV gap taken apart: visitors, conversion and 客单价, shop by shop (GOAL-8)."""

from datetime import date
from uuid import UUID

from attain_shared.rules.growth import Against
from attain_shared.wire import Figure, Output


class EffectsRead(Output):
    """What each factor did to the GMV, in money; together they are the change, exactly."""

    uv: Figure
    """More or fewer visitors (访客数)."""
    conversion: Figure
    """More or fewer of them buying (转化率)."""
    aov: Figure
    """Each buyer spending more or less (客单价)."""
    other: Figure
    """What cannot be taken apart: shops new or closed, and days without visitors or buyers on record."""


class TrafficRead(Output):
    """What a shop had on the days on which GMV, visitors and buyers are all known."""

    days: int
    """How many they are."""
    gmv: Figure
    """The GMV of these days; that of the others is in `other`."""
    uv: Figure
    """The sum of the days' visitors."""
    paying_buyers: Figure
    """The sum of the days' buyers."""


class SideRead(Output):
    """One of the two windows."""

    starts_on: date
    """Its first day."""
    ends_on: date
    """Its last day, inclusive."""
    gmv: Figure | None
    """The GMV; null without data."""


class ShopGapRead(Output):
    """What a shop contributes to the change."""

    shop_id: UUID
    """The shop."""
    dimension: str
    """Empty for the whole shop."""
    before: Figure | None
    """Its GMV in the earlier window; null without data."""
    after: Figure | None
    """Its GMV now; null without data."""
    change: Figure
    """`after` less `before`: the sum of its effects."""
    effects: EffectsRead
    """What did it."""
    traffic_before: TrafficRead | None
    """The factors of the earlier window; null where no day has them all."""
    traffic_after: TrafficRead | None
    """The factors now; null where no day has them all."""


class GoalGapRead(Output):
    """Why a goal's GMV differs from an earlier one's, and how far it is from the target."""

    goal_id: UUID
    """The goal."""
    indicator_id: UUID
    """The indicator that measures GMV."""
    against: Against
    """Which earlier window."""
    before: SideRead
    """The earlier window: as many of its days as are complete now."""
    after: SideRead
    """The goal's window up to its last complete day."""
    change: Figure
    """The GMV of `after` less that of `before`."""
    effects: EffectsRead
    """What did it, over all shops."""
    shops: list[ShopGapRead]
    """Shop by shop, in the indicator's order; their changes add up to the whole."""
    target: Figure | None
    """The GMV to be reached by the end of the window; of `growth` that of the whole earlier window, raised by it."""
    gap_to_target: Figure | None
    """The GMV of `after` less the target."""
