"""Statements on personal data: all that is held on a person, and its end (SEC-6)."""

from collections.abc import Collection, Mapping, Sequence
from itertools import count
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
    false,
    func,
    null,
    or_,
    select,
    tuple_,
    union_all,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from attain_api.access.visibility import on_day
from attain_api.personal_data.held import Held, ids_about
from attain_api.personal_data.mentions import Contact, pattern_of
from attain_api.personal_data.texts import LONGEST_LINE, Place
from attain_shared.access.models import Account, IdempotencyKey, Membership, OneTimeLink
from attain_shared.audit.models import AuditEntry
from attain_shared.clock import business_day
from attain_shared.goals.models import Goal, Indicator, IndicatorEntry, Milestone
from attain_shared.people.models import Person, PersonEvent, PersonSpell
from attain_shared.people.timeline import FOREVER, Status
from attain_shared.positions.models import Successor
from attain_shared.reviews.follow_up_models import ActionItem, Decision, Feedback, ImprovementPlan
from attain_shared.reviews.models import Review


async def list_held(
    session: AsyncSession, *, held: Held, company_id: UUID, person_id: UUID, seen: ColumnElement[bool]
) -> list[RowMapping]:
    """One kind of record on a person; of the trail the entries that the reader sees."""
    statement = held.select(company_id, person_id)
    if held.model is AuditEntry:
        statement = statement.where(seen)
    return list((await session.execute(statement)).mappings())


async def hold_erasures(session: AsyncSession, *, company_id: UUID) -> None:
    """Let no other erasure of the company begin until the transaction ends: two that meet in texts wait, never in a circle."""
    name = f"attain:erasures:{company_id}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


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
    """Remove the person's sign-in to this company; an account that serves nothing else goes with it.

    What serves another company stays there, and what operates the installation stays with it (ORG-0).
    """
    of_person = (Membership.company_id == company_id, Membership.person_id == person_id)
    account = select(Account.id).join(Membership, Membership.account_id == Account.id).where(*of_person)
    account_id = await session.scalar(account.with_for_update(of=Account))
    await _run(
        session, delete(OneTimeLink).where(OneTimeLink.company_id == company_id, OneTimeLink.person_id == person_id)
    )
    if account_id is not None:
        await _run(session, delete(Membership).where(*of_person))
        operates = Account.is_platform | Account.is_ops
        elsewhere = exists().where(Membership.account_id == account_id)
        await _run(session, delete(Account).where(Account.id == account_id, ~elsewhere, ~operates))


async def list_answers(session: AsyncSession, *, company_id: UUID, like: Sequence[str]) -> list[Row[Any]]:
    """Stored answers that may speak of the person: who asked, where, by which key, and what was said."""
    told = (IdempotencyKey.key, IdempotencyKey.headers, IdempotencyKey.answer)
    statement = select(IdempotencyKey.principal_id, IdempotencyKey.route, *told)
    speaks = or_(*(_any_like(column, like) for column in told))
    return list(await session.execute(statement.where(IdempotencyKey.company_id == company_id, speaks)))


async def delete_answers(
    session: AsyncSession, *, company_id: UUID, person_id: UUID, others: Sequence[tuple[UUID, str, str]]
) -> None:
    """Remove the stored answers to the person's requests, and some of others: who asked, where, by which key."""
    one = tuple_(IdempotencyKey.principal_id, IdempotencyKey.route, IdempotencyKey.key)
    is_theirs = IdempotencyKey.principal_id == person_id
    await _run(
        session,
        delete(IdempotencyKey).where(IdempotencyKey.company_id == company_id, is_theirs | one.in_(others)),
    )


async def list_others(session: AsyncSession, *, person: Person, contacts: Collection[str]) -> list[Contact]:
    """Everybody who might be taken for the person: whose name holds the name, or who has such a contact now."""
    lowered = [contact.strip().lower() for contact in contacts]
    is_alike = or_(
        Person.name.ilike(pattern_of(person.name.strip())),
        func.lower(Person.email).in_(lowered),
        func.lower(func.btrim(Person.phone)).in_(lowered),
    )
    statement = select(Person.name, Person.email, Person.phone).where(
        Person.company_id == person.company_id, Person.id != person.id, Person.erased_at.is_(None), is_alike
    )
    return [Contact(**row) for row in (await session.execute(statement)).mappings()]


async def list_texts(session: AsyncSession, *, place: Place, company_id: UUID, like: Sequence[str]) -> list[Row[Any]]:
    """Rows that may speak of the person, held in the order of their keys: keys, what the trail calls it, owner, texts."""
    model = place.model
    texts = [getattr(model, name) for name in place.columns]
    told_as = getattr(model, place.told_as[1])
    statement = (
        select(*place.keys, told_as.label("told_as"), _owner_of(model).label("owner"), *texts)
        .where(model.company_id == company_id, or_(*(_any_like(column, like) for column in texts)))
        .order_by(*place.keys)
    )
    return list(await session.execute(statement.with_for_update()))


def _owner_of(model: Any) -> ColumnElement[Any]:  # noqa: ANN401  # any model with a company
    """Whose record a row is, where it is somebody's: of what belongs to a review or a goal, whose that is."""
    if hasattr(model, "review_id"):
        of_review = (Review.company_id == model.company_id, Review.id == model.review_id)
        return select(Review.person_id).where(*of_review).scalar_subquery()
    if hasattr(model, "person_id"):
        column: ColumnElement[Any] = model.person_id
        return column
    if not hasattr(model, "goal_id"):
        return null()
    of_goal = (Goal.company_id == model.company_id, Goal.id == model.goal_id)
    return select(Goal.person_id).where(*of_goal).scalar_subquery()


async def put_texts(
    session: AsyncSession, *, place: Place, company_id: UUID, key: Sequence[object], texts: dict[str, Any]
) -> None:
    """Set the texts of one row; who holds it by its ETag has to read it again."""
    model, values = place.model, dict(texts)
    # a version that is a part of the key names the row
    if "version" in model.__table__.columns and not model.__table__.columns["version"].primary_key:
        values["version"] = model.version + 1
    row = [column == value for column, value in zip(place.keys, key, strict=True)]
    statement = update(model).where(model.company_id == company_id, *row)
    if not (place.is_named_once and "name" in texts):
        await _run(session, statement.values(values))
        return
    for number in count(1):
        ending = "" if number == 1 else f" {number}"
        name = texts["name"][: LONGEST_LINE - len(ending)] + ending
        try:
            async with session.begin_nested():
                await _run(session, statement.values(values | {"name": name}))
        except IntegrityError as exc:  # two names that differed in nothing but the person
            if f"uq_{place.table}_" not in str(exc.orig):
                raise
        else:
            return


async def list_own_ids(session: AsyncSession, *, company_id: UUID, person_id: UUID) -> tuple[set[UUID], set[UUID]]:
    """What the trail is about when it is about the person: the ids of all their records, and of their goals and reviews.

    With all that belongs to these.
    """
    goals = select(Goal.id).where(Goal.company_id == company_id, Goal.person_id == person_id)
    parts = (
        select(model.id).where(model.company_id == company_id, model.goal_id.in_(goals))
        for model in (Milestone, Indicator, IndicatorEntry)
    )
    reviewed = (
        select(model.id).where(model.company_id == company_id, model.person_id == person_id)
        for model in (Review, ActionItem, ImprovementPlan, Decision, Feedback)
    )
    about = {person_id}
    for statement in ids_about(company_id, person_id):
        about |= set(await session.scalars(statement))
    return about, set(await session.scalars(union_all(goals, *parts, *reviewed)))


async def list_contacts(session: AsyncSession, *, company_id: UUID, person_id: UUID) -> list[dict[str, Any]]:
    """What the trail tells of the person's record: contacts of before."""
    statement = select(AuditEntry.changes).where(
        AuditEntry.company_id == company_id,
        AuditEntry.resource_type == "person",
        AuditEntry.resource_id == person_id,
    )
    return list(await session.scalars(statement))


async def list_entries(
    session: AsyncSession,
    *,
    company_id: UUID,
    about: Collection[UUID],
    like: Sequence[str],
    after: int,
    until: int,
) -> list[Row[Any]]:
    """The entries of a part of the chain that are about the person, or may speak of them."""
    is_about = AuditEntry.resource_id.in_(about)
    speaks = _any_like(AuditEntry.changes, like)
    statement = (
        select(AuditEntry.sequence, AuditEntry.resource_type, AuditEntry.resource_id, AuditEntry.changes)
        .where(AuditEntry.company_id == company_id, AuditEntry.sequence > after, AuditEntry.sequence <= until)
        .where(is_about | speaks)
    )
    return list(await session.execute(statement))


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
    return or_(false(), *(cast(column, Text).ilike(pattern) for pattern in like))


async def _run(session: AsyncSession, statement: Any) -> None:  # noqa: ANN401  # an update or a delete
    """Past the session, so that the trail does not note what is to be forgotten."""
    await session.execute(statement.execution_options(synchronize_session=False))
