"""Two hundred people who sell for four shops, and what happens to them in the second quarter of 2025 and its review."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from deploy.local.samples import SHANGHAI

FOUNDED = date(2024, 1, 1)
WINDOW_STARTS, WINDOW_ENDS = date(2025, 4, 1), date(2025, 6, 30)
QUARTER = "2025 Q2"
FILES = "synthetic_shop"
SHOPS = ("tmall:quarter-flagship", "tmall:quarter-home", "taobao:quarter-outlet", "taobao:quarter-beauty")
METRICS = ("gmv", "uv", "paying_buyers")
"""What is pushed of each shop: sales, and what the conversion is made of."""

TOP, HR = "总经办", "人力资源部"
ZHOU, HAN, QIN = "周岚", "韩雪", "秦雨"
"""Who leads the company, in nobody's line; HR, and HR's own colleague."""


SIZE = 200
"""How many people there are, unless it is to be quick."""


@dataclass(frozen=True, slots=True)
class DepartmentPlan:
    """A department below another one, with its people beside the head; `shop` is the one it works for."""

    name: str
    function: str
    above: str
    people: int
    shop: int = 0


DEPARTMENTS: Sequence[DepartmentPlan] = (
    DepartmentPlan("运营中心", "operations", TOP, 4),
    DepartmentPlan("旗舰店运营部", "operations", "运营中心", 24, 0),
    DepartmentPlan("家居店运营部", "operations", "运营中心", 20, 1),
    DepartmentPlan("奥莱店运营部", "operations", "运营中心", 18, 2),
    DepartmentPlan("美妆店运营部", "operations", "运营中心", 5, 3),
    DepartmentPlan("设计部", "design", TOP, 19, 0),
    DepartmentPlan("客服中心", "customer_service", TOP, 6, 0),
    DepartmentPlan("售前客服部", "customer_service", "客服中心", 28, 0),
    DepartmentPlan("售后客服部", "customer_service", "客服中心", 23, 1),
    DepartmentPlan("物流部", "logistics", TOP, 21, 2),
    DepartmentPlan("商品部", "product", TOP, 12, 3),
    DepartmentPlan(HR, "hr", TOP, 6, 0),
)
"""Those of 4, 5, 6 and 6 people are too few to be calibrated by themselves (REV-8)."""


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """A person: department, manager, and how they did, by their place among all."""

    place: int
    name: str
    department: str
    manager: str | None
    leads: bool = False
    roles: tuple[str, ...] = ("employee",)

    @property
    def email(self) -> str:
        """Theirs alone."""
        return f"p{self.place:03d}@quarter.example.com"

    @property
    def is_staff(self) -> bool:
        """Heads are of the senior class (ORG-2)."""
        return not self.leads


def people(size: int = SIZE) -> list[PersonPlan]:
    """Everybody, from above: the head of a department before its people; in a smaller company each has fewer."""
    found = [PersonPlan(0, ZHOU, TOP, None, leads=True, roles=("employee", "executive"))]
    heads = {TOP: ZHOU}
    for department in DEPARTMENTS:
        is_hr = department.name == HR
        head = HAN if is_hr else f"{department.name}主管"
        roles = ("employee", "hr") if is_hr else ("employee",)
        found.append(PersonPlan(len(found), head, department.name, heads[department.above], leads=True, roles=roles))
        heads[department.name] = head
        for number in range(1, max(3, department.people * size // SIZE) + 1):
            is_second_hr = is_hr and number == 1
            name = QIN if is_second_hr else f"{department.name}{number:02d}"
            own_roles = ("employee", "hr") if is_second_hr else ("employee",)
            found.append(PersonPlan(len(found), name, department.name, head, roles=own_roles))
    found.append(PersonPlan(len(found), "顾问", TOP, None))
    return found


ADVISER = "顾问"
"""Has no manager: HR names who assesses."""

REACHED = tuple(map(Decimal, ("1.00", "1.16", "0.97", "1.32", "1.07", "0.90", "1.18", "0.78", "1.02", "1.31", "0.66")))
"""What share of their first target people reach, by their place; the second goal is reached as the next one's first."""
JUST_ABOVE = Decimal("1.07")
"""What is 3.75 until two weeks are restated."""
STEPS = tuple(map(Decimal, ("2.5", "3", "3.25", "3.5", "3.75", "4", "4.5", "5")))
"""The scale of scores and ratings."""
LOW = Decimal("3.25")
"""A rating like this or less is to surprise nobody (REV-10)."""
TOLD_BELOW = Decimal("3.5")
"""Whose scorecard stands lower hears so before the round."""
SURPRISED = 2
"""But for this many."""
DUE = {"self_assessment": 7, "manager_assessment": 14, "second_level": 18, "hr": 21, "calibration": 25, "interview": 32}
"""Days from today until each step is due."""


def reached(place: int, goal: int) -> Decimal:
    """What somebody reaches of a goal's target."""
    return REACHED[(place + 3 * goal) % len(REACHED)]


def today() -> date:
    """The business day."""
    return datetime.now(SHANGHAI).date()
