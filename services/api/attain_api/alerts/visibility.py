"""Who sees which alert (SEC-3): said once, as SQL."""

from sqlalchemy import ColumnElement, and_, case, literal, or_, select

from attain_api.access.visibility import SEES_RECORDS, View
from attain_shared.alerts.models import Alert
from attain_shared.alerts.schemas import AlertKind
from attain_shared.goals.models import Goal


def alert_is_seen(view: View) -> ColumnElement[bool]:
    """Whether the caller sees the alert in a row: whoever may know of what it is about.

    On a goal: who sees the goal in full, and nobody else, be they its owner. On turnover: who sees the department's
    figures, or the company's. On a shop: who sees the shop, and whom the alert was given to.
    """
    if view.actor.kind != "person":
        return literal(value=False)
    seen_goals = select(Goal.id).where(Goal.company_id == view.actor.company_id, view.goal())
    of_company = literal(bool(view.actor.roles & SEES_RECORDS))
    return case(
        (Alert.kind == AlertKind.GOAL_OFF_TRACK, and_(Alert.goal_id.is_not(None), Alert.goal_id.in_(seen_goals))),
        (
            Alert.kind == AlertKind.TURNOVER,
            case((Alert.department_id.is_(None), of_company), else_=view.figures(Alert.department_id)),
        ),
        else_=or_(Alert.owner_id == view.actor.person_id, view.shop(Alert.shop_id)).is_(True),
    )
