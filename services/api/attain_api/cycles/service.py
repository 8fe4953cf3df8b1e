"""Making, opening and closing cycles (GOAL-1)."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from attain_api.access.actor import Actor
from attain_api.conditional import apply_changes, check_if_match, version_tag
from attain_api.cycles import repository
from attain_api.goals.measuring import follow_item_set, recompute, remeasure
from attain_api.paging import PageQuery, paginate_columns
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, Conflict, Invalid, NotFound
from attain_shared.goals.cycle_schemas import CycleCreate, CycleRead
from attain_shared.goals.models import Cycle
from attain_shared.metrics.declarations import hold_metrics, load_entries
from attain_shared.rules.periods import CycleKind, cycle_end, is_cycle_start
from attain_shared.shops.queries import wait_for_shops


class CycleTaken(Conflict):
    """A cycle of this kind starts on that day already."""

    code = "cycle-taken"


class ShownCycle(NamedTuple):
    """A cycle and the one around it, which may be made later: both make the tag."""

    cycle: Cycle
    parent_id: UUID | None

    @property
    def id(self) -> UUID:
        """The cycle."""
        return self.cycle.id

    @property
    def tag(self) -> str:
        """The ETag of it."""
        return version_tag(self.cycle.version, suffix=self.parent_id.hex if self.parent_id else None)

    @property
    def body(self) -> CycleRead:
        """What clients see."""
        names = CycleRead.model_fields.keys() - {"parent_id"}
        return CycleRead.model_validate(
            {name: getattr(self.cycle, name) for name in names} | {"parent_id": self.parent_id}
        )


async def create_cycle(uow: UnitOfWork, *, actor: Actor, data: CycleCreate) -> ShownCycle:
    """Make a cycle, open; its last day follows from its kind."""
    return await show(uow, await add_cycle(uow, actor=actor, data=data))


async def add_cycle(uow: UnitOfWork, *, actor: Actor, data: CycleCreate) -> Cycle:
    """Make a cycle, open; not shown yet."""
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
) -> tuple[list[CycleRead], str | None]:
    """The company's cycles."""
    statement = repository.select_cycles(company_id=actor.company_id)
    if kind is not None:
        statement = statement.where(Cycle.kind == kind)
    if state is not None:
        statement = statement.where(Cycle.state == state)
    columns = {"starts_on": Cycle.starts_on, "name": Cycle.name}
    rows, cursor = await paginate_columns(uow.session, statement, query=query, columns=columns, id_column=Cycle.id)
    return [ShownCycle(row.Cycle, row.parent_id).body for row in rows], cursor


async def get_cycle(uow: UnitOfWork, *, actor: Actor, cycle_id: UUID) -> Cycle:
    """One cycle."""
    cycle = await repository.find_cycle(uow.session, company_id=actor.company_id, cycle_id=cycle_id)
    if cycle is None:
        raise NotFound("no such cycle")
    return cycle


async def show(uow: UnitOfWork, cycle: Cycle) -> ShownCycle:
    """A cycle with the one around it."""
    row = await repository.find_shown(uow.session, company_id=cycle.company_id, cycle_id=cycle.id)
    return ShownCycle(cycle, row.parent_id if row else None)


async def get_shown_cycle(uow: UnitOfWork, *, actor: Actor, cycle_id: UUID) -> ShownCycle:
    """One cycle with the one around it."""
    row = await repository.find_shown(uow.session, company_id=actor.company_id, cycle_id=cycle_id)
    if row is None:
        raise NotFound("no such cycle")
    return ShownCycle(row.Cycle, row.parent_id)


async def close_cycle(uow: UnitOfWork, *, actor: Actor, cycle_id: UUID, if_match: str | None) -> ShownCycle:
    """Close a cycle and its confirmed goals with it.

    What is not confirmed stays as it is: in a closed cycle it cannot come to be. Goals keep the formulas they were
    measured by (MET-4).
    """
    cycle = await _move_cycle(uow, actor=actor, cycle_id=cycle_id, to="closed", if_match=if_match)
    goal_ids = await repository.close_goals(uow.session, company_id=cycle.company_id, cycle_id=cycle.id)
    await _record(uow, actor=actor, goal_ids=goal_ids, action="close", moved=("confirmed", "closed"))
    return await show(uow, cycle)


async def open_cycle(uow: UnitOfWork, *, actor: Actor, cycle_id: UUID, if_match: str | None) -> ShownCycle:
    """Open a cycle again; the goals that were closed with it are confirmed again.

    They follow the formulas in force (MET-4) and the items that their sets have now (MET-2), and are computed anew.
    """
    cycle = await _move_cycle(uow, actor=actor, cycle_id=cycle_id, to="open", if_match=if_match)
    await hold_metrics(uow.session, company_id=actor.company_id)
    goal_ids = await repository.open_goals(uow.session, company_id=cycle.company_id, cycle_id=cycle.id)
    await _record(uow, actor=actor, goal_ids=goal_ids, action="open", moved=("closed", "confirmed"))
    # all shops at once: a claim that takes some of them must not stand between two waits
    shop_ids = await repository.list_shop_ids(uow.session, company_id=cycle.company_id, cycle_id=cycle.id)
    await wait_for_shops(uow.session, company_id=cycle.company_id, shop_ids=shop_ids)
    for row in await repository.list_measured_sets(uow.session, company_id=cycle.company_id, cycle_id=cycle.id):
        await follow_item_set(uow, company_id=cycle.company_id, item_set_id=row.id, shop_id=row.shop_id)
    entries = await load_entries(uow.session, company_id=actor.company_id)
    await remeasure(uow, company_id=actor.company_id, entries=entries.values())
    await recompute(uow, company_id=actor.company_id, goal_ids=goal_ids)
    return await show(uow, cycle)


async def _move_cycle(uow: UnitOfWork, *, actor: Actor, cycle_id: UUID, to: str, if_match: str | None) -> Cycle:
    cycle = await repository.find_cycle(uow.session, company_id=actor.company_id, cycle_id=cycle_id, lock=True)
    if cycle is None:
        raise NotFound("no such cycle")
    if if_match is not None:
        check_if_match(if_match, (await show(uow, cycle)).tag)
    if cycle.state == to:
        raise ActionNotAllowed(f"the cycle is {to} already")
    apply_changes(cycle, {"state": to})
    await uow.session.flush()
    return cycle


async def _record(uow: UnitOfWork, *, actor: Actor, goal_ids: list[UUID], action: str, moved: tuple[str, str]) -> None:
    """Both records have it: that of the goals, and the audit trail, which bulk statements go past (SEC-5)."""
    if not goal_ids:
        return
    await repository.record_goals(
        uow.session, company_id=actor.company_id, goal_ids=goal_ids, action=action, actor_id=actor.principal_id
    )
    is_closed = action == "close"
    changes = {"state": moved, "is_closed_with_cycle": (not is_closed, is_closed)}
    for goal_id in goal_ids:
        uow.record(resource_type="goal", resource_id=goal_id, changes=changes)
