"""Who works for the brand, and what they want to reach in the second quarter of 2025, in which 618 lies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from deploy.local.calls import Body

SHOP, SHOP_NAME, FILES = "tmall:brand-flagship", "演示旗舰店", "synthetic_shop"
FOUNDED = date(2024, 1, 1)
WINDOW_STARTS, WINDOW_ENDS = date(2025, 4, 1), date(2025, 6, 30)
RESTATED_FROM, RESTATED_TO = date(2025, 6, 16), date(2025, 6, 22)
"""The platform goes over the week of 618 once more: `KEPT` of the sales stand, refunds are `GROWN`."""
KEPT, GROWN = Decimal("0.92"), Decimal("1.5")
HANDED_OVER = date(2025, 5, 16)
"""From this day on a part of the shop is another's, whose assistant has left."""


GoalKey = tuple[str, str]
"""What tells a goal from the others: its owner and its title, of the company's plan its cycle."""


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """A person, with department, manager and the position's code; `leads` makes them the department's head."""

    name: str
    email: str
    department: str
    position: str | None = None
    manager: str | None = None
    leads: bool = False
    roles: tuple[str, ...] = ("employee",)
    has_account: bool = True


@dataclass(frozen=True, slots=True)
class TemplatePlan:
    """A shipped template: what the company changes in its copy, and what its goal's owner is to reach by it."""

    origin: str
    person: str
    weight: int
    targets: tuple[str, ...]
    to: str = "position"
    changes: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class GoalPlan:
    """A goal that somebody writes; `parent` by owner and title, `weight` in percent of the owner's."""

    owner: str
    title: str
    weight: int
    indicators: tuple[Body, ...]
    why: str
    behaviours: str
    parent: GoalKey | None = None
    standards: Mapping[str, str] | None = None
    milestones: tuple[tuple[str, date], ...] = ()


COMPANY = "公司"
MANAGEMENT, TEAM, SERVICE = "总经办", "品牌项目组", "客服部"
ZHOU, HAN, WANG, CHEN, SU, FANG, LIN, XU, HE = (
    "周岚", "韩雪", "王凯", "陈默", "苏晴", "方圆", "林晓", "许诺", "何苗",
)  # fmt: skip
PEOPLE = (
    PersonPlan(ZHOU, "zhou@example.com", MANAGEMENT, leads=True, roles=("employee", "executive")),
    PersonPlan(HAN, "han@example.com", MANAGEMENT, manager=ZHOU, roles=("employee", "hr")),
    PersonPlan(WANG, "wang@example.com", TEAM, "brand_manager", ZHOU, leads=True),
    PersonPlan(CHEN, "chen@example.com", TEAM, "product_manager", WANG),
    PersonPlan(SU, "su@example.com", TEAM, "crm", WANG),
    PersonPlan(FANG, "fang@example.com", TEAM, "promotion", WANG),
    PersonPlan(LIN, "lin@example.com", TEAM, "planning", WANG),
    PersonPlan(XU, "xu@example.com", TEAM, "promotion", WANG, has_account=False),
    PersonPlan(HE, "he@example.com", SERVICE, manager=ZHOU, leads=True),
)
LEFT_ON, PROMOTED_ON = date(2025, 5, 15), date(2025, 6, 1)
"""XU leaves, SU is promoted: the brand manager's figures on people (GOAL-4)."""
SHARES = (
    (FOUNDED, {WANG: Decimal("0.5"), CHEN: Decimal("0.3"), FANG: Decimal("0.2")}),
    (HANDED_OVER, {WANG: Decimal("0.5"), CHEN: Decimal("0.2"), FANG: Decimal("0.3")}),
)
"""Who answers for which share of the shop from which day on (GOAL-12)."""

CYCLES = (
    ("year", date(2025, 1, 1), "2025", "2400000"),
    ("half_year", date(2025, 1, 1), "2025 H1", "1140000"),
    ("half_year", date(2025, 7, 1), "2025 H2", "1280000"),
    ("quarter", date(2025, 1, 1), "2025 Q1", "500000"),
    ("quarter", WINDOW_STARTS, "2025 Q2", "640000"),
    ("quarter", date(2025, 7, 1), "2025 Q3", "580000"),
    ("quarter", date(2025, 10, 1), "2025 Q4", "700000"),
)
"""The company's plan of GMV, each cycle below the shortest one around it."""
QUARTER, TARGET = "2025 Q2", Decimal(640000)
STRETCH = Decimal("1.02")
"""What the team asks of itself beyond its part of the plan."""

COMPANY_GMV, TEAM_GMV, ENQUIRIES, SERVICE_ENQUIRIES = "公司支付金额", "旗舰店支付金额", "询单成交", "询单支付人数"
ABOVE: Mapping[str, GoalKey] = {
    person.name: (SERVICE, SERVICE_ENQUIRIES) if person.department == SERVICE else (TEAM, TEAM_GMV)
    for person in PEOPLE
    if person.department != MANAGEMENT
}
"""The goal of their department that people's goals are below."""
BEHAVIOURS = "每周复盘差距并落实行动"


def metric(code: str, target: str, **more: object) -> Body:
    """An indicator over the shop."""
    return {"kind": "metric", "metric": code, "direction": "higher_better", "target": target, **more}


SPLIT_GOALS = (
    GoalPlan(
        COMPANY,
        COMPANY_GMV,
        50,
        (metric("gmv", str(TARGET)),),
        "全年 240 万的四分之一强",
        BEHAVIOURS,
        (COMPANY, "2025 H1"),
    ),
    GoalPlan(
        COMPANY,
        "支付金额同比增长",
        30,
        ({"kind": "growth", "metric": "gmv", "against": "last_year", "target": "0.20"},),
        "跑赢去年",
        BEHAVIOURS,
    ),
    GoalPlan(COMPANY, ENQUIRIES, 20, (metric("enquiry_buyers", "3800"),), "问了就买", BEHAVIOURS),
    GoalPlan(TEAM, TEAM_GMV, 70, (metric("gmv", str(TARGET)),), "承接公司业绩", BEHAVIOURS, (COMPANY, COMPANY_GMV)),
    GoalPlan(
        TEAM,
        "控制退款率",
        30,
        ({"kind": "metric", "metric": "refund_rate", "direction": "lower_better", "target": "0.05"},),
        "少退一单是一单",
        "描述与实物一致",
    ),
    GoalPlan(
        SERVICE,
        "询单支付人数",
        100,
        (metric("enquiry_buyers", "3800"),),
        "承接公司目标",
        "三十秒内回复",
        (COMPANY, ENQUIRIES),
    ),
)
"""Written from above (GOAL-3): the executive submits, who leads the owner confirms."""
OWNED_GMV = "负责份额的支付金额"
OWNED_WEIGHTS = {CHEN: 40, FANG: 40}
"""Of those who hold a share of the shop beside the brand manager, whose template has it."""

MILESTONES = GoalPlan(
    WANG,
    "618 大促筹备",
    30,
    ({"kind": "milestones", "target": "1"},),
    "大促不打无准备之仗",
    "提前备货, 提前演练",
    milestones=(
        ("会场报名", date(2025, 5, 20)),
        ("备货到仓", date(2025, 6, 10)),
        ("复盘报告", date(2025, 6, 27)),
    ),
)
DONE_MILESTONES = {"会场报名": date(2025, 5, 19), "备货到仓": date(2025, 6, 9)}
MANUAL = GoalPlan(
    SU,
    "会员深访",
    40,
    ({"kind": "manual", "name": "深访会员数", "unit": "people", "target": "20"},),
    "听见会员的声音",
    "每次访谈后一天内写纪要",
    standards={"below": "少于 20 次", "meets": "20 次, 有纪要", "above": "20 次以上, 并推动了改进"},
)
ENTRY: Body = {"value": "22", "on": "2025-06-27", "evidence": "22 份访谈纪要, 共享盘 /会员/2025Q2"}

TEMPLATES = (
    TemplatePlan(
        "brand_manager",
        WANG,
        70,
        ("", "0.20", "0.15"),
        changes={
            "indicators": [
                {"kind": "metric", "metric": "gmv", "attribution": "owned"},
                {"kind": "people", "metric": "staff_growth"},
                {"kind": "people", "metric": "turnover_rate"},
            ]
        },
    ),
    TemplatePlan(
        "product_manager",
        CHEN,
        60,
        ("185", "5400"),
        changes={"indicators": [{"kind": "metric", "metric": "aov"}, {"kind": "metric", "metric": "paid_items"}]},
    ),
    TemplatePlan(
        "crm",
        SU,
        60,
        ("0.30", "0.011"),
        to="people",
        changes={
            "indicators": [
                {"kind": "metric", "metric": "repeat_purchase"},
                {"kind": "metric", "metric": "sms_conversion"},
            ]
        },
    ),
    TemplatePlan("promotion", FANG, 60, ("1200", "0.15", "1050", "0.05", "0.0325")),
    TemplatePlan(
        "planning",
        LIN,
        100,
        ("40", "0.51", "0.03", "118", "4", "0.034"),
        changes={
            "ignore_missing": True,
            "indicators": [
                {"kind": "metric", "metric": "optimised_items"},
                {"kind": "metric", "metric": "stale_rate", "aggregate": "daily_pooled"},
                {"kind": "metric", "metric": "campaign_ctr"},
                {"kind": "metric", "metric": "dwell"},
                {"kind": "metric", "metric": "pages_per_visitor"},
                {"kind": "metric", "metric": "conversion", "aggregate": "daily_pooled"},
            ],
        },
    ),
    TemplatePlan("customer_service", HE, 100, ("0.40", "4.75", "0.05"), to="department"),
)
"""What a company edits in its copies: the sources of this shop report no hot items, no EDM, no campaign pages.

A target left empty is the owner's part of the GMV.
"""
