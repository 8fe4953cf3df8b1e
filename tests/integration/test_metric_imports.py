"""Importing the reports that sellers download (ING-6): all the way to the figures."""

import ast
import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import select, text

from attain_api.messages import DETAILS_ZH
from attain_api.metric_imports.wording import CELLS_ZH
from attain_api.state import ApiState
from attain_shared.audit.models import AuditEntry
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import reading
from attain_shared.imports import cells, reports
from tests.support.companies import Company, make_company, make_connector, make_member, make_shop
from tests.support.http import created, ok, pointers, problem
from tests.support.imports import IMPORTS, ROWS, send
from tests.support.pushes import PUSHES, Pusher, make_pusher, name_of
from tests.support.reports import WRITERS, Rows, as_csv, preamble
from tests.support.statements import count_statements
from tests.support.worker import count_rows, take_in

NONE = {"accepted": 0, "unchanged": 0, "superseded": 0, "stale": 0, "conflict": 0, "rejected": 0}


async def total(api: AsyncClient, pusher: Pusher, metric: str, **more: str) -> Any:
    query = {"shop_id": str(pusher.shop.id), "metric": metric, "from": "2026-07-01", "to": "2026-07-01"} | more
    return ok(await api.get("/v1/metric-values/total", params=query, headers=pusher.company.headers))["value"]


async def read(api: AsyncClient, company: Company, import_id: str, **headers: str) -> dict[str, Any]:
    return dict(ok(await api.get(f"{IMPORTS}/{import_id}", headers=company.headers | headers)))


@pytest.mark.parametrize("form", WRITERS)
async def test_a_report_becomes_figures(api: AsyncClient, state: ApiState, form: str) -> None:
    pusher = await make_pusher(state)
    made = created(await send(api, pusher, WRITERS[form]([*preamble(4), *ROWS])))
    assert (made["state"], made["rows"], made["kind"], made["file_name"]) == ("stored", 2, "shop", "7月.csv")
    assert (made["verdicts"], made["shop_id"]) == (None, str(pusher.shop.id))
    report = made["report"]
    assert (report["rows"], report["observations"], report["blanks"]) == (2, 4, 2)
    assert (report["grains"], report["first_day"], report["last_day"]) == ({"day": 4}, "2026-07-01", "2026-07-02")
    assert [(column["column"], *column["metrics"]) for column in report["columns"]] == [
        ("B", "gmv"),
        ("C", "uv"),
        ("D", "conversion"),
    ]
    assert report["unknown_columns"] == [{"column": "E", "header": "店铺名称"}]
    assert (report["repeated_columns"], report["bad_cells"], report["bad_cell_count"]) == ([], [], 0)
    await take_in(state, pusher.company_id)
    assert [await total(api, pusher, metric) for metric in ("gmv", "uv")] == ["1234.56", "1210"]
    done = await read(api, pusher.company, made["id"])
    assert (done["state"], done["verdicts"]) == ("done", NONE | {"accepted": 4})
    assert done == made | {"state": "done", "verdicts": done["verdicts"]}


async def test_a_product_report_becomes_item_dimensions(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    rows: Rows = [
        ["日期", "商品ID", "支付金额"],
        ["2026-07-01", "661234567890123456", "5.00"],
        ["2026-07-01", "2", "7"],
    ]
    assert created(await send(api, pusher, rows, {"kind": "product"}))["kind"] == "product"
    await take_in(state, pusher.company_id)
    assert await total(api, pusher, "gmv", dimension="item:661234567890123456") == "5.00"
    assert await total(api, pusher, "gmv") is None
    assert pointers(await send(api, pusher, rows, {"kind": "shop"})) == [("/kind", "other-report")]


async def test_a_companys_own_metrics_are_known_by_their_own_headers(api: AsyncClient, state: ApiState) -> None:
    """MET-4."""
    pusher = await make_pusher(state)
    metric = {"code": "live_gmv", "zh": "直播成交金额", "en": "Live GMV", "unit": "CNY", "aliases": ["直播间支付金额"]}
    metric |= {"algebra": "additive", "better": "higher"}
    created(await api.post("/v1/metrics", json=metric, headers=pusher.company.headers))
    rows: Rows = [["统计日期", "直播间支付金额"], ["2026-07-01", "8"]]
    made = created(await send(api, pusher, rows))
    assert made["report"]["columns"] == [{"column": "B", "header": "直播间支付金额", "metrics": ["live_gmv"]}]
    assert pointers(await send(api, await make_pusher(state), rows)) == [("/file", "no-metrics")]


async def test_one_garbage_cell_keeps_everything_out(api: AsyncClient, state: ApiState) -> None:
    """Must show 6: unless the caller says otherwise."""
    pusher = await make_pusher(state)
    spoilt: Rows = [*preamble(3), *ROWS[:2], ["2026-07-02", "乱码", "1180", "-", ""]]
    refused = problem(await send(api, pusher, spoilt), status=422, code="invalid")
    assert refused["errors"] == [
        {"pointer": "/file/rows/6/B", "code": "not-a-number", "detail": '"乱码" under "支付金额" is not a number.'}
    ]
    for table in ("metric_batches", "metric_imports", "batch_keys"):
        assert await count_rows(state, table, pusher.company_id) == 0


async def test_one_garbage_cell_is_skipped_where_the_caller_says_so(api: AsyncClient, state: ApiState) -> None:
    """Must show 6: that cell is told with row and column, the rest goes in."""
    pusher = await make_pusher(state)
    spoilt: Rows = [*ROWS[:2], ["2026-07-02", "乱码", "1180", "-", ""], ["某天", "1", "1", "1%", ""]]
    made = created(await send(api, pusher, spoilt, {"on_error": "skip"}))
    assert made["report"]["bad_cell_count"] == 2
    chinese = await read(api, pusher.company, made["id"], **{"Accept-Language": "zh-CN"})
    assert [list(cell.values()) for cell in chinese["report"]["bad_cells"]] == [
        [3, "B", "支付金额", "乱码", "not-a-number", "不是数字"],
        [4, "A", "统计日期", "某天", "not-a-date", "不是日期"],
    ]
    await take_in(state, pusher.company_id)
    assert (await read(api, pusher.company, made["id"]))["verdicts"] == NONE | {"accepted": 4}


async def test_control_characters_of_a_file_are_not_stored(api: AsyncClient, state: ApiState) -> None:
    """PostgreSQL takes no NUL."""
    pusher = await make_pusher(state)
    content = "日期,支付金额,访客数,别\x00的\n2026-07-01,1\x00,5,\x00\n".encode()
    report = created(await send(api, pusher, content, {"on_error": "skip"}))["report"]
    assert [(cell["text"], cell["code"]) for cell in report["bad_cells"]] == [("1 ", "not-a-number")]
    assert report["unknown_columns"] == [{"column": "D", "header": "别 的"}]


async def test_a_refusal_names_the_cell_in_the_callers_language(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    files = {"file": as_csv([*ROWS[:1], ["2026-07-01", "3%"]])}
    headers = pusher.company.headers | {"Accept-Language": "zh-CN"}
    refused = await api.post(IMPORTS, files=files, data={"shop": name_of(pusher.shop)}, headers=headers)
    (error,) = problem(refused, status=422, code="invalid")["errors"]
    assert error["detail"] == "“支付金额”列的“3%”是百分数，而该指标不是比率。"


def test_whatever_is_wrong_with_a_cell_can_be_said_in_chinese() -> None:
    """The general table of details would hide the cell's own sentence."""
    raised = {constant for module in (cells, reports) for constant in _codes(module.__file__ or "")}
    assert raised == set(CELLS_ZH)
    assert not raised & set(DETAILS_ZH)


def _codes(path: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(Path(path).read_text())):
        match node:
            case ast.Call(func=ast.Name(id="BadCell"), args=[ast.Constant(value=str(code)), _]):
                found.add(code)
    return found


async def test_a_dry_run_stores_nothing_and_says_what_it_would(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    found = ok(await send(api, pusher, [*ROWS, ["x", "1"]], {"dry_run": "true"}))
    assert set(found) == {"shop_id", "kind", "file_name", "rows", "report"}
    assert (found["rows"], found["report"]["observations"], found["report"]["bad_cell_count"]) == (3, 4, 1)
    for table in ("metric_batches", "metric_imports", "idempotency_keys"):
        assert await count_rows(state, table, pusher.company_id) == 0


async def test_the_same_file_again_changes_nothing(api: AsyncClient, state: ApiState) -> None:
    """MET-7: the platform says the same once more."""
    pusher = await make_pusher(state)
    created(await send(api, pusher, ROWS))
    again = created(await send(api, pusher, ROWS))
    await take_in(state, pusher.company_id)
    assert (await read(api, pusher.company, again["id"]))["verdicts"] == NONE | {"unchanged": 4}


async def test_the_same_key_gets_the_first_answer(api: AsyncClient, state: ApiState) -> None:
    """A client that sends a form again chooses another boundary: the key stands for what is in it."""
    pusher = await make_pusher(state)
    first = await send(api, pusher, ROWS, key="k")
    again = await send(api, pusher, ROWS, key="k")
    assert (again.status_code, again.json(), again.headers["ETag"]) == (201, created(first), first.headers["ETag"])
    assert first.headers["Location"] == f"{IMPORTS}/{first.json()['id']}"
    assert await count_rows(state, "metric_batches", pusher.company_id) == 1
    for other in (send(api, pusher, ROWS[:2], key="k"), send(api, pusher, ROWS, {"lane": "backfill"}, key="k")):
        problem(await other, status=409, code="idempotency-key-reused")
    problem(await send(api, pusher, ROWS, key="\x01"), status=400, code="idempotency-key-invalid")


async def test_long_files_go_in_whole_or_not_at_all(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    lines = [f"2026-07-01,{item},1,2" for item in range(10_001)]
    content = "\n".join(["统计日期,商品ID,支付金额,访客数", *lines]).encode()
    with count_statements() as statements:
        made = created(await send(api, pusher, content))
    assert len(made["batch_ids"]) == 3
    assert len(statements) <= 20
    batches = [ok(await api.get(f"{PUSHES}/{one}", headers=pusher.company.headers)) for one in made["batch_ids"]]
    assert [batch["received"] for batch in batches] == [10_000, 10_000, 2]
    await take_in(state, pusher.company_id)
    assert (await read(api, pusher.company, made["id"]))["verdicts"] == NONE | {"accepted": 20_002}
    assert await count_rows(state, "observations", pusher.company_id) == 20_002
    late = (utc_now() + timedelta(days=30)).isoformat()
    assert pointers(await send(api, pusher, content, {"observed_at": late})) == [("/observed_at", "out-of-range")]
    assert await count_rows(state, "metric_imports", pusher.company_id) == 1


async def test_the_form_is_passed_on_to_the_push(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    form = {"lane": "backfill", "observed_at": "2026-08-01T09:00:00+08:00", "finality": "realtime"}
    made = created(await send(api, pusher, ROWS[:2], form))
    path = f"{PUSHES}/{made['batch_ids'][0]}"
    batch = ok(await api.get(path, headers=pusher.company.headers))
    assert (batch["lane"], batch["source"], batch["connector_id"]) == ("backfill", "metric-import", None)
    (row, *_) = ok(await api.get(f"{path}/rows", headers=pusher.company.headers))["items"]
    said = row["observation"]
    assert (said["observed_at"], said["finality"]) == ("2026-08-01T09:00:00+08:00", "realtime")
    assert (said["value"], said["shop"], said["bucket"]) == ("1234.56", name_of(pusher.shop), "2026-07-01")


async def test_a_period_that_was_running_is_not_stored_as_whole_and_final(api: AsyncClient, state: ApiState) -> None:
    """MET-2, MET-7: the report of the finished month replaces it."""
    pusher = await make_pusher(state)
    dates = ("2026-07-14", "2026-07-15", "2026-07-13 ~ 2026-07-19", "2026-07", "2026-06", "2026-07-01 ~ 2026-09-30")
    rows: Rows = [["日期", "访客数"], *([day, "5"] for day in dates)]
    made = created(await send(api, pusher, rows, {"observed_at": "2026-07-14T17:00:00Z"}))
    path = f"{PUSHES}/{made['batch_ids'][0]}/rows"
    items = ok(await api.get(path, headers=pusher.company.headers))["items"]
    said = [item["observation"] for item in items]
    assert [(row["grain"], row["bucket"], row["finality"], row["through"]) for row in said] == [
        ("day", "2026-07-14", "final", None),
        ("day", "2026-07-15", "realtime", None),
        ("week", "2026-07-13", "realtime", "2026-07-14"),
        ("month", "2026-07-01", "realtime", "2026-07-14"),
        ("month", "2026-06-01", "final", None),
        ("quarter", "2026-07-01", "realtime", "2026-07-14"),
    ]
    whole: Rows = [["日期", "访客数"], ["2026-07", "9"], ["2026-07-15", "6"]]
    later = created(await send(api, pusher, whole, {"observed_at": "2026-08-02T09:00:00+08:00"}))
    await take_in(state, pusher.company_id)
    verdicts = (await read(api, pusher.company, later["id"]))["verdicts"]
    assert verdicts == NONE | {"superseded": 2}


async def test_the_clock_of_a_report_is_bounded_in_a_dry_run_too(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    late = (utc_now() + timedelta(days=30)).isoformat()
    for more in ({}, {"dry_run": "true"}):
        refused = await send(api, pusher, ROWS, {"observed_at": late, **more})
        assert pointers(refused) == [("/observed_at", "out-of-range")]


async def test_a_report_of_several_shops_is_refused(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    rows: Rows = [*ROWS, ["2026-07-03", "1", "1", "1%", "专卖店"]]
    assert pointers(await send(api, pusher, rows)) == [("/file", "several-shops")]


async def test_the_verdicts_go_with_the_batches(api: AsyncClient, state: ApiState) -> None:
    """The batches are dropped when they are old (docs/deploy.md); the import stays."""
    pusher = await make_pusher(state)
    made = created(await send(api, pusher, ROWS))
    await take_in(state, pusher.company_id)
    async with state.engine.begin() as connection:
        for table in ("batch_keys", "metric_batches"):
            company = {"company_id": pusher.company_id}
            await connection.execute(text(f"DELETE FROM {table} WHERE company_id = :company_id"), company)
    found = await read(api, pusher.company, made["id"])
    assert (found["state"], found["verdicts"], found["report"]) == ("done", None, made["report"])


async def test_the_shop_must_be_one_of_the_company(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    foreign = await make_shop(state, await make_company(state))
    for shop in (name_of(foreign), "tmall:none", "tmall", "tmall:"):
        assert pointers(await send(api, pusher, ROWS, {"shop": shop})) == [("/shop", "unknown-shop")]
        assert pointers(await send(api, pusher, ROWS, {"shop": shop, "dry_run": "true"})) == [("/shop", "unknown-shop")]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", ("/file", "empty-file")),
        (b"PK\x03\x04 nonsense", ("/file", "unreadable-file")),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 encrypted", ("/file", "unreadable-file")),
        ("支付金额\n1\n".encode(), ("/file", "no-header")),
        ("日期,店铺名称\n2026-07-01,x\n".encode(), ("/file", "no-metrics")),
        ("日期,支付金额\n2026-07-01,-\n".encode(), ("/file", "no-figures")),
    ],
)
async def test_a_file_of_no_use_is_refused(
    api: AsyncClient, state: ApiState, content: bytes, fault: tuple[str, str]
) -> None:
    pusher = await make_pusher(state)
    assert pointers(await send(api, pusher, content)) == [fault]


async def test_the_form_is_checked_field_by_field(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    wrong = {"kind": "x", "on_error": "x", "dry_run": "x", "lane": "x", "observed_at": "x", "finality": "x"}
    found = pointers(await send(api, pusher, ROWS, wrong | {"colour": "red"}))
    assert {pointer for pointer, _ in found} == {f"/{name}" for name in (*wrong, "colour")}
    assert ("/colour", "extra-forbidden") in found
    headers = pusher.company.headers
    assert pointers(await api.post(IMPORTS, headers=headers)) == [("/shop", "missing")]
    only_shop = {"shop": name_of(pusher.shop)}
    assert pointers(await api.post(IMPORTS, data=only_shop, headers=headers)) == [("/file", "missing")]
    assert pointers(await api.post(f"{IMPORTS}?dry_run=true", headers=headers)) == [
        ("/query/dry_run", "extra-forbidden")
    ]


async def test_imports_are_listed_with_the_newest_first(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    other = await make_shop(state, pusher.company)
    first = created(await send(api, pusher, ROWS))
    second = created(await send(api, pusher, ROWS, {"shop": name_of(other)}))
    await take_in(state, pusher.company_id)
    headers = pusher.company.headers
    with count_statements() as statements:
        found = ok(await api.get(IMPORTS, headers=headers))["items"]
    assert [(one["id"], one["state"]) for one in found] == [(second["id"], "done"), (first["id"], "done")]
    assert all("report" not in one for one in found)
    assert len(statements) <= 6
    page = ok(await api.get(IMPORTS, params={"limit": 1}, headers=headers))
    query = {"limit": 1, "cursor": page["next_cursor"]}
    assert [one["id"] for one in ok(await api.get(IMPORTS, params=query, headers=headers))["items"]] == [first["id"]]
    of_shop = ok(await api.get(IMPORTS, params={"shop_id": str(other.id)}, headers=headers))["items"]
    assert [one["id"] for one in of_shop] == [second["id"]]


async def test_an_etag_changes_with_the_state(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    made = await send(api, pusher, ROWS)
    path, headers = f"{IMPORTS}/{made.json()['id']}", pusher.company.headers
    tagged = headers | {"If-None-Match": made.headers["ETag"]}
    assert (await api.get(path, headers=tagged)).status_code == 304
    await take_in(state, pusher.company_id)
    assert (await api.get(path, headers=tagged)).status_code == 200


async def test_only_the_company_and_its_administrators_import(api: AsyncClient, state: ApiState) -> None:
    """SEC-3."""
    pusher = await make_pusher(state)
    made = created(await send(api, pusher, ROWS))
    for role, may_read in (("employee", False), ("hr", True), ("executive", True)):
        member = await make_member(state, pusher.company, roles=(role,))
        problem(await send(api, pusher, ROWS, who=member), status=403, code="not-allowed")
        for path in (IMPORTS, f"{IMPORTS}/{made['id']}"):
            assert (await api.get(path, headers=member.headers)).status_code == (200 if may_read else 403)
    key = (await make_connector(state, pusher.company, shop_ids=[pusher.shop.id])).headers
    files, form = {"file": as_csv(ROWS)}, {"shop": name_of(pusher.shop)}
    problem(await api.post(IMPORTS, files=files, data=form, headers=key), status=403, code="not-allowed")
    foreign = await make_company(state)
    problem(await api.get(f"{IMPORTS}/{made['id']}", headers=foreign.headers), status=404, code="not-found")
    assert ok(await api.get(IMPORTS, headers=foreign.headers))["items"] == []


async def test_an_import_is_in_the_audit_trail(api: AsyncClient, state: ApiState) -> None:
    """SEC-5: who, which file, which batches; the report is read from the import."""
    pusher = await make_pusher(state)
    made = created(await send(api, pusher, ROWS))
    async with reading(state.sessions) as uow:
        statement = select(AuditEntry).where(
            AuditEntry.company_id == pusher.company_id, AuditEntry.resource_type == "metric_import"
        )
        (entry,) = await uow.session.scalars(statement)
    assert (entry.action, str(entry.resource_id)) == ("create_metric_import", made["id"])
    assert (entry.actor_id, entry.changes["file_name"]["after"]) == (pusher.company.person_id, "7月.csv")
    assert entry.changes["batch_ids"]["after"] == made["batch_ids"]
    assert "report" not in entry.changes


async def test_imports_at_once_lose_nothing(api: AsyncClient, state: ApiState) -> None:
    pusher = await make_pusher(state)
    days = [(business_day() - timedelta(days=number)).isoformat() for number in range(1, 6)]
    made = await asyncio.gather(*(send(api, pusher, [["日期", "支付金额"], [day, "1"]]) for day in days))
    assert [one.status_code for one in made] == [201] * 5
    await take_in(state, pusher.company_id)
    assert await count_rows(state, "observations", pusher.company_id) == 5
