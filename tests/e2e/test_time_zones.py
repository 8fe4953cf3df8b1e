"""The same pushes wherever the client, Attain and the database are: the same values (MET-1, MET-7)."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.stack import Stack, wait_until
from tests.support.story import Company, Json, make_company, metric_indicator

UTC_ZONE, SHANGHAI, LOS_ANGELES = "UTC", "Asia/Shanghai", "America/Los_Angeles"


class Zones(NamedTuple):
    """Where each of the three believes to be."""

    database: str
    services: str
    client: str


ALIKE = [Zones(zone, zone, zone) for zone in (UTC_ZONE, SHANGHAI, LOS_ANGELES)]
MIXED = [
    Zones(UTC_ZONE, SHANGHAI, LOS_ANGELES),
    Zones(SHANGHAI, LOS_ANGELES, UTC_ZONE),
    Zones(LOS_ANGELES, UTC_ZONE, SHANGHAI),
]
"""Each zone in each place once, and beside each of the others."""

CLOCKS = ("2026-06-30T23:59:59.999999-07:00", "2026-07-01T00:00:00+08:00", "2026-07-01T15:59:59Z")
"""Three instants at the edge of days that differ between the zones; by their texts alone their order would be another."""
NIGHTS_OF_TWO_TIMES = (date(2026, 3, 8), date(2025, 11, 2))
"""When Los Angeles puts its clocks on and back."""


def rows() -> list[Json]:
    """Days around midnight, month's end and the change of the clocks; restated by clocks of other zones."""
    days = [date(2026, 6, 28) + timedelta(days) for days in range(6)]
    days += [night + timedelta(days) for night in NIGHTS_OF_TWO_TIMES for days in (-1, 0, 1)]
    found: list[Json] = []
    for number, day in enumerate(days):
        for turn, clock in enumerate(CLOCKS):
            value = f"{number}{turn}.50"
            found.append({"metric": "gmv", "grain": "day", "bucket": str(day), "value": value, "observed_at": clock})
        found.append({"metric": "uv", "grain": "day", "bucket": str(day), "value": str(number + 1)})
    for metric, grain, bucket in (
        ("uv", "week", "2026-06-29"),
        ("uv", "month", "2026-06-01"),
        ("uv", "quarter", "2026-07-01"),
        ("uv", "month", "2026-03-01"),
    ):
        found.append({"metric": metric, "grain": grain, "bucket": bucket, "value": "77"})
    to_date = {"metric": "uv", "grain": "month", "bucket": "2026-07-01", "value": "9", "through": "2026-07-02"}
    found.append(to_date | {"finality": "realtime"})
    return found


@contextmanager
def in_zones(stack: Stack, zones: Zones) -> Iterator[None]:
    """The database, the API and the worker there, for a while."""
    (worker,) = stack.workers
    own = {service: service.env for service in (stack.api, worker)}
    with stack.database() as database:
        name = database.value("SELECT current_database()")
        database.rows(f"ALTER DATABASE \"{name}\" SET timezone = '{zones.database}'")
    try:
        for service, env in own.items():
            service.terminate()
            service.env = env | {"TZ": zones.services}
            service.launch()
        wait_until(stack.is_ready)
        wait_until(lambda: worker.said("worker started"))
        with stack.database() as database:
            assert database.value("SHOW timezone") == zones.database
        yield
    finally:
        for service, env in own.items():
            service.env = env
        with stack.database() as database:
            database.rows(f'ALTER DATABASE "{name}" RESET timezone')


def push(stack: Stack, api_key: str, zone: str, folder: Path) -> None:
    """By the command, as a connector's host there runs it."""
    file = folder / "rows.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows()))
    command = [sys.executable, "-m", "attain_shared.client.cli", "push", str(file), "--shop", "tmall:zones"]
    ended = subprocess.run(
        [*command, "--observed-at", CLOCKS[0], "--batch-rows", "13", "--wait", "60"],
        env=os.environ | {"ATTAIN_URL": stack.base_url, "ATTAIN_API_KEY": api_key, "TZ": zone},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert f"accepted {len({(row['metric'], row['grain'], row['bucket']) for row in rows()})}," in ended.stdout


def outcome_in(stack: Stack, zones: Zones, folder: Path) -> Any:
    """What the pushes come to there: values, totals, attainments and the verdicts of every row."""
    with in_zones(stack, zones):
        company = make_company(stack.base_url)
        with company.admin:
            shop_id = company.make_shop("zones")
            indicators = [metric_indicator(metric, [shop_id], "1000") for metric in ("gmv", "uv")]
            goals = [
                company.make_goal(company.make_cycle(kind, starts_on), indicators, weight="1")
                for kind, starts_on in (("month", "2026-06-01"), ("quarter", "2026-07-01"))
            ]
            body = {"name": "zones", "shop_ids": [shop_id], "scopes": ["write"]}
            push(stack, company.admin.create("/v1/connectors", body)["api_key"], zones.client, folder)
            return what_came_of_it(company, shop_id, goals)


def what_came_of_it(company: Company, shop_id: str, goals: list[str]) -> Any:
    batches = company.batches()
    last = max(batch["id"] for batch in batches)
    known = datetime.now(UTC).isoformat()
    window = {"shop_id": shop_id, "from": "2025-10-01", "to": "2026-09-30"}
    questions = [
        {"grain": grain, **now} for grain in ("day", "week", "month", "quarter") for now in ({}, {"as_of": known})
    ]
    found: list[Any] = [sorted(json.dumps(batch["verdicts"]) for batch in batches)]
    for question in questions:
        items = company.admin.get("/v1/metric-values", metric="gmv,uv", **window, **question)["items"]
        found.append([{**item, "shop_id": ""} for item in items])
    for metric in ("gmv", "uv"):
        for first, final in (("2026-06-30", "2026-07-01"), ("2026-07-01", "2026-07-31"), ("2026-03-07", "2026-03-09")):
            total = company.admin.get(
                "/v1/metric-values/total", shop_id=shop_id, metric=metric, **{"from": first, "to": final}
            )
            found.append({**total, "shop_ids": []})
    for goal_id in goals:
        attainment = company.wait_for_batch(goal_id, last)
        found.append([attainment["score"], attainment["score_low"], attainment["status"]])
        found.append([{**one, "indicator_id": ""} for one in attainment["indicators"]])
    return found


@pytest.mark.timeout(300)
def test_the_same_pushes_in_every_time_zone_come_to_the_same(stack: Stack, tmp_path: Path) -> None:
    """The business day is the shop's, an instant is an instant, and a bucket is a date that nobody converts."""
    try:
        outcomes = {zones: outcome_in(stack, zones, tmp_path) for zones in (*ALIKE, *MIXED)}
    finally:
        for service in (stack.api, *stack.workers):
            service.terminate()
        stack.revive()
    first = outcomes[ALIKE[0]]
    for zones, outcome in outcomes.items():
        assert outcome == first, zones
    days = {item["bucket"]: item["value"] for item in first[1] if item["metric"] == "gmv" and item["value"]}
    assert days["2026-06-28"] == "2.50", "the last of the three instants, though not the greatest of the texts"
    print(f"\n{len(outcomes)} combinations of zones, {len(rows())} rows each: {len(days)} days alike")
