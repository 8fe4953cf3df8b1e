"""The whole cascade of a `brand_team` company, run as `make cascade` runs it: real servers, HTTP only."""

import re
from pathlib import Path

import pytest

from deploy.local.cascade import plan
from tests.support.played import play

pytestmark = pytest.mark.timeout(300)


def test_a_company_s_plan_is_split_agreed_scored_and_explained(tmp_path: Path) -> None:
    """GOAL-1 to GOAL-14 on the synthetic shop; what does not add up would have failed the run."""
    first = play("cascade", tmp_path / "data")
    assert first.returncode == 0, first.stdout + first.stderr
    for template in plan.TEMPLATES:  # GOAL-9, GOAL-13
        outcome = rf"{template.person} .* 1 new, 0 there +1 new, 0 there +0 new, 1 there"
        assert re.search(outcome, first.stdout), template.origin
    assert "22 goals confirmed" in first.stdout
    assert "submit (陈默) → adjust (王凯) → confirm (陈默)" in first.stdout  # GOAL-3
    assert re.search(rf"{plan.TEAM_GMV} +70.00 .* 589,319.27 +640,000.00 +0.9208 +otherwise +3.5 +missed", first.stdout)
    assert "王凯 294,659.64, 陈默 145,501.32, 方圆 149,158.31 make the whole 589,319.27" in first.stdout  # GOAL-12
    # a shop held in part leaves the ratios beside it their data
    assert re.search(r"退款率 +0.0536 +0.0500 +0.9274 +otherwise +3.5 +missed", first.stdout)  # MET-5a
    assert re.search(r"客单价 +178.31 +185.00 +0.9638 +otherwise +3.5 +missed", first.stdout)
    assert re.search(r"团队流失率 +0.1820 +0.1500 +0.7867 .* missed", first.stdout)  # GOAL-4
    assert re.search(rf"{plan.TEAM_GMV} +gmv +640,000.00 +3 +652,800.00 +12,800.00 +1.020000", first.stdout)  # GOAL-11
    # GOAL-8
    assert "explained: 91 rows of 13 batches, 91 of 91 days, sum 589,319.27" in first.stdout
    assert re.search(r"actual +548,603.25 +46,527.12 +-5,811.10 +40,716.02 +589,319.27", first.stdout)
    assert re.search(r"all +500,808.64 +589,319.27 +88,510.63 +62,020.91 +31,403.33 +-4,913.61 +0.00", first.stdout)
    assert "what if it were 672,000.00: 3.75 by all>=1.05, not 3.5" in first.stdout

    again = play("cascade", tmp_path / "data")
    assert again.returncode == 1
    assert "the cascade was played here already" in again.stderr


def test_a_figure_that_does_not_add_up_fails_the_cascade(tmp_path: Path) -> None:
    # the files are taken to say a cent more than was pushed
    spoil = (
        "import sys\n"
        "from decimal import Decimal\n"
        "from deploy.local import __main__\n"
        "from deploy.local.cascade.figures import Files\n"
        "right = Files.credited\n"
        "Files.credited = lambda files, name: right(files, name) + Decimal('0.01')\n"
        "sys.exit(__main__.main())\n"
    )
    done = play("cascade", tmp_path / "data", "-c", spoil)
    assert done.returncode == 1
    assert re.search(r"✗ the GMV credited to 王凯 is [\d.]+, and must be [\d.]+", done.stderr), done.stderr
    assert "Traceback" not in done.stderr
