"""A load: open-loop, with its books and its memory; its arithmetic, and that it keeps to this machine."""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from deploy.local.load.account import Account
from deploy.local.load.books import Books, Figure
from deploy.local.load.company import Login
from deploy.local.load.memory import Growth, Sample, growth, held_mib
from deploy.local.load.mix import PUSH, Push
from deploy.local.load.player import Played, Rates, Try
from deploy.local.load.report import Outage, Report, Times, outage_of
from deploy.local.load.run import Options, Target, check_loopback
from deploy.local.process import StartError
from tests.support.played import play

GOOD = Books(2, 100, 2, 100, missing=0, doubled=0, drained=0.1, lags=[0.1])


def test_a_short_load_loses_nothing_and_reports(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    done = play("load", tmp_path / "data", options=["--seconds", "5", "--timeline", "--json", str(file)])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "missing 0, doubled 0" in done.stdout
    report = json.loads(file.read_text())
    assert report["ok"] is True
    assert (report["planned"], report["unexpected"]) == (250, {})
    assert (report["error_rate"], report["growing"]) == (0, [])
    pushes = report["pushes"]
    assert (pushes["acknowledged_batches"], pushes["acknowledged_rows"]) == (50, 2_500)
    assert (pushes["found_batches"], pushes["judged_rows"]) == (50, 2_500)
    assert (pushes["missing"], pushes["doubled"], pushes["given_up"]) == (0, 0, {})
    assert pushes["figure"]["shown"] == pushes["figure"]["pushed"] != "0"
    routes = {one["route"]: one for one in report["routes"]}
    assert sum(one["ok"] for name, one in routes.items() if name.startswith("GET")) == 200
    assert routes["POST /v1/metric-batches"]["ok"] == 50
    assert all(0 < one["p50_ms"] <= one["p99_ms"] <= one["max_ms"] for one in routes.values())
    assert report["freshness"]["stored_to_done"]["count"] == 50
    assert report["freshness"]["acknowledged_to_shown"]["count"] == 5
    assert {"api", "worker"} < set(report["memory"])
    assert all(one["first"] > 0 and one["flat"] is None for one in report["memory"].values())


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "https://localhost:8443", "http://[::1]:8000"])
def test_a_load_is_played_against_this_machine(url: str) -> None:
    check_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://attain.example.com",
        "http://10.0.0.1:8000",
        "http://127.0.0.1@attain.example.com",
        "http://127.0.0.1.example.com",
        "ftp://127.0.0.1",
        "127.0.0.1:8000",
        "",
    ],
)
def test_a_load_is_refused_against_any_other(url: str) -> None:
    with pytest.raises(StartError, match="not on this machine"):
        Target(url, "admin@example.com", "password")


@pytest.mark.parametrize("rates", [Rates(seconds=0), Rates(rows=0), Rates(pushes=-1), Rates(pushes=0, reads=0)])
def test_a_load_that_makes_no_sense_is_refused(rates: Rates) -> None:
    with pytest.raises(StartError):
        Options(rates)


def test_times_are_quantiles_by_nearest_rank() -> None:
    assert Times.of(number / 1000 for number in range(1, 101)) == Times(100, 0.05, 0.099, 0.1)
    assert Times.of([0.25]) == Times(1, 0.25, 0.25, 0.25)
    assert Times.of([]) == Times(0, 0, 0, 0)


def test_growth_is_the_slope_of_the_second_half() -> None:
    warming = [Sample(second, 50.0 + second) for second in range(0, 60, 5)]
    rising = [Sample(second, 110.0 + (second - 60) / 5) for second in range(60, 121, 5)]
    found = growth(warming + rising)
    assert (found.first, found.most) == (50.0, 122.0)
    assert found.slope == pytest.approx(12.0)
    assert found.is_flat is False
    assert growth([Sample(second, 80.0) for second in range(0, 60, 5)]).is_flat is True


@pytest.mark.parametrize(
    ("slope", "last", "seconds", "flat"),
    [(19.0, 100.0, 30.0, True), (21.0, 100.0, 30.0, False), (21.0, 500.0, 30.0, True), (1.0, 100.0, 1800.0, False)],
)
def test_what_is_flat_adds_little_however_long_it_is_watched(
    slope: float, last: float, seconds: float, flat: bool
) -> None:
    assert Growth(50.0, last, last, slope, seconds).is_flat is flat


def test_growth_of_a_short_load_is_not_judged() -> None:
    assert growth([Sample(second, 50.0 + second) for second in range(10)]).is_flat is None
    assert growth([Sample(0, 50.0), Sample(60, 60.0)]).slope is None


def test_a_process_that_has_ended_holds_nothing() -> None:
    assert held_mib(2**22 + 1) is None


def test_an_outage_lasts_from_the_first_failure_to_the_last_ones_end() -> None:
    tries = [
        Try("GET /v1/me", 1.0, 1.1, "200", ok=True),
        Try("GET /v1/me", 2.0, 2.5, "ConnectError", ok=False),
        Try(PUSH, 3.0, 3.1, "429", ok=False),
        Try("GET /v1/me", 3.5, 5.0, "503", ok=False),
        Try("GET /v1/me", 6.0, 6.1, "200", ok=True),
    ]
    assert outage_of(tries) == Outage(2, 2.0, 3.5, 3.0)
    assert outage_of(tries[:1]) is None
    assert [line["second"] for line in report_of(tries).timeline()] == [2, 3]
    assert report_of(tries).error_rate == 2 / 5


def test_refusals_do_not_make_a_server_look_fast() -> None:
    slow, quick = Try("GET /v1/me", 0.0, 0.4, "200", ok=True), Try("GET /v1/me", 0.0, 0.001, "503", ok=False)
    (figures,) = report_of([slow, *[quick] * 99]).routes
    assert (figures.sent, figures.ok, figures.times) == (100, 1, Times(1, 0.4, 0.4, 0.4))


def test_a_figure_is_what_the_newest_acknowledged_push_says() -> None:
    """MET-7: however the answers come in."""
    played, now = Played(), datetime.now(UTC)
    newer = Push("shop", now, {("gmv", "2025-01-01"): 7, ("uv", "2025-01-01"): 1})
    older = Push("shop", now - timedelta(seconds=1), {("gmv", "2025-01-01"): 100, ("gmv", "2025-01-02"): 3})
    played.acknowledge("b", "batch-b", newer)
    played.acknowledge("a", "batch-a", older)
    played.acknowledge("c", "batch-c", Push("other", now, {("gmv", "2025-01-01"): 5}))
    assert played.total("shop", "gmv") == 10
    assert played.acknowledged == {"a": "batch-a", "b": "batch-b", "c": "batch-c"}


def report_of(
    tries: list[Try],
    *,
    books: Books = GOOD,
    with_faults: bool = False,
    given_up: int = 0,
    memory: dict[str, Growth] | None = None,
) -> Report:
    played = Played(tries=tries, given_up=Counter({"503": given_up} if given_up else {}))
    return Report("http://127.0.0.1:8000", Rates(), played, books, memory or {}, with_faults)


@pytest.mark.parametrize(
    ("route", "result", "with_faults", "good"),
    [
        (PUSH, "429", False, True),
        (PUSH, "503", False, False),
        (PUSH, "503", True, True),
        ("GET /v1/me", "429", False, False),
        ("GET /v1/me", "429", True, True),
        ("GET /v1/me", "503", False, False),
        ("GET /v1/me", "503", True, True),
        ("GET /v1/me", "500", False, False),
        ("GET /v1/me", "500", True, False),
        ("GET /v1/me", "404", True, False),
        ("GET /v1/me", "502", False, False),
        ("GET /v1/me", "502", True, True),
        ("GET /v1/me", "ConnectError", False, False),
        ("GET /v1/me", "ConnectError", True, True),
    ],
)
def test_what_a_server_may_answer(route: str, result: str, with_faults: bool, good: bool) -> None:
    tries = [Try(route, 0.0, 0.1, result, ok=False)]
    assert report_of(tries, with_faults=with_faults).is_good is good


def test_what_is_missing_or_doubled_or_given_up_is_not_good() -> None:
    assert report_of([]).is_good
    assert not report_of([], books=GOOD._replace(missing=1), with_faults=True).is_good
    assert not report_of([], books=GOOD._replace(doubled=1), with_faults=True).is_good
    wrong = Figure(Decimal(10), Decimal(9))
    assert not report_of([], books=GOOD._replace(figure=wrong), with_faults=True).is_good
    assert report_of([], books=GOOD._replace(figure=Figure(Decimal("10.0"), Decimal(10)))).is_good
    assert not report_of([], given_up=1).is_good
    assert report_of([], given_up=1, with_faults=True).is_good


def test_a_process_that_grows_is_not_good() -> None:
    memory = {"api": Growth(100.0, 130.0, 130.0, 40.0, 30.0), "worker": Growth(100.0, 101.0, 101.0, 2.0, 30.0)}
    assert report_of([], memory=memory).growing == ["api"]
    assert not report_of([], memory=memory).is_good
    # what was killed begins anew
    assert report_of([], memory=memory, with_faults=True).is_good


async def test_an_account_refreshes_in_time_and_signs_in_again_where_that_is_refused() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path == "/v1/auth/refresh" and len(asked) > 2:
            return httpx.Response(401)
        number = len(asked)
        return httpx.Response(
            200, json={"access_token": f"a{number}", "refresh_token": f"r{number}", "expires_in": 900}
        )

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://127.0.0.1") as http:
        account = Account(http, Login("admin@example.com", "password"))
        assert set(await asyncio.gather(account.token(), account.token())) == {"a1"}
        account.refused("a1")
        assert await account.token() == "a2"
        account.refused("a1")  # another request's news, which is old
        assert await account.token() == "a2"
        account.refused("a2")
        assert await account.token() == "a4"
    assert asked == ["/v1/auth/token", "/v1/auth/refresh", "/v1/auth/refresh", "/v1/auth/token"]
    assert (account.sign_ins, account.refreshes) == (2, 1)
