"""The proposal of the forced distribution (REV-8): within the limits, and the smallest change there is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_shared.rules.calibration import Candidate, Move, Proposal, proposal
from attain_shared.rules.distribution import Limits, limits, violations
from attain_shared.rules.rubric import SCALE
from tests.unit.rules.support import D

LOWER, UPPER, TOP = map(SCALE.index, map(D, ("3.25", "3.75", "4")))
LANDINGS = (2, 3, 4)
"""Nobody gains from stopping short of the highest step below a limit."""
TYING = tuple(map(D, ("3.25", "3.5", "3.5", "3.625", "3.75", "3.75", "4", "4", "4.5")))
"""Many of their distances from the middles are the same, 3.625 from none and 3.5 and 3.75 from one middle alike."""

Cost = tuple[int, Decimal, tuple[int, ...]]
"""Steps, distance, and everybody's steps by id, negative: what is smaller is better."""


def person(number: int, score: str | Decimal, rating: str | Decimal, *, is_movable: bool = True) -> Candidate:
    return Candidate(UUID(int=number), D(score), D(rating), is_movable)


def people(*given: tuple[str, str]) -> list[Candidate]:
    return [person(number, score, rating) for number, (score, rating) in enumerate(given, start=1)]


def lowered(found: Proposal | None) -> dict[int, str]:
    assert found is not None
    return {move.review_id.int: str(move.after) for move in found.moves}


def after(candidates: Sequence[Candidate], found: Proposal) -> list[Candidate]:
    changed = {move.review_id: move.after for move in found.moves}
    return [replace(one, rating=changed.get(one.review_id, one.rating)) for one in candidates]


def ratings(candidates: Sequence[Candidate]) -> list[Decimal]:
    return [one.rating for one in candidates]


def change(one: Candidate, step: int) -> tuple[int, Decimal]:
    """Steps and distance, upwards as well."""
    rated = SCALE.index(one.rating)
    low, high = sorted((rated, step))
    middles = [(below + above) / 2 for below, above in pairwise(SCALE[low : high + 1])]
    return len(middles), sum((abs(one.score - middle) for middle in middles), D(0))


def every_step(one: Candidate) -> Sequence[int]:
    return range(len(SCALE))


def landings(one: Candidate) -> Sequence[int]:
    rated = SCALE.index(one.rating)
    return [rated, *(step for step in LANDINGS if step < rated)]


def brute_force(
    candidates: Sequence[Candidate], bounds: Limits, steps_of: Callable[[Candidate], Sequence[int]]
) -> Cost | None:
    """The best of all assignments of steps; those are cut off that already break a cap or cost more than the best."""
    by_id = sorted(candidates, key=lambda one: one.review_id)
    options = [
        sorted((*change(one, step), step) for step in (steps_of(one) if one.is_movable else [SCALE.index(one.rating)]))
        for one in by_id
    ]
    caps = (bounds.most_top, bounds.most_upper, len(by_id) - bounds.least_lower)

    def assignments(
        best: Cost | None, taken: tuple[int, ...], steps: int, distance: Decimal, used: tuple[int, ...]
    ) -> Cost | None:
        if len(taken) == len(options):
            cost = (steps, distance, tuple(-one for one in taken))
            return cost if best is None or cost < best else best
        for more, further, step in options[len(taken)]:
            now = (used[0] + (step >= TOP), used[1] + (step >= UPPER), used[2] + (step > LOWER))
            is_hopeless = best is not None and (steps + more, distance + further) > best[:2]
            if not is_hopeless and all(map(int.__le__, now, caps)):
                best = assignments(best, (*taken, more), steps + more, distance + further, now)
        return best

    return assignments(None, (), 0, D(0), (0, 0, 0))


def cost(candidates: Sequence[Candidate], found: Proposal | None) -> Cost | None:
    """The cost of a proposal, of its moves and not as it says."""
    if found is None:
        return None
    changed = {move.review_id: SCALE.index(move.after) for move in found.moves}
    each = [
        change(one, changed.get(one.review_id, SCALE.index(one.rating)))
        for one in sorted(candidates, key=lambda one: one.review_id)
    ]
    return sum(steps for steps, _ in each), sum((far for _, far in each), D(0)), tuple(-steps for steps, _ in each)


def random_group(random: Random, size: int, *, movable: float = 0.8) -> list[Candidate]:
    steps = random.choice((SCALE, SCALE[3:], SCALE[3:6], SCALE[5:]))
    has_ties = random.random() < 0.6
    numbers = random.sample(range(10 * size), size)
    return [
        person(
            number,
            random.choice(TYING) if has_ties else D(random.randint(250, 500)) / 100,
            random.choice(steps),
            is_movable=random.random() < movable,
        )
        for number in numbers
    ]


def random_limits(random: Random, size: int) -> Limits:
    """Those of REV-8, or any at all, whether or not one makes sense beside the others."""
    if random.random() < 0.3:
        return limits(size)
    return Limits(random.randint(0, size), random.randint(0, size), random.randint(0, size // 2 + 1), 0)


def test_a_group_within_its_limits_is_left_alone() -> None:
    group = people(("4.1", "4"), *[("3.5", "3.5")] * 4)
    assert proposal(group, Limits(1, 1, 0, 4)) == Proposal((), 0, D(0))
    assert proposal([], limits(0)) == Proposal((), 0, D(0))


def test_who_is_nearest_to_the_middle_of_two_ratings_is_moved_rev_8() -> None:
    group = people(("4.10", "4"), ("3.90", "4"), ("3.70", "4"))
    found = proposal(group, Limits(2, 3, 0, 0))
    assert found == Proposal((Move(UUID(int=2), D(4), D("3.75")),), 1, D("0.025"))


def test_of_equals_the_lowest_review_id_is_moved_rev_8() -> None:
    group = people(("4", "4"), ("3.75", "4"), ("4", "4"))
    assert lowered(proposal(group, Limits(1, 3, 0, 0))) == {1: "3.75", 2: "3.75"}
    assert lowered(proposal(group[::-1], Limits(2, 3, 0, 0))) == {1: "3.75"}


def test_fewer_steps_go_before_a_smaller_distance_rev_8() -> None:
    group = people(("3.88", "5"), ("2.50", "4"))
    assert lowered(proposal(group, Limits(1, 2, 0, 0))) == {2: "3.75"}


def test_a_rating_may_move_several_steps_rev_8() -> None:
    group = people(("4.8", "5"), ("4.6", "5"))
    found = proposal(group, Limits(0, 1, 0, 0))
    assert lowered(found) == {1: "3.75", 2: "3.5"}
    assert found is not None
    assert found.steps == 7


def test_one_who_left_the_top_goes_on_where_another_would_cost_more() -> None:
    """From the top limit downwards by the nearest, 3 would leave the upper part: 0.125 more than 1 going on."""
    group = people(("3.75", "4"), ("4.60", "4"), ("4.00", "3.75"))
    assert lowered(proposal(group, Limits(1, 2, 0, 0))) == {1: "3.5"}


def test_who_left_the_top_first_may_stay_where_another_goes_further() -> None:
    """1 leaves the top the cheapest (0.005), but 2 goes all the way to 3.25 for less than 1 does."""
    group = people(("3.88", "4"), ("3.72", "4"))
    assert lowered(proposal(group, Limits(1, 2, 0, 0))) == {1: "3.75"}
    assert lowered(proposal(group, Limits(1, 1, 1, 0))) == {2: "3.25"}


def test_values_failed_reviews_count_and_are_not_moved_rev_8() -> None:
    group = [person(1, "4", "4", is_movable=False), person(2, "4.9", "5"), person(3, "2.4", "2.5", is_movable=False)]
    assert lowered(proposal(group, Limits(1, 2, 1, 0))) == {2: "3.75"}
    assert lowered(proposal(group, Limits(1, 2, 2, 0))) == {2: "3.25"}
    assert proposal(group, Limits(0, 3, 0, 0)) is None
    assert proposal(group, Limits(1, 2, 3, 0)) is None


@pytest.mark.parametrize(("size", "steps", "moves"), [(10, 8 + 7 + 2, 8), (20, 16 + 13 + 3, 16)])
def test_everybody_at_4_is_brought_to_the_limits_of_rev_8(size: int, steps: int, moves: int) -> None:
    group = [person(number, "4", "4") for number in range(size)]
    found = proposal(group, limits(size))
    assert found is not None
    assert violations(ratings(after(group, found)), limits(size)) == ()
    assert (found.steps, len(found.moves)) == (steps, moves)


def test_a_rating_off_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        proposal([person(1, "3.6", "3.6")], limits(1))


def cases(seed: int, number: int, largest: int) -> Iterator[tuple[list[Candidate], Limits]]:
    random = Random(seed)
    for case in range(number):
        size = case % largest + 1
        yield random_group(random, size), random_limits(random, size)


@pytest.mark.no_cover
def test_no_assignment_is_better_up_to_nine_people_rev_8() -> None:
    outcomes = set()
    for group, bounds in cases(seed=8, number=9000, largest=9):
        found = proposal(group, bounds)
        assert cost(group, found) == brute_force(group, bounds, landings), (group, bounds)
        outcomes.add(None if found is None else bool(found.moves))
    assert outcomes == {None, False, True}


@pytest.mark.no_cover
def test_no_assignment_to_any_step_is_better_up_to_five_people_neither_by_moving_up_nor_by_going_lower() -> None:
    for group, bounds in cases(seed=9, number=2000, largest=5):
        assert cost(group, proposal(group, bounds)) == brute_force(group, bounds, every_step), (group, bounds)


@st.composite
def groups(draw: st.DrawFn) -> tuple[list[Candidate], Limits]:
    size = draw(st.integers(1, 7))
    scores = st.sampled_from(TYING) | st.decimals(D("2.5"), 5, places=2)
    group = [
        Candidate(number, draw(scores), draw(st.sampled_from(SCALE)), draw(st.booleans() | st.just(value=True)))
        for number in draw(st.lists(st.uuids(), min_size=size, max_size=size, unique=True))
    ]
    bound = st.integers(0, size)
    return group, draw(st.just(limits(size)) | st.builds(Limits, bound, bound, bound, st.just(0)))


@given(groups())
def test_no_assignment_is_better_in_any_group(given_group: tuple[list[Candidate], Limits]) -> None:
    group, bounds = given_group
    assert cost(group, proposal(group, bounds)) == brute_force(group, bounds, landings)


def least_steps(group: Sequence[Candidate], bounds: Limits) -> int | None:
    """A lower bound of the steps, from the numbers of ratings alone; none where not even that can be met.

    From the lowest step upwards: so many must leave a step or those above it downwards as its limit demands, and as
    the steps below need beyond the people who are there and can be moved.
    """
    movable = [sum(one.is_movable and one.rating == step for one in group) for step in SCALE]
    caps = {TOP: bounds.most_top, UPPER: bounds.most_upper, LOWER + 1: len(group) - bounds.least_lower}
    total = leaving = 0
    for step, rating in enumerate(SCALE):
        above = sum(one.rating >= rating for one in group)
        leaving = max(0, above - caps.get(step, above), leaving - movable[step - 1])
        total += leaving
    return total if leaving <= movable[-1] else None


@pytest.mark.no_cover
@pytest.mark.parametrize("movable", [1.0, 0.9, 0.6])
def test_the_proposal_meets_the_limits_with_the_least_steps_in_groups_of_1_to_300_rev_8(movable: float) -> None:
    for size in range(1, 301):
        random = Random(size)
        group, bounds = random_group(random, size, movable=movable), limits(size)
        found = proposal(group, bounds)
        assert (None if found is None else found.steps) == least_steps(group, bounds), size
        if found is not None:
            check(group, bounds, found)


def check(group: Sequence[Candidate], bounds: Limits, found: Proposal) -> None:
    """The limits are met, only the movable are moved, each once and downwards, and the sums are those of the moves."""
    by_id = {one.review_id: one for one in group}
    assert violations(ratings(after(group, found)), bounds) == ()
    assert [move.review_id for move in found.moves] == sorted({move.review_id for move in found.moves})
    for move in found.moves:
        assert by_id[move.review_id].is_movable
        assert move.after < move.before == by_id[move.review_id].rating
        assert move.after in SCALE
    own = cost(group, found)
    assert own is not None
    assert own[:2] == (found.steps, found.distance)


@given(groups(), st.randoms(use_true_random=False))
def test_the_order_of_the_reviews_does_not_matter(given_group: tuple[list[Candidate], Limits], random: Random) -> None:
    group, bounds = given_group
    assert proposal(random.sample(group, len(group)), bounds) == proposal(group, bounds)
