"""What the cascade prints: one table for each question that somebody in the company asks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from rich import box
from rich.table import Table

from deploy.local.calls import Body
from deploy.local.printing import PLACES, Printer, interval, number, status

PEOPLE_FIGURES = {"turnover_rate": "团队流失率", "staff_growth": "员工成长"}
RIGHT = frozenset(
    {"weight", "part", "target", "actual", "attainment", "score", "performance", "gap", "stretch", "children", "rank"}
    | {"business", "restated", "change", "from", "to", "before", "after", "visitors", "conversion", "客单价", "other"}
    | {"rows", "sum", "by shares held", "by last year", "goals", "no data"}
)


class Tables:
    """Prints answers of the API in the units of the catalogue."""

    def __init__(self, printer: Printer, catalogue: Iterable[Body]) -> None:
        self.printer = printer
        self._metrics = {metric["code"]: metric for metric in catalogue}

    def show(self, title: str, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """A table with figures to the right."""
        self.printer.console.print(f"[bold]{title}[/]")
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        for header in headers:
            right = header in RIGHT
            table.add_column(header, justify="right" if right else "left", no_wrap=right, overflow="fold")
        for row in rows:
            table.add_row(*row)
        self.printer.console.print(table)
        self.printer.console.print()

    def scorecards(self, title: str, cards: Mapping[str, Body]) -> None:
        """All owners' goals in one table."""
        rows = []
        for owner, card in cards.items():
            rows.append((f"[bold]{owner}[/]", *[""] * 6, f"[bold]{interval(card, 'performance') or '-'}[/]", ""))
            for goal in card["goals"]:
                for place, indicator in enumerate(goal["indicators"]):
                    head = (goal["title"], goal["weight"]) if place == 0 else ("", "")
                    tail = (goal["rule"] or "", interval(goal, "score") or "-") if place == 0 else ("", "")
                    rows.append((*head, *self.figures(indicator), *tail, status(indicator["status"])))
        self.show(
            title,
            ("goal", "weight", "metric", "actual", "target", "attainment", "rule", "score", "status"),
            rows,
        )

    def figures(self, indicator: Body) -> tuple[str, str, str, str]:
        """Metric, actual, target and attainment of an indicator of any kind."""
        places = self._places(indicator)
        return (
            self._named(indicator),
            interval(indicator, "actual", places) or "-",
            number(indicator["target"], places) if indicator["target"] else "-",
            interval(indicator, "attainment", 4) or "-",
        )

    def cascade(self, reports: Mapping[str, Body], name_of: Callable[[Body], str]) -> None:
        """Whether the targets below make the targets above, by cycle (GOAL-11)."""
        rows = [
            (
                cycle,
                name_of(goal["owner"]),
                goal["title"],
                metric["metric"],
                number(metric["target"], 2),
                str(metric["children"]),
                number(metric["children_target"], 2),
                number(metric["gap"], 2),
                metric["stretch"] or "-",
            )
            for cycle, report in reports.items()
            for goal in report["items"]
            for metric in goal["metrics"]
        ]
        self.show(
            "cascades: the targets above and what is asked below",
            ("cycle", "owner", "goal", "metric", "target", "children", "sum", "gap", "stretch"),
            rows,
        )

    def change(self, title: str, indicator: Body) -> None:
        """Why a figure changed."""
        rows = [
            (name, *(number(split[part], places) for part in ("first", "business", "restated", "change", "last")))
            for name, split, places in (
                ("actual", indicator["actual"], 2),
                ("attainment", indicator["attainment"], 6),
            )
        ]
        self.show(title, ("figure", "before", "business", "restated", "change", "after"), rows)

    def gap(self, title: str, gap: Body, shops: Mapping[str, str]) -> None:
        """A change of GMV by shop and by what did it."""
        parts = [(shops[shop["shop_id"]], shop["before"], shop["after"], shop) for shop in gap["shops"]]
        parts.append(("all", gap["before"]["gmv"], gap["after"]["gmv"], gap))
        rows = [
            (
                name,
                *(number(figure, 2) for figure in (before, after, part["change"])),
                *(number(part["effects"][effect], 2) for effect in ("uv", "conversion", "aov", "other")),
            )
            for name, before, after, part in parts
        ]
        self.show(title, ("shop", "before", "after", "change", "visitors", "conversion", "客单价", "other"), rows)

    def _places(self, indicator: Body) -> int | None:
        if indicator["kind"] == "growth" or indicator["metric"] in PEOPLE_FIGURES:
            return 4
        metric = self._metrics.get(indicator["metric"])
        if metric is None:
            return 2
        return PLACES.get(metric["unit"], 2 if metric["algebra"] == "ratio" else 0)

    def _named(self, indicator: Body) -> str:
        code = indicator["metric"]
        if code is None:
            return {"manual": "手工录入", "milestones": "里程碑"}[indicator["kind"]]
        name = PEOPLE_FIGURES.get(code) or self._metrics[code]["zh"]
        return f"{name} 增长" if indicator["kind"] == "growth" else name


def share(part: Decimal, whole: Decimal) -> str:
    """In percent."""
    return f"{part / whole:.1%}"
