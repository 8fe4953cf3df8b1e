"""Making, opening and closing cycles (GOAL-1)."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.cycles import repository
from attain_api.goals.service import remeasure
from attain_api.paging import PageQuery, paginate
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, Conflict, Invalid, NotFound
from attain_shared.goals.models import Cycle
from attain_shared.goals.schemas import CycleCreate
from attain_shared.metrics.declarations import hold_metrics, load_entries
from attain_shared.rules.periods import CycleKind, cycle_end, is_cycle_start


class CycleTaken(Conflict):
    """A cycle of this kind starts on that day already."""

    code = "cycle-taken"


async def create_cycle(uow: UnitOfWork, *, actor: Actor, data: CycleCreate) -> Cycle:
    """Make a cycle, open; its last day follows from its kind."""
    if not is_cycle_start(data.kind, data.starts_on):
        detail = f"a {data.kind.replace('_', '-')} does not start on {data.starts_on}"
        raise Invalid.field("/starts_on", "not-first-day", detail)
    cycle = Cycle(
        company_id=actor.company_id,
        kind=data.kind,
        name=data.name,
        starts_on=data.starts_on,
        ends_on=cycle_end(data.kind, data.starts_on),
        state="open",
        version=1,
    )
    uow.session.add(cycle)
    try:
        await uow.session.flush()
    except IntegrityError as error:
        if "uq_cycles_company_id_kind_starts_on" in str(error.orig):
            raise CycleTaken(f"there is a {data.kind} of {data.starts_on} already") from error
        raise
    return cycle


async def list_cycles(
    uow: UnitOfWork, *, actor: Actor, query: PageQuery, kind: CycleKind | None, state: str | None
) -> tuple[list[Cycle], str | None]:
    """The company's cycles."""
    statement = repository.select_cycles(company_id=actor.company_id)
    if kind is not None:
        statement = statement.where(Cycle.kind == kind)
    if state is not None:
        statement = statement.where(Cycle.state == state)
    columns = {"starts_on": Cycle.starts_on, "name": Cycle.name}
    return await paginate(uow.session, statement, query=query, columns=columns, id_column=Cycle.id)


async def get_cycle(uow: UnitOfWork, *, actor: Actor, cycle_id: UUID) -> Cycle:
    """One cycle."""
    cycle = await repository.find_cycle(uow.session, company_id=actor.company_id, cycle_id=cycle_id)
    if cycle is None:
        raise NotFound("no such cycle")
    return cycle


async def move_cycle(uow: UnitOfWork, *, actor: Actor, cycle_id: UUID, to: str, if_match: str | None) -> Cycle:
    """Open a closed cycle, or close an open one.

    In a closed one goals keep the formulas they were measured by; opened again, it follows those in force (MET-4).
    """
    cycle = await repository.find_cycle(uow.session, company_id=actor.company_id, cycle_id=cycle_id, lock=True)
    if cycle is None:
        raise NotFound("no such cycle")
    check_if_match(if_match, version_tag(cycle.version))
    if cycle.state == to:
        raise ActionNotAllowed(f"the cycle is {to} already")
    apply_changes(cycle, {"state": to})
    if to == "open":
        await hold_metrics(uow.session, company_id=actor.company_id)
        await uow.session.flush()
        entries = await load_entries(uow.session, company_id=actor.company_id)
        await remeasure(uow, company_id=actor.company_id, entries=entries.values())
    return cycle
