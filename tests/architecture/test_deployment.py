"""The composed deployment, as it is written: hardened, complete, and with no secret in it."""

import re
from typing import Any

import pytest
import yaml
from annotated_types import Le

from attain_api.drain import LAST_WORDS_SECONDS
from attain_api.main import GRACE_SECONDS
from attain_api.settings import ApiSettings
from attain_worker.settings import WorkerSettings
from tests.support.stack import CHECKOUT

DEPLOY = CHECKOUT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PROXY: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.proxy.yaml").read_text())["services"]["proxy"]
LASTING = [name for name in SERVICES if name != "migrate"]
IMAGES = ("api", "worker")
WATCHERS = ("prometheus", "grafana")
"""Run only where they are asked for, by their profile."""


def seconds(text: str) -> float:
    return float(re.fullmatch(r"(\d+)s", text)[1])  # type: ignore[index]


def test_everything_is_there() -> None:
    assert set(SERVICES) == {"postgres", "redis", "migrate", "api", "worker", *WATCHERS}
    assert {name for name, found in SERVICES.items() if found.get("profiles") == ["monitoring"]} == set(WATCHERS)
    assert SERVICES["postgres"]["image"].startswith("postgres:17")
    assert SERVICES["redis"]["image"].startswith("redis:8")
    told = (DEPLOY / "redis.sh").read_text()
    assert "appendonly yes" in told
    assert "maxmemory-policy noeviction" in told


@pytest.mark.parametrize("service", [*SERVICES, "proxy"])
def test_a_service_is_bounded_and_without_rights(service: str) -> None:
    found = SERVICES.get(service, PROXY)
    assert found["read_only"] is True
    assert found["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in found["security_opt"]
    assert found["mem_limit"]
    assert found["pids_limit"]
    assert found["restart"] == ("no" if service == "migrate" else "unless-stopped")
    assert "privileged" not in found


def test_only_the_api_and_the_watchers_are_published_and_by_default_to_this_host_alone() -> None:
    published = {name: found["ports"] for name, found in SERVICES.items() if "ports" in found}
    assert published == {
        "api": ["${ATTAIN_PUBLISH:-127.0.0.1:8000}:8000"],
        "prometheus": ["${ATTAIN_PROMETHEUS_PUBLISH:-127.0.0.1:9090}:9090"],
        "grafana": ["${ATTAIN_GRAFANA_PUBLISH:-127.0.0.1:3000}:3000"],
    }
    assert COMPOSE["networks"]["servers"] == {"internal": True}
    within = {name: found["networks"] for name, found in SERVICES.items() if name not in published}
    # the way out to the receivers of webhooks is the worker's alone
    assert within.pop("worker") == ["servers", "receivers"]
    assert all(networks == ["servers"] for networks in within.values())


@pytest.mark.parametrize("service", LASTING)
def test_a_lasting_service_says_whether_it_is_healthy(service: str) -> None:
    image = CHECKOUT / "services" / service / "Dockerfile"
    assert "healthcheck" in SERVICES[service] or "\nHEALTHCHECK " in image.read_text()


def test_the_order_is_by_health() -> None:
    ready = {"postgres": "service_healthy", "redis": "service_healthy", "migrate": "service_completed_successfully"}
    for service in IMAGES:
        assert {name: wanted["condition"] for name, wanted in SERVICES[service]["depends_on"].items()} == ready


def test_nobody_is_killed_before_the_work_in_hand_may_take_its_time() -> None:
    bounds = [bound.le for bound in ApiSettings.model_fields["linger_seconds"].metadata if isinstance(bound, Le)]
    longest = max(bound for bound in bounds if isinstance(bound, int))
    assert seconds(SERVICES["api"]["stop_grace_period"]) > longest + LAST_WORDS_SECONDS + GRACE_SECONDS
    drain = WorkerSettings.model_fields["drain_seconds"].default
    assert seconds(SERVICES["worker"]["stop_grace_period"]) > drain


def test_secrets_are_files_and_have_no_default() -> None:
    for name, secret in COMPOSE["secrets"].items():
        assert secret == {"file": f"./secrets/{name}"}
        assert name in (DEPLOY / "secrets.sh").read_text()
    for found in SERVICES.values():
        environment = found.get("environment", {})
        assert not {name for name in environment if re.search("PASSWORD|SECRET|KEY", name)} - {"POSTGRES_PASSWORD_FILE"}
        assert not any(re.search(r"://[^@/]*:[^@/]*@", str(value)) for value in environment.values())


@pytest.mark.parametrize("service", IMAGES)
def test_an_image_is_made_of_the_locks_in_two_stages_for_nobody(service: str) -> None:
    text = (CHECKOUT / "services" / service / "Dockerfile").read_text()
    assert text.count("\nFROM ") == 2
    assert text.count("--require-hashes") == 2
    assert f"locks/{service}.txt" in text
    assert "\nUSER 10001:10001\n" in text
    assert text.index("\nUSER ") > text.rindex("\nCOPY ")


@pytest.mark.parametrize("service", IMAGES)
def test_an_image_tells_its_processes_which_commit_it_is_made_of(service: str) -> None:
    """`attain_build_info`, and so AttainVersionsDiffer, go by it."""
    text = (CHECKOUT / "services" / service / "Dockerfile").read_text()
    assert text.index("\nARG REVISION=unknown\n") < text.index("\nENV ATTAIN_REVISION=${REVISION}\n")


def test_what_is_mounted_from_here_can_be_read_by_the_users_of_containers() -> None:
    """Whatever the umask was when this was checked out."""
    text = (DEPLOY / "secrets.sh").read_text()
    readable = " ".join(re.findall(r"^chmod (?:-R )?a\+rX? (.*)$", text, re.MULTILINE)).split()
    sources = [
        str(volume).split(":")[0] for found in (*SERVICES.values(), PROXY) for volume in found.get("volumes", [])
    ]
    mounted = {source.removeprefix("./").split("/")[0] for source in sources if source.startswith("./")}
    assert {"prometheus", "grafana", "haproxy.cfg"} <= mounted <= set(readable)


def test_without_a_ready_api_the_proxy_still_shows_what_is_wrong() -> None:
    proxy = (DEPLOY / "haproxy.cfg").read_text()
    wanted = re.search(r"use_backend looking if \{ nbsrv\(apis\) eq 0 \} \{ path_reg (\S+) \}", proxy)
    assert wanted
    for path in ("/ops", "/ops/abc/page.js", "/readyz", "/livez"):
        assert re.search(wanted[1], path)
    for path in ("/", "/opsx", "/v1/ops/status", "/metrics", "/v1/readyz"):
        assert not re.search(wanted[1], path)
    assert "GET /livez" in proxy.partition("\nbackend looking\n")[2]


def test_each_example_of_what_is_deployed_names_files_that_are_there() -> None:
    lines = re.findall(r"^#COMPOSE_FILE=(.*)$", (DEPLOY / "env.example").read_text(), re.MULTILINE)
    assert "compose.yaml:compose.proxy.yaml:compose.standby.yaml" in lines
    assert all((DEPLOY / file).is_file() for line in lines for file in line.split(":"))


def test_the_worker_installs_no_web_framework_and_no_migrations() -> None:
    names = set(re.findall(r"^([a-z0-9-]+)==", (CHECKOUT / "locks" / "worker.txt").read_text(), re.MULTILINE))
    assert "sqlalchemy" in names
    assert not names & {"fastapi", "starlette", "uvicorn", "httptools", "python-multipart", "alembic", "typer"}
