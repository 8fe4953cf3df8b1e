"""The company in the middle of its work, made once; then whoever wants to may sign in as anybody in it."""

from dataclasses import dataclass

import httpx

from deploy.local.calls import Api
from deploy.local.connector import MAX_ROWS, Connector
from deploy.local.printing import Printer, make_console
from deploy.local.quarter import goals as past_goals
from deploy.local.quarter import plan
from deploy.local.quarter.company import AT_ONCE, Company, found
from deploy.local.quarter.run import TIMEOUT_SECONDS, Phases
from deploy.local.samples import header_codes, morning_after
from deploy.local.showcase import goals, reviews
from deploy.local.showcase.figures import sold

SIZE = 100
"""People, about."""
ROLES = {
    "employee": "旗舰店运营部01",
    "manager": "旗舰店运营部主管",
    "head": goals.HEAD_OF_ALL,
    "hr": plan.HAN,
    "executive": plan.ZHOU,
}
"""Somebody of each, by name."""


@dataclass(frozen=True, slots=True)
class Showcase:
    """Who may sign in, by what they are to others; all with one password."""

    emails: dict[str, str]
    password: str


def make_showcase(base_url: str, email: str, password: str, *, size: int = SIZE) -> Showcase:
    """Make it as the first administrator of an empty installation; that password is everybody's."""
    limits = httpx.Limits(max_connections=2 * AT_ONCE)
    with httpx.Client(base_url=base_url, timeout=TIMEOUT_SECONDS, trust_env=False, limits=limits) as http:
        admin = Api.sign_in(http, email=email, password=password)
        catalogue = admin.get("/v1/metrics")["items"]
        phases = Phases(Printer(make_console(), catalogue))
        people = len(plan.people(size))
        made = phases.run(
            f"{people} people hired and signed in", lambda: found(http, admin, size=size, password=password)
        )
        connector = Connector.create(admin, list(made.shops.values()))
        sales = past_goals.Sales.read(connector, header_codes(catalogue))
        phases.run(f"the goals of {plan.QUARTER}, closed and measured", lambda: _past(made, sales))
        phases.run("the running quarter's figures", lambda: _push(connector))
        phases.run("the running quarter's goals", lambda: goals.set_goals(made, plan.today()))
        phases.run("reviews at every step", lambda: reviews.open_round(made))
        emails = {role: made.plans[name].email for role, name in ROLES.items()}
    return Showcase(emails, password)


def _past(made: Company, sales: past_goals.Sales) -> None:
    past_goals.assign(made, sales)
    past_goals.agree(made)
    past_goals.measure(made, sales)
    past_goals.give_feedback(made)


def _push(connector: Connector) -> None:
    today, rows = plan.today(), sold(plan.today())
    for first in range(0, len(rows), MAX_ROWS):
        connector.push(rows[first : first + MAX_ROWS], key=f"running-{first}", observed_at=morning_after(today))
