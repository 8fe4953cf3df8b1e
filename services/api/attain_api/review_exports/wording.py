"""The words of exported and printed reviews, in both languages."""

from collections.abc import Mapping
from decimal import Decimal

from attain_api.messages import Language
from attain_shared.rules.overall import LABELS as RATINGS
from attain_shared.rules.overall import Label
from attain_shared.rules.quadrants import LABELS as QUADRANTS
from attain_shared.rules.quadrants import Quadrant
from attain_shared.rules.review_flow import Step
from attain_shared.wire import plain_decimal

STEPS: Mapping[Step, Label] = {
    Step.SELF_ASSESSMENT: Label("自评", "self-assessment"),
    Step.MANAGER_ASSESSMENT: Label("主管评估", "manager's assessment"),
    Step.SECOND_LEVEL: Label("上级主管审核", "second level"),
    Step.HR: Label("人事审核", "HR"),
    Step.CALIBRATION: Label("绩效校准", "calibration"),
    Step.INTERVIEW: Label("绩效面谈", "interview"),
    Step.ACKNOWLEDGEMENT: Label("员工确认", "acknowledgement"),
    Step.APPEALED: Label("申诉中", "appealed"),
    Step.CLOSED: Label("已关闭", "closed"),
    Step.CANCELLED: Label("已取消", "cancelled"),
}
"""What the steps are called (REV-6)."""

WORDS: Mapping[str, Label] = {
    "review": Label("绩效考核", "Performance review"),
    "reviews": Label("绩效考核", "Reviews"),
    "review_id": Label("考核编号", "Review"),
    "person": Label("姓名", "Name"),
    "department": Label("部门", "Department"),
    "manager": Label("评估人", "Assessed by"),
    "second_level": Label("上级主管", "Second level"),
    "step": Label("当前环节", "Step"),
    "due_on": Label("截止日期", "Due on"),
    "performance": Label("业绩分", "Performance"),
    "goals_score": Label("目标得分", "Goals"),
    "team_score": Label("团队共担得分", "Team"),
    "competency_score": Label("能力与专业得分", "Competency"),
    "values": Label("价值观分", "Values"),
    "values_mapped": Label("价值观折算分", "Values, mapped"),
    "values_failed": Label("价值观不合格", "Values failed"),
    "overall": Label("综合分", "Overall"),
    "suggested_rating": Label("建议等级", "Suggested rating"),
    "rating": Label("最终等级", "Rating"),
    "rating_label": Label("等级名称", "Label"),
    "quadrant": Label("业绩价值观矩阵", "Quadrant"),
    "frozen_as_of": Label("数据截止", "Figures as of"),
    "interviewed_at": Label("面谈记录时间", "Interview recorded"),
    "closed_at": Label("关闭时间", "Closed"),
    "yes": Label("是", "yes"),
    "no": Label("否", "no"),
    "result": Label("考核结果", "Result"),
    "goals": Label("目标", "Goals"),
    "goal": Label("目标", "Goal"),
    "weight": Label("权重 %", "Weight %"),
    "computed": Label("系统计分", "Computed"),
    "own_score": Label("自评分", "Own score"),
    "given": Label("主管评分", "Given"),
    "counts": Label("计入得分", "Counts"),
    "facts": Label("完成情况", "Facts"),
    "self_assessment": Label("自评", "Self-assessment"),
    "manager_assessment": Label("主管评估", "Manager's assessment"),
    "second_level_assessment": Label("上级主管裁定", "Decided by the second level"),
    "hr_assessment": Label("人事裁定", "Decided by HR"),
    "draft": Label("草稿", "draft"),
    "value": Label("价值观", "Value"),
    "score": Label("得分", "Score"),
    "unsure": Label("待裁定", "unsure"),
    "cases": Label("事例", "Cases"),
    "positive": Label("正面", "positive"),
    "nonconformance": Label("不符", "non-conformance"),
    "competency": Label("能力与专业", "Competency"),
    "comment": Label("评语", "Comment"),
    "interview": Label("绩效面谈", "Interview"),
    "held_on": Label("面谈日期", "Held on"),
    "held_by": Label("面谈人", "Held by"),
    "good": Label("做得好的", "Good"),
    "improve": Label("待改进的", "To improve"),
    "expectations": Label("期望", "Expectations"),
    "evaluation": Label("评价", "Evaluation"),
    "expectation": Label("期望", "Expectation"),
    "answer_by": Label("确认或申诉截止", "Acknowledge or appeal by"),
}
"""By field or heading."""


def in_language(label: Label, language: Language) -> str:
    """A label in the reader's language."""
    return label.zh if language == "zh-CN" else label.en


def word(name: str, language: Language) -> str:
    """A field or a heading."""
    return in_language(WORDS[name], language)


def step_word(step: Step, language: Language) -> str:
    """A step of the flow."""
    return in_language(STEPS[step], language)


def quadrant_word(quadrant: Quadrant | None, language: Language) -> str | None:
    """A quadrant of the matrix."""
    return None if quadrant is None else in_language(QUADRANTS[quadrant], language)


def rating_word(rating: Decimal | None, language: Language) -> str | None:
    """What a rating is called."""
    return None if rating is None else in_language(RATINGS[rating], language)


def scale_text(score: Decimal) -> str:
    """A step of the scale as people write it: 4, and not 4.00."""
    return plain_decimal(score.normalize())
