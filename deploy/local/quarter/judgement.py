"""What people write about each other: levels of the values, cases, scores that differ from the computed ones (REV-2a, REV-3)."""

from decimal import Decimal

from deploy.local.calls import Body
from deploy.local.quarter import plan
from deploy.local.quarter.plan import PersonPlan

VALUES = ("customer_first", "teamwork")
LEVELS = {
    "2": ("full", "full", "none", "none", "none"),
    "2.5": ("full", "full", "partial", "none", "none"),
    "3": ("full", "full", "full", "none", "none"),
    "3.5": ("full", "full", "full", "partial", "none"),
}
"""A value's score, and the levels that come to it (通关制)."""
SCORES = (("3", "3"), ("2.5", "2.5"), ("3", "2.5"), ("2.5", "2.5"), ("2.5", "3"), ("3.5", "3"), ("2.5", "2.5"))
"""Of the two values, by the place of the person."""
FAILED = ("2", "2.5")
UNSURE_EVERY, FAILED_EVERY, ANOTHER_EVERY = 31, 17, 13
"""How seldom a manager is unsure of the teamwork, the values are failed, a manager gives another score."""


def value_scores(person: PersonPlan) -> tuple[str, str]:
    """What the manager thinks of both values."""
    return FAILED if person.place % FAILED_EVERY == 5 else SCORES[person.place % len(SCORES)]


def is_unsure(person: PersonPlan) -> bool:
    """Whether the manager leaves the teamwork to the 1 over 1."""
    return person.place % UNSURE_EVERY == 4


def self_assessment(person: PersonPlan) -> Body:
    """The employee's own: everybody meets the values."""
    return {"values": [_value(code, "2.5") for code in VALUES], "comment": f"{person.name}:本季度按计划完成"}


def manager_assessment(person: PersonPlan, goals: list[Body]) -> Body:
    """The manager's, with a reason where a score is not the computed one."""
    values = [_value(code, score) for code, score in zip(VALUES, value_scores(person), strict=True)]
    if is_unsure(person):
        values[1] = {"code": VALUES[1], "unsure": True}
    given = [{"goal_id": goal["goal_id"]} for goal in goals]
    if person.place % ANOTHER_EVERY == 2:
        score = Decimal(goals[0]["current"]["score"])
        another = plan.STEPS[min(plan.STEPS.index(score) + 1, len(plan.STEPS) - 1)]
        given[0] |= {"score": str(another), "reason": "大促期间临时接手另一店铺,目标未下调"}
    return {"goals": given, "values": values, "comment": "见各项评语"}


def decided_values() -> Body:
    """What the 1 over 1 makes of a value that the manager was unsure of."""
    return {"values": [_value(VALUES[1], "2.5")]}


def interview(person: PersonPlan, review: Body, *, own_id: str, today: str, due_on: str) -> Body:
    """What was talked about; who has to improve hears by what."""
    is_low = Decimal(review["rating"]) <= plan.LOW
    improve = [
        {"behaviour": "周报两次未附转化数据", "consequence": "投放调整晚了一周", "expectation": "周一中午前提交"}
    ]
    return {
        "held_on": today,
        "good": [{"behaviour": "主动支援售后高峰", "consequence": "当日无积压"}],
        "improve": improve if is_low else [],
        "expectations": "下季度继续" if not is_low else "按改进计划执行",
        "actions": [{"title": f"{person.name}的下季度计划", "owner_id": own_id, "due_on": due_on}],
    }


def _value(code: str, score: str) -> Body:
    """A value's levels, with the case that its score needs."""
    kind = "nonconformance" if Decimal(score) < Decimal("2.5") else "positive" if Decimal(score) >= 3 else None
    case = {"kind": kind, "behaviour": "双11当晚的处理", "consequence": "客户当晚得到答复", "on": "2025-06-18"}
    return {"code": code, "levels": list(LEVELS[score]), "unsure": False, "cases": [case] if kind else []}
