"""The statements of the rules that raise alerts."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from attain_api.paging import PageQuery, paginate
from attain_shared.alerts.models import Alert, AlertRule
from attain_shared.alerts.schemas import AlertKind
from attain_shared.departments.models import Department

_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('attain:alert-rules:' || :company_id, 0))")


async def lock_rules(session: AsyncSession, *, company_id: UUID) -> None:
    """Let one rule of a company be made at a time: how many there may be depends on all of them."""
    await session.execute(_LOCK, {"company_id": str(company_id)})


async def find_rule(
    session: AsyncSession, *, company_id: UUID, rule_id: UUID, for_update: bool = False
) -> AlertRule | None:
    """A rule of the company; held until the transaction ends where it is to be changed."""
    statement = select(AlertRule).where(AlertRule.company_id == company_id, AlertRule.id == rule_id)
    found: AlertRule | None = await session.scalar(statement.with_for_update() if for_update else statement)
    return found


async def list_rules(
    session: AsyncSession, *, company_id: UUID, kind: AlertKind | None, query: PageQuery
) -> tuple[list[AlertRule], str | None]:
    """A part of the company's rules."""
    statement = select(AlertRule).where(AlertRule.company_id == company_id)
    if kind is not None:
        statement = statement.where(AlertRule.kind == kind)
    columns = {"name": AlertRule.name, "created_at": AlertRule.created_at}
    return await paginate(session, statement, query=query, columns=columns, id_column=AlertRule.id)


async def count_rules(session: AsyncSession, *, company_id: UUID) -> int:
    """How many rules the company has."""
    return await session.scalar(select(func.count()).where(AlertRule.company_id == company_id)) or 0


async def let_go_of_alerts(session: AsyncSession, *, company_id: UUID, rule_id: UUID) -> None:
    """What the rule has raised stands without it; the watch clears what is open."""
    of_rule = update(Alert).where(Alert.company_id == company_id, Alert.rule_id == rule_id)
    await session.execute(of_rule.values(rule_id=None, version=Alert.version + 1))


async def list_open_departments(
    session: AsyncSession, *, company_id: UUID, department_ids: Collection[UUID]
) -> set[UUID]:
    """Those of the ids that are departments of today."""
    statement = select(Department.id).where(
        Department.company_id == company_id, Department.id.in_(department_ids), Department.closed_on.is_(None)
    )
    return set(await session.scalars(statement))
