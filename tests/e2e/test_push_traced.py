"""One push is one trace, from HTTP to the attainment: through the API, the bell and the worker."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.servers import postgres_server, redis_server
from tests.support.spans import ReceivedSpan, Receiver, receiving, tree
from tests.support.stack import Stack, running_stack, wait_until
from tests.support.story import Company, Row, make_company, metric_indicator

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PUSHES = 12


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture(scope="module")
def traced_stack(receiver: Receiver, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with (
        postgres_server() as postgres_url,
        redis_server() as redis_url,
        running_stack(
            postgres_url,
            redis_url,
            tmp_path_factory.mktemp("stack"),
            env={"ATTAIN_OTLP_ENDPOINT": receiver.url, "OTEL_BSP_SCHEDULE_DELAY": "200"},
        ) as running,
    ):
        yield running


@pytest.fixture(scope="module")
def company(traced_stack: Stack) -> Iterator[Company]:
    made = make_company(traced_stack.base_url)
    with made.admin:
        yield made


def rows(value: str) -> list[Row]:
    return [
        {
            "shop": "tmall:traced",
            "metric": "gmv",
            "bucket": "2025-07-01",
            "value": value,
            "finality": "final",
            "observed_at": "2025-07-02T09:00:00+08:00",
        }
    ]


@pytest.fixture(scope="module")
def shop_id(company: Company) -> str:
    return company.make_shop("traced")


@pytest.fixture(scope="module")
def goal_id(company: Company, shop_id: str) -> str:
    cycle = company.make_cycle("quarter", "2025-07-01")
    return company.make_goal(cycle, [metric_indicator("gmv", [shop_id], "100")])


def names(spans: list[ReceivedSpan], service: str) -> list[str]:
    return [span.name for span in spans if span.service == service]


def test_a_push_is_one_trace_from_http_to_attainment(
    receiver: Receiver, company: Company, shop_id: str, goal_id: str
) -> None:
    with company.make_connector([shop_id]) as connector:
        connector.http.headers["traceparent"] = f"00-{TRACE_ID}-b7ad6b7169203331-01"
        receipt = connector.push(rows("80"), key="traced")
    company.wait_for_batch(goal_id, receipt["id"])
    wait_until(lambda: "recompute" in names(receiver.trace(TRACE_ID), "attain-worker"), seconds=40)
    time.sleep(0.5)  # whatever else the two processes have still to send
    spans = receiver.trace(TRACE_ID)
    print(f"\n{tree(spans)}")
    assert "POST /v1/metric-batches" in names(spans, "attain-api")
    assert "ring inbox" in names(spans, "attain-api")
    worker = names(spans, "attain-worker")
    assert {"hear inbox", "take batches in", "recompute"} <= set(worker)
    known = {span.id: span for span in spans}
    for span in spans:
        assert span.parent_id in known or span.name == "POST /v1/metric-batches", "one tree"
    statements = [span for span in spans if "db.statement" in span.attributes]
    taken_in = next(span for span in spans if span.name == "take batches in")
    assert any(span.parent_id == taken_in.id for span in statements), "what a claim ran stands below it"


def test_pushes_that_one_claim_takes_in_each_see_it_in_their_own_trace(
    receiver: Receiver, company: Company, shop_id: str, goal_id: str
) -> None:
    """They link to the claim in the first one's trace."""
    trace_ids = [f"{number:032x}" for number in range(1, PUSHES + 1)]
    with ThreadPoolExecutor(PUSHES) as pool:

        def push(number: int) -> None:
            with company.make_connector([shop_id]) as own:
                own.http.headers["traceparent"] = f"00-{trace_ids[number]}-b7ad6b7169203331-01"
                own.push(rows(str(number)), key=f"one of many {number}")

        list(pool.map(push, range(PUSHES)))
        company.wait_until_done()
    wait_until(
        lambda: all("take batches in" in names(receiver.trace(one), "attain-worker") for one in trace_ids), seconds=15
    )
    found = {one: [span for span in receiver.trace(one) if span.name == "take batches in"] for one in trace_ids}
    assert {len(spans) for spans in found.values()} == {1}
    every = {span.id for spans in found.values() for span in spans}
    assert all(link in every for spans in found.values() for span in spans for link in span.links)


def test_no_trace_tells_of_a_person(receiver: Receiver, company: Company, traced_stack: Stack) -> None:
    name = "不该出现的名字"
    assert company.admin.http.get("/v1/people", params={"q": name}).status_code == 200
    refused = company.admin.http.post(
        "/v1/auth/token", data={"username": "nobody-at-all@example.com", "password": "planted-password"}
    )
    assert refused.status_code == 401
    before = len(receiver.spans)
    wait_until(lambda: any(span.name == "POST /v1/auth/token" for span in receiver.spans[max(0, before - 50) :]))
    time.sleep(0.5)
    sent = b"".join(receiver.raw)
    for planted in (name, "nobody-at-all", "planted-password", "127.0.0.1:", "Bearer"):
        assert planted.encode() not in sent, planted


def test_a_worker_that_looks_for_work_makes_no_traces_of_it(receiver: Receiver) -> None:
    roots = {span.name for span in receiver.spans if not span.parent_id}
    assert roots
    assert not [name for name in roots if not name.startswith(("GET /", "POST /", "PUT /", "PATCH /", "DELETE /"))]
    assert not [name for name in roots if "/livez" in name or "/readyz" in name]
