"""What alerts and dashboards ask Prometheus for, and what there is in a process's metrics."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import yaml
from prometheus_client.parser import text_string_to_metric_families

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "attain.rules.yml"
DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
BY_PROMETHEUS = frozenset({"up", "ALERTS"})
"""Series that Prometheus makes itself."""
LABELS_BY_PROMETHEUS = frozenset({"job", "instance", "le", "alertname", "alertstate"})


def rules() -> list[dict[str, Any]]:
    """The alerts that ship."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> Iterator[tuple[str, str]]:
    """Every expression of the dashboards, with where it stands."""
    for path in DASHBOARDS:
        dashboard = json.loads(path.read_text())
        for panel in dashboard["panels"]:
            for target in panel["targets"]:
                yield f"{path.stem}: {panel['title']}", target["expr"]
        for annotation in dashboard["annotations"]["list"]:
            yield f"{path.stem}: annotations", annotation["expr"]


def selectors(expression: str) -> Iterator[tuple[str, set[str]]]:
    """Each metric that an expression asks for, with the labels it is chosen by."""
    for part in _parts(promql_parser.parse(expression)):
        if isinstance(part, promql_parser.VectorSelector):
            yield str(part.name), {matcher.name for matcher in part.matchers.matchers}


def grouped_by(expression: str) -> set[str]:
    """The labels that an expression groups by."""
    found: set[str] = set()
    for part in _parts(promql_parser.parse(expression)):
        if isinstance(part, promql_parser.AggregateExpr) and part.modifier is not None:
            found |= set(part.modifier.labels)
    return found


def _parts(expression: Any) -> Iterator[Any]:
    yield expression
    for name in ("lhs", "rhs", "expr", "vector_selector", "args", "param"):
        below = getattr(expression, name, None)
        for one in below if isinstance(below, list) else [below]:
            if one is not None and type(one).__module__ == type(expression).__module__:
                yield from _parts(one)


def served(metrics: str) -> dict[str, set[str]]:
    """The series that a process serves, with the names of their labels."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found
