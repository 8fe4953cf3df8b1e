"""What came of a load: figures a route, the books, freshness, memory, and second by second what failed."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from deploy.local.connector import quantile
from deploy.local.load.books import Books
from deploy.local.load.memory import Growth
from deploy.local.load.mix import PUSH, SHOWN
from deploy.local.load.player import LATE, Played, Rates, Try

SLOW_DOWN = "429"
"""A push that is told to come later has not failed: the connector does, and is acknowledged then."""
FAULTS = frozenset({"429", "502", "503", "504", LATE})
"""What a killed part may cost: a clear refusal, the proxy's word, and a goal that shows a push late."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took, in seconds; of none all are 0."""

    count: int
    p50: float
    p99: float
    most: float

    @classmethod
    def of(cls, seconds: Iterable[float]) -> "Times":
        """Quantiles by nearest rank."""
        some = list(seconds)
        if not some:
            return cls(0, 0.0, 0.0, 0.0)
        return cls(len(some), quantile(some, 0.5), quantile(some, 0.99), max(some))

    def as_json(self) -> Json:
        """In milliseconds."""
        marks = {"p50_ms": self.p50, "p99_ms": self.p99, "max_ms": self.most}
        return {"count": self.count} | {name: round(seconds * 1000, 1) for name, seconds in marks.items()}


@dataclass(frozen=True, slots=True)
class RouteFigures:
    """One route; its times are those of the requests that succeeded, from their planned moments.

    A refusal is quick: counted among them it would make a server that refuses look fast.
    """

    route: str
    sent: int
    ok: int
    failed: Counter[str]
    """By status or exception."""
    times: Times


@dataclass(frozen=True, slots=True)
class Outage:
    """What failed between the first failure and the last, in seconds since the load began."""

    failed: int
    first: float
    last: float
    healthy_after: float
    """From the first failed request's beginning to the last one's end."""


@dataclass(frozen=True, slots=True)
class Report:
    """A load and what came of it."""

    url: str
    rates: Rates
    played: Played
    books: Books
    memory: Mapping[str, Growth]
    with_faults: bool
    """Parts were killed on purpose: requests that were not answered are expected."""

    @property
    def routes(self) -> list[RouteFigures]:
        """Pushes first, then the reads by name."""
        by_route: dict[str, list[Try]] = defaultdict(list)
        for one in self.played.tries:
            by_route[one.route].append(one)
        order = sorted(by_route, key=lambda route: (route != PUSH, route != SHOWN, route))
        return [_figures(route, by_route[route]) for route in order]

    @property
    def unexpected(self) -> dict[str, dict[str, int]]:
        """Results that a server must not give, by route."""
        found: dict[str, dict[str, int]] = {}
        for figures in self.routes:
            wrong = {
                result: count
                for result, count in figures.failed.items()
                if not self._is_expected(figures.route, result)
            }
            if wrong:
                found[figures.route] = wrong
        return found

    @property
    def error_rate(self) -> float:
        """The share of all requests that failed."""
        return sum(map(_has_failed, self.played.tries)) / max(1, len(self.played.tries))

    @property
    def growing(self) -> list[str]:
        """Processes whose memory grew all the time; what was killed begins anew, and is not judged."""
        return [] if self.with_faults else [name for name, one in self.memory.items() if one.is_flat is False]

    @property
    def is_good(self) -> bool:
        """Whether the books are right, nothing unexpected was answered, and no process grew."""
        gave_up = bool(self.played.given_up) and not self.with_faults
        return self.books.is_good and not (self.unexpected or self.growing or gave_up)

    def timeline(self) -> list[Json]:
        """Each second in which requests failed, by the moment they began."""
        seconds: dict[int, list[Try]] = defaultdict(list)
        for one in self.played.tries:
            seconds[math.floor(one.began)].append(one)
        return [
            {"second": second, "sent": len(some), "failed": dict(_failures(some))}
            for second, some in sorted(seconds.items())
            if _failures(some)
        ]

    def as_json(self) -> Json:
        """Everything, for programs."""
        played, books, outage = self.played, self.books, outage_of(self.played.tries)
        return {
            "ok": self.is_good,
            "url": self.url,
            "asked": asdict(self.rates),
            "seconds": round(played.seconds, 1),
            "planned": played.planned,
            "player_behind_ms": round(played.behind * 1000, 1),
            "sign_ins": played.sign_ins,
            "refreshes": played.refreshes,
            "routes": [
                {"route": one.route, "sent": one.sent, "ok": one.ok, "failed": dict(one.failed)} | one.times.as_json()
                for one in self.routes
            ],
            "error_rate": self.error_rate,
            "unexpected": self.unexpected,
            "growing": self.growing,
            "pushes": {
                "acknowledged_batches": books.acknowledged_batches,
                "acknowledged_rows": books.acknowledged_rows,
                "given_up": dict(played.given_up),
                "found_batches": books.found_batches,
                "judged_rows": books.judged_rows,
                "missing": books.missing,
                "doubled": books.doubled,
                "drained_seconds": round(books.drained, 2),
                "figure": {name: str(value) for name, value in books.figure._asdict().items()}
                if books.figure
                else None,
            },
            "freshness": {
                "stored_to_done": Times.of(books.lags).as_json(),
                "acknowledged_to_shown": Times.of(
                    one.seconds for one in played.tries if one.route == SHOWN and one.ok
                ).as_json(),
            },
            "memory": {name: one._asdict() | {"flat": one.is_flat} for name, one in self.memory.items()},
            "outage": asdict(outage) if outage else None,
            "timeline": self.timeline(),
        }

    def _is_expected(self, route: str, result: str) -> bool:
        if (route, result) == (PUSH, SLOW_DOWN):
            return True
        return self.with_faults and (result in FAULTS or not result.isdigit())


def outage_of(tries: Iterable[Try]) -> Outage | None:
    """From the first failure to the last; none where nothing failed."""
    failed = [one for one in tries if _has_failed(one)]
    if not failed:
        return None
    first, last = min(one.began for one in failed), max(one.began for one in failed)
    return Outage(len(failed), first, last, max(one.ended for one in failed) - first)


def _figures(route: str, tries: Sequence[Try]) -> RouteFigures:
    ok = sum(one.ok for one in tries)
    return RouteFigures(route, len(tries), ok, _failures(tries), Times.of(one.seconds for one in tries if one.ok))


def _has_failed(one: Try) -> bool:
    return not one.ok and (one.route, one.result) != (PUSH, SLOW_DOWN)


def _failures(tries: Iterable[Try]) -> Counter[str]:
    return Counter(one.result for one in tries if not one.ok)
