"""The smallest change of ratings that brings a calibration group within its limits (REV-8).

Only downward moves can help: the limits are caps on the ratings above and a minimum of the ratings below, so undoing a
move upwards breaks none of them and saves its steps. What matters of a rating is its zone (4 and more, 3.75, 3.5, 3.25
and less), and whoever leaves a zone lands on the highest step of another. The caps being cumulative, everybody takes
one of as many seats as there are people: so many in the top zone, so many more in the next, and so on; a seat may be
above one's rating, which it then leaves as it is. The seats with the smallest cost are a transportation problem, which
is solved exactly by successive shortest paths (Ahuja, Magnanti and Orlin, "Network Flows", 1993, section 9.7): all
begin in the top zone, where nothing costs anything, and while there are more than its seats, one person more leaves it
along the cheapest chain of moves (one to another zone, from there another one further on) that ends at a free seat.
Each chain keeps the seating the cheapest of its size (lemma 9.12), and so no chain has a zone twice. Four zones have
15 chains: they are simply compared.

The cost is compared by steps, then by the distances, then by whose steps they are; as each of the three adds up over
moves and their order is kept when something is added to both sides, the method holds for them as it does for numbers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from heapq import heappop, heappush
from itertools import pairwise, permutations
from typing import NamedTuple
from uuid import UUID

from attain_shared.rules.distribution import LOWER, TOP, UPPER, Limits, violations
from attain_shared.rules.rubric import SCALE

_LANDINGS = (len(SCALE) - 1, SCALE.index(TOP) - 1, SCALE.index(UPPER) - 1, SCALE.index(LOWER))
"""The highest step of each zone, the top zone first."""

_ZONES = range(len(_LANDINGS))
_CHAINS = tuple(tuple(pairwise((0, *ends))) for length in _ZONES[1:] for ends in permutations(_ZONES[1:], length))
_MIDPOINTS = tuple((below + above) / 2 for below, above in pairwise(SCALE))
"""At the index of a step, the middle between it and the next."""

_STEP_BITS = 3
"""Nobody moves more than seven steps."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A review of the group."""

    review_id: UUID
    score: Decimal
    """What the group is judged on, the overall score or the performance, to two decimals."""
    rating: Decimal
    """A step of the scale."""
    is_movable: bool = True
    """Not so where the values failed: it counts, but stays."""


class Move(NamedTuple):
    """A rating to be lowered."""

    review_id: UUID
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class Proposal:
    """The smallest change that meets the limits; without moves where they are met already."""

    moves: tuple[Move, ...]
    """By review id."""
    steps: int
    """Places on the scale, of all moves together."""
    distance: Decimal
    """The sum over the steps of |score − midpoint of the two ratings|."""


class _Cost(NamedTuple):
    """Compared by the first part that differs."""

    steps: int
    distance: Decimal
    order: int = 0
    """Whose steps they are: the less, the more of them are the lowest review id's."""


def proposal(candidates: Iterable[Candidate], limits: Limits) -> Proposal | None:
    """The change of ratings that meets a group's limits (REV-8), none where its movable reviews do not suffice.

    It has the fewest steps in total, of such changes the smallest sum of |score − midpoint| over the steps, and of
    these the one that takes the most steps from the lowest review id, then from the next, and so on. A rating that is
    no step of the scale is a `ValueError`.
    """
    people = sorted(candidates, key=lambda one: one.review_id)
    lowest = (min(one.rating, LOWER) if one.is_movable else one.rating for one in people)
    if violations(lowest, limits):
        return None
    not_lower = len(people) - limits.least_lower
    upper = min(limits.most_upper, not_lower)
    top = min(limits.most_top, upper)
    seating = _Seating(people, free=(0, upper - top, not_lower - upper, len(people) - not_lower))
    for _ in range(len(people) - top):
        seating.move_one()
    taken = list(zip(people, seating.seats(), strict=True))
    return Proposal(
        moves=tuple(
            Move(one.review_id, one.rating, SCALE[_LANDINGS[zone]]) for one, (zone, cost) in taken if cost.steps
        ),
        steps=sum(cost.steps for _, (_, cost) in taken),
        distance=sum((cost.distance for _, (_, cost) in taken), Decimal(0)),
    )


class _Seating:
    """Who sits in which zone, with a queue for each pair of zones of who moves from one to the other the cheapest."""

    def __init__(self, people: Sequence[Candidate], free: Sequence[int]) -> None:
        self._free = list(free)
        self._costs = [_costs(one) for one in people]
        self._zones = [0] * len(people)
        self._queues: dict[tuple[int, int], list[tuple[int, Decimal, int, int]]] = {
            pair: [] for pair in permutations(_ZONES, 2)
        }
        for person in range(len(people)):
            self._sit(person, 0)

    def seats(self) -> list[tuple[int, _Cost]]:
        """Everybody's zone, and what it costs."""
        return [(zone, costs[zone]) for zone, costs in zip(self._zones, self._costs, strict=True)]

    def move_one(self) -> None:
        """Let one person more leave the top zone, along the cheapest chain that ends at a free seat."""
        first = {pair: self._queues[pair][0] for pair in self._queues if self._is_open(pair)}
        costs = {pair: self._cost(move) for pair, move in first.items()}
        chains = (one for one in _CHAINS if self._free[one[-1][1]] > 0 and costs.keys() >= set(one))
        cheapest = min(chains, key=lambda chain: tuple(map(sum, zip(*(costs[pair] for pair in chain), strict=True))))
        for pair in cheapest:
            self._sit(first[pair][-1], pair[1])
        self._free[cheapest[-1][1]] -= 1

    def _is_open(self, pair: tuple[int, int]) -> bool:
        """Whether anybody can move from the one zone to the other; who has left the one is forgotten."""
        queue = self._queues[pair]
        while queue and self._zones[queue[0][-1]] != pair[0]:
            heappop(queue)
        return bool(queue)

    def _sit(self, person: int, zone: int) -> None:
        self._zones[person] = zone
        costs = self._costs[person]
        for other, there in costs.items():
            if other != zone:
                steps = there.steps - costs[zone].steps
                # Of equal moves the lowest person's comes first, or the highest's where steps are taken back.
                move = (steps, there.distance - costs[zone].distance, steps * person, person)
                heappush(self._queues[zone, other], move)

    def _cost(self, move: tuple[int, Decimal, int, int]) -> _Cost:
        steps, distance, _, person = move
        # Everybody's steps are a digit of one number, the lowest person's the highest.
        return _Cost(steps, distance, -steps << _STEP_BITS * (len(self._zones) - person))


def _costs(candidate: Candidate) -> dict[int, _Cost]:
    """The cost of each zone that somebody may have a seat in."""
    rated = SCALE.index(candidate.rating)
    costs = {}
    for zone, landing in enumerate(_LANDINGS):
        crossed = _MIDPOINTS[landing:rated]
        if candidate.is_movable or not crossed:
            costs[zone] = _Cost(len(crossed), sum((abs(candidate.score - one) for one in crossed), Decimal(0)))
    return costs
