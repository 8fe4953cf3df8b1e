"""`deploy/secrets.sh`: makes all secrets of a new deployment, and of an older one those that it cannot have had."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
ALL = {"database_password", "redis_password", "secret_key", "delivery_key", "bootstrap_admin_password"}


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    """A copy of what the script touches, and a Docker that has data already."""
    for name in ("secrets.sh", "postgres.sql", "redis.sh", "follow.sh", "haproxy.cfg"):
        shutil.copy(DEPLOY / name, tmp_path)
    for name in ("backup", "prometheus", "grafana", "bin"):
        (tmp_path / name).mkdir()
    docker = tmp_path / "bin" / "docker"
    docker.write_text('#!/bin/sh\n[ -e "$DATA" ]\n')
    docker.chmod(0o755)
    return tmp_path


def run(deployment: Path) -> "subprocess.CompletedProcess[str]":
    env = {"PATH": f"{deployment / 'bin'}:{os.environ['PATH']}", "DATA": str(deployment / "data")}
    return subprocess.run(["./secrets.sh"], cwd=deployment, env=env, capture_output=True, text=True, check=False)


def read(deployment: Path) -> dict[str, str]:
    return {path.name.removeprefix("attain_"): path.read_text() for path in (deployment / "secrets").glob("attain_*")}


def test_a_new_deployment_gets_each_of_them_once(deployment: Path) -> None:
    assert run(deployment).returncode == 0
    made = read(deployment)
    assert made.keys() == ALL
    assert len(set(made.values())) == len(ALL)
    assert {len(secret) for secret in made.values()} == {48}
    (deployment / "data").touch()
    assert run(deployment).returncode == 0
    assert read(deployment) == made


def test_an_older_deployment_gets_the_key_that_it_has_never_had(deployment: Path) -> None:
    (deployment / "secrets").mkdir()
    (deployment / "data").touch()
    for name in ALL - {"delivery_key"}:
        (deployment / "secrets" / f"attain_{name}").write_text(name)
    upgraded = run(deployment)
    assert upgraded.returncode == 0
    assert "secrets/attain_delivery_key, which is new" in upgraded.stdout
    made = read(deployment)
    assert len(made.pop("delivery_key")) == 48
    assert made == {name: name for name in ALL - {"delivery_key"}}
    assert "new" not in run(deployment).stdout


@pytest.mark.parametrize("lost", sorted(ALL))
def test_one_that_was_there_is_to_be_put_back(deployment: Path, lost: str) -> None:
    """What is sealed or stored under it would be lost with another one."""
    run(deployment)
    (deployment / "data").touch()
    (deployment / "secrets" / f"attain_{lost}").unlink()
    refused = run(deployment)
    assert refused.returncode == 1
    assert f"secrets: attain_{lost}. Put them back" in refused.stderr
    assert lost not in read(deployment)


def test_an_older_deployment_that_has_lost_one_is_not_filled_up(deployment: Path) -> None:
    (deployment / "secrets").mkdir()
    (deployment / "data").touch()
    for name in ALL - {"delivery_key", "secret_key"}:
        (deployment / "secrets" / f"attain_{name}").write_text(name)
    assert run(deployment).returncode == 1
    assert read(deployment).keys() == ALL - {"delivery_key", "secret_key"}
