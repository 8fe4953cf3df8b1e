"""People who have left traces wherever a person can (SEC-6)."""

import secrets
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import update

from attain_api.state import ApiState
from attain_shared.access.models import Account, AccountIdentity, Connector, OneTimeLink, Session
from attain_shared.calendar.models import CalendarEvent
from attain_shared.clock import utc_now
from attain_shared.db.base import Base
from attain_shared.db.session import transaction
from attain_shared.goals.models import Cycle, Goal, GoalEvent, Indicator, IndicatorEntry, Milestone
from attain_shared.goals.template_models import KpiTemplate, Rubric
from attain_shared.identifiers import new_id
from attain_shared.metrics.models import CompanyMetric, MetricImport
from attain_shared.people.models import PersonEvent, PersonSpell
from attain_shared.positions.models import Position, Successor
from attain_shared.shops.models import ItemSet, Shop
from tests.support.alert_traces import alerts_of
from tests.support.check_ins import culture_of
from tests.support.companies import Company, Member, make_member
from tests.support.http import created, ok
from tests.support.review_traces import reviews_of


@dataclass(frozen=True, kw_only=True)
class Known(Member):
    """A member who has left traces; no other test's member has the same."""

    mark: str

    @property
    def name(self) -> str:
        return f"欧阳{self.mark}"

    @property
    def former_name(self) -> str:
        return f"欧阳小{self.mark}"

    @property
    def phone(self) -> str:
        return f"+86 139 {int(self.mark, 16)}"

    @property
    def mail(self) -> str:
        return f"ouyang.{self.mark}@example.com"

    @property
    def note(self) -> str:
        return f"家里有事 {self.mark}"

    @property
    def reason(self) -> str:
        return f"搬到另一座城市 {self.mark}"

    @property
    def device(self) -> str:
        return f"{self.mark}'s phone"

    @property
    def address(self) -> str:
        return f"2001:db8::{self.mark}"

    @property
    def traces(self) -> list[str]:
        """What must be gone: as everything holds the mark, it is enough to look for that and for the phone."""
        return [self.name, self.former_name, self.phone, self.mail, self.note, self.reason, self.device, self.address]


async def rename(api: AsyncClient, company: Company, person_id: UUID, **changes: object) -> None:
    ok(await api.patch(f"/v1/people/{person_id}", json=changes, headers=company.headers))


async def make_known(api: AsyncClient, state: ApiState, company: Company) -> Known:
    """A person who has left traces wherever a person can."""
    member = Known(**vars(await make_member(state, company)), mark=secrets.token_hex(6))
    company_id, person_id, now = company.company_id, member.person_id, utc_now()
    await rename(api, company, person_id, name=member.former_name, email=member.mail.upper(), phone=member.phone)
    await rename(api, company, person_id, name=member.name)
    async with transaction(state.sessions, state.doorbell) as uow:
        await uow.session.execute(update(Account).where(Account.id == member.account_id).values(email=member.mail))
        uow.session.add(
            AccountIdentity(issuer="https://id.example", subject=f"{member.mail}#1", account_id=member.account_id)
        )
        await uow.session.execute(
            update(Session)
            .where(Session.account_id == member.account_id)
            .values(device=member.device, address=member.address)
        )
        uow.record(
            resource_type="session",
            resource_id=person_id,
            changes={"device": (None, member.device), "address": (None, member.address)},
            company_id=company_id,
            action="sign_in",
        )
        uow.session.add(
            OneTimeLink(
                kind="invitation",
                company_id=company_id,
                person_id=person_id,
                secret_hash=b"x",
                expires_at=now,
            )
        )
        position = Position(
            company_id=company_id,
            id=new_id(),
            name="店长",
            function="operations",
            tier="middle",
            grade="M1",
            duties=[],
            hiring_standards={},
            kpi_template=[],
        )
        uow.session.add(position)
        await uow.session.flush()
        uow.session.add(
            Successor(
                company_id=company_id, position_id=position.id, person_id=person_id, readiness="now", note=member.note
            )
        )
        uow.session.add(
            Successor(
                company_id=company_id,
                position_id=position.id,
                person_id=company.person_id,
                readiness="later",
                note=f"如果{member.name}不行",
            )
        )
    body = {
        "name": f"{member.name}的团队",
        "function": "operations",
        "head_id": str(person_id),
        "duties": [f"找{member.name}"],
    }
    headers = company.headers | {"Idempotency-Key": "k"}
    created(await api.post("/v1/departments", json=body, headers=headers))
    async with transaction(state.sessions, state.doorbell) as uow:
        goals = goals_of(company, member)
        [own] = (row for row in goals if isinstance(row, Goal) and row.person_id is not None)
        reviewed = reviews_of(goal=own, name=member.name, boss_id=company.person_id)
        spoken = culture_of(goal=own, name=member.name, boss_id=company.person_id)
        for row in (
            *goals,
            *_templates_of(company_id, member.name),
            *reviewed,
            *spoken,
            *alerts_of(company_id, name=member.name, person_id=member.person_id),
        ):
            uow.session.add(row)
            await uow.session.flush()
    return member


async def speak_of(state: ApiState, company: Company, name: str) -> None:
    """Name somebody wherever else a user writes: shops and what hangs on them, positions, other people's records."""
    company_id, other = company.company_id, await make_member(state, company)
    reason = f"不愿与{name}共事"
    async with transaction(state.sessions, state.doorbell) as uow:
        for row in (*_things_of(company_id, name), *_events_of(company_id, other, name, reason)):
            uow.session.add(row)
            await uow.session.flush()
        for model, values in ((PersonSpell, {"leaving_reason": reason}), (Session, {"device": f"{name}的手机"})):
            who = {"person_id": other.person_id} if model is PersonSpell else {"account_id": other.account_id}
            await uow.session.execute(update(model).filter_by(company_id=company_id, **who).values(values))
        goals = update(Goal).where(Goal.company_id == company_id).values(how=f"照{name}说的做", behaviours=name)
        await uow.session.execute(goals)


def _things_of(company_id: UUID, name: str) -> list[Base]:
    shop_id = new_id()
    return [
        Shop(
            company_id=company_id,
            id=shop_id,
            platform="tmall",
            external_id=shop_id.hex,
            name=f"{name}专营店",
            timezone="Asia/Shanghai",
            currency="CNY",
        ),
        ItemSet(company_id=company_id, id=new_id(), shop_id=shop_id, name=f"{name}的爆款", item_ids=["1"]),
        Connector(company_id=company_id, id=new_id(), name=f"{name}的连接器", shop_ids=[shop_id], scopes=["write"]),
        CompanyMetric(
            company_id=company_id,
            code="own",
            version=1,
            zh=f"{name}的业绩",
            en=f"{name}'s figure",
            unit="CNY",
            algebra="additive",
            over_shops="sum",
            numerator="",
            denominator="",
            default_aggregate="deduplicated",
            better="higher",
            aliases=[f"{name}业绩"],
            created_by=new_id(),
        ),
        _import_of(company_id, shop_id, name),
        Cycle(
            company_id=company_id,
            id=new_id(),
            kind="quarter",
            name=f"{name}的季度",
            state="open",
            starts_on=date(2027, 1, 1),
            ends_on=date(2027, 3, 31),
        ),
        Position(
            company_id=company_id,
            id=new_id(),
            name=f"{name}助理",
            function="operations",
            tier="frontline",
            grade="staff",
            duties=[f"协助{name}"],
            hiring_standards={"skills": [f"如{name}"], "experience": [], "qualities": [name]},
            kpi_template=[{"name": f"{name}的评价", "kind": "manual", "unit": f"{name}分", "metric": None}],
        ),
    ]


def _import_of(company_id: UUID, shop_id: UUID, name: str) -> MetricImport:
    cell = {"row": 2, "column": "B", "header": f"{name}的列", "text": name, "code": "not-a-number", "detail": "is not"}
    return MetricImport(
        company_id=company_id,
        id=new_id(),
        shop_id=shop_id,
        kind="shop",
        file_name=f"{name}的报表.csv",
        file_hash=b"",
        rows=1,
        report={"bad_cells": [cell]},
        batch_ids=[],
        created_by=new_id(),
    )


def _events_of(company_id: UUID, other: Member, name: str, reason: str) -> list[Base]:
    of_other = {"company_id": company_id, "person_id": other.person_id}
    return [
        PersonEvent(
            **of_other,
            id=new_id(),
            kind="leave",
            effective_on=date(2099, 1, 1),
            changes={"leaving_reason": reason},
            note=f"{name}已同意",
        ),
        PersonEvent(
            **of_other,
            id=new_id(),
            kind="transfer",
            effective_on=date(2026, 5, 1),
            changes={},
            withdrawn_at=utc_now(),
            withdrawal_reason=f"{name}不同意",
        ),
    ]


def goals_of(company: Company, member: Known) -> list[Base]:
    """The member's own goal and one of the company's: both speak of the member."""
    days = {"starts_on": date(2026, 10, 1), "ends_on": date(2026, 12, 31)}
    cycle = Cycle(company_id=company.company_id, id=new_id(), kind="quarter", name="Q4", state="open", **days)
    goals = [
        Goal(
            company_id=company.company_id,
            id=new_id(),
            cycle_id=cycle.id,
            person_id=owner,
            title=f"{member.name}提升转化",
            why=f"{member.name}: ask {member.mail.title()} or {member.phone}",
            behaviours="nothing personal",
            standards={"below": f"{member.name} fails", "meets": "x", "above": "y"},
            weight=Decimal(40),
            ignore_missing=False,
            state="confirmed",
            created_by=company.person_id,
            collaborators=[member.person_id],
            **days,
        )
        for owner in (member.person_id, None)
    ]
    return [cycle, *goals, *_parts_of(goals[1], member)]


def _parts_of(goal: Goal, member: Known) -> list[Base]:
    """What belongs to a goal, and is done with it."""
    of_goal = {"company_id": goal.company_id, "goal_id": goal.id}
    by_hand = Indicator(
        **of_goal,
        id=new_id(),
        position=0,
        kind="manual",
        name=f"{member.name}的满意度",
        unit=f"{member.name}分",
        dimension="",
        shop_ids=[],
        direction="higher_better",
        target=Decimal(1),
        cap=Decimal(2),
    )
    titled = [{"id": str(goal.id), "title": f"找{member.name}", "due_on": "2026-11-11"}]
    return [
        by_hand,
        Milestone(
            **of_goal, id=new_id(), position=0, title=f"问{member.name}", due_on=goal.ends_on, owner_id=member.person_id
        ),
        IndicatorEntry(
            **of_goal,
            id=new_id(),
            indicator_id=by_hand.id,
            value=Decimal(1),
            on_day=goal.starts_on,
            evidence=f"{member.name}的表格",
            state="rejected",
            entered_by=member.person_id,
            reason=f"不是{member.name}的",
        ),
        GoalEvent(
            **of_goal,
            id=new_id(),
            action="change",
            actor_id=member.person_id,
            is_stand_in=False,
            reason=f"{member.name}要求的",
            changes={"why": [f"为了{member.name}", None], "milestones": [[], titled]},
        ),
    ]


def _templates_of(company_id: UUID, name: str) -> list[Base]:
    """What goals are made from, and paced by."""
    return [
        Rubric(company_id=company_id, id=new_id(), name=f"{name}的标准", rules_version=1),
        KpiTemplate(
            company_id=company_id,
            id=new_id(),
            name=f"{name}的模板",
            title=f"像{name}那样",
            why=name,
            how=name,
            behaviours=name,
            standards={"below": name},
            weight=Decimal(1),
            ignore_missing=False,
            indicators=[{"kind": "manual", "name": f"{name}的评价", "unit": f"{name}分", "metric": None}],
        ),
        CalendarEvent(
            company_id=company_id,
            id=new_id(),
            code="own",
            year=2026,
            name=f"{name}的生日",
            starts_on=date(2026, 5, 1),
            ends_on=date(2026, 5, 1),
            is_cancelled=False,
        ),
    ]
