"""What is asked and pushed: real routes by weight, and restatements of the story's quarter."""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from deploy.local import story

ADMIN, HR, EXECUTIVE, EMPLOYEE = "admin", "hr", "executive", "employee"
ANYBODY = (ADMIN, HR, EXECUTIVE, EMPLOYEE)
OF_GOALS, OF_FIGURES, OF_BATCHES = (HR, EXECUTIVE), (ADMIN, HR, EXECUTIVE), (ADMIN, EXECUTIVE)
"""Who sees all of these (SEC-3)."""
METRICS = ("gmv", "uv", "paid_orders", "paid_items", "refund_amount", "new_members")
DAYS = [
    (story.QUARTER_STARTS + timedelta(day)).isoformat()
    for day in range((story.QUARTER_ENDS - story.QUARTER_STARTS).days + 1)
]
MAX_ROWS = len(METRICS) * len(DAYS)
"""Of a push: no figure twice."""


@dataclass(frozen=True, slots=True)
class Route:
    """Something to be read; `{shop}` and the like stand for one of the company's."""

    path: str
    weight: int
    readers: tuple[str, ...] = ANYBODY

    @property
    def name(self) -> str:
        """As the report shows it."""
        return f"GET {self.path.partition('?')[0]}"


ROUTES = (
    Route("/v1/me", 8),
    Route("/v1/goals?cycle_id={cycle}", 8),
    Route("/v1/goals/{goal}", 8, OF_GOALS),
    Route("/v1/goals/{goal}/attainment", 14, OF_GOALS),
    Route("/v1/scorecards/company?cycle_id={cycle}", 4, OF_GOALS),
    Route("/v1/scorecards/departments/{department}?cycle_id={cycle}", 4, OF_GOALS),
    Route("/v1/scorecards/people/{person}?cycle_id={cycle}", 6, OF_GOALS),
    Route("/v1/shops", 5),
    Route(
        "/v1/metric-values?shop_id={shop}&metric=gmv,uv&grain=month"
        f"&from={story.QUARTER_STARTS}&to={story.QUARTER_ENDS}",
        6,
        OF_FIGURES,
    ),
    Route(
        f"/v1/metric-values/total?shop_id={{shop}}&metric=gmv&from={story.QUARTER_STARTS}&to={story.QUARTER_ENDS}",
        5,
        OF_FIGURES,
    ),
    Route("/v1/metrics", 2),
    Route("/v1/departments/tree", 4),
    Route("/v1/people", 5),
    Route("/v1/people/{person}", 4, OF_FIGURES),
    Route("/v1/reviews?review_cycle_id={round}", 4, (HR,)),
    Route("/v1/reviews/{review}", 4, (HR,)),
    Route("/v1/metric-batches?limit=20", 3, OF_BATCHES),
)
PUSH = "POST /v1/metric-batches"
SHOWN = "202 → shown by the goal"


@dataclass(frozen=True, slots=True)
class Read:
    """One request to be made."""

    route: Route
    path: str
    reader: str


def draw_read(chance: random.Random, ids: Mapping[str, Sequence[str]]) -> Read:
    """A route by its weight, about something by chance; `ids` holds the company's ids of each kind."""
    (route,) = chance.choices(ROUTES, [route.weight for route in ROUTES])
    path = route.path.format(**{kind: chance.choice(some) for kind, some in ids.items()})
    return Read(route, path, chance.choice(route.readers))


@dataclass(frozen=True, slots=True)
class Push:
    """One push to be made: it restates some of a shop's figures as of a moment."""

    shop: str
    observed_at: datetime
    values: Mapping[tuple[str, str], int]
    """By metric and day."""

    @property
    def content(self) -> bytes:
        """The request's body."""
        rows = [
            {"shop": self.shop, "metric": metric, "bucket": day, "value": str(value)}
            for (metric, day), value in self.values.items()
        ]
        body = {"source": "attain-load", "grain": "day", "observed_at": self.observed_at.isoformat()}
        return json.dumps(body | {"observations": rows}).encode()


def draw_push(chance: random.Random, *, rows: int) -> Push:
    """A shop and so many of its figures by chance, as of now."""
    shop = chance.choice(story.SHOPS).key
    values = {
        (METRICS[figure % len(METRICS)], DAYS[figure // len(METRICS)]): chance.randrange(1, 10**5)
        for figure in chance.sample(range(MAX_ROWS), rows)
    }
    return Push(shop, datetime.now(UTC), values)
