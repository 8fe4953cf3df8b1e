"""The kit against the real thing: killed in the middle, gone on with, and nothing lost or doubled (ING-2, ING-7)."""

import json
import os
import random
import subprocess
import sys
import time
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from attain_shared.client import Connection, Credentials, Defaults, Refused, push
from attain_shared.client.cli import DONE, FAILED, main
from tests.support.stack import Stack
from tests.support.story import Company, Json, verdict_totals

BATCHES, ROWS_A_BATCH, KILLS = 40, 500, 4
FIRST_DAY = date(2025, 1, 1)
DEFAULTS = Defaults(source="kit", grain="day", observed_at="2026-01-02T09:00:00+08:00")


@pytest.fixture
def connector(company: Company) -> Json:
    """A connector that has to sign what it pushes."""
    shop_id = company.make_shop("kit")
    body = {"name": "kit", "shop_ids": [shop_id], "scopes": ["write"], "require_signature": True}
    return company.admin.create("/v1/connectors", body) | {"shop_id": shop_id}


def rows(count: int) -> list[dict[str, Any]]:
    """Each of its own key."""
    return [
        {
            "shop": "tmall:kit",
            "metric": "gmv",
            "dimension": f"item:{number // 300}",
            "bucket": (FIRST_DAY + timedelta(days=number % 300)).isoformat(),
            "value": f"{number}.10",
        }
        for number in range(count)
    ]


def start(stack: Stack, connector: Json, file: Path, checkpoint: Path) -> subprocess.Popen[str]:
    """The command, as a connector's cron runs it."""
    command = [sys.executable, "-m", "attain_shared.client.cli", "push", str(file), "--checkpoint", str(checkpoint)]
    options = ["--grain", "day", "--observed-at", str(DEFAULTS.observed_at), "--batch-rows", str(ROWS_A_BATCH)]
    env = os.environ | {
        "ATTAIN_URL": stack.base_url,
        "ATTAIN_API_KEY": connector["api_key"],
        "ATTAIN_SIGNING_SECRET": connector["signing_secret"],
    }
    return subprocess.Popen(
        [*command, *options, "--concurrency", "3", "--wait", "60"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def acknowledged(checkpoint: Path) -> int:
    return checkpoint.read_bytes().count(b"\n") - 1 if checkpoint.exists() else 0


def test_a_run_that_is_killed_goes_on_and_nothing_is_lost_or_doubled(
    stack: Stack, company: Company, connector: Json, tmp_path: Path
) -> None:
    seed = random.SystemRandom().randrange(10**9)
    chance = random.Random(seed)
    file, checkpoint = tmp_path / "rows.jsonl", tmp_path / "push.json"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows(BATCHES * ROWS_A_BATCH)))
    killed_at = []
    for kill in range(1, KILLS + 1):
        running = start(stack, connector, file, checkpoint)
        while acknowledged(checkpoint) < kill * BATCHES // (KILLS + 1):
            assert running.poll() is None, running.communicate()
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.02))
        if kill == KILLS:
            stack.api.kill()  # meanwhile there is nobody to push to
        running.kill()
        running.communicate()
        killed_at.append(acknowledged(checkpoint))
    last = start(stack, connector, file, checkpoint)
    time.sleep(0.5)
    stack.start_api()
    out, err = last.communicate(timeout=90)
    assert last.returncode == 0, (out, err)
    assert "again in" in err
    assert f"accepted {BATCHES * ROWS_A_BATCH:,}, unchanged 0" in out
    assert not checkpoint.exists()
    batches = company.batches()
    verdicts = verdict_totals(batches)
    assert (len(batches), verdicts["accepted"], verdicts.total()) == (
        BATCHES,
        BATCHES * ROWS_A_BATCH,
        verdicts["accepted"],
    )
    with stack.database() as database:
        query = "SELECT count(*) FROM {} WHERE company_id = $1"
        assert database.value(query.format("batch_keys"), company.id) == BATCHES
        assert database.value(query.format("observations"), company.id) == BATCHES * ROWS_A_BATCH
        total = database.value("SELECT sum(value) FROM observations WHERE company_id = $1", company.id)
    assert total == sum(Decimal(row["value"]) for row in rows(BATCHES * ROWS_A_BATCH))
    print(f"\nseed {seed}; killed when {killed_at} of {BATCHES} batches were acknowledged")


def test_the_verdicts_and_the_rejected_rows_are_told_by_the_rows_of_the_input(stack: Stack, connector: Json) -> None:
    given = rows(25)
    given[13]["metric"] = "gnv"
    with connect(stack, connector) as connection:
        outcome = push(connection, given, DEFAULTS, max_rows=10, wait_seconds=60)
        assert (outcome.verdicts["accepted"], outcome.verdicts["rejected"], outcome.is_clean) == (24, 1, False)
        assert [(fault.row, fault.pointer, fault.code) for fault in outcome.rejected] == [
            (13, "/metric", "unknown-metric")
        ]


def test_a_bad_row_is_told_by_its_place_in_the_input_and_the_run_goes_on_once_it_is_mended(
    stack: Stack, company: Company, connector: Json, tmp_path: Path
) -> None:
    given = rows(25)
    given[13]["value"] = "a lot"
    with connect(stack, connector) as connection:
        with pytest.raises(Refused) as caught:
            push(connection, given, DEFAULTS, max_rows=10, checkpoint=tmp_path / "push.json")
        assert [(fault.row, fault.pointer, fault.code) for fault in caught.value.faults] == [
            (13, "/value", "invalid-number")
        ]
        outcome = push(connection, rows(25), DEFAULTS, max_rows=10, checkpoint=tmp_path / "push.json", wait_seconds=60)
    assert (outcome.progress.skipped_batches, outcome.verdicts["accepted"]) == (1, 25)
    assert len(company.batches()) == 3


def test_without_the_secret_nothing_is_pushed(stack: Stack, company: Company, connector: Json) -> None:
    with connect(stack, connector | {"signing_secret": None}) as connection:
        with pytest.raises(Refused) as caught:
            push(connection, rows(1), DEFAULTS)
        assert (caught.value.status, caught.value.code) == (401, "invalid-signature")
    assert company.batches() == []


def test_a_report_is_imported_once_it_has_no_bad_cell(
    stack: Stack,
    company: Company,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`attain import` (ING-6), with an administrator's token."""
    company.make_shop("kit")
    monkeypatch.setenv("ATTAIN_URL", stack.base_url)
    monkeypatch.setenv("ATTAIN_TOKEN", company.admin.http.headers["Authorization"].removeprefix("Bearer "))
    file = tmp_path / "店铺报表.csv"
    report = '店铺报表\n\n说明\n统计日期,支付金额,没听说过\n2026-07-01,"1,234.50",1\n2026-07-02,{},2\n'
    file.write_text(report.format("垃圾"), encoding="utf-8-sig")
    command = ["import", str(file), "--shop", "tmall:kit"]
    assert main(command) == FAILED
    assert "/file/rows/6/B" in capsys.readouterr().err
    assert company.batches() == []
    file.write_text(report.format("99"), encoding="utf-8-sig")
    assert main([*command, "--dry-run"]) == DONE
    assert "nothing was stored" in capsys.readouterr().out
    assert company.batches() == []
    assert main(command) == DONE
    out = capsys.readouterr().out
    assert "2 figures out of 2 rows, 2026-07-01 to 2026-07-02" in out
    assert "column C 没听说过: not known, left out" in out
    company.wait_until_done()
    assert verdict_totals(company.batches())["accepted"] == 2


def connect(stack: Stack, connector: Json) -> Connection:
    return Connection(
        Credentials(url=stack.base_url, api_key=connector["api_key"], signing_secret=connector["signing_secret"])
    )
