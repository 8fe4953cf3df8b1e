"""Upgrades under a steady push: no row is lost, and behind the proxy no request fails."""

import os
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import trustme

from tests.deployment.test_deployment import check_all_there
from tests.support.deployment import VERSION, Deployment, deployed_behind_proxy, docker, run
from tests.support.stack import wait_until
from tests.support.steady import steady_push
from tests.support.story import Company, make_company


@pytest.fixture
def proxied(images: dict[str, str], proxy_image: None, tmp_path: Path) -> Iterator[Deployment]:
    with deployed_behind_proxy(tmp_path) as running:
        yield running


@pytest.mark.timeout(240)
def test_a_rollout_behind_the_proxy_fails_no_request(proxied: Deployment) -> None:
    company = make_company(proxied.base_url, trust=proxied.trust)
    before = set(proxied.ids("api", "worker"))
    assert len(proxied.ids("api")) == 2
    with company.admin, company.make_connector([company.make_shop("steady")]) as connector:
        with steady_push(connector) as pushes:
            took = proxied.roll_out()
        print(f"\nrolled out in {took:.1f} s: {check_all_there(proxied, company, pushes)}")
    assert not before & set(proxied.ids("api", "worker"))
    assert len(proxied.ids("api")) == 2
    assert not pushes.failed, pushes.told


@pytest.mark.timeout(240)
def test_an_api_that_does_not_listen_yet_is_sent_nothing(proxied: Deployment) -> None:
    """As each new one is between its name and its port; two, as what one refuses is sent to the next."""
    stopping = threading.Event()

    def ask() -> Counter[int]:
        with httpx.Client(base_url=proxied.base_url, verify=proxied.trust or True, trust_env=False) as client:
            return Counter(client.get("/livez").status_code for _ in iter(stopping.is_set, True))

    with ThreadPoolExecutor(16) as pool:
        asking = [pool.submit(ask) for _ in range(16)]
        try:
            for _ in range(5):
                with silent_apis(proxied, count=2):
                    time.sleep(3)
                time.sleep(2)
        finally:
            stopping.set()
    answers = sum((one.result() for one in asking), Counter[int]())
    print(f"\nasked while silent APIs came and went: {dict(answers)}")
    assert set(answers) == {200}


@contextmanager
def silent_apis(deployment: Deployment, *, count: int) -> Iterator[None]:
    """Containers that have the API's name and nothing that listens."""
    named = ["--network", f"{deployment.project}_clients", "--network-alias", "api"]
    command = ["run", "--detach", *named, "--entrypoint", "sleep", f"attain-api:{VERSION}", "60"]
    made = [docker(*command) for _ in range(count)]
    try:
        yield
    finally:
        docker("rm", "--force", *made)


@pytest.mark.timeout(240)
def test_a_new_certificate_fails_no_request(proxied: Deployment) -> None:
    company = make_company(proxied.base_url, trust=proxied.trust)
    authority, only_new = trustme.CA(), ssl.create_default_context()
    authority.configure_trust(only_new)
    authority.configure_trust(proxied.trust)
    with company.admin, company.make_connector([company.make_shop("steady")]) as connector:
        with steady_push(connector) as pushes:
            proxied.write_certificate(authority)
            proxied.compose("kill", "-s", "USR2", "proxy")
            proxied.trust = only_new
            wait_until(proxied.is_ready, what="the new certificate")
        print(f"\nnew certificate: {check_all_there(proxied, company, pushes)}")
    assert not pushes.failed, pushes.told


@pytest.mark.timeout(240)
def test_a_rollout_of_an_api_with_a_port_of_its_own_loses_no_row(deployment: Deployment, company: Company) -> None:
    before = set(deployment.ids("api", "worker"))
    with company.make_connector([company.make_shop("steady")]) as connector:
        with steady_push(connector) as pushes:
            took = deployment.roll_out()
        print(f"\nrolled out in {took:.1f} s: {check_all_there(deployment, company, pushes)}")
    assert not before & set(deployment.ids("api", "worker"))
    assert pushes.gap < 20


@pytest.mark.timeout(240)
@pytest.mark.parametrize("command", ['["sleep", "60"]', '["no-such-program"]'])
def test_a_rollout_of_an_image_that_does_not_work_leaves_the_old_at_work(deployment: Deployment, command: str) -> None:
    before = set(deployment.ids("api", "worker"))
    image = f"attain-worker:{VERSION}"
    kept = docker("inspect", "--format", "{{.Id}}", image)
    (deployment.folder / "bad").write_text(f"FROM {image}\nCMD {command}\n")
    try:
        docker("build", "--quiet", "--tag", image, "--file", str(deployment.folder / "bad"), str(deployment.folder))
        env = deployment.env | {"HEALTHY_SECONDS": "15"}
        done = run("./rollout.sh", check=False, cwd=deployment.folder, env=env)
    finally:
        docker("tag", kept, image)
    assert done.returncode == 1
    assert "every worker is as it was" in done.stderr
    assert set(deployment.ids("api", "worker")) == before
    assert deployment.is_ready()
    deployment.roll_out()
    assert len(deployment.ids("worker")) == 1


@pytest.mark.timeout(240)
def test_a_rollout_that_is_interrupted_leaves_the_old_at_work(deployment: Deployment) -> None:
    before = set(deployment.ids("api", "worker"))
    rollout = subprocess.Popen(
        ["./rollout.sh"], cwd=deployment.folder, env=os.environ | deployment.env, stderr=subprocess.PIPE, text=True
    )
    wait_until(lambda: len(deployment.ids("worker")) == 2, what="the second worker")
    rollout.terminate()
    _, said = rollout.communicate(timeout=60)
    assert rollout.returncode == 1
    assert "every worker is as it was" in said
    assert set(deployment.ids("api", "worker")) == before
