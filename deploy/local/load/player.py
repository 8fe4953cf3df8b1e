"""Plays a load: every request at the moment fixed for it, whatever became of those before it."""

import asyncio
import random
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from deploy.local.load.account import Account
from deploy.local.load.company import LoadCompany
from deploy.local.load.mix import EXECUTIVE, PUSH, SHOWN, Push, Read, draw_push, draw_read

ANSWER_SECONDS = 30.0
"""From the planned moment; after it a read counts as not answered."""
GIVE_UP_SECONDS = 60.0
"""From the planned moment; after it a push is not tried again."""
SHOWN_SECONDS = 20.0
CONNECTIONS = 100
"""Requests beyond them wait here, in turn: httpx goes through all that wait in its pool with each answer."""
FIRST_WAIT, LONGEST_WAIT = 0.25, 5.0
"""Seconds before the next try of a push: drawn from 0 to a bound that doubles, on top of Retry-After (full jitter)."""
PASSING = frozenset({"429", "500", "502", "503", "504"})
"""Answers to a push that another try may change, as the connector kit has it."""
LATE = "late"


@dataclass(frozen=True, slots=True)
class Rates:
    """How much is asked of the server; by default less than half of what two cores do, the player among it."""

    seconds: float = 60.0
    pushes: float = 10.0
    """A second."""
    rows: int = 50
    """Of a push."""
    reads: float = 40.0
    """A second."""
    shown_every: int = 10
    """Of so many pushes one is watched until a goal shows it."""


@dataclass(frozen=True, slots=True)
class Try:
    """One request; times are seconds since the load began."""

    route: str
    began: float
    """The planned moment, but of a push that failed: when that try was sent."""
    ended: float
    result: str
    """The status, or the name of the exception."""
    ok: bool

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.began


@dataclass
class Played:
    """What came of a load."""

    tries: list[Try] = field(default_factory=list)
    acknowledged: dict[str, str] = field(default_factory=dict)
    """The batch of each key that was answered 202."""
    figures: dict[tuple[str, str, str], tuple[datetime, int]] = field(default_factory=dict)
    """What these say of a shop's metric on a day: the newest statement (MET-7), and as of when."""
    given_up: Counter[str] = field(default_factory=Counter)
    """Pushes that were never acknowledged, by the last result: nobody knows whether they are stored."""
    planned: int = 0
    """Requests whose moment has come."""
    behind: float = 0.0
    """Seconds that the player itself was late at most."""
    seconds: float = 0.0
    sign_ins: int = 0
    refreshes: int = 0

    def acknowledge(self, key: str, batch_id: str, push: Push) -> None:
        """A push was answered 202: its figures count, unless a later push has restated them."""
        self.acknowledged[key] = batch_id
        for (metric, day), value in push.values.items():
            figure, stated = (push.shop, metric, day), (push.observed_at, value)
            self.figures[figure] = max(stated, self.figures.get(figure, stated))

    def total(self, shop: str, metric: str) -> int:
        """Of a shop's metric over all days."""
        return sum(value for figure, (_, value) in self.figures.items() if figure[:2] == (shop, metric))


class Player:
    """Plays once; `stop` ends it early."""

    def __init__(self, http: httpx.AsyncClient, company: LoadCompany, rates: Rates) -> None:
        self.played = Played()
        self._http = http
        self._company = company
        self._rates = rates
        self._accounts = {role: Account(http, login) for role, login in company.logins.items()}
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._run = secrets.token_hex(4)
        self._stopping = asyncio.Event()
        self._began = 0.0

    def stop(self) -> None:
        """Nothing new is asked; what is under way is brought to its end."""
        self._stopping.set()

    async def play(self) -> Played:
        """Play to the end, and until the last answer is there."""
        for account in self._accounts.values():
            await account.token()
        self._began = self._clock()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read_on(group))
            group.create_task(self._push_on(group))
        self.played.seconds = self.now
        self.played.sign_ins = sum(account.sign_ins for account in self._accounts.values())
        self.played.refreshes = sum(account.refreshes for account in self._accounts.values())
        return self.played

    @property
    def now(self) -> float:
        """Seconds since the load began; 0 before."""
        return self._clock() - self._began if self._began else 0.0

    def _clock(self) -> float:
        return asyncio.get_running_loop().time()

    async def _moments(self, rate: float) -> AsyncIterator[float]:
        """The planned moments, each when it comes."""
        for number in range(round(rate * self._rates.seconds)):
            due = number / rate
            if (wait := due - self.now) > 0:
                await asyncio.sleep(wait)
            if self._stopping.is_set():
                return
            self.played.planned += 1
            self.played.behind = max(self.played.behind, self.now - due)
            yield due

    async def _read_on(self, group: asyncio.TaskGroup) -> None:
        chance = random.Random(1)  # noqa: S311 - the same load every time
        async for due in self._moments(self._rates.reads):
            group.create_task(self._read(due, draw_read(chance, self._company.ids)))

    async def _push_on(self, group: asyncio.TaskGroup) -> None:
        chance, number = random.Random(2), 0  # noqa: S311 - the same load every time
        async for due in self._moments(self._rates.pushes):
            number += 1
            group.create_task(self._push(due, number, draw_push(chance, rows=self._rates.rows)))

    def _note(self, route: str, began: float, result: str, *, ok: bool) -> None:
        self.played.tries.append(Try(route, began, self.now, result, ok))

    async def _read(self, due: float, read: Read) -> None:
        account = self._accounts[read.reader]
        try:
            async with asyncio.timeout(max(0.0, due + ANSWER_SECONDS - self.now)):
                result = str((await self._get(account, read.path)).status_code)
        except (httpx.HTTPError, TimeoutError) as error:
            result = name_of(error)
        self._note(read.route.name, due, result, ok=result == "200")

    async def _get(self, account: Account, path: str, **query: str | float) -> httpx.Response:
        """Once more with another token where this one is not taken: it may have ended on the way."""
        reply = await self._authorized(account, path, query)
        return await self._authorized(account, path, query) if reply.status_code == 401 else reply

    async def _authorized(self, account: Account, path: str, query: dict[str, str | float]) -> httpx.Response:
        token = await account.token()
        url = httpx.URL(path).copy_merge_params(query)
        async with self._slots:
            reply = await self._http.get(url, headers={"Authorization": f"Bearer {token}"})
        if reply.status_code == 401:
            account.refused(token)
        return reply

    async def _push(self, due: float, number: int, push: Push) -> None:
        """Until it is acknowledged, always with the same key, or given up."""
        key, content, began, retry = f"load-{self._run}-{number}", push.content, due, 0
        while True:
            result, retry_after, batch_id = await self._push_once(key, content)
            self._note(PUSH, due if batch_id else began, result, ok=bool(batch_id))
            if batch_id:
                self.played.acknowledge(key, batch_id, push)
                break
            wait = retry_after + random.uniform(0, min(LONGEST_WAIT, FIRST_WAIT * 2**retry))  # noqa: S311 - no secret
            if (result.isdigit() and result not in PASSING) or self.now + wait > due + GIVE_UP_SECONDS:
                self.played.given_up[result] += 1
                return
            await asyncio.sleep(wait)
            began, retry = self.now, retry + 1
        if number % self._rates.shown_every == 0:
            await self._watch(push.shop, batch_id)

    async def _push_once(self, key: str, content: bytes) -> tuple[str, float, str]:
        """What came of it, the seconds that the server asks to wait, and the batch if it is stored."""
        headers = {
            "Authorization": f"Bearer {self._company.api_key}",
            "Idempotency-Key": key,
            "Content-Type": "application/json",
        }
        try:
            async with self._slots:
                reply = await self._http.post("/v1/metric-batches", content=content, headers=headers)
        except httpx.HTTPError as error:
            return name_of(error), 0.0, ""
        if reply.status_code != 202:
            return str(reply.status_code), float(reply.headers.get("Retry-After", 0)), ""
        return "202", 0.0, reply.json()["id"]

    async def _watch(self, shop: str, batch_id: str) -> None:
        """Time from the 202 until a goal on the shop shows the batch."""
        path, began = f"/v1/goals/{self._company.goal_of[shop]}/attainment", self.now
        try:
            reply = await self._get(self._accounts[EXECUTIVE], path, wait_for_batch=batch_id, timeout=SHOWN_SECONDS)
            in_time = self.now - began < SHOWN_SECONDS
            result = str(reply.status_code) if in_time or not reply.is_success else LATE
        except httpx.HTTPError as error:
            result = name_of(error)
        self._note(SHOWN, began, result, ok=result == "200")


def name_of(error: httpx.HTTPError | TimeoutError) -> str:
    """A sign-in's status, or the exception's name."""
    return str(error.response.status_code) if isinstance(error, httpx.HTTPStatusError) else type(error).__name__
