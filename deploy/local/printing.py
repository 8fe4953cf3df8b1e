"""What the demo prints: scorecards, verdicts, before and after."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from rich import box
from rich.console import Console
from rich.table import Table

from deploy.local import story
from deploy.local.calls import Api, Body
from deploy.local.connector import VERDICTS, quantile
from deploy.local.organisation import Organisation

PIPED_WIDTH = 124
"""Where the output is no terminal, whose width would be known."""
PLACES = {"CNY": 2, "ratio": 4, "score": 2, "seconds": 1, "hours": 1}
COLOURS = {"met": "green", "on_track": "green", "missed": "red", "off_track": "red", "no_data": "dim"}


def make_console() -> Console:
    """Wide enough for a scorecard where nobody's terminal is narrower."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PIPED_WIDTH)


class Printer:
    """Prints figures in their units."""

    def __init__(self, console: Console, catalogue: Iterable[Body]) -> None:
        self.console = console
        self._metrics = {metric["code"]: metric for metric in catalogue}

    def done(self, text: str) -> None:
        """One step of the story."""
        self.console.print(f"[green]✓[/] {text}")

    def scorecards(self, api: Api, made: Organisation) -> None:
        """The scorecards of the company, its departments and its people."""
        owners = [("公司 company", "company")]
        owners += [
            (department.name, f"departments/{made.departments[department.name]}") for department in story.DEPARTMENTS
        ]
        owners += [
            (name, f"people/{made.people[name]}")
            for name in dict.fromkeys(goal.owner for goal in story.GOALS)
            if name in made.people
        ]
        for name, path in owners:
            card = api.get(f"/v1/scorecards/{path}", cycle_id=made.cycle_id)
            self.console.print(self._scorecard(name, card))

    def _scorecard(self, name: str, card: Body) -> Table:
        shown = interval(card, "performance") or "no data"
        table = Table(
            title=f"{name} · {story.QUARTER_NAME} · performance {shown}", title_justify="left", box=box.SIMPLE_HEAD
        )
        for header in ("goal", "weight", "metric"):
            table.add_column(header, justify="right" if header == "weight" else "left")
        for header in ("actual", "target", "attainment"):
            table.add_column(header, justify="right", no_wrap=True)
        for header in ("rule", "score", "status"):
            table.add_column(header, justify="right" if header == "score" else "left")
        for goal in card["goals"]:
            for place, indicator in enumerate(goal["indicators"]):
                head = (goal["title"], goal["weight"]) if place == 0 else ("", "")
                tail = (goal["rule"] or "", interval(goal, "score") or "-") if place == 0 else ("", "")
                table.add_row(*head, *self.figures(indicator), *tail, status(indicator["status"]))
        return table

    def figures(self, indicator: Body) -> tuple[str, str, str, str]:
        """Metric, actual, target and attainment of an indicator."""
        metric = self._metrics[indicator["metric"]]
        places = PLACES.get(metric["unit"], 2 if metric["algebra"] == "ratio" else 0)
        band = indicator["band"]
        target = f"{band['low']}–{band['high']}" if band else number(indicator["target"], places)
        return (
            f"{metric['zh']} {metric['code']}",
            interval(indicator, "actual", places) or "-",
            target,
            interval(indicator, "attainment", 6) or "-",
        )

    def before_and_after(self, title: str, rows: Sequence[tuple[str, Body]]) -> None:
        """One goal at several moments."""
        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
        for header in ("", "actual", "target", "attainment", "rule", "score", "status"):
            table.add_column(header)
        for moment, goal in rows:
            _, *figures = self.figures(goal["indicators"][0])
            table.add_row(moment, *figures, goal["rule"] or "", interval(goal, "score") or "-", status(goal["status"]))
        self.console.print(table)

    def verdicts(self, batches: int, received: int, total: Mapping[str, int]) -> None:
        """Every row pushed got one verdict."""
        table = Table(title="Verdicts", title_justify="left", box=box.SIMPLE_HEAD)
        for header in ("batches", "rows received", *VERDICTS, "sum of verdicts"):
            table.add_column(header, justify="right")
        counts = [f"{total[verdict]:,}" for verdict in VERDICTS]
        table.add_row(f"{batches:,}", f"{received:,}", *counts, f"{sum(total.values()):,}")
        self.console.print(table)

    def times(self, waits: Sequence[float]) -> None:
        """How long a push takes to show."""
        p50, p99 = (quantile(waits, share) * 1000 for share in (0.5, 0.99))
        self.done(
            f"from the 202 of a push to the goal's attainment: p50 {p50:.0f} ms, p99 {p99:.0f} ms (n = {len(waits)})"
        )


def interval(figure: Body, name: str, places: int | None = None) -> str | None:
    """A point, or the two ends of an interval, or none."""
    if figure[name] is not None:
        return number(figure[name], places)
    low, high = figure[f"{name}_low"], figure[f"{name}_high"]
    return None if low is None else f"{number(low, places)} … {number(high, places)}"


def number(text: str, places: int | None) -> str:
    """A decimal with its thousands set off."""
    return text if places is None else f"{Decimal(text):,.{places}f}"


def status(code: str) -> str:
    """A status in its colour."""
    colour = COLOURS.get(code, "yellow")
    return f"[{colour}]{code}[/]"
