"""Each container killed in turn, and all replaced, under the load of `make load`: what it costs whom (F1, F4, F5, F13).

`docker kill` counts as the operator's own wish, so Docker does not start the container again: `docker start` does.
"""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployment import Deployment, deployed_behind_proxy, docker
from tests.support.stack import ADMIN_EMAIL, CHECKOUT

MAX_SECONDS = 200
"""A load that nobody stops ends by itself."""
RATES = ("--pushes", "5", "--reads", "15")
"""A second: far below what two cores bear that also hold the proxy, two APIs and all servers, so that what fails fails
by the kill."""
BEFORE, DEAD, AFTER = 4, 2, 4
"""Seconds of load before the kill, without the container, and once all is healthy again."""


@pytest.fixture(scope="module")
def proxied(
    images: dict[str, str], proxy_image: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    with deployed_behind_proxy(tmp_path_factory.mktemp("proxied")) as running:
        yield running


class Loading:
    """A load under way."""

    def __init__(self, deployment: Deployment, folder: Path, *options: str) -> None:
        self.file = folder / "report.json"
        password = deployment.folder / "secrets" / "attain_bootstrap_admin_password"
        target = ["--url", deployment.base_url, "--authority", str(deployment.folder / "authority.pem")]
        operator = ["--email", ADMIN_EMAIL, "--password-file", str(password)]
        told = ["--seconds", str(MAX_SECONDS), *RATES, "--timeline", "--json", str(self.file), *options]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "deploy.local", "load", *target, *operator, *told],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""

    def await_playing(self) -> None:
        """Return once requests are sent."""
        assert self.process.stdout is not None
        while "playing" not in self.said:
            line = self.process.stdout.readline()
            assert line, f"the load has ended: {self.said}"
            self.said += line

    def finish(self) -> None:
        """Stop it, and wait for its report."""
        self.process.send_signal(signal.SIGINT)
        self.said += self.process.communicate(timeout=240)[0]

    @property
    def report(self) -> Any:
        """What it found."""
        assert self.file.exists(), self.said
        return json.loads(self.file.read_text())


@contextmanager
def load(deployment: Deployment, folder: Path, *options: str) -> Iterator[Loading]:
    """Pushes and reads meanwhile; its report is there afterwards."""
    loading = Loading(deployment, folder, *options)
    try:
        loading.await_playing()
        time.sleep(BEFORE)
        yield loading
        time.sleep(AFTER)
        loading.finish()
    finally:
        loading.process.kill()
        loading.process.wait()


def summary(report: Any) -> str:
    """The line of a fault."""
    failed: Counter[str] = Counter()
    for route in report["routes"]:
        failed.update(route["failed"])
    pushes, outage = report["pushes"], report["outage"]
    sent = sum(route["sent"] for route in report["routes"])
    slowest = max(route["max_ms"] for route in report["routes"]) / 1000
    before = sum(sum(line["failed"].values()) for line in report["timeline"] if line["second"] < BEFORE)
    lasted = f" over {outage['healthy_after']:.1f} s, {before} of them before it" if outage else ""
    return (
        f"requests failed {failed.total()} of {sent}{lasted} {dict(failed)}, slowest {slowest:.1f} s; "
        f"acknowledged {pushes['acknowledged_rows']} rows in {pushes['acknowledged_batches']} pushes, "
        f"missing {pushes['missing']}, doubled {pushes['doubled']}"
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize("service", ["api", "worker", "redis", "postgres", "proxy"])
def test_a_killed_container_costs_no_row(proxied: Deployment, tmp_path: Path, service: str) -> None:
    with load(proxied, tmp_path, "--faults") as loading:
        container = proxied.ids(service)[0]
        docker("kill", container)
        killed = time.monotonic()
        time.sleep(DEAD)
        docker("start", container)
        proxied.wait_until_healthy(container)
        took = time.monotonic() - killed
    print(
        f"\n{service} killed, started again {DEAD} s later, healthy {took:.1f} s after the kill: {summary(loading.report)}"
    )
    assert (loading.process.returncode, loading.report["ok"]) == (0, True), loading.said


@pytest.mark.timeout(400)
def test_a_rollout_under_load_fails_no_request(proxied: Deployment, tmp_path: Path) -> None:
    with load(proxied, tmp_path) as loading:
        took = proxied.roll_out()
    print(f"\nrolled out in {took:.1f} s: {summary(loading.report)}")
    assert (loading.process.returncode, loading.report["outage"]) == (0, None), loading.said
