"""P12: what calibration costs in statements does not depend on how many are calibrated."""

import time
from collections.abc import Awaitable, Callable, Mapping

from httpx import AsyncClient, Response

from attain_api.state import ApiState
from tests.support.calibrated import Json, Round, make_round
from tests.support.http import ok
from tests.support.statements import count_statements

Calls = Mapping[str, Callable[[], Awaitable[Response]]]


def reads_of(there: Round, group: Json, ratings: list[Json]) -> Calls:
    """What is read in a calibration, and what is only tried."""
    headers = there.hr.headers
    changes = f"/v1/reviews/{ratings[0]['review_id']}/rating-changes"
    return {
        "groups": there.get,
        "members": lambda: there.get(group_id=group["group_id"]),
        "statistics": lambda: there.api.get(f"/v1/review-cycles/{there.id}/rater-statistics", headers=headers),
        "changes": lambda: there.api.get(changes, headers=headers),
        "preview": lambda: there.post("preview", ratings),
    }


def writes_of(there: Round, group: Json, ratings: list[Json]) -> Calls:
    """What is done in a calibration, in its order."""
    body = {"group_id": group["group_id"], "exception": "人数不同，只比语句"}
    return {
        "ratings": lambda: there.put(ratings),
        "lock": lambda: there.post("lock", body),
        "publish": lambda: there.post("publish", body),
    }


async def costs(there: Round, of: Callable[[Round, Json, list[Json]], Calls]) -> dict[str, int]:
    """The statements of each call."""
    reviews = there.reviews["运营部"]
    (group,) = ok(await there.get())["items"]
    ratings = [{"review_id": str(review_id), "rating": "3.25", "reason": "分布"} for review_id in reviews[:200]]
    taken, milliseconds = {}, {}
    for name, call in of(there, group, ratings).items():
        started = time.perf_counter()
        with count_statements() as statements:
            ok(await call())
        taken[name], milliseconds[name] = len(statements), round((time.perf_counter() - started) * 1000)
    print(f"\n{len(reviews)} reviews: {taken}, ms {milliseconds}")
    return taken


async def test_reading_takes_the_same_statements_for_one_and_two_thousand(api: AsyncClient, state: ApiState) -> None:
    one, many, most = [
        await costs(await make_round(api, state, {"运营部": ["3.50"] * size}), reads_of) for size in (1, 200, 2000)
    ]
    assert one == many == most
    assert max(one.values()) <= 5


async def test_rating_locking_and_publishing_take_the_same_statements_for_one_and_two_hundred(
    api: AsyncClient, state: ApiState
) -> None:
    one, many = [await costs(await make_round(api, state, {"运营部": ["3.50"] * size}), writes_of) for size in (1, 200)]
    assert one == many
