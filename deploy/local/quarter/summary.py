"""What is printed at the end: the distribution before and after, quadrants, what happened, statements and time."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from rich import box
from rich.table import Table

from deploy.local.calls import Api, Body
from deploy.local.printing import Printer
from deploy.local.quarter.calibrating import Calibrated, ratings

QUADRANTS = {"star": "明星", "bull": "牛", "rabbit": "小白兔", "wild_dog": "野狗", "dog": "狗"}
_STATEMENTS = re.compile(
    r'attain_http_request_statements_(sum|count)\{method="(\w+)",route="([^"]+)"\} ([\d.e+]+)'
)  # fmt: skip
_OURS = re.compile(r"review|calibration|feedback|action-items|improvement|rater")


def show_distribution(printer: Printer, calibrated: Calibrated) -> None:
    """By step of the scale over everybody, and each group against its limits."""
    before, after = ratings(calibrated.before), ratings(calibrated.after)
    steps = sorted(before | after, key=float, reverse=True)
    rows = [
        (step, str(before[step]), str(after[step]), "█" * after[step]) for step in steps if before[step] + after[step]
    ]
    _show(printer, "ratings before and after calibration", ("rating", "before", "after", ""), rows)
    groups = [_group_row(group, calibrated.after[group_id]) for group_id, group in calibrated.before.items()]
    headers = ("group", "people", "≥ 4 (most)", "≥ 3.75 (most)", "3.5", "≤ 3.25 (least)", "moves", "exception")
    _show(printer, "calibration groups, before → after", headers, groups)


def _group_row(before: Body, after: Body) -> tuple[str, ...]:
    limits = before["limits"]

    def moved(zone: str, limit: str) -> str:
        return f"{before['distribution'][zone]} → {after['distribution'][zone]} ({limits[limit]})"

    middle = f"{before['distribution']['middle']} → {after['distribution']['middle']}"
    return (
        before["name"] or "-",
        str(before["size"]),
        moved("top", "most_top"),
        moved("upper", "most_upper"),
        middle,
        moved("lower", "least_lower"),
        str(len(before["proposal"] or ())),
        (after["lock"] or {}).get("exception") or "",
    )


def show_counts(printer: Printer, quadrants: Counter[str], happened: Mapping[str, int]) -> None:
    """The matrix, and what happened on the way."""
    rows = [(f"{code} {QUADRANTS[code]}", str(count)) for code, count in quadrants.most_common()]
    _show(printer, "quadrants", ("quadrant", "people"), rows)
    _show(printer, "on the way", ("what", "times"), [(what, str(count)) for what, count in happened.items()])


def show_restated(printer: Printer, moved: Body) -> None:
    """A goal's figures as they were signed, as they are now, and what was restated between (REV-7)."""
    frozen, current = moved["frozen"]["indicators"][0], moved["current"]["indicators"][0]
    printer.done(
        f"{moved['title']}: signed {frozen['actual']} → {moved['frozen']['score']}, now {current['actual']} → "
        f"{moved['current']['score']}; {len(moved['changes'])} indicator restated, the review as it was signed"
    )


def show_statements(printer: Printer, operator: Api) -> None:
    """Statements of each request, as the API counts them itself; of those operations that reviews are made of."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for kind, method, route, value in _STATEMENTS.findall(operator.fetch("/metrics").decode()):
        found.setdefault((method, route), {})[kind] = float(value)
    rows = [
        (f"{method} {route}", f"{seen['count']:,.0f}", f"{seen['sum'] / seen['count']:.1f}")
        for (method, route), seen in sorted(found.items(), key=lambda one: one[0][::-1])
        if _OURS.search(route) and seen["count"]
    ]
    _show(printer, "SQL statements a request, sign-in check included", ("operation", "requests", "statements"), rows)


def show_phases(printer: Printer, phases: Sequence[tuple[str, float]], requests: int) -> None:
    """How long everything took."""
    rows = [(name, f"{seconds:.1f}") for name, seconds in phases]
    whole = sum(seconds for _, seconds in phases)
    _show(printer, "time", ("phase", "seconds"), [*rows, ("together", f"{whole:.1f}")])
    printer.done(f"{requests:,} requests, {requests / whole:.0f} a second")


def _show(printer: Printer, title: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for header in headers:
        table.add_column(header)
    for row in rows:
        table.add_row(*row)
    printer.console.print(table)
