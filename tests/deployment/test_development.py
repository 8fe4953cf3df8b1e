"""compose.dev.yaml: the services run the sources beside it."""

import shutil
from pathlib import Path

import httpx

from deploy.local.ports import HOST, free_port
from tests.support.deployment import Deployment, deployed
from tests.support.stack import CHECKOUT, wait_until


def test_an_edit_is_taken_in_by_a_restart(images: dict[str, str], tmp_path: Path) -> None:
    for name in ("shared", "services", "migrations"):
        shutil.copytree(CHECKOUT / name, tmp_path / name)
    settings = {"ATTAIN_POSTGRES_PORT": str(free_port()), "ATTAIN_REDIS_PORT": str(free_port())}
    deployment = Deployment(tmp_path / "deploy", ("compose.yaml", "compose.dev.yaml"), settings)
    deployment.make_secrets()
    with deployed(deployment):
        assert httpx.get(f"{deployment.base_url}/livez").json() == {"status": "ok"}
        router = tmp_path / "services" / "api" / "attain_api" / "health" / "router.py"
        router.write_text(router.read_text().replace('Alive(status="ok")', 'Alive(status="edited")'))
        deployment.compose("restart", "api", "worker")
        wait_until(deployment.is_ready)
        assert httpx.get(f"{deployment.base_url}/livez").json() == {"status": "edited"}
        published = {
            service: deployment.inspect(service)["HostConfig"]["PortBindings"][f"{port}/tcp"][0]["HostIp"]
            for service, port in (("postgres", 5432), ("redis", 6379), ("api", 8000))
        }
        assert set(published.values()) == {HOST}
