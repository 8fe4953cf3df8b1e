from httpx import AsyncClient

from attain_api.state import ApiState
from attain_shared.identifiers import new_id
from tests.support.companies import make_company, make_member
from tests.support.http import created, ok, pointers, problem
from tests.support.statements import count_statements

BODY = {"platform": "tmall", "external_id": "brand:flagship", "name": "某某旗舰店"}


async def test_a_shop_is_created_with_the_defaults_of_a_chinese_shop(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    response = await api.post("/v1/shops", json=BODY, headers=company.headers)
    shop = created(response)
    assert (shop["timezone"], shop["currency"]) == ("Asia/Shanghai", "CNY")
    assert response.headers["location"] == f"/v1/shops/{shop['id']}"
    assert response.headers["etag"] == '"1"'
    assert ok(await api.get(response.headers["location"], headers=company.headers)) == shop


async def test_a_shop_is_known_once_a_company(api: AsyncClient, state: ApiState) -> None:
    ours, theirs = await make_company(state), await make_company(state)
    created(await api.post("/v1/shops", json=BODY, headers=ours.headers))
    problem(await api.post("/v1/shops", json=BODY, headers=ours.headers), status=409, code="shop-taken")
    created(await api.post("/v1/shops", json=BODY, headers=theirs.headers))


async def test_another_company_neither_sees_nor_changes_a_shop(api: AsyncClient, state: ApiState) -> None:
    ours, theirs = await make_company(state), await make_company(state)
    shop = created(await api.post("/v1/shops", json=BODY, headers=ours.headers))
    path = f"/v1/shops/{shop['id']}"
    problem(await api.get(path, headers=theirs.headers), status=404, code="not-found")
    problem(await api.patch(path, json={"name": "x"}, headers=theirs.headers), status=404, code="not-found")
    assert ok(await api.get("/v1/shops", headers=theirs.headers))["items"] == []


async def test_what_names_a_shop_to_connectors_cannot_be_changed(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    shop = created(await api.post("/v1/shops", json=BODY, headers=company.headers))
    path = f"/v1/shops/{shop['id']}"
    response = await api.patch(path, json={"external_id": "other"}, headers=company.headers)
    assert pointers(response) == [("/external_id", "extra-forbidden")]
    response = await api.patch(path, json={"name": "新店名"}, headers=company.headers)
    assert ok(response) == shop | {"name": "新店名"}
    assert response.headers["etag"] == '"2"'


async def test_a_change_that_changes_nothing_leaves_the_version(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    shop = created(await api.post("/v1/shops", json=BODY, headers=company.headers))
    path = f"/v1/shops/{shop['id']}"
    for body in ({}, {"name": BODY["name"]}):
        response = await api.patch(path, json=body, headers=company.headers)
        assert (ok(response), response.headers["etag"]) == (shop, '"1"')


async def test_bad_fields_are_all_named(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    body = {"platform": "T-mall", "external_id": " ", "name": "a\x00b", "timezone": "Mars/Olympus", "currency": "yuan"}
    response = await api.post("/v1/shops", json=body, headers=company.headers)
    assert pointers(response) == [
        ("/platform", "string-pattern-mismatch"),
        ("/external_id", "string-too-short"),
        ("/name", "control-character"),
        ("/timezone", "unknown-timezone"),
        ("/currency", "string-pattern-mismatch"),
    ]


async def test_the_list_is_filtered_sorted_and_paged(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for number in range(5):
        body = {
            "platform": "tmall" if number % 2 else "taobao",
            "external_id": f"s{number}",
            "name": f"店{number // 2}",
        }
        created(await api.post("/v1/shops", json=body, headers=company.headers))
    everything = ok(await api.get("/v1/shops", headers=company.headers))
    assert [shop["name"] for shop in everything["items"]] == ["店0", "店0", "店1", "店1", "店2"]
    assert everything["next_cursor"] is None
    for sort in ("name", "-name", "created_at", "-created_at"):
        seen, cursor = [], None
        while True:
            params = {"limit": 2, "sort": sort} | ({"cursor": cursor} if cursor else {})
            page = ok(await api.get("/v1/shops", params=params, headers=company.headers))
            seen += [shop["external_id"] for shop in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        whole = ok(await api.get("/v1/shops", params={"sort": sort}, headers=company.headers))
        assert seen == [shop["external_id"] for shop in whole["items"]]
        assert len(set(seen)) == 5
    filtered = ok(await api.get("/v1/shops", params={"platform": "tmall", "name": "店0"}, headers=company.headers))
    assert [shop["external_id"] for shop in filtered["items"]] == ["s1"]


async def test_a_list_takes_two_statements_whatever_its_length(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for number in range(3):
        created(await api.post("/v1/shops", json=BODY | {"external_id": f"s{number}"}, headers=company.headers))
    with count_statements() as statements:
        ok(await api.get("/v1/shops", headers=company.headers))
    assert len(statements) == 2, statements


async def test_an_unknown_parameter_sort_or_limit_is_refused(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for params, expected in (
        ({"colour": "red"}, ("/query/colour", "extra-forbidden")),
        ({"sort": "currency"}, ("/query/sort", "literal-error")),
        ({"limit": "0"}, ("/query/limit", "greater-than-equal")),
        ({"limit": "201"}, ("/query/limit", "less-than-equal")),
        ({"limit": "9" * 30}, ("/query/limit", "less-than-equal")),
    ):
        assert pointers(await api.get("/v1/shops", params=params, headers=company.headers)) == [expected]


async def test_a_bad_cursor_is_a_bad_request(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for name in ("a", "b"):
        created(await api.post("/v1/shops", json=BODY | {"external_id": name}, headers=company.headers))
    cursor = ok(await api.get("/v1/shops", params={"limit": 1}, headers=company.headers))["next_cursor"]
    for params in (
        {"cursor": "!"},
        {"cursor": "AAAA"},
        {"cursor": cursor[:-4]},
        {"cursor": cursor, "sort": "-name"},
        {"cursor": "é"},
    ):
        response = await api.get("/v1/shops", params=params, headers=company.headers)
        problem(response, status=400, code="bad-cursor")


async def test_only_administrators_write_shops_and_employees_read_only_their_own(
    api: AsyncClient, state: ApiState
) -> None:
    company = await make_company(state)
    shop = created(await api.post("/v1/shops", json=BODY, headers=company.headers))
    for role, seen in (("hr", [shop]), ("executive", [shop]), ("employee", [])):
        member = await make_member(state, company, roles=(role,))
        assert ok(await api.get("/v1/shops", headers=member.headers))["items"] == seen
        status = (await api.get(f"/v1/shops/{shop['id']}", headers=member.headers)).status_code
        assert status == (200 if seen else 404)
        problem(await api.post("/v1/shops", json=BODY, headers=member.headers), status=403, code="not-allowed")


async def test_conditional_requests(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    shop = created(await api.post("/v1/shops", json=BODY, headers=company.headers))
    path = f"/v1/shops/{shop['id']}"
    for tags, status in (('"1"', 304), ('W/"1"', 304), ('"7", "1"', 304), ("*", 304), ('"2"', 200)):
        response = await api.get(path, headers=company.headers | {"If-None-Match": tags})
        assert (response.status_code, response.headers["etag"]) == (status, '"1"')
        assert bool(response.content) is (status == 200)
    for tags in ('"2"', 'W/"1"', "1"):
        response = await api.patch(path, json={"name": "x"}, headers=company.headers | {"If-Match": tags})
        problem(response, status=412, code="stale")
    for tags in ('"1"', '"9", "2"', "*"):
        response = await api.patch(path, json={"name": f"名{tags}"}, headers=company.headers | {"If-Match": tags})
        ok(response)


async def test_ids_that_are_none_are_not_found(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for identifier in (str(new_id()), "no-uuid", "%00"):
        problem(await api.get(f"/v1/shops/{identifier}", headers=company.headers), status=404, code="not-found")
