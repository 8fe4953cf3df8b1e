"""Whatever comes in whatever order, and wherever a worker dies: the database never disagrees with a plain model (MET-7).

`ATTAIN_TEST_EXAMPLES=400 .venv/bin/python -m pytest tests/integration/test_ingestion_machine.py -s` runs it at length.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Iterator
from contextlib import ExitStack
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

import pytest
import structlog
from httpx import ASGITransport, AsyncClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from attain_api.app import create_app
from attain_api.settings import ApiSettings
from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import create_engine, create_sessions
from attain_shared.doorbell import MemoryDoorbell
from tests.support.companies import make_shop
from tests.support.failpoints import FAILPOINTS, POISON
from tests.support.http import created
from tests.support.inbox_machine import Site, as_pushed, make_site, observation
from tests.support.inbox_model import Batch, Observation
from tests.support.pushes import PUSHES, Pusher, make_pusher, name_of, read_total, read_values
from tests.support.worker import take_in

EXAMPLES = int(os.environ.get("ATTAIN_TEST_EXAMPLES", "12"))
STEPS = 25
HOWS = ("dies", "fails", "loses its connection", "is cancelled")
LATE_METRIC = {
    "code": "late_gmv",
    "zh": "后来的",
    "en": "Late",
    "unit": "CNY",
    "algebra": "additive",
    "better": "higher",
}

drawn_rows = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.tuples(
            st.sampled_from(["gmv", "gmv", "gmv", "uv", "late_gmv"]),
            st.sampled_from(["", "", "item:1"]),
            st.sampled_from(["day", "day", "month"]),
            st.integers(0, 2),
            st.sampled_from(["1", "2", "2.0", "3", "-1"]),
            st.sampled_from(["final", "final", "realtime"]),
            st.integers(0, 2),
            st.integers(0, 3),
        ),
    ),
    min_size=1,
    max_size=6,
)
lanes = st.sampled_from(["live", "backfill"])
picks = st.integers(0, 99)


class Inbox(RuleBasedStateMachine):
    """Pushes, claims, crashes and looks, in any order."""

    runner: ClassVar[asyncio.Runner]
    api: ClassVar[AsyncClient]
    state: ClassVar[ApiState]
    counted: ClassVar[Counter[str]]

    site: Site

    def run(self, work: Awaitable[Any]) -> Any:
        """Do something asynchronous."""

        async def wait() -> Any:
            return await work

        return self.runner.run(wait())

    def note(self, what: str) -> None:
        """One more of these."""
        self.counted[what] += 1

    @initialize()
    def begin(self) -> None:
        self.note("examples")
        self.instants: list[tuple[datetime, int]] = []
        self.bodies: dict[str, tuple[list[Observation], str]] = {}
        self.watching = ExitStack()
        self.site = self.run(make_site(self.api, self.state))
        self.watching.enter_context(self.site.watched())

    @rule(drawn=drawn_rows, lane=lanes)
    def push(self, drawn: list[Any], lane: str) -> None:
        """Late, early, restated, provisional, unknown: whatever."""
        self.store([self.row(*one) for one in drawn], lane)

    @rule(drawn=drawn_rows, lane=lanes)
    def push_poison(self, drawn: list[Any], lane: str) -> None:
        rows = [self.row(*one) for one in drawn]
        self.site.poison = True
        self.store([*rows, rows[0]._replace(value=Decimal(POISON))], lane)

    @rule(first=drawn_rows, pick=picks)
    def push_in_the_wrong_order(self, first: list[Any], pick: int) -> None:
        """The later observation comes first."""
        rows = sorted((self.row(*one) for one in first), key=lambda row: row.place, reverse=True)
        for row in rows[: pick % 3 + 1]:
            self.store([row], "live")

    def row(self, shop: int, drawn: tuple[Any, ...]) -> Observation:
        """Of a shop within reach, one that is not yet, or one that does not exist."""
        names = [*self.site.shops, "tmall:nowhere"]
        return observation(names[shop], drawn)

    def store(self, rows: list[Observation], lane: str) -> None:
        key = f"key-{len(self.bodies)}"
        receipt = self.run(self.site.push(key, rows, lane))
        assert receipt.status_code == 202, receipt.text
        self.site.model.push(receipt.json()["id"], key, rows)
        self.bodies[key] = rows, lane
        self.note("batches")

    @precondition(lambda self: self.bodies)
    @rule(pick=picks)
    def push_again(self, pick: int) -> None:
        """ING-2: the same key and body, twice at once: the first receipt."""
        batch = self.pick(pick)

        async def again() -> list[Any]:
            return list(await asyncio.gather(*(self.site.push(batch.key, *self.bodies[batch.key]) for _ in "ab")))

        for receipt in self.run(again()):
            assert (receipt.status_code, receipt.json()["id"]) == (202, batch.id)
        self.note("duplicates")

    @precondition(lambda self: self.bodies)
    @rule(pick=picks)
    def push_another_body(self, pick: int) -> None:
        """ING-2: the same key with another body."""
        batch = self.pick(pick)
        rows, lane = self.bodies[batch.key]
        refused = self.run(self.site.push(batch.key, [*rows, rows[0]], lane))
        assert (refused.status_code, refused.json()["code"]) == (409, "idempotency-key-reused")

    def pick(self, number: int) -> Batch:
        batches = list(self.site.model.batches.values())
        return batches[number % len(batches)]

    @rule(workers=st.sampled_from([(0,), (1,), (0, 1)]))
    def claim(self, workers: tuple[int, ...]) -> None:
        self.run(self.site.claim(*workers))
        self.note("claims")

    @rule(worker=st.integers(0, 1), claim_rows=st.sampled_from([1, 5, 20_000]), alone=st.sampled_from([0, 2, 200]))
    def start_worker(self, worker: int, claim_rows: int, alone: int) -> None:
        self.site.workers[worker] = self.site.fresh_worker(claim_rows=claim_rows, alone_first=alone)

    @rule(
        drawn=drawn_rows,
        lane=lanes,
        point=st.sampled_from(sorted(FAILPOINTS)),
        how=st.sampled_from(HOWS),
        alone=st.sampled_from([0, 2, 200]),
    )
    def crash(self, drawn: list[Any], lane: str, point: str, how: str, alone: int) -> None:
        """ING-4: nothing, or everything."""
        self.store([self.row(*one) for one in drawn], lane)
        deaths = self.site.deaths
        self.run(self.site.claim_and_break(point, how))
        if self.site.deaths > deaths:
            self.note(f"broken: {how}")
            self.note("crashes")
        self.site.workers[0] = self.site.fresh_worker(alone_first=alone)

    @precondition(lambda self: self.site.poison)
    @rule()
    def find_the_antidote(self) -> None:
        self.site.poison = False

    @precondition(lambda self: len(self.site.model.shops) < 3)
    @rule()
    def open_shop(self) -> None:
        self.run(self.site.open_shops())

    @precondition(lambda self: LATE_METRIC["code"] not in self.site.model.metrics)
    @rule()
    def declare_metric(self) -> None:
        created(self.run(self.api.post("/v1/metrics", json=LATE_METRIC, headers=self.site.pusher.company.headers)))
        self.site.model.metrics.add(LATE_METRIC["code"])

    @precondition(lambda self: self.bodies)
    @rule(pick=picks)
    def replay(self, pick: int) -> None:
        """ING-3, ING-5: what has failed, or was rejected."""
        batch = self.pick(pick)
        headers = self.site.pusher.connector.headers
        answer = self.run(self.api.post(f"{PUSHES}/{batch.id}/actions/replay", headers=headers))
        assert answer.status_code == (200 if batch.replayable else 409), (batch, answer.text)
        if batch.replayable:
            self.site.model.replay(batch)
            self.note("replays")

    @rule()
    def recompute(self) -> None:
        self.run(self.site.check_goal())

    @rule()
    def remember_this_instant(self) -> None:
        self.instants.append((utc_now(), self.site.model.tick()))

    @precondition(lambda self: self.instants)
    @rule(pick=picks)
    def look_back(self, pick: int) -> None:
        """MET-7: as known then, as far as it is taken in by now."""
        then = self.instants[pick % len(self.instants)]
        self.run(self.site.check_totals(then))
        self.run(self.site.check_goal(then))
        self.note("looks back")

    @invariant()
    def they_agree(self) -> None:
        async def look() -> None:
            changed = await self.site.settle()
            await self.site.check_rows()
            if changed:
                await self.site.check_totals()

        self.run(look())
        self.note("steps")

    def teardown(self) -> None:
        """At last everything goes in; any other order would have come to the same."""
        if not hasattr(self, "site"):
            return
        try:
            self.run(self.site.mend_and_drain())
            self.they_agree()
            self.run(self.site.check_all_is_in())
            self.run(self.site.check_goal())
            for then in self.instants:
                self.run(self.site.check_totals(then))
        finally:
            self.watching.close()


@pytest.fixture
def machine(api_settings: ApiSettings) -> Iterator[type[Inbox]]:
    """The application in an event loop of the machine's own, which Hypothesis drives from outside."""

    async def queue_answers() -> None:
        """No queue is needed to serve."""

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        engine = create_engine(api_settings, application="tests")
        state = ApiState(
            settings=api_settings,
            engine=engine,
            sessions=create_sessions(engine),
            doorbell=MemoryDoorbell(),
            ping_queue=queue_answers,
        )
        client = AsyncClient(transport=ASGITransport(create_app(state)), base_url="http://test")
        Inbox.runner, Inbox.api, Inbox.state, Inbox.counted = runner, client, state, Counter()
        yield Inbox
        runner.run(client.aclose())
        runner.run(engine.dispose())


@pytest.mark.no_cover
@pytest.mark.timeout(max(120, EXAMPLES * 5))
def test_the_database_never_disagrees_with_the_model(machine: type[Inbox]) -> None:
    """ING-1 to ING-5, MET-7: received = the sum of the verdicts at every step, and nothing lost or doubled."""
    profile = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=[Phase.generate],  # to shrink 25 steps takes hundreds of runs
    )
    with structlog.testing.capture_logs():
        run_state_machine_as_test(machine, settings=profile)
    print(f"\n{dict(sorted(machine.counted.items()))}")
    assert machine.counted["crashes"]


arrangements = st.lists(
    st.tuples(
        st.sampled_from(["gmv", "uv"]),
        st.sampled_from(["", "item:1"]),
        st.sampled_from(["day", "month"]),
        st.integers(0, 2),
        st.sampled_from(["1", "2", "3"]),
        st.sampled_from(["final", "realtime"]),
        st.integers(0, 2),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=8,
)


@pytest.fixture(scope="module")
async def pusher(state: ApiState) -> Pusher:
    return await make_pusher(state)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
@given(drawn=arrangements, data=st.data())
async def test_two_arrangements_of_the_same_observations_come_to_the_same(
    api: AsyncClient, state: ApiState, pusher: Pusher, drawn: list[Any], data: st.DataObject
) -> None:
    """MET-7: permuted, repeated and cut otherwise; values, totals and bounds of two shops are alike."""
    outcomes = []
    for _ in "ab":
        shop = await make_shop(state, pusher.company)
        again = data.draw(st.lists(st.sampled_from(drawn), max_size=4))
        order = data.draw(st.permutations(drawn + again))
        size = data.draw(st.integers(1, len(order)))
        for first in range(0, len(order), size):
            part = [as_pushed(observation(name_of(shop), one)) for one in order[first : first + size]]
            key = {"Idempotency-Key": f"{shop.id}-{first}"}
            receipt = await api.post(PUSHES, json={"observations": part}, headers=pusher.company.headers | key)
            assert receipt.status_code == 202, receipt.text
            if data.draw(st.booleans()):
                await take_in(state, pusher.company_id)
        await take_in(state, pusher.company_id)
        outcomes.append(await _what_is_told(api, Pusher(company=pusher.company, shop=shop, connector=pusher.connector)))
    assert outcomes[0] == outcomes[1]


async def _what_is_told(api: AsyncClient, pusher: Pusher) -> list[Any]:
    """Every value and total, without the shop's id."""
    told: list[Any] = []
    for dimension in ("", "item:1"):
        for metric in ("gmv", "uv"):
            question = {"metric": metric} | ({"dimension": dimension} if dimension else {})
            for grain in ("day", "month"):
                values = await read_values(api, pusher, grain=grain, **question)
                told.append([{**value, "shop_id": ""} for value in values])
            told.append(await read_total(api, pusher, **question) | {"shop_ids": []})
    return told
