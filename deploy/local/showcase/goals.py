"""The running quarter's goals: the company's, those of its shops' departments, and their people's (GOAL-3, GOAL-11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from deploy.local.calls import Api, Body
from deploy.local.quarter import plan
from deploy.local.quarter.company import Company, at_once
from deploy.local.quarter.goals import SIZES
from deploy.local.quarter.plan import DepartmentPlan, PersonPlan
from deploy.local.showcase.figures import quarter_of

COMPANY_TARGET, GROWTH_TARGET = "13500000", "0.10"
DEPARTMENT_TARGET, PERSON_TARGET = Decimal(5_200_000), Decimal(5_000_000)
"""Of the first shop; the others are smaller."""
WAITING = 7
"""Every seventh of the staff has goals that still wait for the manager."""
STANDARDS = {"below": "少于 10 场", "meets": "10 到 12 场", "above": "12 场以上"}
HEAD_OF_ALL = "运营中心主管"


@dataclass(frozen=True, slots=True)
class Quarter:
    """The running quarter of a company."""

    made: Company
    cycle_id: str
    today: date

    def make(self, by: Api, owner: Body, title: str, indicators: Sequence[Body], *, weight: str, **more: object) -> str:
        """A goal; its id."""
        body: Body = {"cycle_id": self.cycle_id, "owner": owner, "title": title, "weight": weight}
        return str(by.create("/v1/goals", body | {"indicators": list(indicators)} | more)["id"])

    def lead(self, goal_id: str, *steps: tuple[str, Api]) -> None:
        """Lead a goal through actions, each by whose it is."""
        for action, by in steps:
            by.exchange("POST", f"/v1/goals/{goal_id}/actions/{action}", {}, etag="*")


def set_goals(made: Company, today: date) -> Quarter:
    """All of them, from above."""
    first, _ = quarter_of(today)
    name = f"{first.year} Q{(first.month + 2) // 3}"
    cycle = made.admin.create("/v1/cycles", {"kind": "quarter", "starts_on": first.isoformat(), "name": name})
    quarter = Quarter(made, cycle["id"], today)
    top = _of_company(quarter)
    for department in plan.DEPARTMENTS:
        if department.name.endswith("店运营部"):
            _of_department(quarter, department, top)
    return quarter


def _gmv(shops: Sequence[str], target: Decimal | str) -> Body:
    target = target if isinstance(target, str) else f"{target:.0f}"
    return {"kind": "metric", "metric": "gmv", "shop_ids": list(shops), "direction": "higher_better", "target": target}


def _of_company(quarter: Quarter) -> str:
    """Sales and growth; the first one's id."""
    leader, shops, owner = quarter.made.accounts[plan.ZHOU], list(quarter.made.shops.values()), {"type": "company"}
    grown = {"kind": "growth", "metric": "gmv", "shop_ids": shops, "against": "last_year", "target": GROWTH_TARGET}
    words = {"why": "大促决定全年", "how": "直播与会员日联动"}
    goals = [
        quarter.make(leader, owner, "季度支付金额", [_gmv(shops, COMPANY_TARGET)], weight="70", **words),
        quarter.make(leader, owner, "同比增长", [grown], weight="30"),
    ]
    for action in ("submit", "confirm"):
        for goal_id in goals:
            quarter.lead(goal_id, (action, leader))
    return goals[0]


def _of_department(quarter: Quarter, department: DepartmentPlan, top: str) -> None:
    made = quarter.made
    above, head = made.accounts[HEAD_OF_ALL], made.accounts[f"{department.name}主管"]
    shop, size = made.shops[plan.SHOPS[department.shop]], SIZES[department.shop]
    owner = {"type": "department", "id": made.departments[department.name]}
    indicators = [_gmv([shop], DEPARTMENT_TARGET * size)]
    goal_id = quarter.make(
        above, owner, f"{department.name}支付金额", indicators, weight="100", parent_id=top
    )  # fmt: skip
    quarter.lead(goal_id, ("submit", above), ("confirm", head))
    staff = [one for one in made.staff if one.department == department.name]
    at_once(lambda person: _of_person(quarter, person, shop, PERSON_TARGET * size, goal_id), staff)


def _of_person(quarter: Quarter, person: PersonPlan, shop: str, target: Decimal, parent: str) -> None:
    """Sales, conversion, and a training that no shop measures."""
    made = quarter.made
    own, manager = made.accounts[person.name], made.accounts[made.manager_of(person)]
    owner = {"type": "person", "id": made.people[person.name]}
    conversion = {
        "kind": "metric", "metric": "conversion", "aggregate": "daily_pooled", "shop_ids": [shop],
        "direction": "higher_better", "target": str(Decimal(30 + person.place % 5) / 1000),
    }  # fmt: skip
    manual = {"kind": "manual", "name": "培训场次", "unit": "场", "target": "12"}
    sales = [_gmv([shop], target * (85 + person.place % 6 * 10) / 100)]
    goals = [
        quarter.make(own, owner, "店铺支付金额", sales, weight="60", parent_id=parent, why="部门目标的主要来源", how="优化主图与详情页"),
        quarter.make(own, owner, "支付转化率", [conversion], weight="25"),
        quarter.make(own, owner, "团队培训", [manual], weight="15", standards=STANDARDS),
    ]  # fmt: skip
    steps = (("submit", own), ("adjust", manager), ("confirm", own))
    for action, by in steps if person.place % WAITING else steps[:1]:
        for goal_id in goals:
            quarter.lead(goal_id, (action, by))
    if person.place % WAITING:
        _train(quarter, goals[2], own, manager)


def _train(quarter: Quarter, goal_id: str, own: Api, manager: Api) -> None:
    """Some of it is done, and the manager agrees."""
    path = f"/v1/goals/{goal_id}/indicators/{own.get(f'/v1/goals/{goal_id}')['indicators'][0]['id']}/entries"
    on = max(quarter_of(quarter.today)[0], quarter.today - timedelta(days=8))
    entry = own.create(path, {"value": "7", "on": on.isoformat(), "evidence": "培训签到表"})
    manager.exchange("POST", f"{path}/{entry['id']}/actions/accept", {}, etag="*")
