"""Two companies alike in everything: through no route does one see anything of the other (ORG-0, SEC-6)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import httpx
import pytest

from attain_shared.identifiers import new_id
from tests.support.stack import ADMIN_EMAIL, ADMIN_PASSWORD, Stack
from tests.support.story import PASSWORD, Client, Json, make_company, metric_indicator
from tests.support.worlds import EMAIL, NAME, SHOP, SHOP_OF_ONE, World, make_world

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
REQUIRED = {"from": "2026-07-01", "to": "2026-07-31", "metric": "gmv", "grain": "day", "bucket": "2026-07-01"}
VARYING = {"x-request-id", "date", "content-length"}


class Operation(NamedTuple):
    """One way to call the API."""

    method: str
    path: str
    body: Any
    ids_in_path: tuple[str, ...]
    ids_in_query: tuple[str, ...]
    other_query: dict[str, str]


@pytest.fixture(scope="module")
def a(stack: Stack) -> Iterator[World]:
    """The company that others are curious about; it has more of everything."""
    world = make_world(stack, gmv="111111.11")
    world.company.make_shop(SHOP_OF_ONE)
    for number in range(3):
        world.connector.push([{"shop": f"tmall:{SHOP}", "metric": "uv", "bucket": "2026-07-01", "value": str(number)}])
    world.company.wait_until_done()
    with world.company.admin, world.connector:
        yield world


@pytest.fixture(scope="module")
def b(stack: Stack, a: World) -> Iterator[World]:
    """The curious one, made afterwards."""
    world = make_world(stack, gmv="222222.22")
    with world.company.admin, world.connector:
        yield world


@pytest.fixture(scope="module")
def operations(b: World) -> list[Operation]:
    """Every operation of the API's own document."""
    document = b.company.admin.get("/v1/openapi.json")
    return [
        _operation(document, method.upper(), path, declared)
        for path, methods in document["paths"].items()
        for method, declared in methods.items()
    ]


def _operation(document: Json, method: str, path: str, declared: Json) -> Operation:
    parameters = declared.get("parameters", [])
    queried = [one for one in parameters if one["in"] == "query"]
    content = declared.get("requestBody", {}).get("content", {}).get("application/json")
    body = None
    if content is not None:
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        body = content["example"] if "example" in content else document["components"]["schemas"][name]["examples"][0]
    return Operation(
        method,
        path,
        body,
        tuple(one["name"] for one in parameters if one["in"] == "path" and one["name"].endswith("_id")),
        tuple(one["name"] for one in queried if "uuid" in str(one["schema"])),
        {one["name"]: REQUIRED[one["name"]] for one in queried if one["name"] in REQUIRED and one.get("required")},
    )


def call(client: Client, operation: Operation, ids: Mapping[str, str], **query: str) -> httpx.Response:
    """Call an operation with ids in its path; required ids in the query are the path's owner's unless given."""
    path = re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], "standard"), operation.path)
    of_cycle = any(word in path for word in ("scorecards", "goal-checks", "leaderboards"))
    required = {"cycle_id": ids["cycle_id"]} if of_cycle else {}
    required |= {"by": "shop", "person_id": ids["person_id"]} if path.endswith("/split") else {}
    required |= {"shop_id": ids["shop_id"]} if "metric-values" in path or "observations" in path else {}
    required |= {"indicator_id": ids["indicator_id"]} if path.endswith("/explain/rows") else {}
    required |= {"format": "csv"} if path.endswith("/people/export") else {}
    headers = {"If-Match": "*", "X-Request-ID": "the-same"}
    params = operation.other_query | required | query
    return client.http.request(operation.method, path, params=params, json=operation.body, headers=headers)


def shape(reply: httpx.Response, *hidden: str) -> tuple[int, str, dict[str, str]]:
    """Everything of a reply but what differs from any one request to the next."""
    text = reply.text
    for secret in hidden:
        text = text.replace(secret, "<id>")
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return reply.status_code, text, {name: value for name, value in headers.items() if name not in VARYING}


def test_another_companys_ids_are_unknown_in_every_path(a: World, b: World, operations: list[Operation]) -> None:
    with_ids = [operation for operation in operations if operation.ids_in_path]
    # an export of somebody's data, and what a goal is explained by, say when they were made
    dated = ("/personal-data", "/explain")
    steady = [one for one in with_ids if one.method == "GET" and not one.path.endswith(dated)]
    before = [shape(call(a.company.admin, one, a.ids)) for one in steady]
    for operation, name in [(one, name) for one in with_ids for name in one.ids_in_path]:
        nobodys = str(new_id())
        for client in (b.company.admin, b.connector):
            real = call(client, operation, b.ids | {name: a.ids[name]})
            unreal = call(client, operation, b.ids | {name: nobodys})
            assert shape(real, a.ids[name]) == shape(unreal, nobodys), operation
            assert len(real.content) == len(unreal.content)
            assert real.status_code == (404 if client is b.company.admin else real.status_code), operation
            assert real.status_code in {403, 404}, operation
    assert [shape(call(a.company.admin, one, a.ids)) for one in steady] == before
    assert {status for status, _, _ in before} == {200}
    print(f"\n{len(with_ids)} operations with an id in the path, of {len(operations)}")
    assert len(with_ids) >= 20


def test_no_reply_holds_an_id_or_a_figure_of_the_other(a: World, b: World, operations: list[Operation]) -> None:
    # what is told over a stream is in test_events; it does not end by itself
    others = {"/v1/openapi.json", "/metrics", "/v1/events"}
    reads = [one for one in operations if one.method == "GET" and one.path not in others]
    texts = {}
    for world in (a, b):
        replies = [call(client, one, world.ids) for one in reads for client in (world.company.admin, world.connector)]
        texts[world.gmv] = "".join(reply.text for reply in replies if reply.is_success)
        assert sum(reply.is_success for reply in replies) > len(reads) * 0.8
    shared = set(UUID.findall(texts[a.gmv])) & set(UUID.findall(texts[b.gmv]))
    assert shared == set()
    assert len(set(UUID.findall(texts[b.gmv]))) > 8
    assert a.gmv in texts[a.gmv]
    assert a.gmv not in texts[b.gmv]
    assert b.gmv not in texts[a.gmv]


def test_another_companys_ids_are_unknown_in_every_query(a: World, b: World, operations: list[Operation]) -> None:
    asked = 0
    for operation in operations:
        for name in operation.ids_in_query:
            nobodys = str(new_id())
            quick = {"timeout": "0"} if name == "wait_for_batch" else {}
            real = call(b.company.admin, operation, b.ids, **{name: a.ids[name]}, **quick)
            unreal = call(b.company.admin, operation, b.ids, **{name: nobodys}, **quick)
            assert shape(real, a.ids[name]) == shape(unreal, nobodys), (operation, name)
            assert real.status_code == 404 or _is_empty(real), (operation, name)
            asked += 1
    print(f"\n{asked} query parameters that take an id")
    assert asked >= 12


def _is_empty(reply: httpx.Response) -> bool:
    if reply.headers["content-type"].startswith("text/csv"):
        return len(reply.text.splitlines()) == 1
    return bool(reply.json()["items"] == [])


def test_another_companys_ids_are_unknown_in_every_body(a: World, b: World) -> None:
    person: Json = {"name": "新人", "email": "new@same.example.com", "department_id": None, "position_id": None}
    person |= {"manager_id": None, "employment_type": "employee", "hired_on": "2026-03-01", "roles": ["employee"]}
    department: Json = {"name": "新部", "function": "design", "parent_id": None, "headcount_plan": 1, "duties": []}
    goal: Json = {"cycle_id": b.ids["cycle_id"], "owner": {"type": "company"}, "title": "新", "weight": "1"}
    goal |= {"indicators": [metric_indicator("gmv", [b.ids["shop_id"]], "1")]}
    weights: Json = {"cycle_id": b.ids["cycle_id"], "owner": {"type": "person", "id": b.ids["person_id"]}}
    own = f"/v1/people/{b.ids['person_id']}", f"/v1/departments/{b.ids['department_id']}"
    bodies = [
        ("POST", "/v1/people", person | {"department_id": "?department_id"}),
        ("POST", "/v1/people", person | {"manager_id": "?person_id"}),
        ("PATCH", own[0], {"department_id": "?department_id"}),
        ("PATCH", own[0], {"manager_id": "?person_id"}),
        ("POST", "/v1/departments", department | {"parent_id": "?department_id"}),
        ("PATCH", own[1], {"parent_id": "?department_id"}),
        ("PATCH", own[1], {"head_id": "?person_id"}),
        ("POST", "/v1/connectors", {"name": "k", "shop_ids": ["?shop_id"], "scopes": ["write"]}),
        ("PATCH", f"/v1/connectors/{b.connector.id}", {"shop_ids": ["?shop_id"]}),
        ("POST", "/v1/goals", goal | {"cycle_id": "?cycle_id"}),
        ("POST", "/v1/goals", goal | {"parent_id": "?goal_id"}),
        ("POST", "/v1/goals", goal | {"owner": {"type": "person", "id": "?person_id"}}),
        ("POST", "/v1/goals", goal | {"owner": {"type": "department", "id": "?department_id"}}),
        ("POST", "/v1/goals", goal | {"indicators": [metric_indicator("gmv", ["?shop_id"], "1")]}),
        ("PATCH", f"/v1/goals/{b.ids['goal_id']}", {"parent_id": "?goal_id"}),
        ("PUT", "/v1/goal-weights", weights | {"weights": [{"goal_id": "?goal_id", "weight": "100"}]}),
        ("PUT", "/v1/goal-weights", weights | {"cycle_id": "?cycle_id", "weights": []}),
    ]
    new_round: Json = {"name": "新", "cadence": "ad_hoc", "cycle_id": b.ids["cycle_id"]}
    people: list[Json] = [{"department_ids": ["?department_id"]}, {"person_ids": ["?person_id"]}]
    people.append({"person_ids": [b.ids["person_id"]], "cycle_id": "?cycle_id"})
    bodies += [("POST", "/v1/review-cycles", new_round | one) for one in people]
    assessed: Json = {"assessors": [{"person_id": b.ids["person_id"], "assessor_id": "?person_id"}]}
    bodies.append(("POST", f"/v1/review-cycles/{b.ids['review_cycle_id']}/actions/open", assessed))
    bodies.append(("POST", "/v1/decisions", {"review_id": "?review_id", "kind": "pay", "reason": "新"}))
    template: Json = {"name": "新", "title": "新", "weight": "1", "indicators": [{"kind": "milestones"}]}
    bodies += [("POST", "/v1/kpi-templates", template | {name: f"?{name}"}) for name in ("position_id", "rubric_id")]
    given: Json = {"cycle_id": b.ids["cycle_id"], "to": {"person_ids": [b.ids["person_id"]]}}
    named: list[Json] = [{name: f"?{name}"} for name in ("position_id", "department_id")]
    named.append({"person_ids": ["?person_id"]})
    changed: list[Json] = [{"to": to} for to in named] + [{"cycle_id": "?cycle_id"}, {"shop_ids": ["?shop_id"]}]
    path = f"/v1/kpi-templates/{b.ids['template_id']}/assign"
    bodies += [("POST", path, given | one) for one in (*changed, {"parent_id": "?goal_id"})]
    before = b.counts()
    for method, path, body in bodies:
        name = re.search(r"\?(\w+)", str(body))
        assert name is not None
        nobodys = str(new_id())
        replies = [
            b.company.admin.http.request(
                method, path, json=_replaced(body, name[0], value), headers={"If-Match": "*", "X-Request-ID": "same"}
            )
            for value in (a.ids[name[1]], nobodys)
        ]
        assert shape(replies[0], a.ids[name[1]]) == shape(replies[1], nobodys), (method, path, body)
        assert replies[0].status_code in {404, 422}, (method, path, body, replies[0].text)
    assert b.counts() == before


def _replaced(body: Any, old: str, new: str) -> Any:
    if isinstance(body, dict):
        return {key: _replaced(value, old, new) for key, value in body.items()}
    if isinstance(body, list):
        return [_replaced(value, old, new) for value in body]
    return new if body == old else body


def test_the_figures_of_the_process_name_no_company(stack: Stack, a: World, b: World) -> None:
    assert b.company.admin.http.get("/metrics").status_code == 403
    with Client.sign_in(stack.base_url, email=ADMIN_EMAIL, password=ADMIN_PASSWORD, scope="") as operator:
        text = operator.http.get("/metrics").text
    assert "attain_http_requests_total" in text
    assert a.gmv not in text
    assert a.company.id not in text


def test_lists_count_only_own_rows(a: World, b: World) -> None:
    # the administrator is a person too
    one_each = {
        "departments": 1,
        "people": 2,
        "shops": 1,
        "connectors": 1,
        "metric-batches": 2,
        "cycles": 2,
        "goals": 2,
    }
    assert b.counts() == one_each
    assert a.counts() == one_each | {"shops": 2, "metric-batches": 5}
    for world in (a, b):
        (lin,) = world.company.admin.items("/v1/people", email=EMAIL)
        assert lin["id"] == world.ids["person_id"]
        scorecard = world.company.admin.get(f"/v1/scorecards/people/{lin['id']}", cycle_id=world.ids["cycle_id"])
        assert [goal["goal_id"] == world.ids["goal_id"] for goal in scorecard["goals"]] == [False]


def test_a_connector_pushes_only_into_its_own_companys_shop_of_that_name(a: World, b: World) -> None:
    for world in (a, b):
        query = {"metric": "gmv", "from": "2026-07-01", "to": "2026-07-31"}
        total = world.company.admin.get("/v1/metric-values/total", shop_id=world.ids["shop_id"], **query)
        assert total["value"] == world.gmv
        attainment = world.company.attainment(world.ids["goal_id"])
        assert attainment["indicators"][0]["actual"] == world.gmv
        history = world.company.admin.get(
            "/v1/observations/history", shop_id=world.ids["shop_id"], metric="gmv", grain="day", bucket="2026-07-01"
        )
        assert [row["value"] for row in history["items"]] == [world.gmv]
    # a shop of the other company is as unknown as one that nobody has
    path = f"/v1/metric-batches/{b.ids['batch_id']}/rows"
    (rejected,) = b.company.admin.get(path, verdict="rejected")["items"]
    nobodys = {"shop": "tmall:of-nobody", "metric": "gmv", "bucket": "2026-07-02", "value": "1"}
    with b.company.make_connector([b.ids["shop_id"]]) as other:
        batch_id = other.push([nobodys])["id"]
        b.company.wait_until_done()
        (unknown,) = b.company.admin.get(f"/v1/metric-batches/{batch_id}/rows", verdict="rejected")["items"]
    assert rejected["code"] == unknown["code"] == "unknown-shop"
    assert rejected["detail"].replace(SHOP_OF_ONE, "x") == unknown["detail"].replace("of-nobody", "x")


def test_idempotency_keys_of_two_companies_are_independent(a: World, b: World) -> None:
    assert a.ids["batch_id"] != b.ids["batch_id"]
    made = {}
    for world in (a, b):
        body = {"platform": "taobao", "external_id": f"by-{world.gmv}", "name": "x"}
        headers = {"Idempotency-Key": "the same key for a shop"}
        first, again = (world.company.admin.http.post("/v1/shops", json=body, headers=headers) for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 201)
        assert first.json() == again.json()
        made[world.gmv] = first.json()["id"]
    assert len(set(made.values())) == 2


def test_one_account_in_two_companies_sees_one_at_a_time(stack: Stack) -> None:
    email = "both@same.example.com"
    companies = [make_company(stack.base_url, name=NAME, admin_email=email) for _ in range(2)]
    seen = []
    for company in companies:
        with company.admin:
            company.make_shop(SHOP)
            seen.append({shop["id"] for shop in company.admin.items("/v1/shops")})
            me = company.admin.get("/v1/me")
            assert (me["company"]["id"], me["email"]) == (company.id, email)
            assert [person["id"] for person in company.admin.items("/v1/people")] == [me["person_id"]]
    assert [len(ids) for ids in seen] == [1, 1]
    assert seen[0].isdisjoint(seen[1])
    with Client(stack.base_url) as nobody:
        unsaid = nobody.http.post("/v1/auth/token", data={"username": email, "password": PASSWORD})
        assert (unsaid.status_code, unsaid.json()["code"]) == (409, "company-required")
