"""Indicators of every kind, milestones, collaborators and rubrics: written, read back, and refused (GOAL-1, GOAL-4 to GOAL-6)."""

from typing import Any, NamedTuple

import pytest
from httpx import AsyncClient, Response

from attain_api.state import ApiState
from tests.support.companies import Company, make_company, make_member, make_shop
from tests.support.goals import NOBODY, act, goal_body, indicator, make_cycle, make_goal
from tests.support.http import created, ok, pointers
from tests.support.statements import count_statements
from tests.support.worker import count_rows

NONE_OF_A_METRIC: dict[str, Any] = dict.fromkeys(
    ("metric", "shop_ids", "aggregate", "dimension", "item_set", "against", "attribution", "daily_curve")
)
"""What is null of an indicator that measures no metric of the catalogue."""
RULES = {"rules": [{"test": "all", "op": "<=", "threshold": "0.60", "score": "2.5"}], "otherwise": "3.5"}


class Setting(NamedTuple):
    """A company with an open quarter, a shop, its hot items and a department."""

    company: Company
    cycle: str
    shop: str
    other_shop: str
    item_set: str
    department: str

    def filled(self, given: Any) -> Any:
        """A body with the names of this setting's things filled in."""
        if isinstance(given, dict):
            return {name: self.filled(value) for name, value in given.items()}
        if isinstance(given, list):
            return [self.filled(value) for value in given]
        return getattr(self, given[1:]) if isinstance(given, str) and given.startswith("$") else given


@pytest.fixture
async def at(api: AsyncClient, state: ApiState) -> Setting:
    company = await make_company(state)
    shops = [str((await make_shop(state, company)).id) for _ in range(2)]
    hot = {"shop_id": shops[0], "name": "爆款", "item_ids": ["1", "2"]}
    team = {"name": "运营部", "function": "operations"}
    return Setting(
        company,
        (await make_cycle(api, company))["id"],
        shops[0],
        shops[1],
        created(await api.post("/v1/item-sets", json=hot, headers=company.headers))["id"],
        created(await api.post("/v1/departments", json=team, headers=company.headers))["id"],
    )


async def post(api: AsyncClient, at: Setting, *indicators: dict[str, Any], **more: Any) -> Response:
    body = at.filled(goal_body(at.cycle, indicators, **more))
    return await api.post("/v1/goals", json=body, headers=at.company.headers)


METRIC = indicator(["$shop"])
GROWTH = {"kind": "growth", "metric": "gmv", "shop_ids": ["$shop"], "against": "last_year", "target": "0.20"}
PEOPLE = {"kind": "people", "metric": "turnover_rate", "department_id": "$department", "target": "0.05"}
MANUAL = {"kind": "manual", "name": "及时发货率", "unit": "%", "target": "98"}
MILESTONES = {"kind": "milestones"}


@pytest.mark.parametrize(
    ("given", "filled_in"),
    [
        (METRIC, {"aggregate": "deduplicated", "dimension": "", "attribution": "whole", "item_set": None}),
        (METRIC | {"attribution": "owned", "dimension": "terminal:pc"}, {}),
        (METRIC | {"item_set": "$item_set"}, {"dimension": None}),
        (METRIC | {"daily_curve": ["0.5"] * 91 + ["2"]}, {}),
        (METRIC | {"baseline": "500", "cap": "1.20"}, {"band": None}),
        (METRIC | {"direction": "band", "target": None, "band": {"low": "1", "high": "2.0"}}, {}),
        (GROWTH, {"direction": "higher_better", "aggregate": "deduplicated", "cap": "2.0", "dimension": ""}),
        (GROWTH | {"against": "previous", "target": "-0.1", "direction": "lower_better"}, {}),
        (GROWTH | {"metric": "conversion"}, {"aggregate": "deduplicated"}),
        (PEOPLE, NONE_OF_A_METRIC | {"metric": "turnover_rate", "direction": "lower_better"}),
        (PEOPLE | {"metric": "staff_growth", "target": "0.5"}, {"direction": "higher_better"}),
        (PEOPLE | {"direction": "higher_better"}, {}),
        (MANUAL, NONE_OF_A_METRIC | {"direction": "higher_better", "department_id": None}),
        (MANUAL | {"direction": "lower_better", "baseline": "100"}, {}),
        (MILESTONES, NONE_OF_A_METRIC | {"target": "1", "direction": "higher_better", "name": None}),
        (MILESTONES | {"target": "0.8"}, {}),
    ],
)  # fmt: skip
async def test_every_kind_is_kept_as_it_was_written(
    api: AsyncClient, at: Setting, given: dict[str, Any], filled_in: dict[str, Any]
) -> None:
    """GOAL-4: every field is read back, null where the kind does not have it."""
    response = await post(api, at, given)
    goal = created(response)
    read = ok(await api.get(f"/v1/goals/{goal['id']}", headers=at.company.headers))
    assert read == goal
    [shown] = read["indicators"]
    expected = at.filled(given) | filled_in
    assert {name: shown[name] for name in expected} == expected


async def test_only_what_is_pushed_feeds_a_goal(api: AsyncClient, state: ApiState, at: Setting) -> None:
    """MET-2, GOAL-4: each item of a set and, of growth, the earlier window."""
    created(await post(api, at, PEOPLE, MANUAL, MILESTONES))
    assert await count_rows(state, "indicator_sources", at.company.company_id) == 0
    created(await post(api, at, METRIC | {"item_set": "$item_set"}, GROWTH))
    assert await count_rows(state, "indicator_sources", at.company.company_id) == 3


async def test_a_department_measures_its_own_people_by_default(api: AsyncClient, at: Setting) -> None:
    """GOAL-4; the company's goal is about everybody."""
    bare = {"kind": "people", "metric": "turnover_rate", "target": "0.05"}
    for owner, expected in (
        ({"type": "department", "id": at.department}, at.department),
        ({"type": "company"}, None),
    ):
        goal = created(await post(api, at, bare, owner=owner))
        assert goal["indicators"][0]["department_id"] == expected
    person = {"type": "person", "id": str(at.company.person_id)}
    assert pointers(await post(api, at, bare, owner=person)) == [("/indicators/0/department_id", "missing")]


async def test_a_departments_figures_are_not_opened_by_a_goal_of_ones_own(
    api: AsyncClient, state: ApiState, at: Setting
) -> None:
    """ORG-5, SEC-3: whoever does not see them does not measure by them."""
    member = await make_member(state, at.company)
    person = {"type": "person", "id": str(member.person_id)}
    body = at.filled(goal_body(at.cycle, [PEOPLE], owner=person))
    response = await api.post("/v1/goals", json=body, headers=member.headers)
    assert pointers(response) == [("/indicators/0/department_id", "unknown-department")]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (METRIC | {"shop_ids": ["$shop", NOBODY]}, [("/shop_ids/1", "unknown-shop")]),
        (METRIC | {"shop_ids": ["$shop", "$shop"]}, [("/shop_ids/1", "duplicate")]),
        (METRIC | {"item_set": NOBODY}, [("/item_set", "unknown-item-set")]),
        (METRIC | {"item_set": "$item_set", "dimension": "item:1"}, [("/dimension", "not-both")]),
        (METRIC | {"item_set": "$item_set", "shop_ids": ["$shop", "$other_shop"]}, [("/shop_ids", "not-the-shop-of-the-set")]),
        (METRIC | {"item_set": "$item_set", "shop_ids": ["$other_shop"]}, [("/item_set", "unknown-item-set")]),
        (METRIC | {"item_set": "$item_set", "metric": "repeat_30d"}, [("/item_set", "roll-up-refused")]),
        (METRIC | {"daily_curve": ["1"] * 91}, [("/daily_curve", "invalid-curve")]),
        (METRIC | {"daily_curve": ["0"] * 92}, [("/daily_curve", "invalid-curve")]),
        (METRIC | {"daily_curve": ["1"] * 91 + ["-1"]}, [("/daily_curve/91", "greater-than-equal")]),
        (METRIC | {"attribution": "half"}, [("/attribution", "literal-error")]),
        (METRIC | {"against": "previous"}, [("/against", "extra-forbidden")]),
        ({"kind": "metric", "metric": "gmv"}, [("/shop_ids", "missing"), ("/direction", "missing")]),
        ({"kind": "metric"}, [("/metric", "missing"), ("/shop_ids", "missing"), ("/direction", "missing")]),
        (GROWTH | {"target": "-1"}, [("/target", "invalid-target")]),
        (GROWTH | {"target": None}, [("/target", "invalid-target")]),
        (GROWTH | {"against": "yesterday"}, [("/against", "enum")]),
        (GROWTH | {"metric": "nothing"}, [("/metric", "unknown-metric")]),
        (GROWTH | {"aggregate": "daily_pooled"}, [("/aggregate", "roll-up-refused")]),
        (PEOPLE | {"metric": "gmv"}, [("/metric", "literal-error")]),
        (PEOPLE | {"department_id": NOBODY}, [("/department_id", "unknown-department")]),
        (PEOPLE | {"attribution": "owned"}, [("/attribution", "extra-forbidden")]),
        (PEOPLE | {"target": None}, [("/target", "invalid-target")]),
        (MANUAL | {"name": " "}, [("/name", "string-too-short")]),
        (MANUAL | {"target": "0"}, [("/target", "invalid-target")]),
        ({"kind": "manual", "target": "1"}, [("/name", "missing"), ("/unit", "missing")]),
        (MILESTONES | {"target": "1.1"}, [("/target", "less-than-equal")]),
        (MILESTONES | {"metric": "gmv"}, [("/metric", "extra-forbidden")]),
        ({"metric": "gmv"}, [("", "union-tag-not-found")]),
        ({"kind": "wish"}, [("", "union-tag-invalid")]),
    ],
)  # fmt: skip
async def test_an_indicator_that_does_not_fit_its_kind_is_refused(
    api: AsyncClient, state: ApiState, at: Setting, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """GOAL-4, GOAL-5, GOAL-7."""
    response = await post(api, at, given)
    assert response.status_code == 422
    found = [(wrong["pointer"], wrong["code"]) for wrong in response.json()["errors"]]
    assert found == [(f"/indicators/0{pointer}", code) for pointer, code in expected]
    assert await count_rows(state, "goals", at.company.company_id) == 0


async def test_who_helps_and_what_is_to_be_done_is_kept(api: AsyncClient, state: ApiState, at: Setting) -> None:
    """GOAL-1: the who and the when."""
    helpers = [str((await make_member(state, at.company)).person_id) for _ in range(2)]
    steps = [
        {"title": "主图定稿", "due_on": "2026-07-31", "owner_id": helpers[0]},
        {"title": "复盘", "due_on": "2026-09-30"},
    ]
    goal = created(await post(api, at, MILESTONES, collaborators=helpers[::-1], milestones=steps))
    assert goal["collaborators"] == helpers[::-1]
    assert [{name: one[name] for name in ("title", "due_on", "owner_id", "done_on")} for one in goal["milestones"]] == [
        steps[0] | {"done_on": None},
        steps[1] | {"owner_id": None, "done_on": None},
    ]
    assert (goal["agreed_at"], goal["template_id"], goal["copied_from_id"]) == (None, None, None)
    assert ok(await api.get(f"/v1/goals/{goal['id']}", headers=at.company.headers)) == goal


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"collaborators": [NOBODY]}, ("/collaborators/0", "unknown-person")),
        ({"collaborators": ["$helper", "$helper"]}, ("/collaborators/1", "duplicate")),
        ({"collaborators": [NOBODY] * 51}, ("/collaborators", "too-long")),
        ({"milestones": [{"title": "x", "due_on": "2026-10-01"}]}, ("/milestones/0/due_on", "outside-window")),
        ({"milestones": [{"title": "x", "due_on": "2026-07-01", "owner_id": NOBODY}]}, ("/milestones/0/owner_id", "unknown-person")),
        ({"milestones": [{"title": "x"}]}, ("/milestones/0/due_on", "missing")),
        ({"milestones": [{"title": "x", "due_on": "2026-07-01", "id": NOBODY}]}, ("/milestones/0/id", "extra-forbidden")),
        ({"milestones": [{"title": "x", "due_on": "2026-07-01"}] * 51}, ("/milestones", "too-long")),
        ({"rubric_id": NOBODY}, ("/rubric_id", "unknown-rubric")),
        ({"rubric_id": NOBODY, "rubric": RULES}, ("/rubric_id", "not-both")),
        ({"agreed_at": None}, ("/agreed_at", "extra-forbidden")),
    ],
)  # fmt: skip
async def test_what_a_goal_consists_of_must_be_there(
    api: AsyncClient, at: Setting, more: dict[str, Any], expected: tuple[str, str]
) -> None:
    """GOAL-1, GOAL-6."""
    helper = str(at.company.person_id)
    if more.get("collaborators") == ["$helper", "$helper"]:
        more = {"collaborators": [helper, helper]}
    assert pointers(await post(api, at, METRIC, **more)) == [expected]


async def test_a_rubric_of_the_company_is_taken_with_its_version(api: AsyncClient, at: Setting) -> None:
    """GOAL-6: the rules as they are now; a later change of them leaves the goal alone."""
    made = created(await api.post("/v1/rubrics", json={"name": "标准"} | RULES, headers=at.company.headers))
    changed = {"otherwise": "4"}
    first = created(await post(api, at, METRIC, rubric_id=made["id"]))
    ok(await api.patch(f"/v1/rubrics/{made['id']}", json=changed, headers=at.company.headers | {"If-Match": "*"}))
    second = created(await post(api, at, METRIC, rubric_id=made["id"]))
    for goal, version, otherwise in ((first, 1, "3.5"), (second, 2, "4")):
        read = ok(await api.get(f"/v1/goals/{goal['id']}", headers=at.company.headers))
        assert (read["rubric_id"], read["rubric_version"]) == (made["id"], version)
        assert read["rubric"] == RULES | {"otherwise": otherwise}
    own, default = created(await post(api, at, METRIC, rubric=RULES)), created(await post(api, at, METRIC))
    assert (own["rubric_id"], own["rubric_version"]) == (None, 1)
    assert (default["rubric"], default["rubric_version"]) == (None, None)


async def test_a_quarters_goal_is_below_one_of_the_year(api: AsyncClient, at: Setting) -> None:
    """GOAL-2: across cycles, within the enclosing window."""
    year = (await make_cycle(api, at.company, kind="year", starts_on="2026-01-01"))["id"]
    whole = await make_goal(api, at.company, at.filled(METRIC), cycle_id=year)
    part = created(await post(api, at, METRIC, parent_id=whole["id"]))
    assert part["parent_id"] == whole["id"]
    body = goal_body(year, [at.filled(METRIC)], parent_id=part["id"])
    response = await api.post("/v1/goals", json=body, headers=at.company.headers)
    assert pointers(response) == [("/parent_id", "window-not-enclosed")]


async def test_what_is_counted_or_entered_needs_something_to_go_by(api: AsyncClient, at: Setting) -> None:
    """GOAL-1: written standards for all three bands where an indicator is manual; milestones where they are counted."""
    goal = created(await post(api, at, MANUAL, MILESTONES, standards={"below": "少", "meets": " "}))["id"]
    refused = await act(api, at.company, goal, "submit")
    assert pointers(refused) == [
        ("/standards/meets", "missing"), ("/standards/above", "missing"), ("/milestones", "missing"),
    ]  # fmt: skip
    mended = {
        "standards": {"below": "少", "meets": "够", "above": "多"},
        "milestones": [{"title": "x", "due_on": "2026-07-31"}],
    }
    headers = at.company.headers | {"If-Match": "*"}
    ok(await api.patch(f"/v1/goals/{goal}", json=mended, headers=headers))
    ok(await act(api, at.company, goal, "submit"))


async def test_a_list_costs_the_same_for_one_goal_and_for_50(api: AsyncClient, at: Setting) -> None:
    steps = [{"title": "x", "due_on": "2026-07-31"}] * 2
    counts = []
    for more in (1, 49):
        for _ in range(more):
            created(await post(api, at, METRIC, MILESTONES, milestones=steps))
        with count_statements() as statements:
            page = ok(await api.get("/v1/goals", params={"limit": "50"}, headers=at.company.headers))
        counts.append((len(page["items"]), len(statements)))
    assert counts == [(1, 4), (50, 4)]
