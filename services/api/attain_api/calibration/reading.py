"""Calibration groups as their readers see them (REV-7, REV-8)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

from attain_api.calibration.groups import Calibration, Group
from attain_api.calibration.members import MISSING_STEPS, Member
from attain_shared.reviews.calibration_schemas import CalibrationGroupRead, GroupMark, GroupMember, ProposedMove
from attain_shared.rules.calibration import Candidate, proposal
from attain_shared.rules.distribution import Limits, Violation, counts, limits, violations
from attain_shared.wire import plain_decimal

Ratings = Mapping[UUID, Decimal]
AS_THEY_ARE: Ratings = MappingProxyType({})


def read_group(
    calibration: Calibration,
    group: Group,
    *,
    ratings: Ratings = AS_THEY_ARE,
    names: Mapping[UUID, str] | None = None,
) -> CalibrationGroupRead:
    """A group as the caller sees it, with its members where there are `names` for its people.

    `ratings` by review id are what would count in place of what does.
    """
    caller = calibration.caller
    others = [member for member in group.members if not caller.is_own(member)]
    is_member = len(others) < len(group.members)
    missing = Counter(member.step for member in group.members if member.step in MISSING_STEPS)
    return CalibrationGroupRead.model_validate(
        {
            "group_id": group.id,
            "department_id": group.department_id,
            "name": group.name,
            "size": len(group.members),
            "in_calibration": len(group.members) - missing.total(),
            "missing": missing,
            "advice_only": calibration.is_advice_only,
            "locked": group.is_locked,
            "lock": _mark(group, "locked", "exception", hides=is_member),
            "published": group.is_published,
            "publication": _mark(group, "published", "publish_exception", hides=is_member),
            "without_own": is_member,
            "members": None if names is None else _members(filter(caller.sees, others), names),
        }
        | _judged(calibration, group, others, ratings)
    )


def _members(members: Iterable[Member], names: Mapping[UUID, str]) -> list[GroupMember]:
    named = sorted(members, key=lambda member: (names[member.person_id], member.review_id))
    return [GroupMember.model_validate(member._asdict() | {"name": names[member.person_id]}) for member in named]


def broken_limits(calibration: Calibration, group: Group, ratings: Ratings = AS_THEY_ARE) -> Sequence[Violation]:
    """The limits that a group's ratings break, but for the caller's own (REV-7, REV-8)."""
    if calibration.cycle.is_values_only:
        return ()
    counted = _counted([member for member in group.members if not calibration.caller.is_own(member)], ratings)
    return violations(counted.values(), _bounds(calibration, group, counted))


def _bounds(calibration: Calibration, group: Group, counted: Ratings) -> Limits:
    """The limits of a group; whoever has no rating yet may still be one of the least that are to be low."""
    bounds = limits(len(group.members), calibration.shares)
    unrated = len(group.members) - len(counted)
    return replace(bounds, least_lower=max(0, bounds.least_lower - unrated))


def _judged(calibration: Calibration, group: Group, others: Sequence[Member], ratings: Ratings) -> dict[str, Any]:
    if calibration.cycle.is_values_only:
        return {"distribution": None, "limits": None, "violations": [], "proposal": None}
    counted = _counted(others, ratings)
    distribution = asdict(counts(counted.values()))
    distribution["steps"] = {plain_decimal(step.normalize()): count for step, count in distribution["steps"].items()}
    broken = broken_limits(calibration, group, ratings)
    return {
        "distribution": distribution,
        "limits": limits(len(group.members), calibration.shares),
        "violations": broken,
        "proposal": _proposal(calibration, group, others, counted) if broken and not group.is_locked else [],
    }


def _counted(members: Sequence[Member], ratings: Ratings) -> dict[UUID, Decimal]:
    """By review id, the ratings that count; those that have none yet do not."""
    found = {member.review_id: ratings.get(member.review_id, member.counted_rating) for member in members}
    return {review_id: rating for review_id, rating in found.items() if rating is not None}


def _proposal(
    calibration: Calibration, group: Group, others: Sequence[Member], counted: Ratings
) -> list[ProposedMove] | None:
    candidates = [
        Candidate(
            member.review_id,
            # rated by hand, where there is nothing to judge by
            member.score if member.score is not None else counted[member.review_id],
            counted[member.review_id],
            is_movable=member.waits and not member.values_failed,
        )
        for member in others
        if member.review_id in counted
    ]
    found = proposal(candidates, _bounds(calibration, group, counted))
    if found is None:
        return None
    seen = {member.review_id: member.person_id for member in others if calibration.caller.sees(member)}
    return [
        ProposedMove(review_id=move.review_id, person_id=seen[move.review_id], before=move.before, after=move.after)
        for move in found.moves
        if move.review_id in seen
    ]


def _mark(group: Group, what: str, exception: str, *, hides: bool) -> GroupMark | None:
    """A lock or a publication; whether there was an exception would tell members what is missing of the distribution."""
    at: datetime | None = getattr(group.row, f"{what}_at", None)
    if at is None:
        return None
    stated = None if hides else getattr(group.row, exception)
    return GroupMark(at=at, by=getattr(group.row, f"{what}_by"), exception=stated)
