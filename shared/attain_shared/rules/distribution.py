"""Forced distribution (REV-8): the groups that are calibrated together, their limits, and what breaks them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from attain_shared.rules.rounding import half_up
from attain_shared.rules.rubric import SCALE

TOP = Decimal(4)
"""A rating of so much or more is limited by the share of the top."""

UPPER = Decimal("3.75")
"""A rating of so much or more is limited by the share of the upper part, the top being part of it."""

LOWER = Decimal("3.25")
"""Ratings of so much or less there must be a share of."""

MINIMUM_SIZE = 10
"""Smaller groups are pooled."""


@dataclass(frozen=True, slots=True)
class Shares:
    """A cycle's settings of the distribution, each between 0 and 1."""

    top: Decimal = Decimal("0.20")
    """At most so many are rated 4 or more."""
    upper: Decimal = Decimal("0.35")
    """At most so many are rated 3.75 or more."""
    lower: Decimal = Decimal("0.15")
    """At least so many are rated 3.25 or less."""


DEFAULT_SHARES = Shares()


@dataclass(frozen=True, slots=True)
class Limits:
    """How many of a group may and must have which ratings."""

    most_top: int
    most_upper: int
    least_lower: int
    about_middle: int
    """Rated 3.5: what the upper and the lower share leave, to be shown. It is never a violation."""


def limits(size: int, shares: Shares = DEFAULT_SHARES) -> Limits:
    """A group's limits (REV-8): what is a cap rounds down, the minimum rounds half up."""
    return Limits(
        most_top=_floor(size * shares.top),
        most_upper=_floor(size * shares.upper),
        least_lower=int(half_up(size * shares.lower, 0)),
        about_middle=int(half_up(size * max(Decimal(0), 1 - shares.upper - shares.lower), 0)),
    )


def _floor(value: Decimal) -> int:
    return int(value.to_integral_value(rounding=ROUND_FLOOR))


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many of a group have which ratings."""

    steps: Mapping[Decimal, int]
    """By each step of the scale, from the lowest to the highest."""
    top: int
    """4 or more."""
    upper: int
    """3.75 or more, the top included."""
    middle: int
    """Between upper and lower: 3.5."""
    lower: int
    """3.25 or less."""


def counts(ratings: Iterable[Decimal]) -> Distribution:
    """How a group's ratings are distributed; a rating that is no step of the scale is a `ValueError`."""
    at = Counter(map(SCALE.index, ratings))
    steps = {step: at[index] for index, step in enumerate(SCALE)}
    upper = sum(count for step, count in steps.items() if step >= UPPER)
    lower = sum(count for step, count in steps.items() if step <= LOWER)
    return Distribution(
        steps=steps,
        top=sum(count for step, count in steps.items() if step >= TOP),
        upper=upper,
        middle=sum(steps.values()) - upper - lower,
        lower=lower,
    )


class Limit(StrEnum):
    """What a distribution can break (REV-8)."""

    TOP = "top"
    UPPER = "upper"
    LOWER = "lower"


class Violation(NamedTuple):
    """A limit that a group's ratings break, and by how many."""

    limit: Limit
    by: int
    """Too many of the top or upper ratings, too few of the lower ones."""


def violations(ratings: Iterable[Decimal], bounds: Limits) -> tuple[Violation, ...]:
    """The limits that the ratings of a group break (REV-8), in the order of the scale from its top."""
    found = counts(ratings)
    excesses = (
        Violation(Limit.TOP, found.top - bounds.most_top),
        Violation(Limit.UPPER, found.upper - bounds.most_upper),
        Violation(Limit.LOWER, bounds.least_lower - found.lower),
    )
    return tuple(excess for excess in excesses if excess.by > 0)


@dataclass(frozen=True, slots=True)
class Pooling:
    """Which departments are calibrated together."""

    groups: Mapping[UUID | None, UUID | None]
    """The group of each department that has members, named by one of its departments.

    The key `None` stands for people without a department; the group `None` is the company's own.
    """
    is_advice_only: bool
    """The whole company is under the minimum: its limits are advice and block nothing."""


def pools(
    departments: Mapping[UUID, UUID | None], members: Mapping[UUID | None, int], minimum: int = MINIMUM_SIZE
) -> Pooling:
    """The calibration groups of a company (REV-8), none under the minimum unless the company itself is.

    Departments map to their parents, which must form a forest. Members are a department's own, without those of the
    departments below it; people without a department are counted under `None`. A department that is not given is a
    `KeyError`.

    From the deepest departments up, the people of one form a group where they reach the minimum; else they are
    pooled with the people of its parent department. What is left of a root joins the smallest sibling group: of the
    groups in its own tree that stand highest, the smallest. What is left of the roots that have no group in their tree
    is pooled with the people without a department as a group of the company, which joins the smallest of the highest
    groups in its turn where it is under the minimum. Of groups of one size the lowest id is taken. Thus the order in
    which departments are given does not matter.
    """
    known = (department for department in chain(departments, members) if department is not None)
    lines = {department: _line(department, departments) for department in known}
    groups: dict[UUID | None, list[UUID | None]] = {}
    pooled: defaultdict[UUID | None, list[UUID | None]] = defaultdict(list)
    for department, count in members.items():
        if count:
            pooled[department].append(department)

    def size(of: Iterable[UUID | None]) -> int:
        return sum(members[one] for one in of)

    def nearest(tree: Iterable[UUID]) -> UUID:
        return min(tree, key=lambda group: (len(lines[group]), size(groups[group]), group))

    for department in sorted(lines, key=lambda one: (-len(lines[one]), one)):
        pool, parent = pooled.pop(department, []), departments[department]
        if pool and size(pool) >= minimum:
            groups[department] = pool
        elif parent is None and (tree := [one for one in lines if one in groups and lines[one][-1] == department]):
            groups[nearest(tree)] += pool
        else:
            pooled[parent] += pool
    rest = pooled.pop(None, [])
    if size(rest) >= minimum or not groups:
        groups[None] = rest
    else:
        groups[nearest(one for one in lines if one in groups)] += rest
    return Pooling(
        groups={department: group for group, pool in groups.items() for department in pool},
        is_advice_only=sum(members.values()) < minimum,
    )


def _line(department: UUID, departments: Mapping[UUID, UUID | None]) -> list[UUID]:
    """The department and those above it, its root last."""
    line, above = [department], departments[department]
    while above is not None:
        line.append(above)
        above = departments[above]
    return line
