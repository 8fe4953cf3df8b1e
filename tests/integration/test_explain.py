"""Attainments opened up to what they were made of (GOAL-8)."""

import secrets
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.goals.attainment_schemas import IndicatorAttainmentRead
from attain_shared.identifiers import new_id
from attain_shared.metrics.catalogue import METRICS
from attain_shared.rules.aggregation import read
from attain_shared.rules.algebra import Aggregate
from attain_shared.rules.corrections import Finality
from attain_shared.rules.periods import Grain, Window
from attain_shared.rules.tiling import Cell
from tests.support.companies import Member, make_member
from tests.support.goals import act, confirm_goals, make_cycle, read_attainment
from tests.support.http import created, ok, problem
from tests.support.measured import Json, daily_rows, goal_of, pusher_of_shops
from tests.support.pushes import Pusher, make_pusher, push_and_take_in
from tests.support.relations import make_relations
from tests.support.statements import count_statements
from tests.support.worker import cross_check, work_off

CONVERSION = {"metric": "conversion", "aggregate": "daily_pooled", "target": "0.036"}
JULY = Window(date(2026, 7, 1), date(2026, 7, 31))


@pytest.fixture
async def pusher(state: ApiState) -> Pusher:
    return await make_pusher(state)


async def explained(api: AsyncClient, reader: Member, goal: str, *, language: str = "en", **params: Any) -> Json:
    headers = reader.headers | {"Accept-Language": language}
    return ok(await api.get(f"/v1/goals/{goal}/explain", params=params, headers=headers))


async def listed(api: AsyncClient, reader: Member, goal: str, **params: Any) -> list[Json]:
    """The rows of an indicator, part by part."""
    rows: list[Json] = []
    part = params
    while part:
        found = ok(await api.get(f"/v1/goals/{goal}/explain/rows", params=part, headers=reader.headers))
        rows += found["items"]
        part = params | {"cursor": found["next_cursor"]} if found["next_cursor"] else {}
    return rows


def read_again(rows: list[Json], one: Json, aggregate: str) -> Any:
    """The figure that these rows alone make, as the indicator shows it."""
    cells = [
        Cell(
            (row["shop_id"], row["dimension"]), row["metric"], Grain(row["grain"]), date.fromisoformat(row["bucket"]),
            Decimal(row["value"]), Finality(row["finality"]), row["through"] and date.fromisoformat(row["through"]),
        )
        for row in rows
    ]  # fmt: skip
    units = dict.fromkeys(cell.shop_id for cell in cells)
    reading = read(METRICS[one["metric"]], METRICS, cells, JULY, units, Aggregate(aggregate))
    figures = (reading.value, reading.low, reading.high)
    return tuple(None if value is None else format(value, "f") for value in figures)


def units(period: Json) -> list[tuple[Any, ...]]:
    """Unit by unit its figure, and that of each part."""
    return [
        (unit["value"], unit["low"], unit["high"], {part["metric"]: part["value"] for part in unit["parts"]})
        for unit in period["units"]
    ]


async def test_a_pooled_ratio_opens_to_the_days_that_have_both_parts(
    api: AsyncClient, state: ApiState, pusher: Pusher
) -> None:
    """GOAL-8, MET-5a: visitors of a day without buyers on record are passed over, and the ratio's own rows."""
    goal = await goal_of(api, pusher, CONVERSION)
    batch = await pusher.push(
        api,
        *daily_rows(pusher, "uv", [100, 200, 300]),
        *daily_rows(pusher, "paying_buyers", [4, 6]),
        pusher.row("conversion", value="0.9"),
        pusher.row("uv", grain="month", value="555"),
    )
    await work_off(state, pusher.company_id)
    found = await explained(api, pusher.company, goal)
    (one,) = found["indicators"]
    attained = await read_attainment(api, pusher.company, goal)
    assert {name: one[name] for name in IndicatorAttainmentRead.model_fields} == attained["indicators"][0]
    assert {name: found[name] for name in ("score", "rule", "status")}.items() <= attained.items()
    assert one["formula"] == {
        "actual": "Σ paying_buyers / Σ uv (daily_pooled)",
        "attainment": "attainment = actual / target",
    }
    assert [(row["metric"], row["bucket"], row["value"], row["batch_id"]) for row in one["rows"]] == [
        ("paying_buyers", "2026-07-01", "4", batch),
        ("paying_buyers", "2026-07-02", "6", batch),
        ("uv", "2026-07-01", "100", batch),
        ("uv", "2026-07-02", "200", batch),
    ]
    assert (one["rows_total"], one["hidden_shops"]) == (4, 0)
    (period,) = one["periods"]
    assert (period["period"], period["starts_on"], period["ends_on"]) == ("current", "2026-07-01", "2026-07-31")
    assert (period["value"], period["coverage"]) == (one["actual"], one["coverage"])
    assert [unit[3] for unit in units(period)] == [{"paying_buyers": "10", "uv": "300"}]
    assert (found["batches"], found["batches_total"], found["change"]) == ([batch], 1, None)
    assert found["findings"] == []


async def test_the_rules_are_shown_with_the_one_that_matched(api: AsyncClient, state: ApiState, pusher: Pusher) -> None:
    """GOAL-6: the default's, and the goal's own with its version; an attainment names them too."""
    rubric = {"rules": [{"test": "all", "op": ">=", "threshold": "1.00", "score": "5"}], "otherwise": "3"}
    cycle = (await make_cycle(api, pusher.company, kind="month"))["id"]
    by_default = await goal_of(api, pusher, {"target": "125"}, cycle_id=cycle)
    by_own = await goal_of(api, pusher, {"target": "100"}, cycle_id=cycle, rubric=rubric)
    shared = {"name": "严格", **rubric}
    rubric_id = created(await api.post("/v1/rubrics", json=shared, headers=pusher.company.headers))["id"]
    by_company = await goal_of(api, pusher, {"target": "100"}, cycle_id=cycle, rubric_id=rubric_id)
    await push_and_take_in(api, state, pusher, pusher.row(value="100"))
    found: list[Json] = []
    for _ in range(2):
        found = [await explained(api, pusher.company, goal) for goal in (by_default, by_own, by_company)]
        rubrics = [{name: one["rubric"][name] for name in ("source", "id", "version")} for one in found]
        assert rubrics == [
            {"source": "default", "id": None, "version": 1},
            {"source": "goal", "id": None, "version": 1},
            {"source": "company", "id": rubric_id, "version": 1},
        ]
        attained = [await read_attainment(api, pusher.company, goal) for goal in (by_default, by_own, by_company)]
        assert [one["rubric"] for one in attained] == rubrics
        await work_off(state, pusher.company_id)
    assert [one["rubric"]["name"] for one in found] == [None, None, "严格"]
    assert [rule["rule"] for rule in found[0]["rubric"]["rules"] if rule["matched"]] == ["any<=0.80"]
    (rule,) = found[1]["rubric"]["rules"]
    assert (rule["rule"], rule["matched"], rule["score"]) == ("all>=1.00", True, "5")
    assert (found[1]["score"], found[1]["rubric"]["otherwise"]) == ("5", "3")


@pytest.mark.parametrize(
    ("asked", "aggregate"),
    [
        ({}, "deduplicated"),
        ({"metric": "uv"}, "deduplicated"),
        ({"metric": "uv", "aggregate": "daily_mean"}, "daily_mean"),
        (CONVERSION, "daily_pooled"),
        ({"metric": "conversion", "target": "0.03", "aggregate": "deduplicated"}, "deduplicated"),
        ({"metric": "members"}, "deduplicated"),
        ({"metric": "dsr_service", "target": "4.8"}, "deduplicated"),
        ({"metric": "refund_rate", "target": "0.05", "direction": "lower_better"}, "deduplicated"),
    ],
)  # fmt: skip
async def test_the_rows_listed_make_the_figure_again(
    api: AsyncClient, state: ApiState, asked: Json, aggregate: str
) -> None:
    """GOAL-8: whatever the algebra, over two shops, one of which lacks some days, and reports months beside its days."""
    pusher, shops, names = await pusher_of_shops(state, 2)
    goal = await goal_of(api, pusher, asked | {"shop_ids": shops})
    rows = []
    codes = ("gmv", "uv", "paying_buyers", "members", "dsr_service", "reviews", "refund_amount")
    for place, code in enumerate(codes, start=1):
        for number, name in enumerate(names, start=1):
            values = [place * number * 3 + day % 4 for day in range(20 - 5 * number)]
            rows += daily_rows(pusher, code, values, shop=name)
            rows.append(pusher.row(code, shop=name, grain="month", value=str(sum(values) + place)))
    await push_and_take_in(api, state, pusher, *rows)
    await work_off(state, pusher.company_id)
    (one,) = (await explained(api, pusher.company, goal, limit=1000))["indicators"]
    assert one["rows"]
    assert read_again(one["rows"], one, aggregate) == (one["actual"], one["actual_low"], one["actual_high"])
    assert await listed(api, pusher.company, goal, indicator_id=one["indicator_id"], limit=7) == one["rows"]
    assert len(one["periods"][0]["units"]) == 2


async def test_lists_are_cut_at_a_limit_and_say_how_long_they_are(
    api: AsyncClient, state: ApiState, pusher: Pusher
) -> None:
    goal = await goal_of(api, pusher, {})
    await push_and_take_in(api, state, pusher, *daily_rows(pusher, "gmv", range(1, 32)))
    found = await explained(api, pusher.company, goal, limit=2)
    (one,) = found["indicators"]
    assert ([row["value"] for row in one["rows"]], one["rows_total"]) == (["1", "2"], 31)
    rows = await listed(api, pusher.company, goal, indicator_id=one["indicator_id"], limit=10)
    assert [row["value"] for row in rows] == [str(value) for value in range(1, 32)]
    path, headers = f"/v1/goals/{goal}/explain", pusher.company.headers
    refused = await api.get(f"{path}/rows", params={"indicator_id": str(new_id())}, headers=headers)
    problem(refused, status=404, code="not-found")
    cursor = {"indicator_id": one["indicator_id"], "cursor": "x"}
    problem(await api.get(f"{path}/rows", params=cursor, headers=headers), status=400, code="bad-cursor")
    problem(await api.get(path, params={"limit": 1001}, headers=headers), status=422, code="invalid")


async def test_an_attainment_is_explained_as_it_was_known(api: AsyncClient, state: ApiState, pusher: Pusher) -> None:
    """MET-7: the rows of then, and their batches."""
    goal = await goal_of(api, pusher, {})
    first = await pusher.push(api, pusher.row(value="500"))
    await work_off(state, pusher.company_id)
    then = utc_now().isoformat()
    await pusher.push(api, pusher.row(value="900"), observed_at="2026-08-02T09:00:00+08:00")
    await work_off(state, pusher.company_id)
    now, before = [await explained(api, pusher.company, goal, **asked) for asked in ({}, {"as_of": then})]
    assert [one["indicators"][0]["actual"] for one in (now, before)] == ["900", "500"]
    assert (before["batches"], [row["value"] for row in before["indicators"][0]["rows"]]) == ([first], ["500"])
    indicator_id = before["indicators"][0]["indicator_id"]
    rows = await listed(api, pusher.company, goal, indicator_id=indicator_id, as_of=then)
    assert rows == before["indicators"][0]["rows"]


async def test_growth_opens_to_both_windows(api: AsyncClient, state: ApiState, pusher: Pusher) -> None:
    """GOAL-4."""
    goal = await goal_of(api, pusher, {"kind": "growth", "against": "last_year", "target": "0.20"})
    rows = [pusher.row(bucket="2025-07-31", value="1000"), pusher.row(bucket="2026-07-15", value="1140")]
    await push_and_take_in(api, state, pusher, *rows)
    (one,) = (await explained(api, pusher.company, goal))["indicators"]
    assert (one["kind"], one["metric"], one["actual"], one["target"]) == ("growth", "gmv", "0.14", "0.20")
    assert [(row["period"], row["bucket"]) for row in one["rows"]] == [
        ("current", "2026-07-15"),
        ("earlier", "2025-07-31"),
    ]
    assert [(period["period"], period["starts_on"], period["value"]) for period in one["periods"]] == [
        ("current", "2026-07-01", "1140"),
        ("earlier", "2025-07-01", "1000"),
    ]
    assert one["formula"]["attainment"] == "attainment = actual of the window / (earlier actual × (1 + target))"


async def test_what_is_owned_opens_to_the_days_and_shares(api: AsyncClient, state: ApiState, pusher: Pusher) -> None:
    """GOAL-12: 1,000 a day, alone to the 10th and by half from the 11th: 10,000 + 10,500."""
    headers, me = pusher.company.headers, {"type": "person", "id": str(pusher.company.person_id)}
    other = {"type": "person", "id": str((await make_member(state, pusher.company)).person_id)}
    for starts_on, owners in (("2026-07-01", [(me, "1")]), ("2026-07-11", [(me, "0.5"), (other, "0.5")])):
        body = {"starts_on": starts_on, "owners": [owner | {"share": share} for owner, share in owners]}
        ok(await api.put(f"/v1/shops/{pusher.shop.id}/owners", json=body, headers=headers))
    goal = await goal_of(api, pusher, {"attribution": "owned", "target": "20500"}, owner=me)
    month = pusher.row(grain="month", value="99999")
    await push_and_take_in(api, state, pusher, *daily_rows(pusher, "gmv", [1000] * 31), month)
    await work_off(state, pusher.company_id)
    (one,) = (await explained(api, pusher.company, goal))["indicators"]
    assert (one["actual"], one["attainment"], one["rows_total"]) == ("20500", "1.000000", 31)
    assert {row["value"] for row in one["rows"]} == {"1000"}
    (unit,) = one["periods"][0]["units"]
    assert unit["value"] == "20500"
    assert [(held["starts_on"], held["ends_on"], held["days"], held["share"]) for held in unit["holdings"]] == [
        ("2026-07-01", "2026-07-10", 10, "1.000000"),
        ("2026-07-11", "2026-07-31", 21, "0.500000"),
    ]


async def test_what_people_did_is_counted_and_names_nobody(api: AsyncClient, state: ApiState, pusher: Pusher) -> None:
    """GOAL-4: turnover by its counts; numbers entered, the one that counts first; milestones with their days."""
    headers = pusher.company.headers
    team = created(
        await api.post("/v1/departments", json={"name": "运营部", "function": "operations"}, headers=headers)
    )
    made: Json = {}
    for _ in range(2):
        person = {"name": "林晓", "email": f"{secrets.token_hex(6)}@example.com", "hired_on": "2026-03-01"}
        person |= {"department_id": team["id"]}
        made = created(await api.post("/v1/people", json=person, headers=headers))
    leave = {"effective_on": "2026-07-17", "reason": "搬家"}
    ok(await api.post(f"/v1/people/{made['id']}/leave", json=leave, headers=headers))
    cycle = (await make_cycle(api, pusher.company, kind="month"))["id"]
    turnover = {"kind": "people", "metric": "turnover_rate", "target": "0.4", "department_id": team["id"]}
    manual = {"kind": "manual", "name": "培训", "unit": "次", "target": "12"}
    body = {
        "cycle_id": cycle, "owner": {"type": "company"}, "title": "带团队", "weight": "100",
        "standards": {"below": "少", "meets": "够", "above": "多"},
        "milestones": [{"title": title, "due_on": "2026-07-31"} for title in ("方案", "上线")],
        "indicators": [turnover | {"direction": "lower_better"}, manual, {"kind": "milestones", "target": "0.5"}],
    }  # fmt: skip
    goal = created(await api.post("/v1/goals", json=body, headers=headers))
    await confirm_goals(api, pusher.company, goal["id"])
    entries = f"/v1/goals/{goal['id']}/indicators/{goal['indicators'][1]['id']}/entries"
    for value, on in (("9", "2026-07-20"), ("12", "2026-07-30"), ("10", "2026-07-25")):
        entry = {"value": value, "on": on, "evidence": "签到表"}
        made = created(await api.post(entries, json=entry, headers=headers))
        ok(await api.post(f"{entries}/{made['id']}/actions/accept", headers=headers))
    step = goal["milestones"][0]["id"]
    path = f"/v1/goals/{goal['id']}/milestones/{step}/actions/complete"
    ok(await api.post(path, json={"on": "2026-07-20"}, headers=headers | {"If-Match": "*"}))
    people, entered, steps = (await explained(api, pusher.company, goal["id"], language="zh-CN"))["indicators"]
    # one of two left on the 17th day: 31 + 17 person-days
    assert people["team"] == {
        "department_id": team["id"], "starts_on": "2026-07-01", "ends_on": "2026-07-31", "person_days": 48,
        "leavers": 1, "team": 1, "grown": 0,
    }  # fmt: skip
    assert people["formula"]["actual"] == "离职人数 / 日均在岗人数"
    assert (people["kind"], people["metric"], people["periods"], people["rows"]) == ("people", "turnover_rate", [], [])
    assert [(one["value"], one["on"], one["counted"]) for one in entered["entries"]] == [
        ("12", "2026-07-30", True), ("10", "2026-07-25", False), ("9", "2026-07-20", False),
    ]  # fmt: skip
    assert (entered["kind"], entered["metric"], entered["actual"]) == ("manual", None, "12")
    assert [(one["title"], one["done_on"]) for one in steps["milestones"]] == [("方案", "2026-07-20"), ("上线", None)]
    assert steps["formula"]["attainment"] == "达成率 = 实际 / 目标"


async def test_findings_on_what_was_read_stand_beside_it(api: AsyncClient, state: ApiState, pusher: Pusher) -> None:
    """MET-9: aov × buyers is not the gmv; one on another metric is not among them."""
    goal = await goal_of(api, pusher, {})
    rows = [pusher.row(value="1000"), pusher.row("aov", value="50"), pusher.row("paying_buyers", value="100")]
    await push_and_take_in(
        api, state, pusher, *rows, pusher.row("uv", value="200"), pusher.row("conversion", value="1")
    )
    await cross_check(state, pusher.company_id)
    (finding,) = (await explained(api, pusher.company, goal))["findings"]
    assert (finding["kind"], finding["metric"], finding["value"], finding["expected"], finding["state"]) == (
        "aov_mismatch", "gmv", "1000", "5000", "open",
    )  # fmt: skip
    past = await explained(api, pusher.company, goal, as_of="2026-08-01T00:00:00Z")
    assert past["findings"] == []


async def test_only_who_sees_the_goal_in_full_opens_it_and_only_who_sees_its_shops_their_rows(
    api: AsyncClient, state: ApiState
) -> None:
    """SEC-3: the public part is title, target and attainment; a mentor reads goals, and no shops."""
    pusher = await make_pusher(state)
    people = await make_relations(state)
    cycle = (await make_cycle(api, people.admin, kind="month"))["id"]
    shop = created(
        await api.post(
            "/v1/shops", json={"platform": "tmall", "external_id": secrets.token_hex(4), "name": "店"},
            headers=people.admin.headers,
        )
    )["id"]  # fmt: skip
    owners = {"starts_on": "2026-07-01", "owners": [people.owner("me") | {"share": "1"}]}
    ok(await api.put(f"/v1/shops/{shop}/owners", json=owners, headers=people.admin.headers))
    one = {"shop_ids": [shop]}
    mine = await goal_of(api, pusher, one, writer=people["me"], cycle_id=cycle, owner=people.owner("me"), weight="100")
    for action, who in (("submit", "me"), ("adjust", "boss"), ("confirm", "me")):
        ok(await act(api, people[who], mine, action))
    company_s = await goal_of(api, pusher, one, writer=people["executive"], cycle_id=cycle, weight="100")
    await confirm_goals(api, people["executive"], company_s)
    row = {"shop": f"tmall:{(await _external_id(api, people.admin, shop))}", "metric": "gmv", "grain": "day"}
    body = {"observations": [row | {"bucket": "2026-07-01", "value": "7", "observed_at": "2026-07-02T00:00:00Z"}]}
    key = {"Idempotency-Key": secrets.token_hex(8)}
    assert (await api.post("/v1/metric-batches", json=body, headers=people.admin.headers | key)).status_code == 202
    await work_off(state, people.admin.company_id)
    for name in ("me", "boss", "hr", "mentor"):
        (found,) = (await explained(api, people[name], mine))["indicators"]
        sees = name != "mentor"
        assert (found["actual"], found["hidden_shops"]) == ("7", 0 if sees else 1)
        assert (len(found["rows"]), found["rows_total"], len(found["periods"][0]["units"])) == (sees, sees, sees)
    for name in ("peer", "stranger"):
        reader = people["peer"] if name == "peer" else await make_member(state, pusher.company)
        problem(await api.get(f"/v1/goals/{mine}/explain", headers=reader.headers), status=404, code="not-found")
    public = await api.get(f"/v1/goals/{company_s}/explain", headers=people["peer"].headers)
    problem(public, status=403, code="not-allowed")


async def _external_id(api: AsyncClient, reader: Member, shop: str) -> str:
    return str(ok(await api.get(f"/v1/shops/{shop}", headers=reader.headers))["external_id"])


async def test_it_takes_as_many_statements_for_one_shop_as_for_fifty(api: AsyncClient, state: ApiState) -> None:
    """C19: also with a change, and in other units."""
    counts = []
    for shops in (1, 50):
        pusher, ids, names = await pusher_of_shops(state, shops)
        growth = {"kind": "growth", "against": "previous", "target": "0.20", "shop_ids": ids}
        goal = await goal_of(api, pusher, CONVERSION | {"shop_ids": ids}, growth)
        rows = [pusher.row(metric, shop=name) for name in names for metric in ("gmv", "uv", "paying_buyers")]
        await push_and_take_in(api, state, pusher, *rows)
        with count_statements() as statements:
            found = await explained(api, pusher.company, goal, since="2026-07-09T00:00:00Z")
        assert [len(one["periods"][0]["units"]) for one in found["indicators"]] == [shops, shops]
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 20
