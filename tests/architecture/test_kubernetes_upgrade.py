"""`deploy/kubernetes/upgrade.sh`, against a cluster that is only played: the order of its steps, and when it stops."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.support.stack import CHECKOUT

FOLDER = CHECKOUT / "deploy" / "kubernetes"

CLUSTER = r"""#!/bin/sh
# plays kubectl: writes down what it is told, fails where $FAILS says, and counts revisions as deployments are applied
[ "$1" = --namespace ] && shift 2
case "$1 $2 $3" in
  "get secret attain") [ "$FAILS" = secret ] && exit 1; exit 0 ;;
  "get job attain-migrate")
    case "$*:$FAILS" in *Complete*:migrate | *Failed*:) ;; *) printf True ;; esac; exit 0 ;;
  "get deployment attain-"*)
    if [ -e "$LOG.${3#attain-}" ]; then printf 8; elif [ "$FAILS" != first-worker ]; then printf 7; fi; exit 0 ;;
esac
echo "$*" >>"$LOG"
case "$1 $2" in
  "apply --kustomize") touch "$LOG.${5##*=}" ;;
  "rollout undo") touch "$LOG.undone" ;;
  "rollout status")
    case "$3:$FAILS" in deployment/attain-worker:*worker | deployment/attain-api:api) [ -e "$LOG.undone" ]; exit ;; esac ;;
esac
"""


class Upgrade:
    """Runs the script, and tells what it told the cluster."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def run(self, fails: str = "") -> tuple[int, list[str], str]:
        """Its end, what changed in the cluster, one line each, and what it complained of."""
        log = self._folder / "log"
        ended = subprocess.run(
            [FOLDER / "upgrade.sh"],
            env=os.environ | {"PATH": f"{self._folder}:{os.environ['PATH']}", "LOG": str(log), "FAILS": fails},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        steps = [line.replace(f"--kustomize {FOLDER} ", "") for line in log.read_text().splitlines()]
        return ended.returncode, steps, ended.stderr


@pytest.fixture
def upgrade(tmp_path: Path) -> Upgrade:
    (tmp_path / "kubectl").write_text(CLUSTER)
    (tmp_path / "kubectl").chmod(0o755)
    return Upgrade(tmp_path)


def applied(component: str) -> str:
    return f"apply --selector app.kubernetes.io/component={component}"


def awaited(component: str) -> str:
    return f"rollout status deployment/attain-{component} --timeout 600s"


BEGUN = [applied("settings"), "delete job attain-migrate --ignore-not-found", applied("migrate")]
WORKERS, APIS = [applied("worker"), awaited("worker")], [applied("api"), awaited("api")]


def test_migrations_come_before_workers_and_workers_before_apis(upgrade: Upgrade) -> None:
    assert upgrade.run() == (0, BEGUN + WORKERS + APIS, "")


def test_without_the_secret_nothing_is_started(upgrade: Upgrade) -> None:
    code, steps, error = upgrade.run("secret")
    assert (code, steps) == (1, BEGUN[:1])
    assert "no secret attain" in error


def test_migrations_that_fail_leave_workers_and_apis_as_they_were(upgrade: Upgrade) -> None:
    code, steps, error = upgrade.run("migrate")
    assert (code, steps) == (1, [*BEGUN, "logs job/attain-migrate --tail 20"])
    assert "as they were" in error


@pytest.mark.parametrize(("fails", "begun"), [("worker", BEGUN + WORKERS), ("api", BEGUN + WORKERS + APIS)])
def test_what_does_not_become_ready_goes_back_and_nothing_follows(
    upgrade: Upgrade, fails: str, begun: list[str]
) -> None:
    code, steps, error = upgrade.run(fails)
    back = f"rollout undo deployment/attain-{fails} --to-revision 7"
    assert (code, steps) == (1, [*begun, back, awaited(fails)])
    assert f"every {fails} is as it was" in error


def test_the_first_time_there_is_nothing_to_go_back_to(upgrade: Upgrade) -> None:
    code, steps, error = upgrade.run("first-worker")
    assert (code, steps) == (1, BEGUN + WORKERS)
    assert "not every worker became ready" in error
