"""A company's inbox and what a test does to it, in this process, on a real database: pushes, claims, crashes, looks."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
from httpx import AsyncClient
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from attain_api.state import ApiState
from attain_shared.db.session import reading, transaction
from attain_shared.doorbell import MemoryDoorbell
from attain_shared.metrics.queries import every_row
from attain_shared.rules.corrections import Verdict
from attain_worker.attainment.service import Recompute
from attain_worker.ingestion import repository as inbox
from attain_worker.ingestion.service import Ingestion
from tests.support.companies import make_company, make_connector, make_shop
from tests.support.failpoints import POISON, RECOMPUTE, broken, noted, poisoned
from tests.support.goals import indicator, make_cycle, make_goal
from tests.support.http import ok
from tests.support.inbox_model import InboxModel, Key, Observation, Taken
from tests.support.pushes import Pusher, name_of
from tests.support.worker import new_recompute, recompute

FIRST_OBSERVED = datetime.fromisoformat("2026-07-09T09:00:00+08:00")
FIRST, LAST, MONTH_END = date(2026, 7, 1), date(2026, 7, 3), date(2026, 7, 31)
VERDICTS = [verdict.value for verdict in Verdict]


class WorkerDied(BaseException):
    """Stands for kill -9: nothing in the worker may catch it."""


class Broken(Exception):
    """Any error of the code's own."""


def observation(shop: str, drawn: tuple[Any, ...]) -> Observation:
    """A row of few that there are, so that they meet."""
    metric, dimension, grain, day, value, finality, through, hours = drawn
    grain = grain if metric == "uv" else "day"  # or the days of a sum would stand against its month
    bucket = FIRST if grain == "month" else FIRST + timedelta(days=day)
    through = bucket + timedelta(days=through) if grain == "month" and through else None
    observed_at = FIRST_OBSERVED + timedelta(hours=hours)
    return Observation(Key(shop, metric, dimension, grain, bucket), Decimal(value), finality, through, observed_at)


def as_pushed(row: Observation) -> dict[str, Any]:
    """The same in a body."""
    key = row.key
    written = {"shop": key.shop, "metric": key.metric, "dimension": key.dimension, "grain": key.grain}
    written |= {"bucket": str(key.bucket), "value": str(row.value), "finality": row.finality}
    through = {"through": str(row.through)} if row.through else {}
    return written | through | {"observed_at": row.observed_at.isoformat()}


@dataclass
class Site:
    """A fresh company with four shops, of which the connector may push two at first; and its model."""

    api: AsyncClient
    state: ApiState
    pusher: Pusher
    shops: dict[str, UUID]
    """By the name that rows use."""
    goal_id: str
    model: InboxModel
    workers: list[Ingestion] = field(default_factory=list)
    finished: list[str] = field(default_factory=list)
    """Batches in the order that claims wrote their end: those that commit do so in this order."""
    poison: bool = False
    deaths: int = 0

    @property
    def company_id(self) -> UUID:
        """The company."""
        return self.pusher.company_id

    def fresh_worker(self, *, claim_rows: int = 20_000, alone_first: int = 0) -> Ingestion:
        """A worker just started."""
        return Ingestion(self.state.sessions, self.state.doorbell, claim_rows=claim_rows, alone_first=alone_first)

    async def rows(self, statement: str, **more: Any) -> Sequence[Any]:
        """What the database has of the company."""
        async with reading(self.state.sessions) as uow:
            return (await uow.session.execute(text(statement), {"company_id": self.company_id} | more)).all()

    async def let_time_pass(self) -> None:
        """Whatever waits for its next try is due."""
        async with transaction(self.state.sessions, MemoryDoorbell()) as uow:
            due = "UPDATE metric_batches SET due_at = now() WHERE company_id = :company_id AND state = 'stored'"
            await uow.session.execute(text(due), {"company_id": self.company_id})

    async def push(self, key: str, rows: Sequence[Observation], lane: str) -> Any:
        """One push; the response."""
        body = {"lane": lane, "observations": [as_pushed(row) for row in rows]}
        headers = self.pusher.connector.headers | {"Idempotency-Key": key}
        return await self.api.post("/v1/metric-batches", json=body, headers=headers)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Notes what claims finish, and makes poison poisonous."""

        def note(_: Any, *, outcomes: Sequence[Any], **__: Any) -> None:
            self.finished += [str(outcome.batch_id) for outcome in outcomes]

        def suffer() -> None:
            if self.poison:
                raise ValueError("poison")

        with ExitStack() as all_of_it:
            all_of_it.enter_context(noted(inbox, "finish_batches", note))
            all_of_it.enter_context(poisoned(suffer))
            yield

    async def claim(self, *workers: int) -> None:
        """One claim of each of these workers, all at once."""
        await self.let_time_pass()
        await asyncio.gather(*(self.workers[worker].take_in(self.company_id) for worker in workers))

    async def claim_and_break(self, point: str, how: str) -> None:
        """One claim, or recompute, that is broken off at a place where it may come."""
        await self.let_time_pass()
        reached = asyncio.Event()

        async def act() -> None:
            self.deaths += 1
            if how == "dies":
                raise WorkerDied
            if how == "fails":
                raise Broken
            if how == "loses its connection":
                await self.end_claims()
            if how == "is cancelled":
                reached.set()
                await asyncio.Event().wait()

        with broken(point, act):
            work = self._work(point)
            waiting = asyncio.create_task(reached.wait())
            await asyncio.wait({work, waiting}, return_when=asyncio.FIRST_COMPLETED)
            for task in (work, waiting):
                task.cancel()
            came, _ = await asyncio.gather(work, waiting, return_exceptions=True)
        if isinstance(came, BaseException) and not isinstance(
            came, WorkerDied | Broken | DBAPIError | asyncio.CancelledError
        ):
            raise came

    def _work(self, point: str) -> "asyncio.Task[bool]":
        if point in RECOMPUTE:
            broken_recompute: Recompute = new_recompute(self.state)
            return asyncio.create_task(broken_recompute.recompute(self.company_id))
        return asyncio.create_task(self.workers[0].take_in(self.company_id))

    async def end_claims(self) -> None:
        """The server ends every connection that is in a transaction."""
        url = make_url(self.state.settings.database_url.get_secret_value()).set(drivername="postgresql")
        connection = await asyncpg.connect(url.render_as_string(hide_password=False))
        try:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND state = 'idle in transaction'"
            )
        finally:
            await connection.close()

    async def settle(self) -> bool:
        """Lead the model after what the claims have done, in the order they did it; compare every verdict.

        Whether anything was taken in.
        """
        found = await self.rows(
            "SELECT id, state, error, verdicts, row_verdicts FROM metric_batches WHERE company_id = :company_id"
        )
        done = {str(row.id): row for row in found}
        assert done.keys() == self.model.batches.keys()
        order = {batch: place for place, batch in enumerate(self.finished)}
        batches = self.model.batches
        fresh = [batch for batch in batches.values() if batch.state == "stored" and done[batch.id].state == "done"]
        for batch in sorted(fresh, key=lambda batch: order[batch.id]):
            self.model.take_in(batch)
        self.finished.clear()
        for batch in batches.values():
            row = done[batch.id]
            if batch.state == "stored" and row.state == "failed":
                is_poison = any(one.value == Decimal(POISON) for one in batch.rows)
                assert (is_poison and self.poison) or self.deaths >= 5, (batch, row.error)
                batch.state = "failed"
            assert row.state == batch.state, batch
            if row.state == "done":
                assert [VERDICTS[code] for code in row.row_verdicts] == batch.verdicts
                assert sum(row.verdicts.values()) == len(batch.rows), "received = the sum of the verdicts"
                assert {name: count for name, count in row.verdicts.items() if count} == {
                    name: batch.verdicts.count(name) for name in set(batch.verdicts)
                }
        return bool(fresh)

    async def check_rows(self) -> None:
        """The present rows are the model's, and every row taken in is kept exactly once, with its verdict."""
        names = {shop_id: name for name, shop_id in self.shops.items()}

        def read(row: Any) -> tuple[Any, ...]:
            key = Key(names[row.shop_id], row.metric, row.dimension, row.grain, row.bucket)
            finality = "final" if row.is_final else "realtime"
            one = Observation(key, row.value, finality, row.through, row.observed_at)
            return (one, str(row.batch_id), row.row_index, row.verdict)

        def expected(taken: Taken) -> tuple[Any, ...]:
            return taken.row, taken.batch, taken.row_index, taken.verdict

        present = await self.rows("SELECT * FROM observations WHERE company_id = :company_id")
        assert Counter(map(read, present)) == Counter(map(expected, self.model.present.values()))
        kept = await self.rows(f"SELECT * FROM {every_row()} o WHERE o.company_id = :company_id")
        received = [expected(taken) for rows in self.model.received.values() for taken in rows]
        assert Counter(map(read, kept)) == Counter(received)
        rejected = await self.rows("SELECT * FROM batch_rejections WHERE company_id = :company_id")
        assert {(str(row.batch_id), row.row_index) for row in rejected if self._is_done(row)} == {
            (batch.id, index)
            for batch in self.model.batches.values()
            if batch.state == "done"
            for index, verdict in enumerate(batch.verdicts)
            if verdict == "rejected"
        }

    def _is_done(self, row: Any) -> bool:
        return self.model.batches[str(row.batch_id)].state == "done"

    async def check_totals(self, then: tuple[datetime, int] | None = None) -> None:
        """What the API says of every series, now or as known at an instant, is what the model's rows come to (MET-7)."""
        known = {key: taken.row for key, taken in self.model.present.items()}
        instant: dict[str, str] = {}
        if then is not None:
            known, instant = self.model.known_at(then[1]), {"as_of": then[0].isoformat()}
        for shop in sorted(self.model.shops):
            await self._check_sum(shop, known, instant)
            await self._check_values(shop, known, instant)

    async def _check_sum(self, shop: str, known: dict[Key, Observation], instant: dict[str, str]) -> None:
        days = [row for key, row in known.items() if key[:4] == (shop, "gmv", "", "day")]
        question = {"shop_id": str(self.shops[shop]), "metric": "gmv", "from": str(FIRST), "to": str(LAST)} | instant
        headers = self.pusher.company.headers
        total = (await self.api.get("/v1/metric-values/total", params=question, headers=headers)).json()
        assert total["coverage"] == {
            "expected": 3,
            "present": len(days),
            "provisional": sum(row.finality == "realtime" for row in days),
        }
        told = total["value"] and Decimal(total["value"])  # 2 and 2.0 are the same value
        assert told == (sum(row.value for row in days) if days else None), (total, days)

    async def _check_values(self, shop: str, known: dict[Key, Observation], instant: dict[str, str]) -> None:
        headers = self.pusher.company.headers
        for metrics, grain in (("gmv,uv", "day"), ("uv", "month")):
            question = {"shop_id": str(self.shops[shop]), "metric": metrics, "grain": grain, "from": str(FIRST)}
            question |= {"to": str(LAST if grain == "day" else MONTH_END)} | instant
            found = (await self.api.get("/v1/metric-values", params=question, headers=headers)).json()
            for item in found["items"]:
                row = known.get(Key(shop, item["metric"], "", grain, date.fromisoformat(item["bucket"])))
                # without a row of its own, of the whole month, the API tells what its days come to
                if grain == "day" or (row is not None and row.through is None):
                    assert item["value"] == (f"{row.value:f}" if row else None), (item, row)

    async def check_goal(self, then: tuple[datetime, int] | None = None) -> None:
        """The attainment is what the two shops' days come to, once it is recomputed; or as known at an instant."""
        instant = {"as_of": then[0].isoformat()} if then else {}
        known: dict[Key, Observation] = {key: taken.row for key, taken in self.model.present.items()}
        if then is None:
            await recompute(self.state, self.company_id)
        else:
            known = self.model.known_at(then[1])
        path, headers = f"/v1/goals/{self.goal_id}/attainment", self.pusher.company.headers
        read = (await self.api.get(path, params=instant, headers=headers)).json()
        measured = list(self.shops)[:2]
        days = [row.value for key, row in known.items() if key[1:4] == ("gmv", "", "day") and key.shop in measured]
        actual = read["indicators"][0]["actual"]
        assert (actual is None) if not days else (Decimal(actual) == sum(days)), (read, days)

    async def open_shops(self) -> None:
        """The connector may push every shop there is."""
        path, headers = f"/v1/connectors/{self.pusher.connector.id}", self.pusher.company.headers
        reach = {"shop_ids": [str(shop_id) for shop_id in self.shops.values()]}
        ok(await self.api.patch(path, json=reach, headers=headers))
        self.model.shops = set(self.shops)

    async def mend_and_drain(self) -> None:
        """Whatever was wrong is put right, and everything taken in."""
        self.poison = False
        await self.settle()
        await self.open_shops()
        for batch in [batch for batch in self.model.batches.values() if batch.replayable]:
            replayed = f"/v1/metric-batches/{batch.id}/actions/replay"
            ok(await self.api.post(replayed, headers=self.pusher.connector.headers))
            self.model.replay(batch)
        await self.let_time_pass()
        worker = self.fresh_worker()
        while await worker.take_in(self.company_id):
            pass

    async def check_all_is_in(self) -> None:
        """Nothing waits, and what stands is the greatest row of each key: no order is left to matter (MET-7)."""
        assert {batch.state for batch in self.model.batches.values()} <= {"done"}
        greatest: dict[Key, Observation] = {}
        for batch in self.model.batches.values():
            for row in batch.rows:
                if self.model.refusal(row) is None:
                    known = greatest.setdefault(row.key, row)
                    greatest[row.key] = max(known, row, key=lambda one: (one.place, one.value))
        assert {key: taken.row for key, taken in self.model.present.items()} == greatest


async def make_site(api: AsyncClient, state: ApiState) -> Site:
    """From nothing."""
    company = await make_company(state)
    made = [await make_shop(state, company) for _ in range(3)]
    connector = await make_connector(state, company, shop_ids=[shop.id for shop in made[:2]])
    cycle = await make_cycle(api, company)
    goal = await make_goal(api, company, indicator([shop.id for shop in made[:2]]), cycle_id=cycle["id"])
    pusher = Pusher(company=company, shop=made[0], connector=connector)
    shops = {name_of(shop): shop.id for shop in made}
    model = InboxModel(shops=set(list(shops)[:2]), metrics={"gmv", "uv"})
    site = Site(api, state, pusher, shops, goal["id"], model)
    site.workers = [site.fresh_worker(), site.fresh_worker()]
    return site
