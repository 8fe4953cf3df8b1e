"""What is read of a calibration: its groups, the record of a rating, and how managers rate (REV-8, REV-13)."""

from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.calibration import repository
from attain_api.calibration.groups import load_calibration
from attain_api.calibration.reading import read_group
from attain_api.paging import PageQuery
from attain_api.reviews import service as reviews
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import NotAllowed, NotFound
from attain_shared.reviews.calibration_models import RatingChange
from attain_shared.reviews.calibration_schemas import CalibrationGroupRead, RaterLeaning, RaterStatisticsRead
from attain_shared.rules.rater_statistics import leanings


async def list_groups(
    uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID, group_id: UUID | None
) -> list[CalibrationGroupRead]:
    """The groups that the caller calibrates in; only one of them, with its members, where it is named."""
    calibration = await load_calibration(uow, actor=actor, review_cycle_id=review_cycle_id)
    if group_id is None:
        return [read_group(calibration, group) for group in calibration.seen]
    named = [group for group in calibration.seen if group.id == group_id]
    people = {member.person_id for group in named for member in group.members}
    names = await repository.list_names(uow.session, company_id=actor.company_id, person_ids=people)
    return [read_group(calibration, group, names=names) for group in named]


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
        NotFound: there is no such round.
        NotAllowed: the caller is neither HR nor above any manager of the round.
    """
    found = await repository.find_round(uow.session, company_id=actor.company_id, review_cycle_id=review_cycle_id)
    if found is None:
        raise NotFound("There is no such review cycle.")
    rows = await repository.list_judged(uow.session, visible_to=actor, review_cycle_id=review_cycle_id)
    seen = {row.manager_id for row in rows if row.is_seen}
    if not seen and "hr" not in actor.roles:
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
