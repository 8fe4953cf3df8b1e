"""The company made from nothing: departments, two hundred people who all sign in, four shops, the quarter."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

import httpx

from deploy.local.calls import Api
from deploy.local.quarter import plan
from deploy.local.quarter.plan import PersonPlan

AT_ONCE = 4
"""How many act at the same time."""
T = TypeVar("T")
R = TypeVar("R")


def at_once(do: Callable[[T], R], what: Iterable[T]) -> list[R]:
    """Do something for each, some at the same time; the first failure is ours."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(do, what))


@dataclass(slots=True)
class Company:
    """Ids of what was made, by the names in the plan, and everybody's own way in."""

    http: httpx.Client
    admin: Api
    departments: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, Api] = field(default_factory=dict)
    shops: dict[str, str] = field(default_factory=dict)
    plans: dict[str, PersonPlan] = field(default_factory=dict)
    managers: dict[str, str] = field(default_factory=dict)
    """Who has another manager by now than in the plan."""
    cycle_id: str = ""

    @property
    def hr(self) -> Api:
        """Who leads HR."""
        return self.accounts[plan.HAN]

    @property
    def staff(self) -> list[PersonPlan]:
        """Everybody but the heads, from above."""
        return [one for one in self.plans.values() if one.is_staff]

    def name_of(self, person_id: str) -> str:
        """Who that is."""
        return next(name for name, made in self.people.items() if made == person_id)

    def manager_of(self, person: PersonPlan) -> str:
        """Who assesses: HR names one for whoever has no manager."""
        return self.managers.get(person.name) or person.manager or plan.ZHOU

    def second_of(self, person: PersonPlan) -> str | None:
        """The manager's manager, if there is one."""
        return self.plans[self.manager_of(person)].manager


def found(http: httpx.Client, admin: Api, *, size: int, password: str | None = None) -> Company:
    """Make it, with everybody signed in: by one password, or each by one that nobody knows."""
    made = Company(http, admin)
    made.departments[plan.TOP] = admin.create("/v1/departments", {"name": plan.TOP, "function": "management"})["id"]
    for department in plan.DEPARTMENTS:
        body = {
            "name": department.name,
            "function": department.function,
            "parent_id": made.departments[department.above],
            "headcount_plan": department.people + 1,
        }
        made.departments[department.name] = admin.create("/v1/departments", body)["id"]
    for person in plan.people(size):
        _hire(made, person)
    signed_in = at_once(lambda one: _sign_up(made, one, password or secrets.token_urlsafe(12)), made.plans.values())
    made.accounts |= dict(zip(made.plans, signed_in, strict=True))
    for key in plan.SHOPS:
        platform, _, external_id = key.partition(":")
        body = {"platform": platform, "external_id": external_id, "name": external_id}
        made.shops[key] = admin.create("/v1/shops", body)["id"]
    cycle = {"kind": "quarter", "starts_on": plan.WINDOW_STARTS.isoformat(), "name": plan.QUARTER}
    made.cycle_id = admin.create("/v1/cycles", cycle)["id"]
    return made


def _hire(made: Company, person: PersonPlan) -> None:
    body = {
        "name": person.name,
        "email": person.email,
        "department_id": made.departments[person.department],
        "manager_id": made.people[person.manager] if person.manager else None,
        "hired_on": plan.FOUNDED.isoformat(),
        "roles": list(person.roles),
    }
    made.people[person.name] = made.admin.create("/v1/people", body)["id"]
    made.plans[person.name] = person
    if person.leads:
        path = f"/v1/departments/{made.departments[person.department]}"
        made.admin.update(path, {"head_id": made.people[person.name]})


def _sign_up(made: Company, person: PersonPlan, password: str) -> Api:
    """Accept the invitation, and sign in."""
    invitation = made.admin.create("/v1/invitations", {"person_id": made.people[person.name]})
    made.admin.change("POST", "/v1/invitations/accept", {"token": invitation["token"], "password": password})
    return Api.sign_in(made.http, email=person.email, password=password)


def levels(people: Iterable[PersonPlan]) -> Iterator[tuple[tuple[int, int], list[PersonPlan]]]:
    """People by their department's shop and by what they reach: who gets a template with the same target."""
    shop_of = {department.name: department.shop for department in plan.DEPARTMENTS}
    together: dict[tuple[int, int], list[PersonPlan]] = {}
    for person in people:
        key = (shop_of.get(person.department, 0), person.place % len(plan.REACHED))
        together.setdefault(key, []).append(person)
    yield from sorted(together.items(), key=lambda one: one[0])
