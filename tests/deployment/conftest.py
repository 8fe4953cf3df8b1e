"""The images of this checkout, and a deployment of them. Needs a Docker engine: `make test-deployment`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deployment import VERSION, Deployment, deployed, run
from tests.support.story import Company, make_company

PROXY_IMAGE = "haproxy:3.0"


@pytest.fixture(scope="session")
def images() -> dict[str, str]:
    """Built as `make images` does; the name of each service's."""
    run("make", "images", f"ATTAIN_VERSION={VERSION}")
    return {service: f"attain-{service}:{VERSION}" for service in ("api", "worker")}


@pytest.fixture(scope="session")
def deployment(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """One for all tests of a session: they leave it healthy."""
    with deployed(Deployment(tmp_path_factory.mktemp("deployment"))) as running:
        yield running


@pytest.fixture(scope="session")
def proxy_image() -> None:
    """The proxy; where no registry answers, Debian's under the same name."""
    for ways in (("image", "inspect", PROXY_IMAGE), ("pull", PROXY_IMAGE)):
        if run("docker", *ways, check=False).returncode == 0:
            return
    folder = Path(__file__).parent / "haproxy"
    run("docker", "build", "--quiet", "--network", "host", "--tag", PROXY_IMAGE, str(folder))


@pytest.fixture
def company(deployment: Deployment) -> Iterator[Company]:
    """A company from nothing."""
    made = make_company(deployment.base_url)
    with made.admin:
        yield made
