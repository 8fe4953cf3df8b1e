"""The main job on the sample files, over HTTP only: a company from nothing to its scorecards."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from time import monotonic

import httpx
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.local import story
from deploy.local.calls import Api, DemoFailed
from deploy.local.checks import check_bounds, check_total, check_values, latest
from deploy.local.connector import Connector, Receipt
from deploy.local.organisation import Organisation, agree_goals, find_again, found
from deploy.local.printing import Printer, make_console
from deploy.local.samples import SHANGHAI, Observation, header_codes, morning_after, read_file

TIMEOUT_SECONDS = 30.0
RESTATED_AT = datetime(2025, 4, 5, 9, tzinfo=SHANGHAI)
KEPT_OF_GMV, GROWN_REFUNDS = Decimal("0.92"), Decimal("1.5")
"""What the platform's clean-up leaves of the week's sales, and makes of its refunds."""
A_MOMENT = timedelta(milliseconds=1)


def run_demo(base_url: str, email: str, password: str) -> None:
    """Run the main job once as the first administrator; raise where a figure read back is not the files'."""
    began = monotonic()
    with httpx.Client(base_url=base_url, timeout=TIMEOUT_SECONDS, trust_env=False) as http:
        api = Api.sign_in(http, email=email, password=password)
        catalogue = api.get("/v1/metrics")["items"]
        printer = Printer(make_console(), catalogue)
        made = find_again(api)
        if made is not None:
            printer.done("the sample data is here already: nothing was pushed")
        else:
            made = found(api)
            agree_goals(api, made)
            printer.done(
                f"a company from nothing: {len(made.departments)} departments, {len(made.people)} people, "
                f"{len(made.shops)} shops, {len(made.goals)} goals submitted and confirmed for {story.QUARTER_NAME}"
            )
            files = Files.read(header_codes(catalogue))
            connector = Connector.create(api, list(made.shops.values()))
            Quarter(api, printer, made, files, connector).play()
        printer.scorecards(api, made)
        printer.done(f"the main job took {monotonic() - began:.1f} s")


@dataclass(frozen=True, slots=True)
class Files:
    """The sample files: the story's year, and the year before."""

    days: list[Observation]
    periods: list[Observation]
    before: list[Observation]

    @classmethod
    def read(cls, codes: dict[str, str]) -> "Files":
        """All of them."""
        of_grain = {
            grain: [
                row for shop in story.SHOPS for row in read_file(shop.files, shop=shop.key, grain=grain, codes=codes)
            ]
            for grain in ("day", "month", "quarter")
        }
        rows = of_grain["day"] + of_grain["month"] + of_grain["quarter"]
        now = [row for row in rows if row.bucket.year == story.YEAR]
        return cls(
            days=[row for row in now if row.grain == "day"],
            periods=[row for row in now if row.grain != "day"],
            before=[row for row in rows if row.bucket.year != story.YEAR],
        )

    def by_day(self) -> dict[date, list[Observation]]:
        """What the three shops say each morning."""
        days: dict[date, list[Observation]] = defaultdict(list)
        for row in self.days:
            days[row.bucket].append(row)
        return dict(sorted(days.items()))


@dataclass(slots=True)
class Quarter:
    """The story from the first push to the last check."""

    api: Api
    printer: Printer
    made: Organisation
    files: Files
    connector: Connector

    def play(self) -> None:
        """Everything, in order."""
        self.push_year_before()
        last_day = self.push_days()
        self.show_bounds_closing(last_day)
        week = self.restate_week()
        self.check(week)
        batches, total = self.connector.verdicts()
        self.printer.verdicts(batches, self.connector.pushed, total)
        self.printer.times(self.connector.waits)

    def push_year_before(self) -> None:
        """The year before goes through the backfill lane, which never delays today's rows."""
        rows = self.files.before
        size = 5_000
        parts = [rows[first : first + size] for first in range(0, len(rows), size)]
        at = morning_after(max(row.bucket for row in rows))
        for place, part in enumerate(parts):
            self.connector.push(part, key=f"backfill-{place}", observed_at=at, lane="backfill")
        self.printer.done(f"{len(rows):,} rows of the year before pushed in {len(parts)} batches by the backfill lane")

    def push_days(self) -> Receipt:
        """Day by day, one batch for all three shops; the quarter's days are waited for and timed."""
        by_day, goal_ids = self.files.by_day(), list(self.made.goals.values())
        receipt = None
        columns = (TextColumn("  pushing {task.fields[day]}"), BarColumn(40), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self.printer.console) as progress:
            task = progress.add_task("days", total=len(by_day), day="")
            for place, (day, rows) in enumerate(by_day.items()):
                receipt = self.connector.push(rows, key=f"day-{day}", observed_at=morning_after(day))
                if day <= story.QUARTER_ENDS:
                    self.connector.time_until_shown(self.api, receipt, goal_ids[place % len(goal_ids)])
                progress.update(task, advance=1, day=day)
        if receipt is None:
            raise DemoFailed("the sample files hold no days")
        again = self.connector.push(rows, key=f"day-{day}", observed_at=morning_after(day), again=True)
        if again.id != receipt.id:
            raise DemoFailed("the same push with the same key was stored twice")
        self.printer.done(f"{len(by_day)} days pushed; the last one twice with one key, stored once")
        return receipt

    def show_bounds_closing(self, last_day: Receipt) -> None:
        """A distinct count is an interval until the row of its own period comes (MET-5)."""
        goal_id = self.made.goals[story.QUARTER_UV]
        moments = [("day rows only", self.connector.wait_until_shown(self.api, last_day, goal_id))]
        music = [row for row in self.files.days if row.shop == story.MUSIC]
        months = [date(story.YEAR, month, 1) for month in (1, 2, 3)]
        bounds = check_bounds(self.api, music, self.made.shops[story.MUSIC], "paying_buyers", months)
        self.printer.done(f"buyers of {story.MUSIC} known by days alone: {bounds}")
        for grain in ("month", "quarter"):
            receipt = self.push_periods(grain)
            moments.append((f"with {grain} rows", self.connector.wait_until_shown(self.api, receipt, goal_id)))
        if [goal["score"] is None for _, goal in moments] != [True, True, False]:
            raise DemoFailed("the quarter's visitors were not undecided until their own row came")
        self.printer.before_and_after(f"{story.QUARTER_UV}: an interval until the period's own row is there", moments)

    def push_periods(self, grain: str) -> Receipt:
        """All rows of one grain in one batch."""
        rows = [row for row in self.files.periods if row.grain == grain]
        at = datetime.combine(date(story.YEAR + 1, 1, 1), time(10), SHANGHAI)
        return self.connector.push(rows, key=f"{grain}s-{story.YEAR}", observed_at=at)

    def restate_week(self) -> list[Observation]:
        """The platform corrects a week of one shop; what it had said before comes once more, too late."""
        goal_id = self.made.goals[story.FLAGSHIP_GMV]
        first = [row for row in self.files.days if row.shop == story.FLAGSHIP and self._in_week(row.bucket)]
        changes = {"gmv": KEPT_OF_GMV, "refund_amount": GROWN_REFUNDS}
        week = [row.worth(row.value * changes[row.metric]) if row.metric in changes else row for row in first]
        before = self.api.get(f"/v1/goals/{goal_id}/attainment")
        receipt = self.connector.push(week, key="restated-week", observed_at=RESTATED_AT)
        after = self.connector.wait_until_shown(self.api, receipt, goal_id)
        late = self.connector.push(first, key="late-week", observed_at=morning_after(story.RESTATED_TO))
        self.connector.wait_until_shown(self.api, late, goal_id)
        instant = (receipt.stored_at - A_MOMENT).isoformat()
        as_of = self.api.get(f"/v1/goals/{goal_id}/attainment", as_of=instant)
        if as_of["indicators"][0]["actual"] != before["indicators"][0]["actual"]:
            raise DemoFailed("as of the instant before it was restated the goal has another actual than it had then")
        self._print_restated(receipt, late)
        moments = [("before", before), ("after", after), ("as of before", as_of)]
        self.printer.before_and_after(f"{story.FLAGSHIP_GMV}: one week restated", moments)
        return week

    def check(self, week: Sequence[Observation]) -> None:
        """Read everything back."""
        music = [row for row in self.files.days if row.shop == story.MUSIC]
        shop_id, year = self.made.shops[story.MUSIC], story.YEAR
        totals = [
            f"{metric} {check_total(self.api, music, shop_id, metric, year=year):,}"
            for metric in ("gmv", "paid_orders", "paid_items")
        ]
        rows = latest(self.files.before, self.files.days, self.files.periods, week)
        count = check_values(self.api, rows, self.made.shops)
        self.printer.done(f"{story.MUSIC} {story.YEAR}: {', '.join(totals)}, and the buyers of each month")
        self.printer.done(f"{count:,} figures read back over the API are equal to the files (and to the restated week)")

    def _in_week(self, day: date) -> bool:
        return story.RESTATED_FROM <= day <= story.RESTATED_TO

    def _print_restated(self, receipt: Receipt, late: Receipt) -> None:
        for what, batch_id in (("restated", receipt.id), ("the old figures again, late", late.id)):
            verdicts = self.connector.api.get(f"/v1/metric-batches/{batch_id}")["verdicts"]
            counts = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items() if count)
            self.printer.done(f"{story.FLAGSHIP} {story.RESTATED_FROM} to {story.RESTATED_TO} {what}: {counts}")
