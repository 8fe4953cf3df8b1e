import asyncio
from datetime import timedelta

from httpx import AsyncClient
from sqlalchemy import func, select, update

from attain_api.state import ApiState
from attain_shared.access.models import IdempotencyKey
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.shops.models import Shop
from tests.support.companies import Company, make_company, make_member
from tests.support.http import created, ok, problem

BODY = {"platform": "tmall", "external_id": "one", "name": "店"}


def with_key(company: Company, key: str = "k1") -> dict[str, str]:
    return company.headers | {"Idempotency-Key": key}


async def count_shops(state: ApiState, company: Company) -> int:
    async with transaction(state.sessions, state.doorbell) as uow:
        found = await uow.session.scalar(
            select(func.count()).select_from(Shop).where(Shop.company_id == company.company_id)
        )
    return found or 0


async def test_the_same_request_gets_the_first_answer_again(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    first = await api.post("/v1/shops", json=BODY, headers=with_key(company))
    shop = created(first)
    ok(await api.patch(f"/v1/shops/{shop['id']}", json={"name": "renamed"}, headers=company.headers))
    reordered = dict(reversed(BODY.items()))
    again = await api.post("/v1/shops", json=reordered, headers=with_key(company))
    assert created(again) == shop
    for header in ("etag", "location", "content-type"):
        assert again.headers[header] == first.headers[header]
    assert await count_shops(state, company) == 1


async def test_another_body_under_the_same_key_is_refused(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    created(await api.post("/v1/shops", json=BODY, headers=with_key(company)))
    response = await api.post("/v1/shops", json=BODY | {"external_id": "two"}, headers=with_key(company))
    problem(response, status=409, code="idempotency-key-reused")
    created(await api.post("/v1/shops", json=BODY | {"external_id": "two"}, headers=with_key(company, "k2")))


async def test_a_key_belongs_to_one_caller_and_one_route(api: AsyncClient, state: ApiState) -> None:
    company, other = await make_company(state), await make_company(state)
    colleague = await make_member(state, company, roles=("admin",))
    created(await api.post("/v1/shops", json=BODY, headers=with_key(company)))
    created(await api.post("/v1/shops", json=BODY, headers=with_key(other)))
    response = await api.post("/v1/shops", json=BODY, headers=colleague.headers | {"Idempotency-Key": "k1"})
    problem(response, status=409, code="shop-taken")
    body = {"name": "x", "function": "design"}
    created(await api.post("/v1/departments", json=body, headers=with_key(company)))


async def test_a_request_that_failed_leaves_no_key(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    shop = created(await api.post("/v1/shops", json=BODY, headers=company.headers))
    response = await api.post("/v1/shops", json=BODY, headers=with_key(company))
    problem(response, status=409, code="shop-taken")
    response = await api.post("/v1/shops", json=BODY | {"external_id": "two"}, headers=with_key(company))
    assert created(response)["id"] != shop["id"]


async def test_of_many_at_once_one_creates(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    answers = await asyncio.gather(*(api.post("/v1/shops", json=BODY, headers=with_key(company)) for _ in range(6)))
    for answer in answers:
        if answer.status_code != 201:
            problem(answer, status=409, code="request-in-progress")
    assert 201 in {answer.status_code for answer in answers}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert await count_shops(state, company) == 1


async def test_a_key_is_forgotten_after_a_day(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    created(await api.post("/v1/shops", json=BODY, headers=with_key(company)))
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(
            update(IdempotencyKey)
            .where(IdempotencyKey.company_id == company.company_id)
            .values(created_at=utc_now() - timedelta(hours=24, seconds=1))
        )
    problem(await api.post("/v1/shops", json=BODY, headers=with_key(company)), status=409, code="shop-taken")
    other = BODY | {"external_id": "two"}
    second = created(await api.post("/v1/shops", json=other, headers=with_key(company)))
    assert created(await api.post("/v1/shops", json=other, headers=with_key(company))) == second


async def test_a_replay_shows_no_secret_and_none_is_stored(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    body = {"name": "x", "shop_ids": [], "scopes": ["write"]}
    first = created(await api.post("/v1/connectors", json=body, headers=with_key(company)))
    again = created(await api.post("/v1/connectors", json=body, headers=with_key(company)))
    assert again == first | {"api_key": None, "signing_secret": None}
    async with transaction(state.sessions, state.doorbell) as uow:
        stored = await uow.session.scalar(select(IdempotencyKey).where(IdempotencyKey.company_id == company.company_id))
    assert stored is not None
    assert first["api_key"] not in str(stored.answer)


async def test_a_key_that_is_none_is_refused(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for key in (b"", b"x" * 256, "schlüssel".encode(), b"a\tb"):
        headers = [(b"Authorization", f"Bearer {company.token}".encode()), (b"Idempotency-Key", key)]
        response = await api.post("/v1/shops", json=BODY, headers=headers)
        problem(response, status=400, code="idempotency-key-invalid")
    created(await api.post("/v1/shops", json=BODY, headers=with_key(company, "x" * 255)))
