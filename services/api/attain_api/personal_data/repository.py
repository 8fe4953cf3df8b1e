"""Statements on personal data: all that is held on a person, and its end (SEC-6)."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    RowMapping,
    Text,
    bindparam,
    cast,
    delete,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from attain_api.access.visibility import on_day
from attain_api.personal_data.held import Held, is_about
from attain_shared.access.models import Account, IdempotencyKey, Membership, OneTimeLink
from attain_shared.audit.models import AuditEntry
from attain_shared.clock import business_day
from attain_shared.departments.models import Department, DepartmentSpell
from attain_shared.goals.models import Goal
from attain_shared.people.models import Person, PersonEvent, PersonSpell
from attain_shared.people.timeline import FOREVER, Status
from attain_shared.positions.models import Position, Successor

FREE_TEXT: Mapping[Any, tuple[str, ...]] = {
    Goal: ("title", "why", "how", "behaviours", "standards"),
    PersonEvent: ("note", "withdrawal_reason", "changes"),
    PersonSpell: ("leaving_reason",),
    Successor: ("note",),
    Department: ("name", "duties"),
    DepartmentSpell: ("name", "duties"),
    Position: ("duties", "hiring_standards", "kpi_template"),
}
"""Texts that may speak of anybody."""


async def list_held(session: AsyncSession, *, held: Held, company_id: UUID, person_id: UUID) -> list[RowMapping]:
    """One kind of record on a person."""
    return list((await session.execute(held.select(company_id, person_id))).mappings())


async def lock_person(session: AsyncSession, *, company_id: UUID, person_id: UUID) -> Person:
    """The person's row, held until the transaction ends."""
    statement = select(Person).where(Person.company_id == company_id, Person.id == person_id)
    return (await session.scalars(statement.with_for_update())).one()


async def has_left_for_good(session: AsyncSession, *, company_id: UUID, person_id: UUID) -> bool:
    """Whether the last day at work is over, and no return is recorded."""
    of_person = (PersonSpell.company_id == company_id, PersonSpell.person_id == person_id)
    is_last = PersonSpell.ends_on == FOREVER
    return bool(
        await session.scalar(
            select(exists().where(*of_person, is_last, PersonSpell.status == Status.LEFT, on_day(business_day())))
        )
    )


async def erase_records(session: AsyncSession, *, company_id: UUID, person_id: UUID, values: dict[str, Any]) -> None:
    """Put others in the place of name and contacts, and take out what was said of the person in their own records."""
    of_person = (Person.company_id == company_id, Person.id == person_id)
    await _run(session, update(Person).where(*of_person).values(version=Person.version + 1, **values))
    of_events = (PersonEvent.company_id == company_id, PersonEvent.person_id == person_id)
    kept = PersonEvent.changes.op("-")("leaving_reason")
    await _run(session, update(PersonEvent).where(*of_events).values(note=None, withdrawal_reason=None, changes=kept))
    # as their events would make them now: nothing else of a spell comes from what was taken out
    of_spells = (PersonSpell.company_id == company_id, PersonSpell.person_id == person_id)
    await _run(session, update(PersonSpell).where(*of_spells).values(leaving_reason=None))
    of_successors = (Successor.company_id == company_id, Successor.person_id == person_id)
    await _run(session, update(Successor).where(*of_successors).values(note=None))


async def close_membership(session: AsyncSession, *, company_id: UUID, person_id: UUID) -> None:
    """Remove the person's sign-in to this company; an account that serves no other company goes with it."""
    of_person = (Membership.company_id == company_id, Membership.person_id == person_id)
    account = select(Account.id).join(Membership, Membership.account_id == Account.id).where(*of_person)
    account_id = await session.scalar(account.with_for_update(of=Account))
    await _run(
        session, delete(OneTimeLink).where(OneTimeLink.company_id == company_id, OneTimeLink.person_id == person_id)
    )
    if account_id is not None:
        await _run(session, delete(Membership).where(*of_person))
        elsewhere = exists().where(Membership.account_id == account_id)
        await _run(session, delete(Account).where(Account.id == account_id, ~elsewhere))


async def delete_answers(session: AsyncSession, *, company_id: UUID, person_id: UUID, like: Sequence[str]) -> None:
    """Remove the stored answers to the person's requests, and those that speak of the person."""
    speaks = _any_like(IdempotencyKey.answer, like) | _any_like(IdempotencyKey.headers, like)
    is_theirs = IdempotencyKey.principal_id == person_id
    await _run(session, delete(IdempotencyKey).where(IdempotencyKey.company_id == company_id, is_theirs | speaks))


async def list_texts(
    session: AsyncSession,
    *,
    model: Any,  # noqa: ANN401  # a key of FREE_TEXT
    company_id: UUID,
    like: Sequence[str],
) -> list[Row[Any]]:
    """The keys and the texts of rows that may speak of the person."""
    texts = [getattr(model, name) for name in FREE_TEXT[model]]
    found = or_(*(_any_like(column, like) for column in texts))
    statement = select(*keys_of(model), *texts).where(model.company_id == company_id, found)
    return list(await session.execute(statement.with_for_update()))


def keys_of(model: Any) -> list[InstrumentedAttribute[Any]]:  # noqa: ANN401  # a key of FREE_TEXT
    """What a row of company data is known by, beside its company."""
    return [getattr(model, column.name) for column in model.__table__.primary_key if column.name != "company_id"]


async def put_texts(
    session: AsyncSession,
    *,
    model: Any,  # noqa: ANN401  # a key of FREE_TEXT
    company_id: UUID,
    key: Sequence[object],
    texts: dict[str, Any],
) -> None:
    """Set the texts of one row; who holds it by its ETag has to read it again."""
    values = dict(texts)
    if hasattr(model, "version"):
        values["version"] = model.version + 1
    row = [column == value for column, value in zip(keys_of(model), key, strict=True)]
    await _run(session, update(model).where(model.company_id == company_id, *row).values(values))


async def list_entries_about(session: AsyncSession, *, company_id: UUID, person_id: UUID) -> list[Row[Any]]:
    """The audit entries about the person: sequence and values."""
    statement = select(AuditEntry.sequence, AuditEntry.changes)
    return list(
        await session.execute(statement.where(AuditEntry.company_id == company_id, is_about(company_id, person_id)))
    )


async def list_names(session: AsyncSession, *, company_id: UUID, person_id: UUID) -> list[dict[str, Any]]:
    """What the trail tells of the person's record: names and contacts of before."""
    statement = select(AuditEntry.changes).where(
        AuditEntry.company_id == company_id,
        AuditEntry.resource_type == "person",
        AuditEntry.resource_id == person_id,
    )
    return list(await session.scalars(statement))


async def list_entries_mentioning(
    session: AsyncSession, *, company_id: UUID, person_id: UUID, like: Sequence[str]
) -> list[Row[Any]]:
    """Entries about others whose values may speak of the person; a namesake's own record is not meant."""
    is_another = (AuditEntry.resource_type == "person") & (AuditEntry.resource_id != person_id)
    statement = select(AuditEntry.sequence, AuditEntry.changes)
    return list(
        await session.execute(
            statement.where(AuditEntry.company_id == company_id, ~is_another, _any_like(AuditEntry.changes, like))
        )
    )


async def put_changes(session: AsyncSession, *, company_id: UUID, changes: Mapping[int, dict[str, Any]]) -> None:
    """Set the values of audit entries, by sequence."""
    table = AuditEntry.__table__
    statement = (
        update(AuditEntry)
        .where(table.c.company_id == company_id, table.c.sequence == bindparam("at"))
        .values(changes=bindparam("kept", type_=table.c.changes.type))
        .execution_options(synchronize_session=False)
    )
    rows = [{"at": sequence, "kept": kept} for sequence, kept in sorted(changes.items())]
    connection = await session.connection()
    await connection.execute(statement, rows)


def _any_like(column: InstrumentedAttribute[Any], like: Sequence[str]) -> ColumnElement[bool]:
    return or_(*(cast(column, Text).ilike(pattern) for pattern in like))


async def _run(session: AsyncSession, statement: Any) -> None:  # noqa: ANN401  # an update or a delete
    """Past the session, so that the trail does not note what is to be forgotten."""
    await session.execute(statement.execution_options(synchronize_session=False))
