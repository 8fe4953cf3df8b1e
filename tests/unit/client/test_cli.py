"""The command `attain`: files in, progress on standard error, the outcome on standard output."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from attain_shared.client.cli import DONE, FAILED, NOT_ALL_TAKEN_IN, main
from attain_shared.client.connection import Connection
from attain_shared.client.console import LINE_SECONDS, ProgressLine
from attain_shared.client.pushing import Progress
from attain_shared.client.retries import Trouble
from tests.support.inbox import Answer, Inbox, problem, serving

DEFAULTS = ("--grain", "day", "--observed-at", "2026-07-02T09:00:00+08:00")
ROWS = [
    {"shop": "tmall:旗舰店", "metric": "gmv", "bucket": "2026-07-01", "value": "12345678901234.123456"},
    {"shop": "tmall:旗舰店", "metric": "uv", "bucket": "2026-07-01", "value": "7"},
]
CSV = "shop,metric,bucket,dimension,value\n" + "".join(
    f"{row['shop']},{row['metric']},{row['bucket']},,{row['value']}\n" for row in ROWS
)


BATCH: dict[str, Any] = {
    "id": "01a2007e-9da3-7206-b206-c4a79ecdb918",
    "state": "stored",
    "source": None,
    "lane": "live",
    "connector_id": None,
    "received": 2,
    "attempts": 0,
    "stored_at": "2026-07-01T00:00:00Z",
    "processed_at": None,
    "error": None,
    "verdicts": None,
    "allowed_actions": [],
}


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTAIN_API_KEY", "att_very_secret")
    monkeypatch.delenv("ATTAIN_SIGNING_SECRET", raising=False)


def run(inbox: Inbox, *arguments: str) -> int:
    return main([*arguments, "--url", inbox.url])


def json_lines(*rows: Any) -> str:
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.jsonl", json_lines(*ROWS)),
        ("rows.jsonl", "\ufeff\n" + json_lines(*ROWS) + "\n"),
        ("rows.txt", json_lines(*ROWS).replace('"12345678901234.123456"', "12345678901234.123456")),
        ("rows.csv", CSV),
        ("rows.CSV", "\ufeff" + CSV.replace("\n", "\r\n")),
    ],
)
@pytest.mark.usefixtures("key")
def test_a_file_is_pushed_digit_by_digit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str
) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8", newline="")
    with serving() as inbox:
        assert run(inbox, "push", str(file), *DEFAULTS, "--source", "kit", "--lane", "backfill") == DONE
        content = json.loads(inbox.seen[0].content)
        assert content["observations"] == ROWS
        assert (content["source"], content["lane"], content["grain"]) == ("kit", "backfill", "day")
        assert inbox.seen[0].headers["authorization"] == "Bearer att_very_secret"
    out, err = capsys.readouterr()
    assert out.startswith("2 rows in 1 batches stored")
    assert "very_secret" not in out + err


@pytest.mark.usefixtures("key")
def test_standard_input_is_a_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as inbox:
        for text, form in ((json_lines(*ROWS), ()), (CSV, ("--format", "csv"))):
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
            assert run(inbox, "push", "-", *form, *DEFAULTS) == DONE
        assert [json.loads(one.content)["observations"] for one in inbox.seen] == [ROWS, ROWS]


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.jsonl", json_lines(ROWS[0]) + "{", "line 2: "),
        ("a.jsonl", "[1]\n", "line 1: not a JSON object"),
        ("a.jsonl", '{"value": NaN}\n', "line 1: NaN is no value"),
        ("a.csv", "shop,metrik\n", "line 1: no such field: 'metrik'"),
        ("a.csv", CSV + "too,few\n", "line 4: 5 cells are due"),
        ("a.csv", CSV + "a,b,c,d,e,f\n", "line 4: 5 cells are due"),
        ("a.csv", CSV + '"open', "unexpected end of data"),
    ],
)
@pytest.mark.usefixtures("key")
def test_a_line_that_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str, why: str
) -> None:
    file = tmp_path / name
    file.write_text(text)
    with serving() as inbox:
        assert run(inbox, "push", str(file), *DEFAULTS) == FAILED
        assert not inbox.seen
    assert why in capsys.readouterr().err


@pytest.mark.usefixtures("key")
def test_a_refusal_names_the_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json_lines(*ROWS))
    errors = [{"pointer": "/observations/1/value", "code": "invalid-number", "detail": "must be a number"}] * 30
    with serving(problem(422, "invalid", errors=errors, request_id="r-1")) as inbox:
        assert run(inbox, "push", str(file), *DEFAULTS) == FAILED
    err = capsys.readouterr().err
    assert "row 2/value: must be a number (invalid-number)" in err
    assert "and 10 more" in err
    assert "request r-1" in err


@pytest.mark.usefixtures("key")
def test_the_verdicts_are_told_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json_lines(*ROWS))
    counts = {"accepted": 1, "unchanged": 0, "superseded": 0, "stale": 0, "conflict": 0, "rejected": 1}
    rejected = {
        "index": 1,
        "verdict": "rejected",
        "pointer": "/observations/1/metric",
        "code": "unknown-metric",
        "detail": "no metric uv",
        "observation": {},
    }
    page = {"items": [rejected], "next_cursor": None}
    receipt = {"id": BATCH["id"], "state": "stored", "received": 2, "stored_at": BATCH["stored_at"]}
    done = BATCH | {"state": "done", "verdicts": counts}
    answers = [Answer(202, {}, as_json(receipt))] + [Answer(200, {}, as_json(one)) for one in (BATCH, done, page)]
    with serving(*answers) as inbox:
        assert run(inbox, "push", str(file), *DEFAULTS, "--wait", "30") == NOT_ALL_TAKEN_IN
    out = capsys.readouterr().out
    assert "accepted 1, unchanged 0, superseded 0, stale 0, conflict 0, rejected 1" in out
    assert "rejected: row 2/metric: no metric uv (unknown-metric)" in out


@pytest.mark.usefixtures("key")
def test_while_it_waits_for_the_verdicts_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attain_shared.client.console.LINE_SECONDS", 0)
    file = tmp_path / "rows.jsonl"
    file.write_text(json_lines(*ROWS))
    receipt = {"id": BATCH["id"], "state": "stored", "received": 2, "stored_at": BATCH["stored_at"]}
    counts = {"accepted": 2, "unchanged": 0, "superseded": 0, "stale": 0, "conflict": 0, "rejected": 0}
    states = [BATCH, BATCH, BATCH | {"state": "done", "verdicts": counts}]
    answers = [Answer(202, {}, as_json(receipt))] + [Answer(200, {}, as_json(one)) for one in states]
    with serving(*answers) as inbox:
        assert run(inbox, "push", str(file), *DEFAULTS, "--wait", "30") == DONE
    out, err = capsys.readouterr()
    assert err.count("1 batches are still to be taken in") == 2
    assert "to be taken in" not in out


def as_json(content: object) -> bytes:
    return json.dumps(content).encode()


def test_without_a_key_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ATTAIN_API_KEY", raising=False)
    assert main(["push", "-", "--url", "http://127.0.0.1:1"]) == FAILED
    assert "ATTAIN_API_KEY" in capsys.readouterr().err


@pytest.mark.usefixtures("key")
def test_a_file_that_is_not_there_is_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["push", "nowhere.jsonl", "--url", "http://127.0.0.1:1"]) == FAILED
    assert "nowhere.jsonl" in capsys.readouterr().err


REPORT = {
    "rows": 31,
    "observations": 60,
    "blanks": 2,
    "grains": {"day": 60},
    "first_day": "2026-07-01",
    "last_day": "2026-07-31",
    "columns": [{"column": "C", "header": "支付金额", "metrics": ["gmv"]}],
    "unknown_columns": [{"column": "D", "header": "新列"}],
    "repeated_columns": [{"column": "E", "header": "支付金额", "kept": "C"}],
    "bad_cells": [{"row": 9, "column": "C", "header": "支付金额", "text": "12x", "code": "bad", "detail": "no number"}]
    * 30,
    "bad_cell_count": 1030,
}
SHOP_ID, IMPORT_ID = "01a2007e-9da3-7206-b206-c4a79ecdb918", "01a2007e-9da3-7206-b206-c4a79ecdb919"
PREVIEW = {"shop_id": SHOP_ID, "kind": "shop", "file_name": "a.xlsx", "rows": 31, "report": REPORT}
IMPORTED = PREVIEW | {
    "id": IMPORT_ID,
    "state": "stored",
    "verdicts": None,
    "batch_ids": [SHOP_ID],
    "created_by": SHOP_ID,
    "created_at": "2026-08-01T00:00:00Z",
}


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATTAIN_TOKEN", "an.access.token")


@pytest.mark.usefixtures("token")
def test_a_report_is_sent_as_a_form_and_what_came_of_it_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "店铺报表.xlsx"
    file.write_bytes(b"PK\x03\x04 not looked into here")
    with serving(Answer(503), Answer(201, {}, as_json(IMPORTED))) as inbox:
        assert run(inbox, "import", str(file), "--shop", "tmall:a", "--on-error", "skip") == NOT_ALL_TAKEN_IN
        first, again = inbox.seen
        assert (first.path, first.raw, first.key) == ("/v1/metric-imports", again.raw, again.key)
        assert first.headers["authorization"] == "Bearer an.access.token"
        form = first.raw.decode()
        assert 'name="shop"\r\n\r\ntmall:a' in form
        assert 'name="on_error"\r\n\r\nskip' in form
        assert "PK\x03\x04 not looked into here" in form
        assert "dry_run" not in form
    out = capsys.readouterr().out
    assert f"import {IMPORT_ID}: stored, 1 batches" in out
    assert "60 figures out of 31 rows, 2026-07-01 to 2026-07-31; 2 cells without a value" in out
    assert "column C 支付金额: gmv" in out
    assert "column D 新列: not known, left out" in out
    assert "column E 支付金额: as C, left out" in out
    assert "row 9, column C 支付金额: '12x': no number" in out
    assert "and 1,010 more" in out


@pytest.mark.usefixtures("token")
def test_a_dry_run_says_so_and_a_refused_file_names_its_cells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.csv"
    file.write_text("x")
    fault = {"pointer": "/file/rows/9/C", "code": "bad", "detail": "支付金额: 12x is no number"}
    with serving(Answer(200, {}, as_json(PREVIEW)), problem(422, "invalid", errors=[fault])) as inbox:
        assert run(inbox, "import", str(file), "--shop", "tmall:a", "--dry-run") == NOT_ALL_TAKEN_IN
        assert 'name="dry_run"\r\n\r\ntrue' in inbox.seen[0].raw.decode()
        assert run(inbox, "import", str(file), "--shop", "tmall:a") == FAILED
    out, err = capsys.readouterr()
    assert "nothing was stored" in out
    assert "/file/rows/9/C: 支付金额: 12x is no number (bad)" in err


@pytest.mark.usefixtures("token")
def test_a_report_speaks_for_the_time_its_file_was_written_at(tmp_path: Path) -> None:
    """MET-7: an old report that is imported late must not replace what was corrected meanwhile."""
    file = tmp_path / "report.csv"
    file.write_text("x")
    os.utime(file, (1782900000, 1782900000))
    clean = json.loads(as_json(IMPORTED))
    clean["report"] |= {"bad_cells": [], "bad_cell_count": 0}
    with serving(Answer(201, {}, json.dumps(clean).encode()), Answer(201, {}, json.dumps(clean).encode())) as inbox:
        assert run(inbox, "import", str(file), "--shop", "tmall:a") == DONE
        assert run(inbox, "import", str(file), "--shop", "tmall:a", "--observed-at", "2026-07-02T09:00+08:00") == DONE
        first, second = (one.raw.decode() for one in inbox.seen)
    assert 'name="observed_at"\r\n\r\n2026-07-01T10:00:00+00:00' in first
    assert 'name="observed_at"\r\n\r\n2026-07-02T09:00+08:00' in second


@pytest.mark.usefixtures("token")
def test_the_same_file_is_imported_under_the_same_key(tmp_path: Path) -> None:
    file, other = tmp_path / "report.csv", tmp_path / "other.csv"
    file.write_text("x")
    other.write_text("y")
    arguments = (
        (str(file), "--shop", "tmall:a"),
        (str(file), "--shop", "tmall:a"),
        (str(file), "--shop", "tmall:b"),
        (str(other), "--shop", "tmall:a"),
    )
    with serving(*(Answer(201, {}, as_json(IMPORTED)) for _ in arguments)) as inbox:
        for one in arguments:
            run(inbox, "import", *one)
        keys = [seen.key for seen in inbox.seen]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_line_is_rewritten_and_elsewhere_a_line_comes_now_and_then() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for out in (terminal, pipe):
        line = ProgressLine(out)
        for batches in (1, 2, 3):
            line.show(Progress(batches * 10_000, batches, 5, 1, 2.0))
        line.tell(Trouble("answered 503", 1.25))
        line.clear()
    assert terminal.getvalue() == (
        "\r\x1b[K10,000 rows in 1 batches stored, 5,000 rows/s; 5 rows were stored before"
        "\r\x1b[Kanswered 503; again in 1.2 s\n\r\x1b[K"
    )
    assert pipe.getvalue() == "answered 503; again in 1.2 s\n"
    line = ProgressLine(pipe)
    line._shown_at -= LINE_SECONDS
    line.show(Progress(10_000, 1, 0, 0, 2.0))
    assert pipe.getvalue().endswith("\n10,000 rows in 1 batches stored, 5,000 rows/s\n")


@pytest.mark.usefixtures("key")
def test_an_interruption_is_no_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Connection, "__enter__", interrupted)
    assert main(["push", "-", "--url", "http://127.0.0.1:1"]) == 130
    assert "interrupted" in capsys.readouterr().err
