"""One company with somebody in every relation to one employee, 林晓, and one of everything (SEC-3).

    顾总 (skip) ── 周敏 (manager) ─┬─ 林晓 (subject) ── 小何 (report)
                                   ├─ 吴桐 (peer), 老赵 (left yesterday)
                                   └─ 阿青 (has no account)
    运营部 (head: 郑岚, in nobody's line) ── 运营一部 (all of the above, no head) · 设计部 (stranger)

Everything happens in one transaction of one connection, which is never committed, and each call in a savepoint.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from httpx import ASGITransport, AsyncClient, Response
from prometheus_client import CollectorRegistry
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import NullPool, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, async_sessionmaker, create_async_engine

from attain_api.access.passwords import Passwords
from attain_api.app import create_app
from attain_api.state import ApiState
from attain_shared.access.models import Session
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import transaction
from attain_shared.doorbell import MemoryDoorbell
from attain_shared.goals.models import Goal
from attain_shared.identifiers import new_id
from attain_shared.metrics.models import MetricBatch, MetricFinding
from attain_shared.reviews.value_schemas import VALUE_EXAMPLE
from attain_shared.rules.review_flow import Step
from tests.support.alerting import add_alerts
from tests.support.check_ins import add_culture
from tests.support.companies import PASSWORD, Member, _add_member, make_company, make_connector
from tests.support.goals import indicator
from tests.support.hooks import make_delivered
from tests.support.http import ok
from tests.support.reviewed import (
    STEPS,
    add_action_item,
    add_feedback,
    add_improvement_plan,
    add_locked_group,
    add_rater,
    add_reminder,
    add_review,
    add_review_cycle,
    add_year,
)

RELATIONS = ("subject", "peer", "report", "stranger", "manager", "skip", "head", "mentor")
"""Employees, by what they are to 林晓."""
ROLES = {"executive": ("executive", "employee"), "hr": ("hr", "employee"), "admin": ("admin", "employee")}
STANDING, DRAFTS, SUBMITTED = "standing", "drafts", "submitted"
"""Cycles: of confirmed goals, of drafts, and of submitted goals; each goal is its owner's only one in its cycle."""
Json = dict[str, Any]
MANUAL: Json = {"kind": "manual", "name": "培训", "unit": "次", "target": "12"}


class PinnedSession(AsyncSession):
    """A session on a connection that has its transaction already: reads cannot turn to autocommit there."""

    async def connection(self, *args: Any, **more: Any) -> AsyncConnection:
        more.pop("execution_options", None)
        return await super().connection(*args, **more)


@dataclass(kw_only=True)
class World:
    """Who is there, and the ids of what is there."""

    connection: AsyncConnection | None
    state: ApiState
    api: AsyncClient
    callers: dict[str, dict[str, str]] = field(default_factory=dict)
    """By the name of a caller, the headers of their requests."""
    members: dict[str, Member] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    """By name, what paths and bodies need: `subject`, `department`, `shop`, `drafts_of_subject`, …"""

    @property
    def company_id(self) -> UUID:
        """The company of everybody but `foreign`."""
        return self.members["owner"].company_id

    async def call(self, caller: str, request: Json) -> Response:
        """Send a request and undo whatever it did."""
        assert self.connection is not None
        undone = await (self.connection.begin_nested if self.connection.in_transaction() else self.connection.begin)()
        answer = await self.api.request(**(request | {"headers": self.callers[caller] | request.get("headers", {})}))
        await undone.rollback()
        return answer

    async def keep(self) -> None:
        """Commit what was made: thousands of calls in one transaction are slower with each that it has undone."""
        assert self.connection is not None
        await self.connection.execute(text("ANALYZE"))
        await self.connection.commit()

    async def do(self, caller: str, method: str, path: str, body: Json | None = None) -> Json:
        """Do something for good while the world is made."""
        answer = await self.api.request(method, path, json=body, headers=self.callers[caller] | {"If-Match": "*"})
        assert answer.is_success, f"{method} {path} as {caller}: {answer.status_code} {answer.text}"
        return dict(answer.json()) if answer.content else {}


@asynccontextmanager
async def making_world(state: ApiState) -> AsyncIterator[World]:
    """The world, as long as the block runs; nothing of it is left, unless it is kept."""
    engine = create_async_engine(state.settings.database_url.get_secret_value(), poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.begin()
        sessions: async_sessionmaker[Any] = async_sessionmaker(
            bind=connection, class_=PinnedSession, expire_on_commit=False, join_transaction_mode="create_savepoint"
        )
        cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
        pinned = replace(state, sessions=sessions, doorbell=MemoryDoorbell(), passwords=Passwords(cheap))
        async with _client(pinned) as api:
            yield await _populated(World(connection=connection, state=pinned, api=api))
        await connection.rollback()
    await engine.dispose()


async def make_lasting_world(state: ApiState) -> World:
    """The same for good, for tests over real connections; nothing can be called and undone in it."""
    async with _client(state) as api:
        return await _populated(World(connection=None, state=state, api=api))


def _client(state: ApiState) -> AsyncClient:
    app = create_app(replace(state, registry=CollectorRegistry()))
    transport = ASGITransport(app, raise_app_exceptions=False)
    return AsyncClient(transport=transport, base_url="http://test")


async def _populated(world: World) -> World:
    world.members["owner"] = await make_company(world.state, platform=True, ops=True)
    for make in (_people, _organisation, _shops, _noticed, _goals, _reviews, _ends):
        await make(world)
    return world


async def _people(world: World) -> None:
    async def member(name: str, *roles: str, platform: bool = False, ops: bool = False) -> None:
        async with transaction(world.state.sessions, world.state.doorbell) as uow:
            made = await _add_member(
                uow, state=world.state, company_id=world.company_id, roles=roles, platform=platform, ops=ops
            )
        world.members[name], world.callers[name], world.ids[name] = made, made.headers, str(made.person_id)

    for name in (*RELATIONS, "left", "revoked"):
        await member(name, "employee")
    for name, roles in ROLES.items():
        await member(name, *roles)
    await member("ops", ops=True)
    await member("platform", platform=True)
    world.callers["anonymous"] = {}
    foreign = await make_company(world.state)
    world.members["foreign"], world.callers["foreign"] = foreign, foreign.headers


async def _organisation(world: World) -> None:
    ids = world.ids
    body = {"name": "运营部", "function": "operations", "head_id": ids["head"], "headcount_plan": 20}
    ids["parent_department"] = (await world.do("admin", "POST", "/v1/departments", body))["id"]
    body = {"name": "运营一部", "function": "operations", "parent_id": ids["parent_department"], "headcount_plan": 6}
    ids["department"] = (await world.do("admin", "POST", "/v1/departments", body))["id"]
    for name in ("other_department", "empty_department", "closed_department"):
        body = {"name": name, "function": "design", "headcount_plan": 3}
        ids[name] = (await world.do("admin", "POST", "/v1/departments", body))["id"]
    await world.do("admin", "POST", f"/v1/departments/{ids['closed_department']}/actions/close")
    for name in ("position", "unused_position", "closed_position"):
        body = {"name": name, "function": "operations", "tier": "middle", "grade": "manager", "is_key": True}
        ids[name] = (await world.do("admin", "POST", "/v1/positions", body))["id"]
    await world.do("admin", "POST", f"/v1/positions/{ids['closed_position']}/actions/close")
    for name, roles in (("accountless_admin", ["admin"]),):
        person = {"name": name, "email": f"{name}@example.com", "hired_on": "2026-03-01", "roles": roles}
        ids[name] = (await world.do("admin", "POST", "/v1/people", person))["id"]
    person = {"name": "阿青", "email": "qing@example.com", "hired_on": "2026-03-01", "manager_id": ids["manager"]}
    person["department_id"] = ids["department"]
    ids["accountless"] = (await world.do("admin", "POST", "/v1/people", person))["id"]
    department = {"department_id": ids["department"]}
    for name, line in {
        "subject": {"manager_id": ids["manager"], "mentor_id": ids["mentor"], "phone": "+86 138 0000 0001"},
        "peer": {"manager_id": ids["manager"], "position_id": ids["position"]},
        "report": {"manager_id": ids["subject"]},
        "manager": {"manager_id": ids["skip"]},
        "skip": {},
    }.items():
        await world.do("hr", "PATCH", f"/v1/people/{ids[name]}", department | line)
    # in time before the last day
    for kind, place in (("transfer", department), ("change-manager", {"manager_id": ids["manager"]})):
        await world.do("hr", "POST", f"/v1/people/{ids['left']}/{kind}", place | {"effective_on": "2026-04-01"})
    await world.do("hr", "PATCH", f"/v1/people/{ids['subject']}", {"name": "林晓"})
    await world.do("hr", "PATCH", f"/v1/people/{ids['stranger']}", {"department_id": ids["other_department"]})
    tomorrow = (business_day() + timedelta(days=1)).isoformat()
    event = {"effective_on": tomorrow, "department_id": ids["other_department"], "note": "to be withdrawn"}
    await world.do("hr", "POST", f"/v1/people/{ids['peer']}/transfer", event)
    history = ok(await world.api.get(f"/v1/people/{ids['peer']}/history", headers=world.callers["hr"]))
    ids["event_of_peer"] = history["items"][0]["id"]


async def _shops(world: World) -> None:
    ids = world.ids
    for name in ("shop", "other_shop", "drafted_shop"):
        body: Json = {"platform": "tmall", "external_id": name, "name": name}
        ids[name] = (await world.do("admin", "POST", "/v1/shops", body))["id"]
    for name, shop in (("connector", "shop"), ("other_connector", "other_shop")):
        made = await make_connector(world.state, world.members["admin"], shop_ids=[UUID(ids[shop])])
        ids[name], world.callers[name] = str(made.id), made.headers
        row: Json = {"shop": f"tmall:{shop}", "metric": "gmv", "bucket": "2026-07-01", "value": "100"}
        push: Json = {"grain": "day", "observed_at": "2026-07-02T09:00:00+08:00", "observations": [row]}
        headers = made.headers | {"Idempotency-Key": "the first"}
        answer = await world.api.post("/v1/metric-batches", json=push, headers=headers)
        assert answer.status_code == 202, answer.text
        ids[f"batch_of_{name}"] = answer.json()["id"]
    ids |= await make_delivered(world.api, world.state, world.members["admin"])
    metric = {"code": "live_gmv", "zh": "直播成交金额", "en": "Live GMV", "unit": "CNY"}
    metric |= {"algebra": "additive", "better": "higher"}
    ids["own_metric"] = (await world.do("admin", "POST", "/v1/metrics", metric))["code"]
    report = {"file": ("report.csv", "统计日期,支付金额\n2026-07-01,100\n".encode())}
    form, headers = {"shop": "tmall:shop"}, world.callers["admin"]
    answer = await world.api.post("/v1/metric-imports", files=report, data=form, headers=headers)
    assert answer.status_code == 201, answer.text
    ids["metric_import"] = answer.json()["id"]
    hot = {"shop_id": ids["shop"], "name": "爆款", "item_ids": ["610", "611"]}
    ids["item_set"] = (await world.do("admin", "POST", "/v1/item-sets", hot))["id"]
    members_day = {"code": "members_day", "name": "会员日", "starts_on": "2026-05-20", "ends_on": "2026-05-20"}
    ids["calendar_event"] = (await world.do("admin", "POST", "/v1/event-calendar", members_day))["id"]
    owners = {"starts_on": "2026-03-01", "owners": [{"type": "person", "id": ids["subject"], "share": "1"}]}
    for name in ("shop", "drafted_shop"):
        await world.do("admin", "PUT", f"/v1/shops/{ids[name]}/owners", owners)


async def _noticed(world: World) -> None:
    """What the worker notices by itself: a finding on each shop."""
    ids = world.ids
    async with transaction(world.state.sessions, world.state.doorbell) as uow:
        for shop, connector in (("shop", "connector"), ("other_shop", "other_connector")):
            finding = MetricFinding(
                company_id=world.company_id,
                id=new_id(),
                shop_id=UUID(ids[shop]),
                kind="tenfold",
                metric="gmv",
                dimension="",
                grain="day",
                bucket=date(2026, 7, 1),
                batch_id=UUID(ids[f"batch_of_{connector}"]),
                value=Decimal(100),
                expected=Decimal(5),
            )
            uow.session.add(finding)
            ids[f"finding_on_{shop}"] = str(finding.id)


async def _goals(world: World) -> None:
    ids = world.ids
    for name, kind, starts_on in ((STANDING, "quarter", "2026-07-01"), (DRAFTS, "year", "2026-01-01"),
                                  (SUBMITTED, "month", "2026-07-01"), ("half", "half_year", "2026-07-01"),
                                  ("closed_cycle", "month", "2026-06-01")):  # fmt: skip
        body = {"kind": kind, "starts_on": starts_on, "name": name}
        ids[name] = (await world.do("admin", "POST", "/v1/cycles", body))["id"]
    await world.do("admin", "POST", f"/v1/cycles/{ids['closed_cycle']}/actions/close")
    writers: dict[str, tuple[str, Json]] = {
        "subject": ("subject", {"type": "person", "id": ids["subject"]}),
        "accountless": ("admin", {"type": "person", "id": ids["accountless"]}),
        "department": ("head", {"type": "department", "id": ids["department"]}),
        "company": ("executive", {"type": "company"}),
    }
    for owner, (writer, named) in writers.items():
        for cycle, state in ((STANDING, "confirmed"), (DRAFTS, "draft"), (SUBMITTED, "submitted")):
            goal: Json = {"cycle_id": ids[cycle], "owner": named, "title": f"{owner} {cycle}", "weight": "100"}
            goal |= {"why": "a secret reason", "indicators": [indicator([ids["shop"]]), MANUAL]}
            goal["standards"] = {"below": "少于 8 次", "meets": "12 次", "above": "多于 15 次"}
            goal["milestones"] = [{"title": title, "due_on": "2026-07-15"} for title in ("方案", "上线")]
            made = await world.do(writer, "POST", "/v1/goals", goal)
            ids[f"{cycle}_of_{owner}"] = made["id"]
            if cycle == STANDING:
                ids[f"indicator_of_{owner}"] = made["indicators"][0]["id"]
            async with transaction(world.state.sessions, world.state.doorbell) as uow:
                await uow.session.execute(
                    update(Goal)
                    .where(Goal.company_id == world.company_id, Goal.id == UUID(made["id"]))
                    .values(state=state, agreed_at=None if state == "draft" else utc_now())
                )
            if (owner, cycle) == ("subject", STANDING):
                await _progress(world, made)
    rules: Json = {"name": "标准", "rules": [], "otherwise": "3.5"}
    ids["rubric"] = (await world.do("hr", "POST", "/v1/rubrics", rules))["id"]
    template: Json = {"name": "模板", "title": "目标", "weight": "10", "rubric_id": ids["rubric"]}
    template["indicators"] = [{"kind": "metric", "metric": "gmv", "target": "1"}]
    ids["template"] = (await world.do("hr", "POST", "/v1/kpi-templates", template))["id"]
    # a draft on a shop that is its writer's no longer
    left_over: Json = {"cycle_id": ids["half"], "owner": writers["subject"][1], "title": "left over", "weight": "100"}
    await world.do("subject", "POST", "/v1/goals", left_over | {"indicators": [indicator([ids["drafted_shop"]])]})
    await world.do("admin", "PUT", f"/v1/shops/{ids['drafted_shop']}/owners", {"starts_on": "2026-03-01", "owners": []})


async def _progress(world: World, goal: Json) -> None:
    """A milestone done, and a number entered: of the goal of 林晓 that was confirmed."""
    ids, path = world.ids, f"/v1/goals/{goal['id']}"
    ids["milestone"], ids["milestone_done"] = (one["id"] for one in goal["milestones"])
    await world.do("subject", "POST", f"{path}/milestones/{ids['milestone_done']}/actions/complete")
    ids["manual_indicator"] = goal["indicators"][1]["id"]
    entry = {"value": "2", "on": "2026-07-01", "evidence": "签到表"}
    made = await world.do("subject", "POST", f"{path}/indicators/{ids['manual_indicator']}/entries", entry)
    ids["entry"] = made["id"]


async def _reviews(world: World) -> None:
    """A review of 林晓 at every step, each in a round of its own: `review_at_hr`, …; `review` is at the first."""
    ids, by = world.ids, world.members["hr"].person_id
    company_id, cycle_id = world.company_id, UUID(ids[STANDING])
    people = {name: UUID(ids[who]) for name, who in (("person_id", "subject"), ("manager_id", "manager"))}
    line = people | {"second_level_id": UUID(ids["skip"]), "department_id": UUID(ids["department"])}
    async with transaction(world.state.sessions, world.state.doorbell) as uow:
        draft = add_review_cycle(uow, company_id=company_id, cycle_id=cycle_id, by=by, name="draft", state="draft")
        ids["draft_review_cycle"] = str(draft)
        for step in STEPS:
            round_id = add_review_cycle(uow, company_id=company_id, cycle_id=cycle_id, by=by, name=step.value)
            await uow.session.flush()
            made = await add_review(uow, company_id=company_id, review_cycle_id=round_id, step=step, **line)
            ids[f"review_at_{step}"], ids[f"round_at_{step}"] = str(made), str(round_id)
        locked = add_review_cycle(uow, company_id=company_id, cycle_id=cycle_id, by=by, name="locked")
        await uow.session.flush()
        await add_review(
            uow, company_id=company_id, review_cycle_id=locked, step=Step.CALIBRATION, group_id=locked, **line
        )
        add_locked_group(uow, company_id=company_id, review_cycle_id=locked, by=by)
        ids["locked_round"] = str(locked)
        ids |= await add_year(uow, company_id=company_id, cycle_id=UUID(ids[DRAFTS]), by=by, **line)
    ids["value"] = (await world.do("hr", "POST", "/v1/values", VALUE_EXAMPLE | {"code": "passion"}))["id"]
    ids["review"], ids["review_cycle"] = ids["review_at_self_assessment"], ids["round_at_self_assessment"]
    async with transaction(world.state.sessions, world.state.doorbell) as uow:
        subject = UUID(ids["subject"])
        ids["reminder"] = str(
            add_reminder(uow, company_id=company_id, review_id=UUID(ids["review"]), person_id=subject)
        )
        of_review = {"company_id": company_id, "review_id": UUID(ids["review_at_closed"]), "person_id": subject}
        ids["action_item"] = str(add_action_item(uow, **of_review, owner_id=UUID(ids["manager"])))
        ids["improvement_plan"] = str(add_improvement_plan(uow, **of_review, owner_id=UUID(ids["manager"])))
        author = UUID(ids["peer"])
        ids["feedback"] = str(add_feedback(uow, company_id=company_id, person_id=subject, author_id=author))
        ids |= await add_culture(uow, company_id=company_id, ids=ids)
        ids |= await add_alerts(uow, company_id=company_id, ids=ids)
    for name, who, relation, state in (
        ("rater", "peer", "peer", "approved"),
        ("nominated_rater", "stranger", "partner", "nominated"),
    ):
        of, person_id, named_by = UUID(ids["review"]), UUID(ids[who]), UUID(ids["subject"])
        async with transaction(world.state.sessions, world.state.doorbell) as uow:
            made = add_rater(
                uow,
                company_id=company_id,
                review_id=of,
                person_id=person_id,
                relation=relation,
                state=state,
                by=named_by,
            )
        ids[name] = str(made)


async def _ends(world: World) -> None:
    """Links and sign-ins; and who is out is out only once all else stands."""
    ids, subject = world.ids, world.members["subject"]
    ids["session"] = str(subject.session_id)
    ids |= {f"email_of_{name}": world.members[name].email for name in ("subject", "left", "revoked")}
    form = {"username": subject.email, "password": PASSWORD}
    ids["refresh_token"] = ok(await world.api.post("/v1/auth/token", data=form))["refresh_token"]
    invitation = await world.do("admin", "POST", "/v1/invitations", {"person_id": ids["accountless"]})
    ids["invitation"], ids["invitation_token"] = invitation["id"], invitation["token"]
    reset = await world.do("admin", "POST", f"/v1/people/{ids['subject']}/password-reset")
    ids["reset_token"] = reset["token"]
    yesterday = (business_day() - timedelta(days=1)).isoformat()
    body = {"effective_on": yesterday, "reason": "moved away"}
    await world.do("hr", "POST", f"/v1/people/{world.ids['left']}/leave", body)
    async with transaction(world.state.sessions, world.state.doorbell) as uow:
        await uow.session.execute(
            update(Session).where(Session.id == world.members["revoked"].session_id).values(revoked_at=utc_now())
        )
        await uow.session.execute(
            update(MetricBatch)
            .where(MetricBatch.company_id == world.company_id)
            .values(state="failed", error="the worker could not take it in")
        )
