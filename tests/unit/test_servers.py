"""Which servers the tests run on."""

import pytest

from tests.support.killable import Source, choose_source


@pytest.mark.parametrize(
    ("wanted", "engine", "chosen"),
    [
        ("", True, Source.DOCKER),
        ("", False, Source.EMBEDDED),
        ("docker", True, Source.DOCKER),
        ("embedded", True, Source.EMBEDDED),
        ("embedded", False, Source.EMBEDDED),
    ],
)
def test_docker_comes_first_unless_told_otherwise(wanted: str, engine: bool, chosen: Source) -> None:
    assert choose_source(wanted, engine=engine) is chosen


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [("docker", "no Docker engine answers"), ("podman", "not one of: docker, embedded")],
)
def test_what_cannot_be_had_is_an_error_and_not_replaced(wanted: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        choose_source(wanted, engine=False)
