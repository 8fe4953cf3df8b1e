"""What is read of a calibration: its groups, the record of a rating, and how managers rate (REV-8, REV-13)."""

from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.calibration import repository
from attain_api.calibration.groups import Group, load_calibration, place
from attain_api.calibration.reading import read_group
from attain_api.paging import PageQuery, read_cursor, write_cursor
from attain_api.review_cycles.service import find_round
from attain_api.reviews import service as reviews
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import NotAllowed
from attain_shared.reviews.calibration_models import RatingChange
from attain_shared.reviews.calibration_schemas import CalibrationGroupRead, RaterLeaning, RaterStatisticsRead
from attain_shared.rules.rater_statistics import leanings


async def list_groups(
    uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID, group_id: UUID | None, query: PageQuery
) -> tuple[list[CalibrationGroupRead], str | None]:
    """A part of the groups that the caller calibrates in; only one, with its members, where it is named.

    Raises:
        NotFound, NotAllowed: as `load_calibration` has them.
        BadRequest: the cursor is none of this list.
    """
    calibration = await load_calibration(uow, actor=actor, review_cycle_id=review_cycle_id)
    groups, cursor = _part([group for group in calibration.seen if group_id in {None, group.id}], query)
    if group_id is None:
        return [read_group(calibration, group) for group in groups], cursor
    people = {member.person_id for group in groups for member in group.members}
    names = await repository.list_names(uow.session, company_id=actor.company_id, person_ids=people)
    return [read_group(calibration, group, names=names) for group in groups], cursor


def _part(groups: list[Group], query: PageQuery) -> tuple[list[Group], str | None]:
    from_the_end = query.sort.startswith("-")
    if from_the_end:
        groups.reverse()
    if query.cursor is not None:
        last = place(*read_cursor(query.cursor, sort=query.sort, kind=str))
        groups = [group for group in groups if (group.place < last if from_the_end else group.place > last)]
    shown = groups[: query.limit]
    if len(groups) == len(shown):
        return shown, None
    return shown, write_cursor(query.sort, shown[-1].name or "", shown[-1].id)


async def list_rating_changes(
    uow: UnitOfWork, *, actor: Actor, review_id: UUID, query: PageQuery
) -> tuple[list[RatingChange], str | None]:
    """How the rating of a review came about; its subject finds nothing until it is published (REV-7)."""
    seen = await reviews.find_review(uow, actor=actor, review_id=review_id)
    if not seen.rights.sees_judgement:
        return [], None
    return await repository.list_rating_changes(
        uow.session, company_id=actor.company_id, review_id=review_id, query=query
    )


async def get_rater_statistics(uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID) -> RaterStatisticsRead:
    """How the managers of a round rate, over what they suggest and not what calibration made of it (REV-13).

    Raises:
        NotFound: there is no such round in the caller's view.
        NotAllowed: they see it, and are neither HR nor above any manager of it.
    """
    rows = await repository.list_judged(uow.session, visible_to=actor, review_cycle_id=review_cycle_id)
    seen = {row.manager_id for row in rows if row.is_seen}
    if not seen:
        await find_round(uow, actor=actor, review_cycle_id=review_cycle_id)
        if "hr" not in actor.roles:
            raise NotAllowed("HR and those above its managers see how they rate.")
    names = await repository.list_names(uow.session, company_id=actor.company_id, person_ids=seen)
    whole = leanings((row.manager_id, row.suggested_rating) for row in rows if row.suggested_rating is not None)
    return RaterStatisticsRead(
        mean=whole.mean,
        spread=whole.spread,
        raters=[
            RaterLeaning(
                manager_id=one.rater,
                name=names[one.rater],
                count=one.count,
                mean=one.mean,
                leniency=one.leniency,
                spread=one.spread,
                verdict=one.verdict,
            )
            for one in whole.leanings
            if one.rater in names
        ],
    )
