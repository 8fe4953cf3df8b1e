"""Locking a calibration group, opening it again and publishing it: by HR (REV-6, REV-8)."""

from collections.abc import Sequence
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.calibration import repository
from attain_api.calibration.groups import Calibration, Group, load_calibration
from attain_api.calibration.members import MISSING_STEPS, Member
from attain_api.calibration.rating import name_reviews
from attain_api.calibration.reading import broken_limits, read_group
from attain_api.follow_ups.opening import open_follow_ups
from attain_shared.clock import utc_now
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, Conflict, NotAllowed
from attain_shared.reviews import flow
from attain_shared.reviews.calibration_models import CalibrationGroup, RatingChange
from attain_shared.reviews.calibration_schemas import CalibrationGroupRead, GroupAction, GroupUnlock
from attain_shared.reviews.growth import recount_growth
from attain_shared.rules.distribution import Violation
from attain_shared.rules.review_flow import Action, Step, row_of


class DistributionViolated(Conflict):
    """The ratings of the group break its limits, and no exception is stated."""

    code, title = "distribution-violated", "Distribution violated"


class GroupNotLocked(Conflict):
    """A group is locked before it is published."""

    code, title = "group-not-locked", "Group not locked"


class MembersMissing(Conflict):
    """Members of the group have not come to calibration, and no exception is stated."""

    code, title = "members-missing", "Members missing"


class RatingMissing(Conflict):
    """Members of the group have nothing to be rated by, and no rating was set."""

    code, title = "rating-missing", "Rating missing"


async def lock_group(
    uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID, data: GroupAction
) -> CalibrationGroupRead:
    """Lock a group: no rating of it changes from here on. The first lock of a round sets its groups for good (REV-8).

    Raises:
        Invalid: there is no such group.
        NotAllowed: the caller is not the HR that settles it.
        ActionNotAllowed: none of its members is at calibration.
        DistributionViolated: it breaks its limits, and no exception is stated.
    """
    calibration, group = await _hold(uow, actor=actor, review_cycle_id=review_cycle_id, group_id=data.group_id)
    if group.is_locked:
        return read_group(calibration, group)
    _check_waiting(group)
    broken = broken_limits(calibration, group)
    _check_limits(calibration, broken, exception=data.exception)
    row = (await _settle_groups(uow, calibration))[group.id]
    row.locked_at, row.locked_by, row.exception = utc_now(), actor.principal_id, data.exception
    row.violations = [{"limit": violation.limit.value, "by": violation.by} for violation in broken]
    return await _show_again(uow, actor=actor, review_cycle_id=review_cycle_id, group_id=group.id)


async def unlock_group(
    uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID, data: GroupUnlock
) -> CalibrationGroupRead:
    """Open a locked group again, as long as there is something of it to be published.

    Ratings that are published stay as they are, whatever the lock.

    Raises:
        Invalid: there is no such group.
        NotAllowed: the caller is not the HR that settles it.
        GroupNotLocked: it is open.
        ActionNotAllowed: all of it is published.
    """
    calibration, group = await _hold(uow, actor=actor, review_cycle_id=review_cycle_id, group_id=data.group_id)
    row = _locked_row(group)
    _check_waiting(group)
    row.locked_at, row.locked_by, row.exception, row.violations = None, None, None, []
    uow.record(resource_type="calibration_group", resource_id=group.id, changes={"reason": (None, data.reason)})
    return read_group(calibration, group)


async def publish_group(
    uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID, data: GroupAction
) -> CalibrationGroupRead:
    """Publish a locked group: what counts becomes the rating, and the interview is next (REV-6, REV-8).

    Members that come to calibration after that are published by doing it again.

    Raises:
        Invalid: there is no such group.
        NotAllowed: the caller is not the HR that settles it.
        GroupNotLocked: it is open.
        ActionNotAllowed: none of its members waits for it.
        MembersMissing: some have not come to calibration, and no exception is stated.
        RatingMissing: some have nothing that would count.
        DistributionViolated: it breaks its limits, and no exception was or is stated.
    """
    calibration, group = await _hold(uow, actor=actor, review_cycle_id=review_cycle_id, group_id=data.group_id)
    row = _locked_row(group)
    waiting = _check_waiting(group)
    missing = [member for member in group.members if member.step in MISSING_STEPS]
    if missing and data.exception is None:
        raise MembersMissing("Some members of the group have not come to calibration.", reviews=name_reviews(missing))
    unrated = [member for member in waiting if member.counted_rating is None]
    if unrated and not calibration.cycle.is_values_only:
        raise RatingMissing("Some members of the group have no rating.", reviews=name_reviews(unrated))
    _check_limits(calibration, broken_limits(calibration, group), exception=row.exception or data.exception)
    row.published_at, row.published_by = utc_now(), actor.principal_id
    row.publish_exception = data.exception or row.publish_exception
    await _settle_groups(uow, calibration)
    await _publish(uow, actor=actor, calibration=calibration, members=waiting)
    await recount_growth(uow, company_id=actor.company_id)
    return await _show_again(uow, actor=actor, review_cycle_id=review_cycle_id, group_id=group.id)


async def _publish(uow: UnitOfWork, *, actor: Actor, calibration: Calibration, members: Sequence[Member]) -> None:
    """Lead reviews to the interview, what counts being their rating; as many statements for many as for one."""
    line = row_of(Step.CALIBRATION, Action.PUBLISH)
    assert line is not None  # of the table of REV-6
    cycle, counted = calibration.cycle, {member.review_id: member.counted_rating for member in members}
    reviews = await repository.hold_reviews(uow.session, company_id=actor.company_id, review_ids=counted)
    for review in reviews:
        rating = counted[review.id]
        if review.rating is None and rating is not None:
            review.rating = rating
            uow.session.add(
                RatingChange(
                    company_id=review.company_id, review_id=review.id, origin="publication", before=None, after=rating,
                    reason=None, changed_by=actor.principal_id,
                )
            )  # fmt: skip
        review.published_at = utc_now()
        flow.lead(uow.session, review, cycle=cycle, to=line.next, action=Action.PUBLISH, actor_id=actor.principal_id)
    await open_follow_ups(uow, cycle=cycle, reviews=reviews)


async def _hold(uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID, group_id: UUID) -> tuple[Calibration, Group]:
    """The round, held until the transaction ends, and the group of it that the caller settles."""
    calibration = await load_calibration(uow, actor=actor, review_cycle_id=review_cycle_id, lock=True)
    if not calibration.caller.is_hr and not calibration.caller.executive_ids & {actor.principal_id}:
        raise NotAllowed("HR locks and publishes calibration groups.")
    group = calibration.group(group_id)
    if not calibration.caller.settles(group.members):
        raise NotAllowed("Somebody of HR who is not in the group locks and publishes it.")
    return calibration, group


def _locked_row(group: Group) -> CalibrationGroup:
    if group.row is None or group.row.locked_at is None:
        raise GroupNotLocked("The calibration group is not locked.")
    return group.row


def _check_waiting(group: Group) -> list[Member]:
    """The members that are at calibration: without any there is nothing to lock or to publish."""
    waiting = [member for member in group.members if member.waits]
    if not waiting:
        raise ActionNotAllowed("none of the group's reviews is at calibration")
    return waiting


def _check_limits(calibration: Calibration, broken: Sequence[Violation], *, exception: str | None) -> None:
    if broken and exception is None and not calibration.is_advice_only:
        found = [{"limit": violation.limit.value, "by": violation.by} for violation in broken]
        raise DistributionViolated("The ratings of the group break its limits.", violations=found)


async def _settle_groups(uow: UnitOfWork, calibration: Calibration) -> dict[UUID, CalibrationGroup]:
    """The rows of the groups, which are set now if they were not; with those who have joined since."""
    cycle, rows = calibration.cycle, {}
    for group in calibration.groups.values():
        rows[group.id] = group.row or CalibrationGroup(
            company_id=cycle.company_id,
            review_cycle_id=cycle.id,
            id=group.id,
            department_id=group.department_id,
            violations=[],
        )
    uow.session.add_all(rows.values())
    await uow.session.flush()
    joining = {
        member.review_id: group.id
        for group in calibration.groups.values()
        for member in group.members
        if member.group_id is None
    }
    if joining:
        await repository.settle_groups(uow.session, company_id=cycle.company_id, groups=joining)
        uow.record(
            resource_type="review_cycle", resource_id=cycle.id, changes={"reviews_grouped": (None, len(joining))}
        )
    return rows


async def _show_again(uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID, group_id: UUID) -> CalibrationGroupRead:
    """A group after it was changed."""
    await uow.session.flush()
    calibration = await load_calibration(uow, actor=actor, review_cycle_id=review_cycle_id)
    return read_group(calibration, calibration.groups[group_id])
