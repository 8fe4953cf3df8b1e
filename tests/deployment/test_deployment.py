"""The composed deployment: hardened, complete with its secrets only, and it loses nothing whatever container dies."""

import json
import time
from pathlib import Path

import pytest

from tests.support.deployment import SERVERS, SERVICES, Deployment, docker
from tests.support.model import check_books, found_rows, standing_rows
from tests.support.steady import SteadyPush, steady_push
from tests.support.story import Company


def check_all_there(deployment: Deployment, company: Company, pushes: SteadyPush) -> str:
    """Every acknowledged row is there once, and the facts are those that the rows come to."""
    company.wait_until_done(seconds=60)
    with deployment.database() as database:
        books = check_books(database, company, pushes.acknowledged)
        rows = [row for _, rows in pushes.acknowledged.values() for row in rows]
        assert found_rows(database, company) == standing_rows(rows)
    return (
        f"{len(rows)} rows in {books.batches} pushes acknowledged, lost {books.lost}, doubled {books.doubled}; "
        f"requests failed {dict(pushes.failed) or 0}, longest time without a 202 {pushes.gap:.1f} s"
    )


@pytest.mark.parametrize("service", [*SERVERS, *SERVICES])
def test_a_container_has_no_more_rights_than_it_needs(deployment: Deployment, service: str) -> None:
    found = deployment.inspect(service)
    host = found["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert not host["Privileged"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0
    assert host["RestartPolicy"]["Name"] == "unless-stopped"
    status = deployment.execute(service, "cat", "/proc/1/status")
    lines = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(lines["CapEff"], 16) == 0
    assert "0" not in lines["Uid"].split()
    writable = {
        line.split()[1]
        for line in deployment.execute(service, "cat", "/proc/mounts").splitlines()
        if line.split()[3].startswith("rw") and not line.split()[1].startswith(("/proc", "/sys", "/dev"))
    }
    allowed = {"postgres": {"/tmp", "/run/postgresql", "/var/run/postgresql", "/var/lib/postgresql/data", "/backups"}}
    assert writable <= allowed.get(service, {"/tmp", "/data"} if service == "redis" else {"/tmp"})
    processes = docker("top", found["Id"], "-o", "pid,user,args")
    print(f"\n{service}: writable {sorted(writable)}\n{processes}")


def test_only_the_api_is_published_and_only_where_it_was_told(deployment: Deployment) -> None:
    for service in (*SERVERS, *SERVICES):
        ports = deployment.inspect(service)["HostConfig"]["PortBindings"] or {}
        published = [f"{one['HostIp']}:{one['HostPort']}" for bound in ports.values() for one in bound]
        assert published == ([f"127.0.0.1:{deployment.port}"] if service == "api" else [])


def test_no_secret_shows_in_what_docker_tells_of_a_container(deployment: Deployment) -> None:
    told = deployment.compose("config").stdout
    for service in (*SERVERS, *SERVICES):
        found = deployment.inspect(service)
        told += json.dumps(found) + deployment.logs(service) + docker("top", found["Id"], "-o", "pid,args")
    told += deployment.logs("migrate")
    secrets = [one.read_text() for one in (deployment.folder / "secrets").glob("attain_*")]
    assert len(secrets) == 5
    assert "attain_secret_key" in told
    assert "database system is ready" in told
    assert not any(secret in told for secret in secrets)


def test_the_database_role_is_no_superuser_and_the_superuser_has_no_password(deployment: Deployment) -> None:
    with deployment.database() as database:
        assert (
            database.value("SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = 'attain'")
            is False
        )
    asked = "SELECT rolpassword IS NULL FROM pg_authid WHERE rolname = 'postgres'"
    assert deployment.execute("postgres", "psql", "-U", "postgres", "-Atc", asked) == "t"


def test_redis_keeps_what_it_is_told_and_refuses_rather_than_forgets(deployment: Deployment) -> None:
    ask = 'REDISCLI_AUTH=$(cat /run/secrets/attain_redis_password) redis-cli config get "$1"'
    told = {
        name: deployment.execute("redis", "sh", "-c", ask, "-", name).split()[1]
        for name in ("appendonly", "maxmemory-policy")
    }
    assert told == {"appendonly": "yes", "maxmemory-policy": "noeviction"}
    assert "NOAUTH" in deployment.execute("redis", "sh", "-c", "redis-cli ping; true")


@pytest.mark.parametrize("missing", ["attain_database_password", "attain_secret_key"])
def test_without_a_secret_nothing_starts_and_the_message_names_it(
    tmp_path: Path, images: dict[str, str], missing: str
) -> None:
    deployment = Deployment(tmp_path)
    try:
        deployment.make_secrets()
        (tmp_path / "secrets" / missing).unlink()
        done = deployment.compose("up", "--detach", check=False)
        assert done.returncode != 0
        said = [line for line in (done.stdout + done.stderr).splitlines() if missing in line]
        print(f"\n{said[0]}")
        assert not any(
            "api" in one for one in docker("ps", "--format", "{{.Names}}").split() if deployment.project in one
        )
    finally:
        deployment.down()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("how", ["killed", "crashed"])
@pytest.mark.parametrize("service", [*SERVERS, "worker", "api"])
def test_a_container_that_dies_during_a_push_costs_no_row(
    deployment: Deployment, company: Company, service: str, how: str
) -> None:
    with (
        company.make_connector([company.make_shop("steady")]) as connector,
        steady_push(connector) as pushes,
    ):
        (container,) = deployment.ids(service)
        if how == "killed":
            docker("kill", container)
            time.sleep(1)
            docker("start", container)
        else:
            deployment.crash(service)
        took = deployment.wait_until_healthy(container)
        time.sleep(1)
    print(f"\n{service} {how}: healthy after {took:.1f} s; {check_all_there(deployment, company, pushes)}")


@pytest.mark.parametrize("service", SERVICES)
def test_a_stopped_service_ends_by_itself_within_its_grace(deployment: Deployment, service: str) -> None:
    (container,) = deployment.ids(service)
    started = time.monotonic()
    docker("stop", container)
    took = time.monotonic() - started
    state = json.loads(docker("inspect", container))[0]["State"]
    docker("start", container)
    deployment.wait_until_healthy(container)
    print(f"\n{service}: exit code {state['ExitCode']} after {took:.1f} s")
    assert state["ExitCode"] == 0
    assert not state["OOMKilled"]
    assert took < 20
