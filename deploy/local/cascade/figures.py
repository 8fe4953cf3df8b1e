"""The shop's files pushed as a connector does, and what the goals must come to, computed from the files alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from time import monotonic, sleep

from deploy.local.calls import Api, DemoFailed
from deploy.local.cascade import plan
from deploy.local.connector import WAIT_SECONDS, Connector, Receipt
from deploy.local.samples import Observation, morning_after, read_file

SIZE = 5_000
A_MOMENT = timedelta(milliseconds=1)
GMV = "gmv"


@dataclass(frozen=True, slots=True)
class Files:
    """All that the shop's files say, and the week that the platform goes over once more."""

    rows: list[Observation]
    restated: list[Observation]

    @classmethod
    def read(cls, codes: Mapping[str, str]) -> "Files":
        """Both years, day by day and period by period."""
        rows = [
            row
            for grain in ("day", "month", "quarter")
            for row in read_file(plan.FILES, shop=plan.SHOP, grain=grain, codes=codes)
        ]
        changes = {GMV: plan.KEPT, "refund_amount": plan.GROWN}
        week = [
            row.worth(row.value * changes[row.metric])
            for row in rows
            if row.grain == "day" and row.metric in changes and plan.RESTATED_FROM <= row.bucket <= plan.RESTATED_TO
        ]
        return cls(rows, week)

    def days(self, first: date, last: date) -> list[Observation]:
        """The days' rows, both ends inclusive."""
        return [row for row in self.rows if row.grain == "day" and first <= row.bucket <= last]

    def gmv(self, first: date, last: date, *, restated: bool = True) -> Decimal:
        """The sales of these days, with or without the week restated."""
        days = {row.bucket: row.value for row in self.days(first, last) if row.metric == GMV}
        if restated:
            days |= {row.bucket: row.value for row in self.restated if row.metric == GMV and row.bucket in days}
        return sum(days.values(), Decimal(0))

    def credited(self, name: str) -> Decimal:
        """What a holder of the shop is credited with in the quarter: the share of each day (GOAL-12)."""
        (first, before), (changed, after) = plan.SHARES
        return before[name] * self.gmv(max(first, plan.WINDOW_STARTS), changed - timedelta(days=1)) + after[
            name
        ] * self.gmv(changed, plan.WINDOW_ENDS)


@dataclass(slots=True)
class Pushes:
    """What is pushed, in the order of the story."""

    connector: Connector
    files: Files
    since: datetime | None = None
    """The instant before the week was restated."""

    def push_past(self) -> int:
        """The year before by the backfill lane, then the quarter before; how many rows."""
        before = [row for row in self.files.rows if row.bucket.year < plan.WINDOW_STARTS.year]
        at = morning_after(date(plan.WINDOW_STARTS.year, 1, 1))
        for place in range(0, len(before), SIZE):
            part = before[place : place + SIZE]
            self.connector.push(part, key=f"past-{place}", observed_at=at, lane="backfill")
        year = plan.WINDOW_STARTS.year
        self._push_days(date(year, 1, 1), plan.WINDOW_STARTS - timedelta(days=1))
        self._await_done()
        return self.connector.pushed

    def push_quarter(self, reader: Api, goal_id: str) -> None:
        """The quarter's weeks to the end of 618's, each waited for until the attainment shows it."""
        first = plan.WINDOW_STARTS
        while first <= plan.RESTATED_TO:
            last = min(first + timedelta(days=6), plan.RESTATED_TO)
            self.connector.time_until_shown(reader, self._push_days(first, last), goal_id)
            first = last + timedelta(days=1)

    def restate_and_end(self) -> Receipt:
        """The week once more, then the quarter's last days, the rows of months and quarters, and the rest of the year."""
        at = morning_after(plan.RESTATED_TO + timedelta(days=3))
        receipt = self.connector.push(self.files.restated, key="restated-week", observed_at=at)
        self.since = receipt.stored_at - A_MOMENT
        self._push_days(plan.RESTATED_TO + timedelta(days=1), plan.WINDOW_ENDS)
        year = plan.WINDOW_STARTS.year
        periods = [row for row in self.files.rows if row.grain != "day" and row.bucket.year == year]
        at = morning_after(date(year, 12, 31))
        self.connector.push(periods, key="periods", observed_at=at)
        return self._push_days(plan.WINDOW_ENDS + timedelta(days=1), date(year, 12, 31))

    def _push_days(self, first: date, last: date) -> Receipt:
        rows = self.files.days(first, last)
        return self.connector.push(rows, key=f"days-{first}", observed_at=morning_after(last))

    def _await_done(self) -> None:
        """Wait until nothing is left to take in: what is proposed next reads it all."""
        deadline = monotonic() + WAIT_SECONDS
        while any(batch["state"] != "done" for batch in self.connector.api.items("/v1/metric-batches")):
            if monotonic() > deadline:
                raise DemoFailed(f"what was pushed is not taken in after {WAIT_SECONDS} s")
            sleep(0.1)


def check_actuals(files: Files, actual_of: Mapping[tuple[str, str], Decimal]) -> Sequence[str]:
    """Company, team and those who hold the shop have what the files say, and the parts make the whole (GOAL-12)."""
    whole = files.gmv(plan.WINDOW_STARTS, plan.WINDOW_ENDS)
    for owner in (plan.COMPANY, plan.TEAM):
        must_be(actual_of[owner, GMV], whole, f"the GMV of {owner}")
    holders = list(plan.SHARES[0][1])
    for name in holders:
        must_be(actual_of[name, GMV], files.credited(name), f"the GMV credited to {name}")
    must_be(sum(actual_of[name, GMV] for name in holders), whole, "what is credited to all who hold the shop")
    return [f"{name} {actual_of[name, GMV]:,.2f}" for name in holders]


def must_be(figure: Decimal | str | int | None, expected: Decimal | int, what: str) -> None:
    """Fail loudly where a figure is another than it must be."""
    if figure is None or Decimal(figure) != expected:
        raise DemoFailed(f"{what} is {figure}, and must be {expected}")


def total(figures: Iterable[str]) -> Decimal:
    """What figures add up to."""
    return sum(map(Decimal, figures), Decimal(0))
