"""A company's rubrics and their versions (GOAL-6)."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient

from attain_api.state import ApiState
from tests.support.companies import Company, make_company, make_member
from tests.support.goals import NOBODY
from tests.support.http import created, ok, pointers, problem
from tests.support.statements import count_statements

RUBRICS = "/v1/rubrics"
RULES = [
    {"test": "all", "op": "<=", "threshold": "0.60", "score": "2.5"},
    {"test": "all", "op": ">=", "threshold": "1.15", "score": "4"},
]
STRICT: dict[str, Any] = {"name": "严格", "rules": RULES, "otherwise": "3.5"}


def rule(test: str, op: str, threshold: str, score: str) -> dict[str, str]:
    return {"test": test, "op": op, "threshold": threshold, "score": score}


@pytest.fixture
async def company(state: ApiState) -> Company:
    return await make_company(state)


async def test_other_rules_are_a_new_version_and_another_name_is_not(api: AsyncClient, company: Company) -> None:
    response = await api.post(RUBRICS, json=STRICT, headers=company.headers)
    made, path = created(response), response.headers["location"]
    assert made == {"id": made["id"], "rules_version": 1, "created_at": made["created_at"]} | STRICT
    assert response.headers["etag"] == '"1"'
    assert ok(await api.get(path, headers=company.headers)) == made
    renamed = await api.patch(path, json={"name": "更严格"}, headers=company.headers | {"If-Match": '"1"'})
    assert (ok(renamed)["rules_version"], renamed.headers["etag"]) == (1, '"2"')
    looser = [RULES[0], RULES[1] | {"threshold": "1.10"}]
    changed = await api.patch(path, json={"rules": looser}, headers=company.headers | {"If-Match": '"2"'})
    assert ok(changed) == made | {"name": "更严格", "rules": looser, "rules_version": 2}
    assert ok(await api.get(path, headers=company.headers)) == ok(changed)
    first = await api.get(f"{path}/versions/1", headers=company.headers)
    assert (ok(first)["rules"], ok(first)["rubric_id"], first.headers["etag"]) == (RULES, made["id"], '"1"')
    assert ok(await api.get(f"{path}/versions/2", headers=company.headers))["rules"] == looser
    problem(await api.get(f"{path}/versions/3", headers=company.headers), status=404, code="not-found")
    problem(await api.patch(path, json={"name": "x"}, headers=company.headers | {"If-Match": '"1"'}), status=412, code="stale")  # fmt: skip


async def test_the_same_rules_written_differently_are_no_new_version(api: AsyncClient, company: Company) -> None:
    made = created(await api.post(RUBRICS, json=STRICT, headers=company.headers))
    path = f"{RUBRICS}/{made['id']}"
    same = {"rules": [RULES[0] | {"threshold": "0.6"}, RULES[1]], "otherwise": "3.50"}
    again = await api.patch(path, json=same, headers=company.headers)
    assert (ok(again), again.headers["etag"]) == (made, '"1"')
    problem(await api.get(f"{path}/versions/2", headers=company.headers), status=404, code="not-found")


async def test_the_default_is_that_of_the_specification(api: AsyncClient, company: Company) -> None:
    response = await api.get(f"{RUBRICS}/default", headers=company.headers)
    shown = ok(response)
    assert [(one["test"], one["op"], one["threshold"], one["score"]) for one in shown["rules"]] == [
        ("all", "<=", "0.60", "2.5"),
        ("mean", "<=", "0.70", "3"),
        ("any", "<=", "0.80", "3.25"),
        ("all", ">=", "1.30", "4.5"),
        ("all", ">=", "1.15", "4"),
        ("all", ">=", "1.05", "3.75"),
    ]
    assert shown["otherwise"] == "3.5"
    again = await api.get(f"{RUBRICS}/default", headers=company.headers | {"If-None-Match": response.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"otherwise": "3.6"}, [("/otherwise", "invalid-rubric")]),
        ({"rules": [rule("all", "<=", "0.5", "4")]}, [("/rules/0/score", "invalid-rubric")]),
        ({"rules": [rule("all", ">=", "1.2", "3")]}, [("/rules/0/score", "invalid-rubric")]),
        ({"rules": [*reversed(RULES)]}, [("/rules/1/op", "invalid-rubric")]),
        (
            {"rules": [rule("all", ">=", "1.1", "3.75"), rule("all", ">=", "1.3", "4")]},
            [("/rules/1/score", "invalid-rubric")],
        ),
        ({"rules": [rule("most", "<=", "0.5", "2.5")]}, [("/rules/0/test", "enum")]),
        ({"rules": [rule("all", "<=", "-1", "2.5")]}, [("/rules/0/threshold", "greater-than-equal")]),
        ({"rules": [rule("all", "<=", "0.5", "2.5")] * 51}, [("/rules", "too-long")]),
        ({"name": " "}, [("/name", "string-too-short")]),
        ({"version": 7}, [("/version", "extra-forbidden")]),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_rubric_that_is_not_monotone_is_refused_new_or_changed(
    api: AsyncClient, company: Company, changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert pointers(await api.post(RUBRICS, json=STRICT | changes, headers=company.headers)) == expected
    made = created(await api.post(RUBRICS, json=STRICT, headers=company.headers))
    path = f"{RUBRICS}/{made['id']}"
    assert pointers(await api.patch(path, json=changes, headers=company.headers)) == expected
    assert ok(await api.get(path, headers=company.headers)) == made


async def test_a_change_of_one_part_is_judged_with_the_other(api: AsyncClient, company: Company) -> None:
    """GOAL-6: what is not sent stays, and the whole must be monotone."""
    path = f"{RUBRICS}/{created(await api.post(RUBRICS, json=STRICT, headers=company.headers))['id']}"
    response = await api.patch(path, json={"otherwise": "4.5"}, headers=company.headers)
    assert pointers(response) == [("/rules/1/score", "invalid-rubric")]


async def test_a_name_is_taken_once_a_company(api: AsyncClient, state: ApiState, company: Company) -> None:
    created(await api.post(RUBRICS, json=STRICT, headers=company.headers))
    other = created(await api.post(RUBRICS, json=STRICT | {"name": "宽松"}, headers=company.headers))
    for response in (
        await api.post(RUBRICS, json=STRICT, headers=company.headers),
        await api.patch(f"{RUBRICS}/{other['id']}", json={"name": "严格"}, headers=company.headers),
    ):
        problem(response, status=409, code="rubric-taken")
    created(await api.post(RUBRICS, json=STRICT, headers=(await make_company(state)).headers))


async def test_a_rubric_made_twice_with_one_key_is_one(api: AsyncClient, company: Company) -> None:
    headers = company.headers | {"Idempotency-Key": "k"}
    first, again = [created(await api.post(RUBRICS, json=STRICT, headers=headers)) for _ in range(2)]
    assert again == first


async def test_the_list_is_paged_and_costs_the_same_for_one_and_for_many(api: AsyncClient, company: Company) -> None:
    async def listed(**params: str) -> tuple[list[str], int]:
        with count_statements() as statements:
            page = ok(await api.get(RUBRICS, params=params, headers=company.headers))
        return [one["name"] for one in page["items"]], len(statements)

    created(await api.post(RUBRICS, json=STRICT | {"name": "n0"}, headers=company.headers))
    names, cost = await listed()
    assert names == ["n0"]
    for number in range(1, 12):
        created(await api.post(RUBRICS, json=STRICT | {"name": f"n{number}"}, headers=company.headers))
    names, same = await listed(sort="-created_at", limit="200")
    assert (names, same) == ([f"n{number}" for number in range(11, -1, -1)], cost)
    assert (await listed(name="n7"))[0] == ["n7"]


async def test_changes_at_once_are_versions_one_after_the_other(api: AsyncClient, company: Company) -> None:
    path = f"{RUBRICS}/{created(await api.post(RUBRICS, json=STRICT, headers=company.headers))['id']}"

    async def raise_threshold(threshold: str) -> Any:
        rules = [RULES[0], RULES[1] | {"threshold": threshold}]
        return ok(await api.patch(path, json={"rules": rules}, headers=company.headers))

    changed = await asyncio.gather(*map(raise_threshold, ("1.2", "1.3", "1.4", "1.5")))
    assert sorted(one["rules_version"] for one in changed) == [2, 3, 4, 5]
    for one in changed:
        version = await api.get(f"{path}/versions/{one['rules_version']}", headers=company.headers)
        assert ok(version)["rules"] == one["rules"]


async def test_everybody_reads_and_hr_and_administrators_write(
    api: AsyncClient, state: ApiState, company: Company
) -> None:
    """SEC-3."""
    made = created(await api.post(RUBRICS, json=STRICT, headers=company.headers))
    path = f"{RUBRICS}/{made['id']}"
    for role, writes in (("hr", True), ("executive", False), ("employee", False)):
        caller = await make_member(state, company, roles=(role,))
        assert ok(await api.get(path, headers=caller.headers)) == made
        assert made in ok(await api.get(RUBRICS, headers=caller.headers))["items"]
        new = await api.post(RUBRICS, json=STRICT | {"name": role}, headers=caller.headers)
        change = await api.patch(path, json={"name": "严格"}, headers=caller.headers)
        assert [new.status_code, change.status_code] == ([201, 200] if writes else [403, 403])
    stranger = await make_company(state)
    for response in (
        await api.get(path, headers=stranger.headers),
        await api.get(f"{path}/versions/1", headers=stranger.headers),
        await api.patch(path, json={"name": "x"}, headers=stranger.headers),
        await api.get(f"{RUBRICS}/{NOBODY}", headers=company.headers),
    ):
        problem(response, status=404, code="not-found")
