"""Where people write freely, and so may speak of anybody (SEC-6): said once, for the records and for their trail.

Only texts in somebody's own words are looked into: never an id, a date, a code or the key of a JSON object.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import InstrumentedAttribute

from attain_shared.access.models import Connector, Session
from attain_shared.alerts.models import Alert, AlertRule
from attain_shared.audit.resources import RESOURCES
from attain_shared.calendar.models import CalendarEvent
from attain_shared.check_ins.models import CheckIn, CheckInComment, CheckInGoal
from attain_shared.departments.models import Department, DepartmentSpell
from attain_shared.goals.models import Cycle, Goal, GoalEvent, Indicator, IndicatorEntry, Milestone
from attain_shared.goals.template_models import KpiTemplate, Rubric
from attain_shared.metrics.models import CompanyMetric, MetricImport
from attain_shared.people.models import PersonEvent, PersonSpell
from attain_shared.positions.models import Position, Successor
from attain_shared.recognitions.models import Recognition
from attain_shared.reviews.calibration_models import CalibrationGroup, RatingChange
from attain_shared.reviews.follow_up_models import ActionItem, Decision, Feedback, ImprovementPlan, Interview
from attain_shared.reviews.models import (
    CompanyValue,
    Review,
    ReviewAssessment,
    ReviewCycle,
    ReviewDelegation,
    ReviewEvent,
    ReviewGoal,
)
from attain_shared.reviews.rater_models import RaterAnswer, ReviewRater
from attain_shared.shops.models import ItemSet, Shop
from attain_shared.webhooks.models import Webhook

Rewrite = Callable[[str], str]
Leaves = Callable[[Any, Rewrite], Any]
"""From a column's value: the same with each text in it rewritten."""
LONGEST_LINE = 200
"""Characters of a name or a line; a replacement may be longer than what it replaces."""


def prose(value: Any, rewrite: Rewrite) -> Any:  # noqa: ANN401  # JSON
    """All texts at any depth; the keys of objects stay."""
    if isinstance(value, str):
        return rewrite(value)
    if isinstance(value, list):
        return [prose(part, rewrite) for part in value]
    if isinstance(value, Mapping):
        return {name: prose(part, rewrite) for name, part in value.items()}
    return value


def lines(value: Any, rewrite: Rewrite) -> Any:  # noqa: ANN401  # JSON
    """As prose, where each text is a name or a line."""
    return prose(value, lambda text: rewrite(text)[: max(LONGEST_LINE, len(text))])


def kpis(value: Any, rewrite: Rewrite) -> Any:  # noqa: ANN401  # JSON
    """Of a KPI template the names, and the units of what is entered by hand; all else are codes."""
    if isinstance(value, list):
        return [kpis(part, rewrite) for part in value]
    if not isinstance(value, Mapping):
        return value
    written = ("name", "unit") if value.get("kind") == "manual" else ("name",)
    return {name: lines(part, rewrite) if name in written else part for name, part in value.items()}


def reasons(value: Any, rewrite: Rewrite) -> Any:  # noqa: ANN401  # JSON
    """Of what an event sets only why somebody left; all else are ids, dates and codes."""
    if not isinstance(value, Mapping):
        return value
    return {name: prose(part, rewrite) if name == "leaving_reason" else part for name, part in value.items()}


def goal_changes(value: Any, rewrite: Rewrite) -> Any:  # noqa: ANN401  # JSON
    """Of what was and what is of a goal, its texts; all else are ids, dates, codes and figures."""
    if not isinstance(value, Mapping):
        return value
    return {name: GOAL_PARTS[name](part, rewrite) if name in GOAL_PARTS else part for name, part in value.items()}


def steps(value: Any, rewrite: Rewrite) -> Any:  # noqa: ANN401  # JSON
    """The titles of milestones, at any depth of lists."""
    if isinstance(value, list):
        return [steps(part, rewrite) for part in value]
    if not isinstance(value, Mapping):
        return value
    return {name: lines(part, rewrite) if name == "title" else part for name, part in value.items()}


def cells(value: Any, rewrite: Rewrite) -> Any:  # noqa: ANN401  # JSON
    """Of how a file was understood, what its own cells say; all else are codes and counts."""
    if isinstance(value, list):
        return [cells(part, rewrite) for part in value]
    if not isinstance(value, Mapping):
        return value
    return {name: rewrite(part) if name in {"header", "text"} else cells(part, rewrite) for name, part in value.items()}


WRITTEN = frozenset({
    "reason", "comment", "comments", "evidence", "behaviour", "consequence", "evaluation", "expectation", "exception",
})  # fmt: skip
"""Under which names there are texts in what belongs to a review."""


def written(value: Any, rewrite: Rewrite) -> Any:  # noqa: ANN401  # JSON
    """Of what belongs to a review, what somebody wrote; all else are ids, dates, codes and figures."""
    if isinstance(value, list):
        return [written(part, rewrite) for part in value]
    if not isinstance(value, Mapping):
        return value
    return {name: prose(part, rewrite) if name in WRITTEN else written(part, rewrite) for name, part in value.items()}


def values(value: Any, rewrite: Rewrite) -> Any:  # noqa: ANN401  # JSON
    """Of the company's values what they are called and what their levels say; all else are codes."""
    if isinstance(value, list):
        return [values(part, rewrite) for part in value]
    if not isinstance(value, Mapping):
        return value
    return {name: part if name == "code" else prose(part, rewrite) for name, part in value.items()}


GOAL_TEXTS: Mapping[str, Leaves] = {
    "title": lines,
    "why": prose,
    "how": prose,
    "behaviours": prose,
    "standards": prose,
}
"""What people write of a goal."""
GOAL_PARTS: Mapping[str, Leaves] = {**GOAL_TEXTS, "milestones": steps, "indicators": kpis}
"""The same with what belongs to it, as its history keeps it."""


@dataclass(frozen=True)
class Place:
    """A table with free texts."""

    model: Any
    columns: Mapping[str, Leaves]
    resource: tuple[str, str] | None = None
    """What a changed row is called in the trail, and the column of its id; by default as the trail follows the table."""

    @property
    def table(self) -> str:
        """The table's name."""
        return str(self.model.__tablename__)

    @cached_property
    def keys(self) -> list[InstrumentedAttribute[Any]]:
        """What a row of company data is known by, beside its company."""
        return [getattr(self.model, column.name) for column in self.model.__table__.primary_key if _is_own(column.name)]

    @cached_property
    def is_named_once(self) -> bool:
        """Whether two rows with the same name may be refused."""
        unique = (one for one in self.model.__table__.constraints if isinstance(one, UniqueConstraint))
        return any("name" in one.columns for one in unique)

    @property
    def told_as(self) -> tuple[str, str]:
        """What a changed row is called in the trail, and the column of its id."""
        if self.resource is not None:
            return self.resource
        followed = RESOURCES[self.table]
        return followed.type, followed.id


def _is_own(column: str) -> bool:
    return column != "company_id"


PLACES = (
    Place(Goal, GOAL_TEXTS),
    Place(Milestone, {"title": lines}),
    Place(Indicator, {"name": lines, "unit": lines}),
    Place(IndicatorEntry, {"evidence": prose, "reason": prose}),
    Place(GoalEvent, {"reason": prose, "changes": goal_changes}, ("goal", "goal_id")),
    Place(Rubric, {"name": lines}),
    Place(KpiTemplate, {**GOAL_TEXTS, "name": lines, "indicators": kpis}),
    Place(CalendarEvent, {"name": lines}),
    Place(PersonEvent, {"note": prose, "withdrawal_reason": prose, "changes": reasons}),
    Place(PersonSpell, {"leaving_reason": prose}, ("person", "person_id")),
    Place(Successor, {"note": prose}),
    Place(Department, {"name": lines, "duties": lines}),
    Place(DepartmentSpell, {"name": lines, "duties": lines}, ("department", "department_id")),
    Place(Position, {"name": lines, "duties": lines, "hiring_standards": lines, "kpi_template": kpis}),
    Place(Shop, {"name": lines}),
    Place(ItemSet, {"name": lines}),
    Place(Connector, {"name": lines}),
    Place(Webhook, {"name": lines}),
    Place(CompanyMetric, {"zh": lines, "en": lines, "aliases": lines}),
    Place(MetricImport, {"file_name": lines, "report": cells}),
    Place(Cycle, {"name": lines}),
    Place(CompanyValue, {"name_zh": lines, "name_en": lines, "levels": prose}),
    Place(ReviewCycle, {"name": lines, "company_values": values}),
    Place(Review, {"raters_result": written}),
    Place(ReviewDelegation, {"reason": prose}),
    Place(ReviewAssessment, {"document": written}),
    Place(ReviewGoal, {"title": lines}, ("review", "review_id")),
    Place(ReviewEvent, {"reason": prose, "details": written}, ("review", "review_id")),
    Place(RatingChange, {"reason": prose}),
    Place(CalibrationGroup, {"exception": prose, "publish_exception": prose}),
    Place(Interview, {"good": written, "improve": written, "expectations": prose}),
    Place(ActionItem, {"title": lines, "note": prose}),
    Place(ImprovementPlan, {"objectives": prose, "support": prose, "outcome": prose}),
    Place(Decision, {"value": prose, "reason": prose, "answer": prose}),
    Place(Feedback, {"behaviour": prose, "consequence": prose}),
    Place(AlertRule, {"name": lines, "playbook": prose}),
    Place(Alert, {"comment": prose}, ("alert", "id")),
    Place(CheckIn, {"summary": prose, "plans": prose, "blockers": prose, "private_note": prose}),
    Place(CheckInGoal, {"comment": prose}),
    Place(CheckInComment, {"text": prose}),
    Place(Recognition, {"name": lines, "behaviour": prose, "consequence": prose}),
    Place(ReviewRater, {"reason": prose}),
    Place(RaterAnswer, {"comments": prose}, ("rater_answer", "review_id")),
    Place(Session, {"device": lines}, ("session", "id")),
)
"""All of them, in the order in which their rows are held."""

IN_TRAIL: Mapping[tuple[str, str], Leaves] = {
    ("calibration_group", "reason"): prose,  # why it was unlocked is told by the trail alone
    ("recognition", "reason"): prose,  # and why HR removed one
    **{(place.told_as[0], name): leaves for place in PLACES for name, leaves in place.columns.items()},
}
"""By resource type and field of an entry."""
