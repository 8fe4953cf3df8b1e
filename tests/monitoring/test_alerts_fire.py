"""The alerts that ship, in a real Prometheus over the real processes, known as Docker knows them: promtool, and trouble that is really told of.

Needs `prometheus` and `promtool` on the machine (Debian's package `prometheus`): make test-monitoring.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which

import httpx
import pytest
import yaml

from deploy.local.ports import HOST, free_port
from tests.support.expressions import DEPLOY, RULES
from tests.support.killable import Killable, own_postgres, own_redis
from tests.support.stack import Service, Stack, running_stack, wait_until
from tests.support.story import Company, make_company

PROMETHEUS = DEPLOY / "prometheus"
PATIENCE = 300


def tool(name: str) -> str:
    path = which(name)
    assert path, f"{name} is not installed: Debian's package prometheus has it"
    return path


def promtool(*arguments: str, given: str | None = None) -> str:
    done = subprocess.run(
        [tool("promtool"), *arguments], input=given, capture_output=True, text=True, cwd=PROMETHEUS, check=False
    )
    said = done.stdout + done.stderr
    print(f"promtool {' '.join(arguments)}: exit {done.returncode}\n{said}")
    assert done.returncode == 0, said
    return said


def test_promtool_accepts_the_rules() -> None:
    assert "SUCCESS" in promtool("check", "rules", RULES.name)


def test_the_rules_pass_their_unit_tests() -> None:
    assert "SUCCESS" in promtool("test", "rules", "attain.rules.test.yml")


def test_every_rule_has_a_unit_test() -> None:
    names = {rule["alert"] for rule in yaml.safe_load(RULES.read_text())["groups"][0]["rules"]}
    tested = {one["name"] for one in yaml.safe_load((PROMETHEUS / "attain.rules.test.yml").read_text())["tests"]}
    assert names <= tested


def test_promtool_accepts_the_configuration(tmp_path: Path) -> None:
    configuration = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    configuration["rule_files"] = [str(RULES)]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    promtool("check", "config", str(tmp_path / "prometheus.yml"))


@pytest.fixture(scope="module")
def postgres() -> Iterator[Killable]:
    with own_postgres(durable=False) as server:
        yield server


@pytest.fixture(scope="module")
def stack(postgres: Killable, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with (
        own_redis() as queue,
        running_stack(postgres.url, queue.url, tmp_path_factory.mktemp("stack"), workers=2) as running,
    ):
        yield running


class Prometheus:
    """A running Prometheus, asked over HTTP."""

    def __init__(self, port: int, targets: Path) -> None:
        self.url = f"http://{HOST}:{port}"
        self.targets = targets

    def show(self, **services: list[Service]) -> None:
        """Which processes there are, by job, as Docker's name service tells it: one that has ended is not named."""
        told = [
            {
                "labels": {"job": f"attain-{job}"},
                "targets": [f"{HOST}:{one.env['ATTAIN_METRICS_PORT']}" for one in processes],
            }
            for job, processes in services.items()
        ]
        draft = self.targets.with_suffix(".new")
        draft.write_text(json.dumps(told))
        draft.replace(self.targets)

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def firing(self) -> set[str]:
        """The alerts that are told of at this moment."""
        alerts = httpx.get(f"{self.url}/api/v1/alerts", timeout=5).json()["data"]["alerts"]
        return {alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"}

    def wait_for(self, *names: str, seconds: float = PATIENCE) -> None:
        """Until all of these are told of; prints after how long each was."""
        began, left = time.monotonic(), set(names)
        while left:
            found = self.firing() & left
            for name in sorted(found):
                print(f"{name} fires after {time.monotonic() - began:.0f} s")
            left -= found
            assert time.monotonic() - began < seconds, f"never told of: {left}"
            time.sleep(0.5)

    def wait_for_quiet(self, *names: str, seconds: float = PATIENCE) -> None:
        took = wait_until(lambda: self.firing().isdisjoint(names), seconds=seconds, what=f"the end of {names}")
        print(f"{', '.join(names)}: over after {took:.0f} s")


@pytest.fixture(scope="module")
def prometheus(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with running_prometheus(stack, tmp_path_factory.mktemp("prometheus")) as running:
        yield running


@contextmanager
def running_prometheus(stack: Stack, folder: Path) -> Iterator[Prometheus]:
    """With the rules that ship, asking every second."""
    configuration = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [
            {"job_name": "attain", "file_sd_configs": [{"files": ["targets.json"], "refresh_interval": "1s"}]}
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    port = free_port()
    command = [
        tool("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={HOST}:{port}",
    ]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(command, stdout=log, stderr=log, env=os.environ) as process,
    ):
        running = Prometheus(port, folder / "targets.json")
        running.show(api=[stack.api], worker=stack.workers)
        try:
            wait_until(running.is_ready, seconds=30, what="Prometheus")
            yield running
        finally:
            process.send_signal(signal.SIGTERM)


@pytest.fixture(scope="module")
def company(stack: Stack) -> Iterator[Company]:
    made = make_company(stack.base_url)
    with made.admin:
        yield made


def test_promtool_accepts_what_the_processes_serve(stack: Stack, company: Company) -> None:
    for service in (stack.api, stack.workers[0]):
        metrics = service.metrics()
        print(f"{service.process.name}: {len(metrics.splitlines())} lines")
        promtool("check", "metrics", given=metrics)


@pytest.mark.timeout(900)
def test_trouble_is_told_of_and_its_end_too(
    stack: Stack, postgres: Killable, prometheus: Prometheus, company: Company
) -> None:
    """A silent connector; a dead worker; no worker, and so a stuck inbox; a failing database: by the rules as they ship."""
    wait_until(lambda: "attain_workers_alive 2.0" in stack.api.metrics(), seconds=60)
    time.sleep(3)
    assert prometheus.firing() == set(), "nobody is told of health"
    shop_id = company.make_shop("quiet")
    with company.make_connector([shop_id]) as connector:
        make_overdue(stack, company)
        prometheus.wait_for("AttainSilentConnector")

        one, other = stack.workers
        other.kill()
        prometheus.show(api=[stack.api], worker=[one])
        prometheus.wait_for("AttainWorkerDown")
        one.kill()
        prometheus.show(api=[stack.api], worker=[])
        connector.push(
            [
                {
                    "shop": "tmall:quiet",
                    "metric": "gmv",
                    "bucket": "2025-07-01",
                    "value": "1",
                    "finality": "final",
                    "observed_at": "2025-07-02T09:00:00+08:00",
                }
            ],
            key="waits",
        )
        prometheus.wait_for("AttainNoWorker", "AttainInboxStuck")
        for worker in stack.workers:
            stack.start_worker(worker)
        prometheus.show(api=[stack.api], worker=stack.workers)
        prometheus.wait_for_quiet("AttainNoWorker", "AttainWorkerDown", "AttainInboxStuck")

        postgres.stop_immediately()
        prometheus.wait_for("AttainDatabaseDown")
        postgres.start()
        prometheus.wait_for_quiet("AttainDatabaseDown")


def make_overdue(stack: Stack, company: Company) -> None:
    """The connector has been there for days, has brought nothing, and its figures were due an hour ago."""
    due = (datetime.now(UTC) + timedelta(hours=7)).strftime("%H:%M:00")  # an hour ago in Shanghai
    with stack.database() as database:
        for statement in (
            "UPDATE connectors SET created_at = now() - interval '5 days', expected_by = $2::text::time WHERE company_id = $1",
            "UPDATE shops SET created_at = now() - interval '5 days' WHERE company_id = $1 AND $2::text IS NOT NULL",
        ):
            database.rows(statement, company.id, due)
