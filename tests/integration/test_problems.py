import asyncio
import gc
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr
from sqlalchemy import text
from structlog.testing import capture_logs

from attain_api.app import create_app
from attain_api.middleware import MAX_JSON_BODY
from attain_api.shops import repository
from attain_api.shops import service as shops
from attain_api.state import ApiState
from attain_shared.db import schema
from attain_shared.db.session import UnitOfWork, create_engine, create_sessions
from tests.support.companies import make_company
from tests.support.http import ok, pointers, problem

BODY = {"platform": "tmall", "external_id": "one", "name": "店"}
JSON = {"Content-Type": "application/json"}


async def test_unknown_paths_and_methods_are_problems(api: AsyncClient) -> None:
    problem(await api.get("/v1/nothing"), status=404, code="not-found")
    response = await api.delete("/v1/shops")
    problem(response, status=405, code="method-not-allowed")
    assert response.headers["allow"] == "GET, POST"


@pytest.mark.parametrize(
    "content",
    [b"{", b"", b'{"name": }', b"\xff\xfe\xfa", b"[" * 100_000, b'{"a": ' + b"1" * 5000 + b"}"],
    ids=["cut", "empty", "hole", "no text", "deep", "huge number"],
)
async def test_a_body_that_is_no_json_is_a_bad_request(api: AsyncClient, state: ApiState, content: bytes) -> None:
    company = await make_company(state)
    for headers in (company.headers, company.headers | {"Idempotency-Key": "k"}):
        response = await api.post("/v1/shops", content=content, headers=headers | JSON)
        problem(response, status=400, code="malformed-json")


@pytest.mark.parametrize("content", ["[]", '"x"', "1", "true", "NaN", "[1]", "null"])
async def test_json_that_is_no_object_is_invalid(api: AsyncClient, state: ApiState, content: str) -> None:
    company = await make_company(state)
    response = await api.post("/v1/shops", content=content, headers=company.headers | JSON)
    assert pointers(response) == [("", "model-attributes-type")]


async def test_another_content_type_is_invalid(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    headers = company.headers | {"Content-Type": "text/plain", "Idempotency-Key": "k"}
    response = await api.post("/v1/shops", content="{", headers=headers)
    assert pointers(response) == [("", "model-attributes-type")]


async def test_half_surrogates_and_strange_keys_do_no_harm(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    content = '{"platform": "tmall", "external_id": "\\ud800", "name": "a\\u0000", "a/b~c": 2}'
    response = await api.post("/v1/shops", content=content, headers=company.headers | JSON)
    assert {pointer for pointer, _ in pointers(response)} == {"/external_id", "/name", "/a~1b~0c"}
    content = '{"platform": "tmall", "external_id": "x", "name": "x", "\\udfff": 1}'
    response = await api.post("/v1/shops", content=content, headers=company.headers | JSON)
    assert pointers(response) == [("", "string-unicode")]


@pytest.mark.parametrize("declared", [True, False])
async def test_a_body_that_is_too_large_is_refused(api: AsyncClient, state: ApiState, *, declared: bool) -> None:
    company = await make_company(state)
    body = b'{"name": "' + b"x" * MAX_JSON_BODY + b'"}'

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 65536):
            yield body[start : start + 65536]

    content = body if declared else pieces()
    response = await api.post("/v1/shops", content=content, headers=company.headers | JSON)
    problem(response, status=413, code="too-large")


async def test_titles_and_details_follow_the_language(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for wish, language, title, detail in (
        (None, "en", "Invalid input", "Field required"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN", "输入无效", "必填"),
        ("zh;q=0.5, en-GB", "en", "Invalid input", "Field required"),
        ("fr, zh-TW;q=0.1", "zh-CN", "输入无效", "必填"),
        ("*;q=x,;", "en", "Invalid input", "Field required"),
    ):
        headers = company.headers | ({"Accept-Language": wish} if wish else {})
        response = await api.post("/v1/shops", json={"platform": "tmall", "name": "x"}, headers=headers)
        content = problem(response, status=422, code="invalid")
        assert (content["title"], content["errors"][0]["detail"]) == (title, detail)
        assert response.headers["content-language"] == language


async def test_a_request_id_is_taken_or_made(api: AsyncClient) -> None:
    response = await api.get("/livez", headers={"X-Request-ID": "abc.DEF-1_2"})
    assert response.headers["x-request-id"] == "abc.DEF-1_2"
    for bad in (b"a b", b"x" * 129, "aä".encode(), b"a;b", b""):
        response = await api.get("/livez", headers=[(b"X-Request-ID", bad)])
        assert len(response.headers["x-request-id"]) == 32


async def test_answers_to_those_who_signed_in_are_not_kept_by_caches(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    response = await api.get("/v1/me", headers=company.headers)
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_bug_is_a_500_without_its_inside(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = await make_company(state)

    async def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(shops, "get_shop", broken)
    with capture_logs() as logs:
        response = await api.get(f"/v1/shops/{company.person_id}", headers=company.headers)
    problem(response, status=500, code="internal-error")
    assert "secret" not in response.text
    assert [entry["log_level"] for entry in logs] == ["error", "info"]


async def test_a_database_that_is_away_is_a_503(state: ApiState) -> None:
    url = SecretStr("postgresql+asyncpg://nobody:nothing@127.0.0.1:1/none")
    settings = state.settings.model_copy(update={"database_url": url})
    engine = create_engine(settings, application="tests")
    away = replace(state, engine=engine, sessions=create_sessions(engine))
    company = await make_company(state)
    async with AsyncClient(transport=ASGITransport(_app(away)), base_url="http://test") as client:
        for request in (
            client.get("/v1/me", headers=company.headers),
            client.post("/v1/auth/token", data={"username": "x@example.com", "password": "y"}),
        ):
            response = await request
            problem(response, status=503, code="unavailable")
            assert int(response.headers["retry-after"]) > 0
    await engine.dispose()


def _app(state: ApiState) -> FastAPI:
    return create_app(replace(state, registry=type(state.registry)()))


async def test_a_lock_that_is_not_had_in_time_is_a_503(api: AsyncClient, state: ApiState) -> None:
    settings = state.settings.model_copy(update={"lock_timeout_ms": 50})
    engine = create_engine(settings, application="tests")
    hasty = replace(state, engine=engine, sessions=create_sessions(engine))
    company = await make_company(state)
    response = await api.post("/v1/shops", json=BODY, headers=company.headers)
    path = response.headers["location"]
    async with (
        state.sessions() as session,
        session.begin(),
        AsyncClient(transport=ASGITransport(_app(hasty)), base_url="http://test") as client,
    ):
        await repository.find_shop(session, visible_to=company.actor, shop_id=response.json()["id"], for_update=True)
        problem(await client.patch(path, json={"name": "x"}, headers=company.headers), status=503, code="unavailable")
    await engine.dispose()


async def test_a_pool_that_is_used_up_is_a_503(state: ApiState, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = state.settings.model_copy(update={"database_pool_size": 1})
    engine = create_engine(settings, application="tests")
    monkeypatch.setattr(engine.pool, "_timeout", 0.05)
    narrow = replace(state, engine=engine, sessions=create_sessions(engine))
    company = await make_company(state)
    async with (
        engine.connect(),
        AsyncClient(transport=ASGITransport(_app(narrow)), base_url="http://test") as client,
    ):
        problem(await client.get("/v1/me", headers=company.headers), status=503, code="unavailable")
    await engine.dispose()


async def test_a_database_that_was_not_migrated_yet_is_a_matter_of_trying_again(
    state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask_for_what_is_not_there(uow: UnitOfWork, **_: object) -> None:
        await uow.session.execute(text("SELECT column_of_the_next_release FROM pg_class"))

    monkeypatch.setattr(shops, "list_shops", ask_for_what_is_not_there)
    company = await make_company(state)
    transport = ASGITransport(_app(state))
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        problem(await client.get("/v1/shops", headers=company.headers), status=500, code="internal-error")
        monkeypatch.setattr(schema, "SCHEMA_REVISION", "9999")
        behind = await client.get("/v1/shops", headers=company.headers)
    problem(behind, status=503, code="schema-behind")
    assert "retry-after" in behind.headers


async def test_the_contract_is_made_while_others_are_served(state: ApiState) -> None:
    # as the serving process does; to look through all that thousands of tests have left takes a second of its own
    gc.collect()
    gc.freeze()
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            started = time.perf_counter()
            await asyncio.sleep(0.01)
            longest = max(longest, time.perf_counter() - started)

    async with AsyncClient(transport=ASGITransport(_app(state)), base_url="http://test") as client:
        watching = asyncio.create_task(watch())
        started = time.perf_counter()
        answers = await asyncio.gather(*(client.get("/v1/openapi.json") for _ in range(2)))
        took = time.perf_counter() - started
        watching.cancel()
    gc.unfreeze()
    assert {answer.status_code for answer in answers} == {200}
    assert longest < took / 2


async def test_the_contract_is_served_to_everybody(api: AsyncClient) -> None:
    content = ok(await api.get("/v1/openapi.json"))
    assert content["paths"]["/v1/shops"]["post"]["operationId"] == "create_shop"
    assert content["components"]["schemas"]["Problem"]["properties"]["request_id"]["description"]


async def test_many_requests_at_once_do_not_mix_their_ids(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    answers = await asyncio.gather(
        *(api.get("/v1/me", headers=company.headers | {"X-Request-ID": f"r{number}"}) for number in range(20))
    )
    assert [answer.headers["x-request-id"] for answer in answers] == [f"r{number}" for number in range(20)]
    assert all(ok(answer)["person_id"] == str(company.person_id) for answer in answers)
