"""Setting the ratings of a round side by side, all or none, and seeing beforehand what would come of it (REV-8)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.calibration import repository
from attain_api.calibration.groups import Calibration, Group, load_calibration
from attain_api.calibration.members import Member
from attain_api.calibration.reading import read_group
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, Conflict, FieldError, Invalid, NotAllowed
from attain_shared.reviews import flow
from attain_shared.reviews.calibration_models import RatingChange
from attain_shared.reviews.calibration_schemas import CalibrationGroupRead, GivenRating
from attain_shared.rules.review_flow import Action
from attain_shared.wire import plain_decimal

MOST_NAMED = 100
"""How many reviews a problem names."""


class GroupLocked(Conflict):
    """The ratings of the group stay as they are."""

    code, title = "group-locked", "Group locked"


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating that is given to a review, and the group that this is in."""

    index: int
    given: GivenRating
    member: Member
    group: Group


async def preview_ratings(
    uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID, given: Sequence[GivenRating]
) -> list[CalibrationGroupRead]:
    """The groups as they would be with these ratings; what would be refused is refused. Nothing is stored."""
    calibration = await load_calibration(uow, actor=actor, review_cycle_id=review_cycle_id)
    return _read_groups(calibration, _checked(calibration, given))


async def set_ratings(
    uow: UnitOfWork, *, actor: Actor, review_cycle_id: UUID, given: Sequence[GivenRating]
) -> list[CalibrationGroupRead]:
    """Set ratings, all or none, each on record; answers the groups that they are in (REV-8).

    Raises:
        Invalid: a review is named twice, is none of the round that the caller calibrates, or must stay at 2.5, or a
            reason is missing.
        NotAllowed: it is the caller's own, or another's to rate.
        ActionNotAllowed: it is not at calibration.
        GroupLocked: its group is locked.
    """
    calibration = await load_calibration(uow, actor=actor, review_cycle_id=review_cycle_id, lock=True)
    ratings = _checked(calibration, given)
    held = await repository.hold_reviews(
        uow.session, company_id=actor.company_id, review_ids=[rating.member.review_id for rating in ratings]
    )
    if len(held) < len(ratings):
        raise _elsewhere(rating for rating in ratings if rating.member.review_id not in {one.id for one in held})
    by_id = {review.id: review for review in held}
    for rating in sorted(ratings, key=lambda one: one.member.review_id):
        review, member, new = by_id[rating.member.review_id], rating.member, rating.given.rating
        review.group_id = rating.group.id if rating.group.row is not None else None
        if review.rating == new:
            continue
        flow.record(
            uow.session, review, action=Action.SET_RATING, actor_id=actor.principal_id, reason=rating.given.reason,
            details={"before": _plain(member.counted_rating), "after": _plain(new)},
        )  # fmt: skip
        uow.session.add(
            RatingChange(
                company_id=review.company_id, review_id=review.id, origin="calibration", before=member.counted_rating,
                after=new, reason=rating.given.reason, changed_by=actor.principal_id,
            )
        )  # fmt: skip
        review.rating = new
        review.version += 1
    return _read_groups(calibration, ratings)


def _read_groups(calibration: Calibration, ratings: Sequence[Rating]) -> list[CalibrationGroupRead]:
    """The groups of the ratings, with them."""
    counted = {rating.member.review_id: rating.given.rating for rating in ratings}
    touched = {rating.group.id for rating in ratings}
    return [read_group(calibration, group, ratings=counted) for group in calibration.seen if group.id in touched]


def _checked(calibration: Calibration, given: Sequence[GivenRating]) -> list[Rating]:
    """The ratings with what they are given to, all of which may be set now."""
    ratings = _known(calibration, given)
    if not all(calibration.caller.rates(rating.member) for rating in ratings):
        raise NotAllowed("Nobody rates themselves, nor a review whose HR is another.")
    if elsewhere := [rating for rating in ratings if not rating.member.waits]:
        raise _elsewhere(elsewhere)
    if locked := [rating for rating in ratings if rating.group.is_locked]:
        raise GroupLocked("The calibration group is locked.", reviews=_named(locked))
    if faults := list(_faults(ratings, is_values_only=calibration.cycle.is_values_only)):
        raise Invalid("the ratings cannot be set; see errors", errors=faults[:MOST_NAMED])
    return ratings


def _known(calibration: Calibration, given: Sequence[GivenRating]) -> list[Rating]:
    """What each rating is given to, out of what the caller may know of: their own, and what they see here."""
    caller = calibration.caller
    known = {
        member.review_id: (member, group)
        for group in calibration.groups.values()
        for member in group.members
        if caller.is_own(member) or caller.sees(member)
    }
    faults, named = [], set[UUID]()
    for index, one in enumerate(given):
        if one.review_id in named:
            faults.append(FieldError(f"/{index}/review_id", "duplicate", "named twice"))
        elif one.review_id not in known:
            faults.append(FieldError(f"/{index}/review_id", "unknown-review", "no such review in this round"))
        named.add(one.review_id)
    if faults:
        raise Invalid("the ratings cannot be set; see errors", errors=faults[:MOST_NAMED])
    return [Rating(index, one, *known[one.review_id]) for index, one in enumerate(given)]


def _faults(ratings: Sequence[Rating], *, is_values_only: bool) -> Iterator[FieldError]:
    for rating in ratings:
        index, member = rating.index, rating.member
        if is_values_only:
            yield FieldError(f"/{index}/rating", "values-only", "this round has no ratings")
        elif member.values_failed:
            yield FieldError(f"/{index}/rating", "values-failed", "with failed values the rating is 2.5")
        elif rating.given.reason is None and rating.given.rating != member.counted_rating:
            yield FieldError(f"/{index}/reason", "missing", "say why the rating changes")


def _elsewhere(ratings: Iterable[Rating]) -> ActionNotAllowed:
    return ActionNotAllowed("ratings are set at calibration", reviews=_named(ratings))


def _named(ratings: Iterable[Rating]) -> list[dict[str, str]]:
    """For a problem: which reviews, and where they are."""
    return name_reviews(rating.member for rating in ratings)


def name_reviews(members: Iterable[Member]) -> list[dict[str, str]]:
    """For a problem: which reviews, and the steps that they are at; so many as help."""
    named = [{"review_id": str(member.review_id), "step": member.step.value} for member in members]
    return named[:MOST_NAMED]


def _plain(rating: Decimal | None) -> str | None:
    return None if rating is None else plain_decimal(rating.normalize())
