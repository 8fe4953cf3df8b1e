"""The images of this checkout, and a deployment of them. Needs a Docker engine: `make test-deployment`."""

from collections.abc import Iterator

import pytest

from tests.support.deployment import VERSION, Deployment, deployed, run
from tests.support.story import Company, make_company


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


@pytest.fixture
def company(deployment: Deployment) -> Iterator[Company]:
    """A company from nothing."""
    made = make_company(deployment.base_url)
    with made.admin:
        yield made
