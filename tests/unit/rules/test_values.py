"""The gate rule, the cases that a score needs, and when values are failed (REV-3, REV-4)."""

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.values import (
    LEVELS,
    CaseKind,
    Gate,
    Level,
    lacking_case,
    value_score,
    values_failed,
    values_score,
)

D = Decimal
F, P, N = Level.FULL, Level.PARTIAL, Level.NONE
EVERY_MARK = list(product(Level, repeat=LEVELS))


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((F, F, P, F, N), "2.5"),
        ((F, F, F, F, F), "5"),
        ((F, F, F, F, P), "4.5"),
        ((F, F, F, N, F), "3"),
        ((F, F, N, P, P), "2"),
        ((P, F, F, F, F), "0.5"),
        ((P, P, P, P, P), "0.5"),
        ((N, F, F, F, F), "0"),
    ],
)
def test_a_level_counts_when_all_below_it_are_full_rev_3(levels: tuple[Level, ...], expected: str) -> None:
    assert value_score(levels) == D(expected)


@pytest.mark.parametrize("count", [0, 4, 6])
def test_a_value_has_five_levels_rev_3(count: int) -> None:
    with pytest.raises(ValueError, match=f"{count} levels"):
        value_score([F] * count)


def test_no_mark_is_worth_less_for_a_level_met_better_rev_3() -> None:
    better = {N: P, P: F}
    for levels in EVERY_MARK:
        own = value_score(levels)
        assert 0 <= own <= LEVELS
        assert own * 2 == int(own * 2)
        for place, level in enumerate(levels):
            if level in better:
                assert value_score([*levels[:place], better[level], *levels[place + 1 :]]) >= own


@pytest.mark.parametrize(
    ("score", "needed"),
    [
        ("0", CaseKind.NONCONFORMANCE),
        ("2", CaseKind.NONCONFORMANCE),
        ("2.49", CaseKind.NONCONFORMANCE),
        ("2.5", None),
        ("2.99", None),
        ("3", CaseKind.POSITIVE),
        ("3.5", CaseKind.POSITIVE),
        ("5", CaseKind.POSITIVE),
    ],
)
def test_a_value_below_2_5_or_from_3_on_needs_its_case_rev_3(score: str, needed: CaseKind | None) -> None:
    assert lacking_case(D(score), ()) is needed
    assert lacking_case(D(score), set(CaseKind)) is None
    if needed is not None:
        assert lacking_case(D(score), {needed}) is None
        assert lacking_case(D(score), set(CaseKind) - {needed}) is needed


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([], None),
        (["2.5"], "2.50"),
        (["2.5", "3"], "2.75"),
        (["2", "2.5", "3"], "2.50"),
        (["2", "2.5", "2.5"], "2.33"),
        (["3", "3", "3", "3", "3", "3", "3", "3.5"], "3.06"),
        (["2.5", "2.5", "2.5", "2.5", "2.5", "2.5", "2.5", "2"], "2.44"),
    ],
)
def test_v_is_the_mean_of_the_values_two_decimals_half_up_rev_4(scores: list[str], expected: str | None) -> None:
    assert values_score(map(D, scores)) == (None if expected is None else D(expected))


@pytest.mark.parametrize(
    ("scores", "by_mean", "by_every"),
    [
        (["2.5", "2.5"], False, False),
        (["2", "3"], False, True),
        (["2", "2.5"], True, True),
        (["0", "5"], False, True),
        (["5", "5"], False, False),
    ],
)
def test_values_fail_by_their_mean_or_by_any_of_them_rev_4(scores: list[str], by_mean: bool, by_every: bool) -> None:
    figures = list(map(D, scores))
    mean = values_score(figures)
    assert mean is not None
    assert values_failed(mean, figures, Gate.MEAN) is by_mean
    assert values_failed(mean, figures, Gate.EVERY) is by_every


@given(st.lists(st.sampled_from([D(n) / 2 for n in range(11)]), min_size=1, max_size=8))
def test_what_fails_by_the_mean_fails_by_every_rev_4(scores: list[Decimal]) -> None:
    mean = values_score(scores)
    assert mean is not None
    assert min(scores) <= mean <= max(scores)
    assert values_failed(mean, scores, Gate.EVERY) >= values_failed(mean, scores, Gate.MEAN)
