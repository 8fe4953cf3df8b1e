"""Who is in the story, and what they want to reach in the first quarter of 2025."""

from dataclasses import dataclass, field
from datetime import date

QUARTER_STARTS, QUARTER_ENDS = date(2025, 1, 1), date(2025, 3, 31)
QUARTER_NAME = "2025 Q1"
YEAR = 2025
RESTATED_FROM, RESTATED_TO = date(2025, 3, 17), date(2025, 3, 23)

MUSIC, CLICKS, FLAGSHIP = "tmall:cdnow-music", "taobao:ecom-clicks", "tmall:synthetic-flagship"
COMPANY = "company"


@dataclass(frozen=True, slots=True)
class ShopPlan:
    """A shop and the files that hold its figures."""

    key: str
    name: str
    files: str
    about: str


@dataclass(frozen=True, slots=True)
class DepartmentPlan:
    """A department below the management."""

    name: str
    function: str
    headcount: int
    duties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """A person, with department and manager by name; `leads` makes them the department's head."""

    name: str
    email: str
    department: str
    manager: str | None = None
    leads: bool = False
    roles: tuple[str, ...] = ("employee",)


@dataclass(frozen=True, slots=True)
class IndicatorPlan:
    """What a goal is measured by."""

    metric: str
    shops: tuple[str, ...]
    target: str | None = None
    direction: str = "higher_better"
    aggregate: str | None = None
    band: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class GoalPlan:
    """A goal, with its owner and the goal above it by name."""

    owner: str
    title: str
    weight: int
    indicators: tuple[IndicatorPlan, ...]
    why: str
    parent: str | None = field(default=None)


SHOPS = (
    ShopPlan(MUSIC, "唱片旗舰店", "cdnow_2025", "real purchases of CDNOW"),
    ShopPlan(CLICKS, "点击流小店", "ecom_2025", "synthetic clickstream"),
    ShopPlan(FLAGSHIP, "演示旗舰店", "synthetic_shop", "synthetic, two years"),
)
MANAGEMENT = "总经办"
OPERATIONS, PLANNING, CRM, SERVICE = "运营部", "企划部", "会员部", "客服部"
DEPARTMENTS = (
    DepartmentPlan(OPERATIONS, "operations", 6, ("数据分析", "活动策划", "页面优化")),
    DepartmentPlan(PLANNING, "planning", 3, ("商品与店铺优化", "推广投放")),
    DepartmentPlan(CRM, "crm", 2, ("会员关怀", "会员活动")),
    DepartmentPlan(SERVICE, "customer_service", 3, ("售前接待", "售后处理")),
)
DIRECTOR, LIN, CHEN, FANG, SU, HE = "周岚", "林晓", "陈默", "方圆", "苏晴", "何苗"
PEOPLE = (
    PersonPlan(DIRECTOR, "zhou@example.com", MANAGEMENT, leads=True, roles=("employee", "executive")),
    PersonPlan(LIN, "lin@example.com", OPERATIONS, DIRECTOR, leads=True),
    PersonPlan(CHEN, "chen@example.com", PLANNING, DIRECTOR, leads=True),
    PersonPlan(FANG, "fang@example.com", PLANNING, CHEN),
    PersonPlan(SU, "su@example.com", CRM, DIRECTOR, leads=True),
    PersonPlan(HE, "he@example.com", SERVICE, DIRECTOR, leads=True),
)

COMPANY_GMV, FLAGSHIP_GMV, QUARTER_UV = "公司支付金额", "旗舰店支付金额", "旗舰店季度访客数"
GOALS = (
    GoalPlan(COMPANY, COMPANY_GMV, 70, (IndicatorPlan("gmv", (MUSIC, FLAGSHIP), "1450000"),), "一季度营收"),
    GoalPlan(
        COMPANY, "公司订单量", 30, (IndicatorPlan("paid_orders", (MUSIC, CLICKS, FLAGSHIP), "33000"),), "三店规模"
    ),
    GoalPlan(OPERATIONS, "唱片店支付金额", 60, (IndicatorPlan("gmv", (MUSIC,), "1100000"),), "守住基本盘", COMPANY_GMV),
    GoalPlan(OPERATIONS, "三店订单量", 40, (IndicatorPlan("paid_orders", (MUSIC, CLICKS, FLAGSHIP), "30000"),), "活动"),
    GoalPlan(PLANNING, QUARTER_UV, 50, (IndicatorPlan("uv", (FLAGSHIP,), "38000"),), "拉新"),
    GoalPlan(PLANNING, "投入产出比", 50, (IndicatorPlan("roi", (FLAGSHIP,), "3.8"),), "花钱有数"),
    GoalPlan(CRM, "新增会员", 60, (IndicatorPlan("new_members", (FLAGSHIP,), "1200"),), "会员规模"),
    GoalPlan(CRM, "老买家占比", 40, (IndicatorPlan("repeat_purchase", (MUSIC,), "0.18"),), "复购"),
    GoalPlan(
        SERVICE, "退款率", 50, (IndicatorPlan("refund_rate", (FLAGSHIP,), "0.05", "lower_better"),), "少退一单是一单"
    ),
    GoalPlan(
        SERVICE,
        "服务评分",
        50,
        (IndicatorPlan("dsr_service", (FLAGSHIP,), direction="band", band=("4.7", "5")),),
        "口碑",
    ),
    GoalPlan(LIN, FLAGSHIP_GMV, 70, (IndicatorPlan("gmv", (FLAGSHIP,), "487000"),), "旗舰店", COMPANY_GMV),
    GoalPlan(LIN, "唱片店件数", 30, (IndicatorPlan("paid_items", (MUSIC,), "70000"),), "连带"),
    GoalPlan(
        CHEN,
        "提升转化与停留",
        60,
        (
            IndicatorPlan("conversion", (FLAGSHIP,), "0.036", aggregate="daily_pooled"),
            IndicatorPlan("dwell", (FLAGSHIP,), "140", aggregate="daily_pooled"),
        ),
        "看得久, 买得多",
    ),
    GoalPlan(
        CHEN,
        "人均浏览量",
        40,
        (IndicatorPlan("pages_per_visitor", (FLAGSHIP,), "4", aggregate="daily_pooled"),),
        "承接",
    ),
    GoalPlan(
        FANG,
        "点击店转化与停留",
        100,
        (
            IndicatorPlan("conversion", (CLICKS,), "0.12", aggregate="daily_pooled"),
            IndicatorPlan("dwell", (CLICKS,), "1300", aggregate="daily_pooled"),
        ),
        "小店也要精",
    ),
    GoalPlan(SU, "短信转化率", 40, (IndicatorPlan("sms_conversion", (FLAGSHIP,), "0.018"),), "触达有效"),
    GoalPlan(SU, "老买家支付金额", 60, (IndicatorPlan("returning_gmv", (MUSIC, FLAGSHIP), "400000"),), "复购"),
    GoalPlan(HE, "询单转化率", 100, (IndicatorPlan("enquiry_conversion", (FLAGSHIP,), "0.33"),), "问了就买"),
)
