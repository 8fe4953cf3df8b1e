"""The main job on the sample files, run as `make demo` runs it: real servers, real processes, HTTP only."""

import re
from pathlib import Path

import pytest

from deploy.local import story
from tests.support.played import play

pytestmark = pytest.mark.timeout(300)

VERDICT_ROW = re.compile(
    r"^ +(?P<batches>[\d,]+) +(?P<received>[\d,]+) +(?P<verdicts>(?:[\d,]+ +){6})(?P<sum>[\d,]+) *$", re.MULTILINE
)
TIMES = re.compile(r"p50 (?P<p50>\d+) ms, p99 (?P<p99>\d+) ms \(n = (?P<n>\d+)\)")


def test_the_demo_does_the_whole_main_job_and_finds_its_data_again(tmp_path: Path) -> None:
    first = play("demo", tmp_path / "data")
    assert first.returncode == 0, first.stdout + first.stderr
    assert "equal to the files" in first.stdout
    assert re.search(r"day rows only +1,192 … 88,981 .* undecided", first.stdout)
    assert re.search(r"with quarter rows +39,747 .* met", first.stdout)
    assert "restated: 175 unchanged, 14 superseded" in first.stdout
    assert "189 stale" in first.stdout
    assert_verdicts_add_up(first.stdout)
    times = TIMES.search(first.stdout)
    assert times is not None
    assert int(times["n"]) == 90
    assert int(times["p50"]) < 1000
    assert_scorecards(first.stdout)

    again = play("demo", tmp_path / "data")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "nothing was pushed" in again.stdout
    assert_scorecards(again.stdout)


def test_a_figure_that_differs_from_the_files_fails_the_demo(tmp_path: Path) -> None:
    # the demo reads back another file than the one it pushed
    spoil = (
        "import sys\n"
        "from decimal import Decimal\n"
        "from deploy.local import __main__, demo\n"
        "right = demo.latest\n"
        "demo.latest = lambda *pushes: [row.worth(row.value + Decimal('0.01')) for row in right(*pushes)]\n"
        "sys.exit(__main__.main())\n"
    )
    done = play("demo", tmp_path / "data", "-c", spoil)
    assert done.returncode == 1
    assert re.search(r"✗ .* pushed [\d.]+, read back [\d.]+", done.stderr), done.stderr
    assert "Traceback" not in done.stderr


def assert_verdicts_add_up(output: str) -> None:
    row = VERDICT_ROW.search(output)
    assert row is not None, output
    verdicts = [number(text) for text in row["verdicts"].split()]
    assert number(row["received"]) == number(row["sum"]) == sum(verdicts) > 20_000
    assert number(row["batches"]) > 365


def assert_scorecards(output: str) -> None:
    owners = {"公司 company" if goal.owner == story.COMPANY else goal.owner for goal in story.GOALS}
    for owner in owners:
        assert re.search(rf"^{owner} · 2025 Q1 · performance \d\.\d\d", output, re.MULTILINE), owner
    for goal in story.GOALS:
        assert goal.title in output
    assert re.search(r"any<=0\.80 +3\.25 +missed", output)
    assert re.search(r"all>=1\.05 +3\.75 +met", output)


def number(text: str) -> int:
    return int(text.replace(",", ""))
