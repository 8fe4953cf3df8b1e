"""The figures of a department from what was counted (ORG-5)."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from attain_shared.rules.rounding import half_up

TEAM_SIZE = (2, 25)
"""The advice: so many people to a team, both inclusive."""


class TeamSize(StrEnum):
    """How a team's size compares with the advice."""

    OK = "ok"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was counted of a department, or of a subtree, over a period of `days`."""

    days: int
    headcount: int
    """Employed on the last day."""
    plan: int | None
    person_days: int
    """The sum of the daily headcounts."""
    leavers: int
    managers: int
    """Those who have direct reports on the last day."""
    reports: int
    """The direct reports of all of them."""


def vacancies(counted: Counted) -> int | None:
    """How many the plan still wants; None without a plan."""
    return None if counted.plan is None else max(counted.plan - counted.headcount, 0)


def over_plan(counted: Counted) -> int | None:
    """How many there are beyond the plan; None without one."""
    return None if counted.plan is None else max(counted.headcount - counted.plan, 0)


def mean_headcount(counted: Counted) -> Decimal:
    """The mean of the daily headcounts, to four places."""
    return _quotient(counted.person_days, counted.days, places=4)


def turnover(counted: Counted) -> Decimal | None:
    """流失率: leavers over the mean of the daily headcounts, to four places; None at headcount 0."""
    if counted.person_days == 0:
        return None
    return _quotient(counted.leavers * counted.days, counted.person_days, places=4)


def span(counted: Counted) -> Decimal | None:
    """The mean number of direct reports of those who have any, to two places."""
    return None if counted.managers == 0 else _quotient(counted.reports, counted.managers, places=2)


def team_size(headcount: int) -> TeamSize:
    """Whether a team has a size that is advised."""
    smallest, largest = TEAM_SIZE
    if headcount < smallest:
        return TeamSize.TOO_SMALL
    return TeamSize.TOO_LARGE if headcount > largest else TeamSize.OK


def _quotient(numerator: int, denominator: int, *, places: int) -> Decimal:
    return half_up(Decimal(numerator) / Decimal(denominator), places)
