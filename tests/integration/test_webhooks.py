"""Webhooks as a resource: made, shown without their secrets, rotated, tested, replayed."""

import asyncio
import json

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select, text

from attain_api.app import create_app
from attain_api.state import ApiState
from attain_api.webhooks import service
from attain_shared.db.session import transaction
from attain_shared.identifiers import new_id
from attain_shared.signatures import read_secret
from attain_shared.webhooks.models import Webhook
from tests.support.companies import make_company, make_member
from tests.support.hooks import (
    WEBHOOKS,
    Clock,
    Receivers,
    deliver,
    happen,
    key_of,
    make_delivered,
    make_webhook,
    new_delivering,
    read_deliveries,
)
from tests.support.http import created, ok, pointers, problem

TOKEN = "a-token-in-the-path"
ROBOT = "https://open.feishu.cn/open-apis/bot/v2/hook/"


async def test_a_webhook_gets_a_secret_that_is_shown_once(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    body: dict[str, object] = {"name": "data platform", "channel": "webhook"}
    body |= {"url": f"https://hooks.example.com/{TOKEN}"}
    body |= {"event_kinds": ["review.step_changed", "alert.raised", "alert.raised"], "language": "en"}
    headers = company.headers | {"Idempotency-Key": "once"}
    response = await api.post(WEBHOOKS, json=body, headers=headers)
    webhook = created(response)
    assert len(read_secret(webhook["signing_secret"])) == 32
    assert webhook["event_kinds"] == ["alert.raised", "review.step_changed"]
    assert (webhook["url_shown"], webhook["has_secret"], webhook["is_active"]) == ("hooks.example.com", False, True)
    assert set(webhook["allowed_actions"]) == {"replay", "rotate", "test"}
    again = created(await api.post(WEBHOOKS, json=body, headers=headers))
    assert again == webhook | {"signing_secret": None}
    read = await api.get(response.headers["location"], headers=company.headers)
    assert ok(read) == {name: value for name, value in webhook.items() if name != "signing_secret"}
    assert read.headers["etag"] == response.headers["etag"] == '"1"'
    page = ok(await api.get(WEBHOOKS, params={"channel": "webhook", "is_active": "true"}, headers=company.headers))
    assert page["items"] == [ok(read)]


async def test_where_it_is_and_what_it_knows_is_shown_and_kept_nowhere(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    secret = "the-robots-own-secret"
    robot = await make_webhook(api, company, channel="feishu", url=ROBOT + TOKEN, secret=secret)
    assert (robot["signing_secret"], robot["has_secret"], robot["url_shown"]) == (None, True, "open.feishu.cn")
    changes = {"url": f"{ROBOT}{TOKEN}-2", "secret": f"{secret}-2"}
    path = f"{WEBHOOKS}/{robot['id']}"
    changed = await api.patch(path, json=changes, headers=company.headers)
    trail = await api.get("/v1/audit-entries", params={"limit": "200"}, headers=company.headers)
    listed = await api.get(WEBHOOKS, headers=company.headers)
    shown = json.dumps(robot) + changed.text + trail.text + listed.text
    assert robot["id"] in trail.text
    assert TOKEN not in shown
    assert secret not in shown
    async with transaction(state.sessions, state.doorbell) as uow:
        of_company = {"company_id": company.company_id}
        statement = text("SELECT CAST(row_to_json(webhooks) AS text) FROM webhooks WHERE company_id = :company_id")
        stored = await uow.session.scalar(statement, of_company)
        row = (await uow.session.scalars(select(Webhook).where(Webhook.company_id == company.company_id))).one()
    assert stored is not None
    assert TOKEN.encode().hex() not in stored
    assert key_of(state).unseal(row.url_sealed, owner=row.id) == changes["url"]
    assert row.vendor_secret_sealed is not None
    assert key_of(state).unseal(row.vendor_secret_sealed, owner=row.id) == changes["secret"]


@pytest.mark.parametrize(
    ("channel", "url", "code"),
    [
        ("webhook", "http://hooks.example.com/", "url-scheme"),
        ("webhook", "https://127.0.0.1/", "url-address"),
        ("webhook", "https://169.254.169.254/latest/meta-data", "url-address"),
        ("webhook", "https://[::ffff:10.0.0.1]/", "url-address"),
        ("webhook", "https://localhost/", "url-host"),
        ("webhook", "https://hooks.example.com:8443/", "url-port"),
        ("webhook", "https://me:secret@hooks.example.com/", "url-credentials"),
        ("webhook", "ftp://hooks.example.com/", "url-scheme"),
        ("dingtalk", "https://hooks.example.com/robot/send", "url-vendor"),
        ("wecom", ROBOT, "url-vendor"),
    ],
)
async def test_an_address_that_nothing_is_sent_to_is_refused_at_once(
    api: AsyncClient, state: ApiState, channel: str, url: str, code: str
) -> None:
    company = await make_company(state)
    body = {"name": "x", "channel": channel, "url": url, "event_kinds": ["alert.raised"]}
    response = await api.post(WEBHOOKS, json=body, headers=company.headers)
    assert pointers(response) == [("/url", code)]
    webhook = await make_webhook(api, company)
    if channel == "webhook":
        response = await api.patch(f"{WEBHOOKS}/{webhook['id']}", json={"url": url}, headers=company.headers)
        assert pointers(response) == [("/url", code)]


async def test_only_robots_that_have_one_take_a_secret(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    for channel, url in (("webhook", "https://hooks.example.com/"), ("wecom", "https://qyapi.weixin.qq.com/cgi-bin")):
        body = {"name": "x", "channel": channel, "url": url, "secret": "s", "event_kinds": ["alert.raised"]}
        response = await api.post(WEBHOOKS, json=body, headers=company.headers)
        assert pointers(response) == [("/secret", "secret-not-taken")]


async def test_without_the_operators_key_there_are_no_webhooks(state: ApiState) -> None:
    company = await make_company(state)
    without = ApiState(
        settings=state.settings.model_copy(update={"delivery_key": None}),
        engine=state.engine,
        sessions=state.sessions,
        doorbell=state.doorbell,
        ping_queue=state.ping_queue,
    )
    body = {"name": "x", "channel": "webhook", "url": "https://hooks.example.com/", "event_kinds": ["alert.raised"]}
    async with AsyncClient(transport=ASGITransport(create_app(without)), base_url="http://test") as api:
        response = await api.post(WEBHOOKS, json=body, headers=company.headers)
        problem(response, status=503, code="webhooks-not-set-up")
        assert ok(await api.get(WEBHOOKS, headers=company.headers))["items"] == []


async def test_changes_honour_if_match_and_readers_are_offered_nothing(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    reader = await make_member(state, company, roles=("executive",))
    webhook = await make_webhook(api, company)
    path = f"{WEBHOOKS}/{webhook['id']}"
    changed = await api.patch(path, json={"name": "new"}, headers=company.headers | {"If-Match": '"1"'})
    assert (ok(changed)["name"], changed.headers["etag"]) == ("new", '"2"')
    stale = company.headers | {"If-Match": '"1"'}
    for action in ("rotate", "test", "replay"):
        body = {"rotate": {"overlap_hours": 1}, "replay": {"since": "2026-01-01T00:00:00+08:00"}}.get(action)
        problem(await api.post(f"{path}/actions/{action}", json=body, headers=stale), status=412, code="stale")
    problem(await api.delete(path, headers=stale), status=412, code="stale")
    read = await api.get(path, headers=reader.headers)
    assert ok(read)["allowed_actions"] == []
    assert read.headers["etag"] != changed.headers["etag"]


async def test_the_next_secret_is_another_one_and_a_robot_has_none(api: AsyncClient, state: ApiState) -> None:
    company = await make_company(state)
    webhook = await make_webhook(api, company)
    robot = await make_webhook(api, company, channel="feishu", url=ROBOT + TOKEN)
    body = {"overlap_hours": 24}
    path = f"{WEBHOOKS}/{webhook['id']}/actions/rotate"
    rotated = ok(await api.post(path, json=body, headers=company.headers))
    assert rotated["signing_secret"] != webhook["signing_secret"]
    assert rotated["previous_secret_until"] is not None
    path = f"{WEBHOOKS}/{robot['id']}/actions/rotate"
    problem(await api.post(path, json=body, headers=company.headers), status=409, code="action-not-allowed")


async def test_a_test_event_goes_the_way_of_all_others(api: AsyncClient, state: ApiState) -> None:
    company, receivers = await make_company(state), Receivers()
    webhook = await make_webhook(api, company)
    path = f"{WEBHOOKS}/{webhook['id']}"
    tests = [ok(await api.post(f"{path}/actions/test", headers=company.headers)) for _ in range(2)]
    await deliver(new_delivering(state, receivers, Clock()))
    sent = receivers.sent_to(webhook)
    assert [str(message.delivery_id) for message in sent] == [one["delivery_id"] for one in tests]
    assert {message.kind for message in sent} == {"webhook.test"}
    found = await read_deliveries(api, company, webhook, event_kind="webhook.test", state="delivered")
    assert len(found) == 2
    ok(await api.patch(path, json={"is_active": False}, headers=company.headers))
    answer = await api.post(f"{path}/actions/test", headers=company.headers)
    problem(answer, status=409, code="action-not-allowed")


async def test_one_that_is_over_is_sent_anew_and_one_on_its_way_is_not(api: AsyncClient, state: ApiState) -> None:
    company, receivers = await make_company(state), Receivers()
    ids = await make_delivered(api, state, company)
    path = f"{WEBHOOKS}/{ids['webhook']}/deliveries/{ids['delivery']}"
    before = await api.get(path, headers=company.headers)
    assert ok(before)["allowed_actions"] == ["replay"]
    assert (await api.get(path, headers=company.headers | {"If-None-Match": before.headers["etag"]})).status_code == 304
    anew = ok(await api.post(f"{path}/actions/replay", headers=company.headers))
    assert (anew["state"], anew["attempts"], anew["allowed_actions"]) == ("pending", 0, [])
    assert anew["tries"] == ok(before)["tries"]
    again = await api.post(f"{path}/actions/replay", headers=company.headers)
    problem(again, status=409, code="action-not-allowed")
    await deliver(new_delivering(state, receivers, Clock()))
    after = ok(await api.get(path, headers=company.headers))
    assert (after["state"], len(after["tries"])) == ("delivered", 2)
    trail = await api.get("/v1/audit-entries", params={"resource_id": ids["webhook"]}, headers=company.headers)
    assert "replayed" in trail.text


async def test_one_that_is_deleted_is_told_of_nothing_more(api: AsyncClient, state: ApiState) -> None:
    company, receivers = await make_company(state), Receivers()
    webhook = await make_webhook(api, company)
    await happen(state, company, new_id(), new_id())
    delivering = new_delivering(state, receivers, Clock())
    await delivering._relay.hand_on()
    response = await api.delete(f"{WEBHOOKS}/{webhook['id']}", headers=company.headers)
    assert response.status_code == 204
    await happen(state, company, new_id())
    await deliver(delivering)
    assert receivers.sent_to(webhook) == []
    deliveries = await api.get(f"{WEBHOOKS}/{webhook['id']}/deliveries", headers=company.headers)
    problem(deliveries, status=404, code="not-found")


async def test_there_are_only_so_many_webhooks(
    api: AsyncClient, state: ApiState, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made one after the other, or at once."""
    company = await make_company(state)
    await make_webhook(api, company)
    monkeypatch.setattr(service, "MAX_WEBHOOKS", 2)
    body = {
        "name": "another",
        "channel": "webhook",
        "url": "https://hooks.example.com/",
        "event_kinds": ["alert.raised"],
    }
    answers = await asyncio.gather(*(api.post(WEBHOOKS, json=body, headers=company.headers) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    problem(await api.post(WEBHOOKS, json=body, headers=company.headers), status=409, code="too-many-webhooks")
