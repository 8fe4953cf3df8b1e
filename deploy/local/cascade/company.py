"""The company made from nothing: the blueprint, its people with accounts, the shop and who holds it, the cycles."""

import secrets
from dataclasses import dataclass, field

import httpx

from deploy.local.calls import Api, Body, DemoFailed
from deploy.local.cascade import plan
from deploy.local.cascade.plan import GoalKey, PersonPlan


@dataclass(slots=True)
class Company:
    """Ids of what was made, by the names in the plan, and everybody's own way in."""

    http: httpx.Client
    admin: Api
    departments: dict[str, str] = field(default_factory=dict)
    positions: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, Api] = field(default_factory=dict)
    cycles: dict[str, str] = field(default_factory=dict)
    goals: dict[GoalKey, str] = field(default_factory=dict)
    """Those of the quarter, by owner and title."""
    plan_goals: dict[GoalKey, str] = field(default_factory=dict)
    """The company's of the other cycles."""
    shop_id: str = ""

    @property
    def quarter_id(self) -> str:
        """The cycle of the story."""
        return self.cycles[plan.QUARTER]

    @property
    def executive(self) -> Api:
        """Who leads the company."""
        return self.accounts[plan.ZHOU]

    def owner(self, name: str) -> Body:
        """Who owns a goal, as the API names them."""
        if name == plan.COMPANY:
            return {"type": "company"}
        kind = "department" if name in self.departments else "person"
        return {"type": kind, "id": (self.departments | self.people)[name]}

    def name_of(self, owner: Body) -> str:
        """The other way round."""
        names = {made: name for name, made in (self.departments | self.people).items()}
        return names[owner["id"]] if owner["id"] else plan.COMPANY

    def path(self, name: str) -> str:
        """An owner's part of the path of a scorecard or a check."""
        owner = self.owner(name)
        return {"company": "company", "department": "departments/{}", "person": "people/{}"}[owner["type"]].format(
            owner.get("id")
        )

    @property
    def owners(self) -> list[str]:
        """Everybody with goals, from above."""
        return list(dict.fromkeys(owner for owner, _ in self.goals))


def found(http: httpx.Client, admin: Api) -> Company:
    """Make the company, with everybody signed in."""
    made = Company(http, admin)
    top = admin.create("/v1/departments", {"name": plan.MANAGEMENT, "function": "management"})
    made.departments[plan.MANAGEMENT] = top["id"]
    leading = [person for person in plan.PEOPLE if person.department == plan.MANAGEMENT]
    for person in leading:
        _hire(made, admin, person)
    hr = made.accounts[plan.HAN]
    _apply_blueprint(made, hr, parent_id=top["id"])
    service = {"name": plan.SERVICE, "function": "customer_service", "parent_id": top["id"]}
    made.departments[plan.SERVICE] = hr.create("/v1/departments", service)["id"]
    for person in plan.PEOPLE:
        if person not in leading:
            _hire(made, hr, person)
    _open_shop(made)
    _move_people(made, hr)
    for kind, starts_on, name, _ in plan.CYCLES:
        body = {"kind": kind, "starts_on": starts_on.isoformat(), "name": name}
        made.cycles[name] = admin.create("/v1/cycles", body)["id"]
    return made


def _apply_blueprint(made: Company, hr: Api, *, parent_id: str) -> None:
    """The team and its posts, once (ORG-4)."""
    body = {"parent_id": parent_id, "language": "zh"}
    report = hr.change("POST", "/v1/blueprints/brand_team/apply", body)
    made.departments |= {department["name"]: department["id"] for department in report["departments"]}
    made.positions |= {post["code"]: post["id"] for post in report["positions"]}
    again = hr.change("POST", "/v1/blueprints/brand_team/apply", body)
    if plan.TEAM not in made.departments or any(post["action"] != "unchanged" for post in again["positions"]):
        raise DemoFailed("the blueprint brand_team did not make the team, or made it twice")


def _hire(made: Company, by: Api, person: PersonPlan) -> None:
    """Somebody hired into a post, who accepts the invitation."""
    body = {
        "name": person.name,
        "email": person.email,
        "department_id": made.departments[person.department],
        "position_id": made.positions[person.position] if person.position else None,
        "manager_id": made.people[person.manager] if person.manager else None,
        "hired_on": plan.FOUNDED.isoformat(),
        "roles": list(person.roles),
    }
    made.people[person.name] = by.create("/v1/people", body)["id"]
    if person.leads:
        by.update(f"/v1/departments/{made.departments[person.department]}", {"head_id": made.people[person.name]})
    if person.has_account:
        invitation = by.create("/v1/invitations", {"person_id": made.people[person.name]})
        password = secrets.token_urlsafe(12)
        by.change("POST", "/v1/invitations/accept", {"token": invitation["token"], "password": password})
        made.accounts[person.name] = Api.sign_in(made.http, email=person.email, password=password)


def _open_shop(made: Company) -> None:
    platform, _, external_id = plan.SHOP.partition(":")
    body = {"platform": platform, "external_id": external_id, "name": plan.SHOP_NAME}
    made.shop_id = made.admin.create("/v1/shops", body)["id"]
    for starts_on, shares in plan.SHARES:
        owners = [{**made.owner(name), "share": str(share)} for name, share in shares.items()]
        made.admin.change(
            "PUT", f"/v1/shops/{made.shop_id}/owners", {"starts_on": starts_on.isoformat(), "owners": owners}
        )


def _move_people(made: Company, hr: Api) -> None:
    """Somebody leaves and somebody is promoted in the quarter: both are the brand manager's figures (GOAL-4)."""
    leave = {"effective_on": plan.LEFT_ON.isoformat(), "reason": "回乡发展"}
    hr.change("POST", f"/v1/people/{made.people[plan.XU]}/leave", leave)
    post = {"name": "会员主管", "function": "crm", "tier": "frontline", "grade": "lead"}
    promotion = {"effective_on": plan.PROMOTED_ON.isoformat(), "position_id": hr.create("/v1/positions", post)["id"]}
    hr.change("POST", f"/v1/people/{made.people[plan.SU]}/promote", promotion)
