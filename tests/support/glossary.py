"""What codes are called in Chinese and English, out of the code: the tables of docs/glossary.md, by `make docs`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from attain_api import console
from attain_api.people.spreadsheets.vocabulary import WORDS
from attain_api.review_exports.wording import STEPS
from attain_shared.alerts.schemas import AlertKind, Severity
from attain_shared.calendar.shipped import SHIPPED as EVENTS
from attain_shared.metrics.catalogue import ENTRIES
from attain_shared.reviews.shipped_values import SHIPPED as VALUES
from attain_shared.rules.findings import FindingKind
from attain_shared.rules.life import State
from attain_shared.rules.overall import LABELS as RATINGS
from attain_shared.rules.quadrants import LABELS as QUADRANTS
from attain_shared.rules.verdicts import IndicatorStatus, IndicatorVerdict

PAGE = Path(__file__).parents[2] / "docs" / "glossary.md"
BEGIN = "<!-- codes: written by `make docs` from here to the end -->\n"
CONSOLE_WORDS = Path(console.__file__).parent / "page" / "words"

Row = Sequence[str]


def written(text: str) -> str:
    """The page with its codes as the code has them."""
    before, _, _ = text.partition(BEGIN)
    return f"{before}{BEGIN}{codes()}"


def codes() -> str:
    """Every list of codes that has words in both languages."""
    zh, en = (_console_words(language, "domain") for language in ("zh", "en"))
    alerts_zh, alerts_en = (_console_words(language, "alerts") for language in ("zh", "en"))
    return "".join(
        [
            _table("Functions of departments (ORG-1)", _own_words("department_function")),
            _table("Employment (ORG-3)", [*_own_words("employment_type"), *_own_words("status")]),
            _table("Roles in a company (SEC-2)", _own_words("roles")),
            _table("States of a goal (GOAL-3)", _shown(State, zh["goalState"], en["goalState"])),
            _table(
                "Status and verdict of an indicator (GOAL-7)",
                _shown(dict.fromkeys([*IndicatorStatus, *IndicatorVerdict]), zh["status"], en["status"]),
            ),
            _table("Steps of a review (REV-6)", [(step, name.zh, name.en) for step, name in STEPS.items()]),
            _table("Ratings (REV-5)", [(str(rating), name.zh, name.en) for rating, name in RATINGS.items()]),
            _table("Quadrants (REV-9)", [(quadrant, name.zh, name.en) for quadrant, name in QUADRANTS.items()]),
            _table("Values that ship (REV-3)", [(value.code, value.name_zh, value.name_en) for value in VALUES]),
            _table("Events that ship (GOAL-7)", dict.fromkeys((one.event.code, one.zh, one.en) for one in EVENTS)),
            _table("Findings (MET-9)", _shown(FindingKind, zh["finding"], en["finding"])),
            _table("Kinds of alerts (CULT-5)", _shown(AlertKind, alerts_zh["kind"], alerts_en["kind"])),
            _table("Severities of alerts (CULT-5)", _shown(Severity, alerts_zh["severity"], alerts_en["severity"])),
            _table(
                "Metrics that ship (MET-4)",
                [
                    (code, entry.zh, entry.en, entry.metric.unit, entry.metric.algebra, entry.metric.better)
                    for code, entry in ENTRIES.items()
                ],
                more=("unit", "algebra", "better"),
            ),
        ]
    )


def _table(title: str, rows: Iterable[Row], *, more: Row = ()) -> str:
    lines = [_line(("code", "中文", "English", *more)), "|---|---|---|" + "---|" * len(more)]
    lines += [_line((f"`{code}`", *words)) for code, *words in rows]
    return "\n".join(["", f"### {title}", "", *lines, ""])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _own_words(column: str) -> list[Row]:
    """Codes that spell their own English name."""
    return [(code, word, code.replace("_", " ")) for code, word in WORDS[column].items()]


def _shown(codes: Iterable[str], zh: Mapping[str, str], en: Mapping[str, str]) -> list[Row]:
    return [(code, zh[code], en[code]) for code in codes]


def _console_words(language: str, page: str) -> dict[str, dict[str, str]]:
    """What the console calls them: its words are modules that hold one JSON object."""
    module = (CONSOLE_WORDS / language / f"{page}.js").read_text()
    words: dict[str, dict[str, str]] = json.loads(module.removeprefix("export default ").rstrip(";\n"))
    return words


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
