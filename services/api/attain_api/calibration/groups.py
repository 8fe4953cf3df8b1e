"""The calibration of a round: its groups, and the caller's rights in them (REV-8)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.calibration import repository
from attain_api.calibration.members import Member, groups_of
from attain_api.calibration.rights import Calibrator
from attain_api.review_cycles.service import find_round
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import Invalid, NotAllowed, NotFound
from attain_shared.reviews.calibration_models import CalibrationGroup
from attain_shared.reviews.models import ReviewCycle
from attain_shared.reviews.settings import settings_of
from attain_shared.rules.distribution import MINIMUM_SIZE, Shares


@dataclass(frozen=True, slots=True)
class Group:
    """Reviews whose ratings are distributed together."""

    id: UUID
    department_id: UUID | None
    name: str | None
    members: Sequence[Member]
    """By id; none of them cancelled."""
    row: CalibrationGroup | None
    """Once the round's groups are set."""

    @property
    def place(self) -> tuple[bool, str, UUID]:
        """For sorting: by name, and without one at the end."""
        return place(self.name or "", self.id)

    @property
    def is_locked(self) -> bool:
        """Whether its ratings stay as they are."""
        return self.row is not None and self.row.locked_at is not None

    @property
    def is_published(self) -> bool:
        """Whether its ratings were, be it without some of its members."""
        return self.row is not None and self.row.published_at is not None


@dataclass(frozen=True, slots=True)
class Calibration:
    """A round's groups, all of them, and the caller."""

    cycle: ReviewCycle
    shares: Shares
    groups: Mapping[UUID, Group]
    """By id, in the order of their names."""
    caller: Calibrator

    @property
    def is_advice_only(self) -> bool:
        """Whether the company is too small for limits (REV-8)."""
        return sum(len(group.members) for group in self.groups.values()) < MINIMUM_SIZE

    @property
    def seen(self) -> list[Group]:
        """The groups that the caller calibrates in, or locks and publishes: HR all."""
        return [group for group in self.groups.values() if self._is_seen(group)]

    def _is_seen(self, group: Group) -> bool:
        caller = self.caller
        return caller.is_hr or any(map(caller.rates, group.members)) or caller.settles(group.members)

    def group(self, group_id: UUID) -> Group:
        """The group of a body.

        Raises:
            Invalid: there is none.
        """
        found = self.groups.get(group_id)
        if found is None:
            raise Invalid.field("/group_id", "unknown-group", "There is no such group in this round.")
        return found


async def load_calibration(uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID, lock: bool = False) -> Calibration:
    """A round's groups: as they would be, until the first is locked; from then on as they were set.

    With `lock` the round is held until the transaction ends.

    Raises:
        NotFound: there is no such round in the caller's view.
        NotAllowed: they see it, and are neither HR nor a head of any of its people.
    """
    round_key = {"company_id": actor.company_id, "review_cycle_id": review_cycle_id}
    if lock:
        await repository.hold_round(uow.session, **round_key)
    found = await repository.find_round(uow.session, **round_key)
    if found is None:
        raise NotFound("There is no such review cycle.")
    listed = await repository.list_members(uow.session, **round_key)
    members = [Member.of(row, cycle=found.cycle) for row in listed]
    departments = {one.id: one for one in await repository.list_departments(uow.session, visible_to=actor)}
    caller = Calibrator(
        person_id=actor.principal_id,
        is_hr="hr" in actor.roles,
        hr_ids=frozenset(found.hr_ids),
        executive_ids=frozenset(found.executive_ids),
        led=frozenset(one.id for one in departments.values() if one.is_led),
    )
    shares = Shares(**settings_of(found.cycle.settings).distribution.model_dump())
    calibration = Calibration(found.cycle, shares, _groups(found.cycle.id, members, found.groups, departments), caller)
    if not caller.is_hr and not calibration.seen:
        await find_round(uow, actor=actor, review_cycle_id=review_cycle_id)
        raise NotAllowed("HR and the heads of its people's departments calibrate a round.")
    return calibration


def _groups(
    round_id: UUID,
    members: Sequence[Member],
    rows: Sequence[CalibrationGroup],
    departments: Mapping[UUID, repository.DepartmentRow],
) -> dict[UUID, Group]:
    fixed = {row.id: row for row in rows}
    group_of = groups_of(
        members,
        departments={one.id: one.parent_id for one in departments.values()},
        fixed={row.id: row.department_id for row in rows},
        round_id=round_id,
    )
    grouped: defaultdict[UUID, list[Member]] = defaultdict(list)
    for member in members:
        grouped[group_of[member.review_id]].append(member)
    made = [
        Group(group_id, department and department.id, department and department.name, inside, fixed.get(group_id))
        for group_id, inside in grouped.items()
        for department in (departments.get(group_id),)
    ]
    made.sort(key=lambda group: group.place)
    return {group.id: group for group in made}


def place(name: str, group_id: UUID) -> tuple[bool, str, UUID]:
    """Where a group stands among those of its round; the name is empty where it has none."""
    return not name, name, group_id
