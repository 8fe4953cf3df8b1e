"""员工成长: how many of a team's people have grown (GOAL-4)."""

from collections.abc import Collection, Hashable
from decimal import Decimal

from attain_shared.rules.rounding import half_up

STAFF_GROWTH_PLACES = 4
"""Decimals of the share: those of staff turnover, the other figure of people (ORG-5)."""


def staff_growth(team: Collection[Hashable], grown: Collection[Hashable]) -> Decimal | None:
    """The share of the team's people who have grown, to 4 decimals half up; None for a team of nobody (GOAL-4).

    `team` are those present for the whole window; `grown` those who in it got a higher rating than in their last
    review, a promotion or a completed training plan: others than the team's among them, and repetitions, do not count.
    """
    people = set(team)
    if not people:
        return None
    return half_up(Decimal(len(people.intersection(grown))) / len(people), STAFF_GROWTH_PLACES)
