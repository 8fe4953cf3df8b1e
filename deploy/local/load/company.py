"""The company that a load plays in: made for it, so that it touches nobody's figures and its books are its own."""

import secrets
from dataclasses import dataclass, field

import httpx

from deploy.local import story
from deploy.local.calls import Api
from deploy.local.load.mix import ADMIN, EMPLOYEE, EXECUTIVE, HR
from deploy.local.organisation import Organisation, agree_goals, found

CHECKED = (story.FLAGSHIP, "gmv")
"""The shop and the metric of which a goal must show in the end what was pushed."""
MEMBERS = {EXECUTIVE: story.DIRECTOR, HR: story.SU, EMPLOYEE: story.FANG}
"""Who reads, besides the administrator: by the role that they do it in."""


@dataclass(frozen=True, slots=True)
class Login:
    """How somebody signs in."""

    email: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoadCompany:
    """A company with its readers, its connector, and what there is to be read."""

    code: str
    logins: dict[str, Login]
    connector_id: str
    api_key: str = field(repr=False)
    ids: dict[str, list[str]]
    goal_of: dict[str, str]
    """A goal on each shop, by the shop's key."""
    checked_goal: str
    """The goal whose one indicator is `CHECKED`."""


def make_company(http: httpx.Client, *, email: str, password: str) -> LoadCompany:
    """Make the story's company anew, as the platform's operator.

    Raises:
        DemoFailed: the operator's sign-in or something of the company is refused.
    """
    operator = Api.sign_in(http, email=email, password=password)
    admin_email, admin_password = f"load-{secrets.token_hex(6)}@example.com", secrets.token_urlsafe(12)
    body = {"name": "load", "admin_email": admin_email, "admin_password": admin_password}
    code = operator.create("/v1/companies", body)["code"]
    logins = {ADMIN: Login(admin_email, admin_password)}
    admin = Api.sign_in(http, email=admin_email, password=admin_password)
    made = found(admin)
    agree_goals(admin, made)
    ids = {
        "shop": list(made.shops.values()),
        "goal": list(made.goals.values()),
        "person": list(made.people.values()),
        "department": list(made.departments.values()),
        "cycle": [made.cycle_id],
    }
    logins |= {role: _invite(admin, made.people[name], role) for role, name in MEMBERS.items()}
    hr = Api.sign_in(http, email=logins[HR].email, password=logins[HR].password)
    connector = admin.create("/v1/connectors", {"name": "load", "shop_ids": ids["shop"], "scopes": ["write"]})
    goal_of = {
        shop: made.goals[goal.title]
        for goal in story.GOALS
        for indicator in goal.indicators
        if indicator.metric == "gmv"
        for shop in indicator.shops
    }
    # every shop must be able to show a push: the clicks shop has orders alone
    goal_of.setdefault(story.CLICKS, made.goals["公司订单量"])
    return LoadCompany(
        code=code,
        logins=logins,
        connector_id=connector["id"],
        api_key=connector["api_key"],
        ids=ids | _open_round(hr, made),
        goal_of=goal_of,
        checked_goal=made.goals[story.FLAGSHIP_GMV],
    )


def _invite(admin: Api, person_id: str, role: str) -> Login:
    """An account of one's own: the story's e-mails may have one in another company already."""
    email = f"load-{secrets.token_hex(6)}@example.com"
    admin.update(f"/v1/people/{person_id}", {"email": email, "roles": ["employee", *({role} - {EMPLOYEE})]})
    invitation = admin.create("/v1/invitations", {"person_id": person_id})
    password = secrets.token_urlsafe(12)
    admin.change("POST", "/v1/invitations/accept", {"token": invitation["token"], "password": password})
    return Login(email, password)


def _open_round(hr: Api, made: Organisation) -> dict[str, list[str]]:
    """A round of reviews out of turn, opened."""
    body = {
        "name": "load",
        "cadence": "ad_hoc",
        "cycle_id": made.cycle_id,
        "person_ids": list(made.people.values()),
        "performance_weight": "0.7",
        "values_weight": "0.3",
    }
    round_id = hr.create("/v1/review-cycles", body)["id"]
    hr.change("POST", f"/v1/review-cycles/{round_id}/actions/open", {})
    reviews = [review["id"] for review in hr.items("/v1/reviews", review_cycle_id=round_id)]
    return {"round": [round_id], "review": reviews}
