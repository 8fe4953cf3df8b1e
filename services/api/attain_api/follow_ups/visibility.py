"""Who sees what follows a review, and who may change it (REV-10, SEC-3)."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true

from attain_api.access.visibility import View, on_day
from attain_shared.clock import business_day
from attain_shared.people.models import PersonSpell
from attain_shared.reviews.follow_up_models import ActionItem, ImprovementPlan
from attain_shared.reviews.models import Review

FollowUpTable = type[ActionItem] | type[ImprovementPlan]


def is_seen(view: View, table: FollowUpTable) -> ColumnElement[bool]:
    """Whether the caller sees the row: whose it is, whom it is about, who is above them or took part in the review, HR."""
    if "hr" in view.actor.roles:
        return true()
    me = view.actor.person_id
    taken_part = select(Review.id).where(
        Review.company_id == view.actor.company_id, or_(Review.manager_id == me, Review.second_level_id == me)
    )
    return or_(
        table.owner_id == me,
        table.person_id == me,
        table.person_id.in_(view.below),
        table.review_id.in_(taken_part),
    )


def is_managed(view: View, table: FollowUpTable) -> ColumnElement[bool]:
    """Whether the caller is today's manager of whom the row is about, or assessed somebody who has none.

    Whoever was the manager before reads on.
    """
    me = view.actor.person_id
    today = (PersonSpell.company_id == table.company_id, PersonSpell.person_id == table.person_id)
    manages = exists().where(*today, on_day(business_day()), PersonSpell.manager_id == me)
    has_manager = exists().where(*today, on_day(business_day()), PersonSpell.manager_id.is_not(None))
    assessed = exists().where(
        Review.company_id == table.company_id, Review.id == table.review_id, Review.manager_id == me
    )
    return or_(manages, and_(assessed, ~has_manager))


def is_of_hr(view: View, table: FollowUpTable) -> ColumnElement[bool]:
    """Whether the caller is HR to the row: whoever it is about is only that (REV-6)."""
    if "hr" not in view.actor.roles:
        return false()
    not_theirs: ColumnElement[Any] = table.person_id != view.actor.person_id
    return not_theirs
