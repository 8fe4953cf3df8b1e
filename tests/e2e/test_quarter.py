"""A quarter of reviews, run as `make quarter` runs it, with fewer people: real servers, HTTP only."""

import re
from pathlib import Path

import pytest

from tests.support.played import play

pytestmark = pytest.mark.timeout(300)


def test_a_quarter_is_reviewed_from_goals_to_the_closed_round(tmp_path: Path) -> None:
    """REV-1 to REV-11 by everybody's own account; what does not add up would have failed the run."""
    quick = ("--people", "80")
    first = play("quarter", tmp_path / "data", options=quick)
    assert first.returncode == 0, first.stdout + first.stderr
    told = first.stdout
    for what, times in {
        "leavers": "1",
        "manager changes": "1",
        "delegations": "1",
        "returns to the employee": "2",
        "returns by the 1 over 1": "2",
        "returns by HR": "2",
        "groups locked with an exception": "1",
        "appeals: uphold": "1",
        "appeals: change": "1",
    }.items():
        assert re.search(rf"{what} +{times}\b", told), what
    for quadrant in ("star", "bull", "rabbit", "wild_dog", "dog"):  # REV-9
        assert re.search(rf"{quadrant} \S+ +[1-9]", told), quadrant
    assert "1 indicator restated, the review as it was signed" in told  # REV-7
    assert re.search(r"GET /v1/reviews +\d+ +[1-4]\.0", told), "statements of a list (P12)"

    again = play("quarter", tmp_path / "data", options=quick)
    assert again.returncode == 1
    assert "the quarter was played here already" in again.stderr
