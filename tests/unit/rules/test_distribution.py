"""Limits, violations and groups of the forced distribution (REV-8)."""

from collections import Counter
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.distribution import Limit, Limits, Shares, Violation, counts, limits, pools, violations
from attain_shared.rules.rubric import SCALE
from tests.unit.rules.support import D

RATINGS = st.lists(st.sampled_from(SCALE), max_size=60)


def unit(number: int) -> UUID:
    return UUID(int=number)


A, B, C, E = map(unit, range(1, 5))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (20, Limits(4, 7, 3, 10)),
        (10, Limits(2, 3, 2, 5)),
        (0, Limits(0, 0, 0, 0)),
        (1, Limits(0, 0, 0, 1)),
        (3, Limits(0, 1, 0, 2)),
        (4, Limits(0, 1, 1, 2)),
        (13, Limits(2, 4, 2, 7)),
        (30, Limits(6, 10, 5, 15)),
        (100, Limits(20, 35, 15, 50)),
    ],
)
def test_caps_round_down_and_the_minimum_rounds_half_up_rev_8(size: int, expected: Limits) -> None:
    assert limits(size) == expected


def test_the_shares_are_settings_and_the_middle_is_what_they_leave() -> None:
    assert limits(10, Shares(top=D("0.19"), upper=D("0.3"), lower=D("0.05"))) == Limits(1, 3, 1, 7)
    assert limits(10, Shares(top=D("0.5"), upper=D("0.8"), lower=D("0.3"))).about_middle == 0


def test_a_distribution_counts_each_step_and_the_upper_part_includes_the_top() -> None:
    found = counts(map(D, ("5", "4.0", "4", "3.75", "3.5", "3.5", "3.25", "3", "2.5")))
    assert found.steps == dict(zip(SCALE, (1, 1, 1, 2, 1, 2, 0, 1), strict=True))
    assert list(found.steps) == list(SCALE)
    assert (found.top, found.upper, found.middle, found.lower) == (3, 4, 2, 3)


def test_a_rating_off_the_scale_is_not_counted_in_silence() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        counts([D("3.6")])


@given(RATINGS)
def test_everybody_is_in_the_upper_the_middle_or_the_lower_part(ratings: list[Decimal]) -> None:
    found = counts(ratings)
    assert found.upper + found.middle + found.lower == sum(found.steps.values()) == len(ratings)


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        (["4", "4", "3.75", *["3.5"] * 5, "3.25", "2.5"], ()),
        (["5", "4.5", "4", *["3.5"] * 5, "3.25", "3"], ((Limit.TOP, 1),)),
        (["4", "4", "3.75", "3.75", *["3.5"] * 4, "3", "3"], ((Limit.UPPER, 1),)),
        (["4", "4", "3.75", *["3.5"] * 6, "3.25"], ((Limit.LOWER, 1),)),
        (["4"] * 10, ((Limit.TOP, 8), (Limit.UPPER, 7), (Limit.LOWER, 2))),
        (["3.5"] * 10, ((Limit.LOWER, 2),)),
        (["3.25"] * 10, ()),
    ],
)
def test_a_violation_says_by_how_many_and_the_middle_is_never_one_rev_8(
    ratings: list[str], expected: tuple[tuple[Limit, int], ...]
) -> None:
    assert violations(map(D, ratings), limits(10)) == tuple(Violation(*one) for one in expected)


Forest = dict[UUID, UUID | None]
Members = dict[UUID | None, int]


@pytest.mark.parametrize(
    ("departments", "members", "expected"),
    [
        pytest.param({A: None, B: A, C: A}, {A: 10, B: 10, C: 11}, {A: A, B: B, C: C}, id="enough in each"),
        pytest.param({A: None, B: A, C: A}, {A: 4, B: 6, C: 11}, {A: A, B: A, C: C}, id="a child with its parent"),
        pytest.param({A: None, B: A, C: A}, {A: 1, B: 5, C: 4}, {A: A, B: A, C: A}, id="both children"),
        pytest.param({A: None, B: A, C: B}, {A: 9, B: 6, C: 4}, {A: B, B: B, C: B}, id="the rest of a root"),
        pytest.param({A: None, B: A, C: B}, {A: 12, C: 4}, {A: A, C: A}, id="through an empty department"),
        pytest.param({A: None, B: A, C: A}, {A: 3, B: 11, C: 10}, {A: C, B: B, C: C}, id="the smallest sibling"),
        pytest.param({A: None, B: A, C: A}, {A: 3, B: 10, C: 10}, {A: B, B: B, C: C}, id="of equals the lowest id"),
        pytest.param({A: None, B: A, C: B}, {A: 3, B: 30, C: 10}, {A: B, B: B, C: C}, id="highest before smallest"),
        pytest.param(
            {A: None, B: A, C: A, E: None},
            {A: 1, B: 5, C: 40, E: 10},
            {A: C, B: C, C: C, E: E},
            id="the own tree before another",
        ),
        pytest.param({A: None, B: None}, {A: 9, B: 12}, {A: B, B: B}, id="a root without a group joins another's"),
        pytest.param(
            {A: None, B: None, C: None}, {A: 4, B: 7, C: 12}, {A: None, B: None, C: C}, id="what is left pools first"
        ),
        pytest.param(
            {A: None, B: A, C: A, E: None},
            {B: 12, C: 11, E: 4},
            {B: B, C: C, E: C},
            id="no root has a group: the smallest below",
        ),
        pytest.param({A: None}, {A: 12, None: 10}, {A: A, None: None}, id="ten without a department"),
        pytest.param({A: None}, {A: 12, None: 3}, {A: A, None: A}, id="three without a department"),
        pytest.param({A: None}, {A: 6, None: 4}, {A: None, None: None}, id="ten only together"),
        pytest.param({A: None, B: A}, {A: 11, B: 0}, {A: A}, id="an empty department is in no group"),
    ],
)
def test_a_group_under_10_is_pooled_upwards_and_the_rest_joins_the_smallest_sibling_rev_8(
    departments: Forest, members: Members, expected: dict[UUID | None, UUID | None]
) -> None:
    pooling = pools(departments, members)
    assert pooling.groups == expected
    assert not pooling.is_advice_only


def test_a_company_under_10_is_one_group_and_gets_advice_only_rev_8() -> None:
    pooling = pools({A: None, B: A, C: None}, {A: 3, B: 2, C: 3, None: 1})
    assert pooling.groups == {A: None, B: None, C: None, None: None}
    assert pooling.is_advice_only


def test_a_company_without_people_has_no_groups() -> None:
    assert pools({A: None}, {}).groups == {}


def test_members_of_a_department_that_is_not_given_are_not_lost_in_silence() -> None:
    with pytest.raises(KeyError):
        pools({A: None}, {A: 10, B: 1})


@st.composite
def companies(draw: st.DrawFn) -> tuple[Forest, Members]:
    size = draw(st.integers(0, 12))
    ids = draw(st.permutations([unit(number) for number in range(size)]))
    forest = {one: draw(st.sampled_from([None, *ids[:index]])) for index, one in enumerate(ids)}
    members = {one: draw(st.integers(0, 14)) for one in (None, *ids)}
    return forest, members


@given(companies(), st.randoms(use_true_random=False), st.integers(1, 12))
def test_every_member_is_in_one_group_of_the_minimum_at_least_whatever_the_order(
    company: tuple[Forest, Members], random: Random, minimum: int
) -> None:
    forest, members = company
    pooling = pools(forest, members, minimum)
    assert pooling.groups.keys() == {one for one, count in members.items() if count}
    sizes = Counter[UUID | None]()
    for department, group in pooling.groups.items():
        sizes[group] += members[department]
    total = sum(members.values())
    assert pooling.is_advice_only is (total < minimum)
    assert all(size >= minimum for size in sizes.values()) or (total < minimum and len(sizes) == 1)
    shuffled_forest, shuffled_members = list(forest.items()), list(members.items())
    random.shuffle(shuffled_forest)
    random.shuffle(shuffled_members)
    assert pools(dict(shuffled_forest), dict(shuffled_members), minimum) == pooling


@given(companies())
def test_a_department_of_ten_is_judged_by_itself_or_with_those_pooled_into_it(company: tuple[Forest, Members]) -> None:
    forest, members = company
    groups = pools(forest, members).groups
    assert all(groups[one] == one for one in forest if members[one] >= 10)
