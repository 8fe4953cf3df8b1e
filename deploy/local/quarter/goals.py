"""Everybody's goals by template, agreed on as staff do, and measured by what the shops sell (GOAL-3, GOAL-13)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from deploy.local.calls import Body, DemoFailed
from deploy.local.connector import Connector, Receipt
from deploy.local.quarter import plan
from deploy.local.quarter.company import Company, at_once, levels
from deploy.local.quarter.plan import PersonPlan
from deploy.local.samples import Observation, morning_after, read_file

SIZES = tuple(map(Decimal, ("1", "0.8", "0.6", "0.4")))
"""The four shops sell the same in other sizes."""
RESTATED_FROM = date(2025, 6, 16)
RESTATED_BY = Decimal("0.9")
"""From this day on the platform finds a tenth of the first shop's sales were not: after the reviews are signed."""


@dataclass(slots=True)
class Sales:
    """What the shops sold in the quarter, by shop and day, and the connector that says so."""

    connector: Connector
    rows: list[Observation] = field(default_factory=list)

    @classmethod
    def read(cls, connector: Connector, codes: Mapping[str, str]) -> "Sales":
        """The sample shop's quarter for each shop in its size."""
        days = [
            (shop, size, row)
            for shop, size in zip(plan.SHOPS, SIZES, strict=True)
            for row in read_file(plan.FILES, shop=shop, grain="day", codes=codes)
            if row.metric in plan.METRICS and plan.WINDOW_STARTS <= row.bucket <= plan.WINDOW_ENDS
        ]
        rows = [row.worth(row.value * size) if row.metric == "gmv" else row for _, size, row in days]
        return cls(connector, rows)

    def total(self, shop: str, metric: str) -> Decimal:
        """What a shop has in the quarter."""
        return sum((row.value for row in self.rows if (row.shop, row.metric) == (shop, metric)), Decimal(0))

    def push(self) -> Receipt:
        """All of it."""
        return self.connector.push(self.rows, key="quarter", observed_at=morning_after(plan.WINDOW_ENDS))

    def restate(self) -> Receipt:
        """The first shop's last two weeks, a week later."""
        rows = [
            row.worth(row.value * RESTATED_BY)
            for row in self.rows
            if (row.shop, row.metric) == (plan.SHOPS[0], "gmv") and row.bucket >= RESTATED_FROM
        ]
        at = morning_after(date(2025, 7, 15))
        return self.connector.push(rows, key="restated", observed_at=at)


@dataclass(frozen=True, slots=True)
class Template:
    """A goal that HR gives to people; its target follows from what they are to reach of it."""

    title: str
    metric: str
    aggregate: str | None
    weight: str
    place: int

    def body(self) -> Body:
        """As HR writes it."""
        indicator = {"kind": "metric", "metric": self.metric, "aggregate": self.aggregate, "target": "1"}
        return {"name": self.title, "title": self.title, "weight": self.weight, "indicators": [indicator]}

    def target(self, sales: Sales, shop: str, reached: Decimal) -> Decimal:
        """So that what was sold is that share of it."""
        whole = sales.total(shop, "gmv")
        if self.metric == "conversion":
            whole = sales.total(shop, "paying_buyers") / sales.total(shop, "uv")
        return (whole / reached).quantize(Decimal("0.000001"))


TEMPLATES = (
    Template("店铺支付金额", "gmv", None, "60", 0),
    Template("支付转化率", "conversion", "daily_pooled", "40", 1),
)


def assign(made: Company, sales: Sales) -> int:
    """Give both templates to all staff, by target; how many goals came of it."""
    count = 0
    for template in TEMPLATES:
        path = f"/v1/kpi-templates/{made.hr.create('/v1/kpi-templates', template.body())['id']}/assign"
        for (shop, level), people in levels(made.staff):
            reached = plan.reached(level, template.place)
            body: Body = {
                "cycle_id": made.cycle_id,
                "to": {"person_ids": [made.people[person.name] for person in people]},
                "shop_ids": [made.shops[plan.SHOPS[shop]]],
                "targets": {"0": str(template.target(sales, plan.SHOPS[shop], reached))},
                "weight": template.weight,
            }
            report = made.hr.change("POST", path, body)
            if report["created"] != len(people):
                raise DemoFailed(f"{template.title} was given to {report['created']} of {len(people)} people")
            count += report["created"]
    return count


def agree(made: Company) -> int:
    """Each submits, the manager agrees, each confirms; how many goals are confirmed."""
    goals: dict[str, list[str]] = {}
    for goal in made.hr.items("/v1/goals", cycle_id=made.cycle_id):
        goals.setdefault(goal["owner"]["id"], []).append(goal["id"])

    def confirm(person: PersonPlan) -> int:
        own, manager = made.accounts[person.name], made.accounts[made.manager_of(person)]
        paths = [f"/v1/goals/{goal_id}" for goal_id in goals[made.people[person.name]]]
        for action, who in (("submit", own), ("adjust", manager), ("confirm", own)):
            for path in paths:
                who.exchange("POST", f"{path}/actions/{action}", {}, etag="*")
        return len(paths)

    return sum(at_once(confirm, made.staff))


def measure(made: Company, sales: Sales) -> None:
    """Push the quarter, and wait until every goal shows it."""
    receipt = sales.push()
    goal_ids = [goal["id"] for goal in made.hr.items("/v1/goals", cycle_id=made.cycle_id)]
    at_once(lambda goal_id: sales.connector.wait_until_shown(made.hr, receipt, goal_id), goal_ids)


def give_feedback(made: Company) -> int:
    """Managers tell those whose scorecards stand low, with a case of the quarter; how many, as some are left out."""
    reader, query = made.accounts[plan.ZHOU], {"cycle_id": made.cycle_id, "subtree": True}
    stands = {one["owner"]["id"]: one["performance"] for one in reader.get("/v1/scorecards/company", **query)["below"]}
    low = [one for one in made.staff if Decimal(stands[made.people[one.name]] or 0) < plan.TOLD_BELOW]

    def tell(person: PersonPlan) -> None:
        case = {"behaviour": "周报两次未附转化数据", "consequence": "投放调整晚了一周"}
        body = {"person_id": made.people[person.name], "kind": "constructive", "case": case, "on": "2025-05-20"}
        made.accounts[made.manager_of(person)].create("/v1/feedback", body)

    told = low[plan.SURPRISED :]
    at_once(tell, told)
    return len(told)
