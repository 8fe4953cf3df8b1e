"""Whatever alerts and dashboards ask for is served by the processes, under these names and with these labels."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.expressions import (
    BY_PROMETHEUS,
    DASHBOARDS,
    DEPLOY,
    LABELS_BY_PROMETHEUS,
    grouped_by,
    panels,
    rules,
    selectors,
    served,
)
from tests.support.stack import Stack, wait_until
from tests.support.story import Client, Company

RUNBOOK = DEPLOY.parent / "docs" / "runbook.md"
SELDOM = {
    "attain_inbox_oldest_seconds": set[str](),
    "attain_marks_oldest_seconds": set[str](),
}
"""Served only while something waits."""


@pytest.fixture(scope="module")
def known(stack: Stack) -> dict[str, set[str]]:
    """What an API and a worker serve, once they have done something of each kind."""
    make_something_of_each_kind(stack)
    found = dict(SELDOM)
    for service in (stack.api, *stack.workers):
        for name, labels in served(service.metrics()).items():
            found[name] = found.get(name, set()) | labels
    return found


def make_something_of_each_kind(stack: Stack) -> None:
    with Client(stack.base_url) as nobody:
        wrong = {"username": "nobody@example.com", "password": "not the password"}
        assert nobody.http.post("/v1/auth/token", data=wrong).status_code == 401
    wait_until(lambda: "attain_workers_alive 1.0" in stack.api.metrics(), seconds=40, what="a sample")
    time.sleep(0.1)


def expressions() -> Iterator[tuple[str, str]]:
    yield from panels()
    for rule in rules():
        yield rule["alert"], rule["expr"]


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_what_is_asked_for_is_served(known: dict[str, set[str]], where: str, expression: str) -> None:
    asked = list(selectors(expression))
    assert asked
    for name, labels in asked:
        if name in BY_PROMETHEUS:
            continue
        assert name in known, f"{where}: nobody serves {name}"
        missing = labels - known[name] - LABELS_BY_PROMETHEUS
        assert not missing, f"{where}: {name} has no label {missing}"
    having = set().union(*(known.get(name, set()) for name, _ in asked)) | LABELS_BY_PROMETHEUS
    assert grouped_by(expression) <= having


def test_a_name_that_nobody_serves_is_noticed(known: dict[str, set[str]]) -> None:
    with pytest.raises(AssertionError, match="nobody serves attain_inbox_depth"):
        test_what_is_asked_for_is_served(known, "a typing error", "max(attain_inbox_depth) > 1")
    with pytest.raises(AssertionError, match="no label"):
        test_what_is_asked_for_is_served(known, "a wrong label", 'attain_http_requests_total{code="500"}')


def test_every_alert_says_how_bad_it_is_and_has_its_section_in_the_runbook() -> None:
    sections = {line.removeprefix("## ") for line in RUNBOOK.read_text().splitlines() if line.startswith("## ")}
    alerts = {rule["alert"] for rule in rules()}
    assert alerts == sections
    for rule in rules():
        assert rule["labels"]["severity"] in {"critical", "warning", "info"}
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
        assert rule["annotations"].keys() == {"summary", "description", "runbook"}


def test_every_section_of_the_runbook_says_what_it_means_where_to_look_and_what_to_do() -> None:
    for section in RUNBOOK.read_text().split("\n## ")[1:]:
        assert "**Means**" in section, section
        assert "**Do**" in section or "**Look, do**" in section, section


def test_dashboards_are_provisioned_and_read_only() -> None:
    assert len(DASHBOARDS) == 2
    uids = [json.loads(path.read_text())["uid"] for path in DASHBOARDS]
    assert len(set(uids)) == len(uids)
    for path in DASHBOARDS:
        dashboard = json.loads(path.read_text())
        assert not dashboard["editable"]
        ids = [panel["id"] for panel in dashboard["panels"]]
        assert len(set(ids)) == len(ids)
    provider = Path(DEPLOY / "grafana/provisioning/dashboards/attain.yml").read_text()
    assert "/etc/attain/dashboards" in provider


def test_metrics_of_a_company_are_seen_by_operations_alone(stack: Stack, company: Company) -> None:
    """SEC-2: the port that needs no sign-in is one of its own; on the API's, only the role `ops` may look."""
    assert company.admin.http.get("/metrics").status_code == 403
    assert company.code not in stack.api.metrics() + stack.workers[0].metrics()
