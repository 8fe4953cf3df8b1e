"""Positions (ORG-2), and the library they can be made of."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.paging import PageQuery
from attain_api.positions import repository
from attain_shared.clock import business_day
from attain_shared.db.failures import is_reference
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, Conflict, FieldError, Invalid, NotFound
from attain_shared.identifiers import new_id
from attain_shared.metrics.declarations import load_metrics
from attain_shared.positions.grades import is_senior_class
from attain_shared.positions.kpis import complete, fault_of
from attain_shared.positions.library import LANGUAGES, LIBRARY, LibraryPosition
from attain_shared.positions.models import Position
from attain_shared.positions.schemas import (
    AppliedPosition,
    HiringStandards,
    KpiCreate,
    Language,
    PositionCreate,
    PositionRead,
    PositionUpdate,
)

WRITERS = frozenset({"admin", "hr"})


class PositionTaken(Conflict):
    """The function has a position of this name."""

    code, title = "position-taken", "Position already known"


class PositionInUse(Conflict):
    """People or history hold on to it."""

    code, title = "position-in-use", "The position is in use"


def read_position(actor: Actor, position: Position) -> PositionRead:
    """A position as the contract shows it."""
    given = {name: getattr(position, name, None) for name in PositionRead.model_fields}
    actions: tuple[str, ...] = ()
    if actor.roles & WRITERS:
        actions = ("close",) if position.closed_on is None else ("reopen",)
    derived = {"is_senior_class": is_senior_class(position.grade), "allowed_actions": actions}
    return PositionRead.model_validate(given | derived)


def position_tag(actor: Actor, position: Position) -> str:
    """The ETag: a caller without the right to write sees no actions."""
    return version_tag(position.version, suffix=None if actor.roles & WRITERS else "r")


async def _stored_template(
    uow: UnitOfWork, *, actor: Actor, template: Sequence[KpiCreate], pointer: str = "/kpi_template"
) -> list[dict[str, Any]]:
    """A KPI template as it is kept, checked against the company's catalogue."""
    if not template:
        return []
    metrics = await load_metrics(uow.session, company_id=actor.company_id)
    kpis = [one.model_dump() for one in template]
    faults = [fault_of(kpi, metrics, pointer=f"{pointer}/{place}") for place, kpi in enumerate(kpis)]
    errors: list[FieldError] = [fault for fault in faults if fault is not None]
    if errors:
        raise Invalid("the KPI template cannot be taken; see errors", errors=errors)
    return [complete(kpi, metrics) for kpi in kpis]


async def create_position(uow: UnitOfWork, *, actor: Actor, data: PositionCreate) -> Position:
    """A new position."""
    fields = data.model_dump(exclude={"kpi_template"})
    template = await _stored_template(uow, actor=actor, template=data.kpi_template)
    position = Position(company_id=actor.company_id, id=new_id(), kpi_template=template, **fields)
    uow.session.add(position)
    await _flush(uow)
    return position


async def get_position(uow: UnitOfWork, *, actor: Actor, position_id: UUID) -> Position:
    """A position of the caller's company."""
    position = await repository.find_position(uow.session, company_id=actor.company_id, position_id=position_id)
    if position is None:
        raise NotFound("There is no such position.")
    return position


async def take_position(uow: UnitOfWork, *, actor: Actor, position_id: UUID, if_match: str | None = None) -> Position:
    """A position to be changed: held until the transaction ends."""
    position = await repository.find_position(
        uow.session, company_id=actor.company_id, position_id=position_id, for_update=True
    )
    if position is None:
        raise NotFound("There is no such position.")
    check_if_match(if_match, position_tag(actor, position))
    return position


async def list_positions(
    uow: UnitOfWork, *, actor: Actor, status: str, filters: dict[str, Any], query: PageQuery
) -> tuple[list[PositionRead], str | None]:
    """A part of the company's positions."""
    rows, cursor = await repository.list_positions(
        uow.session, company_id=actor.company_id, is_open=status == "open", filters=filters, query=query
    )
    return [read_position(actor, row) for row in rows], cursor


async def update_position(
    uow: UnitOfWork, *, actor: Actor, position_id: UUID, data: PositionUpdate, if_match: str | None
) -> Position:
    """Change what is given."""
    changes = data.model_dump(exclude_unset=True)
    if isinstance(data.hiring_standards, HiringStandards):
        changes["hiring_standards"] = data.hiring_standards.model_dump()  # whole: what it leaves out is empty
    if "kpi_template" in changes:
        template = [KpiCreate.model_validate(one) for one in changes["kpi_template"]]
        changes["kpi_template"] = await _stored_template(uow, actor=actor, template=template)
    position = await take_position(uow, actor=actor, position_id=position_id, if_match=if_match)
    apply_changes(position, changes)
    await _flush(uow)
    return position


async def close_position(uow: UnitOfWork, *, actor: Actor, position_id: UUID, if_match: str | None) -> Position:
    """From today on nobody new takes it; who has it keeps it."""
    position = await take_position(uow, actor=actor, position_id=position_id, if_match=if_match)
    if position.closed_on is not None:
        raise ActionNotAllowed("The position is closed.")
    apply_changes(position, {"closed_on": business_day()})
    await _flush(uow)
    return position


async def reopen_position(uow: UnitOfWork, *, actor: Actor, position_id: UUID, if_match: str | None) -> Position:
    """People may take it again."""
    position = await take_position(uow, actor=actor, position_id=position_id, if_match=if_match)
    if position.closed_on is None:
        raise ActionNotAllowed("The position is open.")
    apply_changes(position, {"closed_on": None})
    await _flush(uow)
    return position


async def delete_position(uow: UnitOfWork, *, actor: Actor, position_id: UUID, if_match: str | None) -> None:
    """Delete a position that nobody ever had; any other is closed instead."""
    position = await take_position(uow, actor=actor, position_id=position_id, if_match=if_match)
    refused = PositionInUse("People or successors refer to it, or once did; close it instead.")
    if await repository.was_ever_given(uow.session, company_id=actor.company_id, position_id=position_id):
        raise refused
    await uow.session.delete(position)
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if is_reference(error):
            raise refused from error
        raise


async def _flush(uow: UnitOfWork) -> None:
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if "uq_positions_company_id_function_name" in str(error.orig):
            raise PositionTaken("The function has a position of this name already.") from error
        raise


def choose(codes: Iterable[str] | None, *, pointer: str = "/codes") -> list[LibraryPosition]:
    """The positions of the library with these codes, each once; all without."""
    if codes is None:
        return list(LIBRARY.values())
    wanted = list(dict.fromkeys(codes))
    errors = [
        FieldError(f"{pointer}/{place}", "unknown-library-position", "The library has no such position.")
        for place, code in enumerate(wanted)
        if code not in LIBRARY
    ]
    if errors:
        raise Invalid("the library has no such position; see errors", errors=errors)
    return [LIBRARY[code] for code in wanted]


async def apply_library(
    uow: UnitOfWork, *, actor: Actor, chosen: Sequence[LibraryPosition], language: Language, dry_run: bool
) -> list[AppliedPosition]:
    """Make the positions that are not there yet; one that was renamed is known by its origin, one made by hand by its name.

    What is there is never touched.
    """
    await repository.lock_library(uow.session, company_id=actor.company_id)
    names = {(one.function, one.wording(spoken).name): one.code for one in chosen for spoken in LANGUAGES}
    found = await repository.list_matching(
        uow.session, company_id=actor.company_id, origins=[one.origin for one in chosen], names=names
    )
    known = {names[row.function, row.name]: row for row in found if (row.function, row.name) in names}
    known |= {row.origin.removeprefix("library/"): row for row in found if row.origin is not None}
    made = {} if dry_run else {one.code: _from_library(actor, one, language) for one in chosen if one.code not in known}
    uow.session.add_all(made.values())
    await _flush(uow)
    report = []
    for one in chosen:
        row = known.get(one.code) or made.get(one.code)
        report.append(
            AppliedPosition(
                code=one.code,
                name=one.wording(language).name if row is None else row.name,
                action="unchanged" if one.code in known else "create",
                id=None if row is None else row.id,
            )
        )
    return report


def _from_library(actor: Actor, position: LibraryPosition, language: Language) -> Position:
    words = position.wording(language)
    return Position(
        company_id=actor.company_id,
        id=new_id(),
        name=words.name,
        function=position.function,
        tier=position.tier,
        grade=position.grade,
        duties=words.duties,
        hiring_standards=words.hiring_standards,
        kpi_template=words.kpi_template,
        is_key=position.is_key,
        origin=position.origin,
    )
