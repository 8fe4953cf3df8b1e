"""The company of the story, made over HTTP: departments, people, shops, a cycle and its goals."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from deploy.local import story
from deploy.local.calls import Api, Body, DemoFailed
from deploy.local.story import GoalPlan, IndicatorPlan


@dataclass(slots=True)
class Organisation:
    """Ids of what was made, by the names in the story."""

    departments: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    shops: dict[str, str] = field(default_factory=dict)
    goals: dict[str, str] = field(default_factory=dict)
    cycle_id: str = ""

    def owner(self, name: str) -> Body:
        """Who owns a goal, as the API names them."""
        if name == story.COMPANY:
            return {"type": "company"}
        kind = "department" if name in self.departments else "person"
        return {"type": kind, "id": (self.departments | self.people)[name]}


def found(api: Api) -> Organisation:
    """Make departments, people and shops."""
    made = Organisation()
    top = api.create("/v1/departments", {"name": story.MANAGEMENT, "function": "management"})
    made.departments[story.MANAGEMENT] = top["id"]
    for department in story.DEPARTMENTS:
        body = {
            "name": department.name,
            "function": department.function,
            "parent_id": top["id"],
            "headcount_plan": department.headcount,
            "duties": list(department.duties),
        }
        made.departments[department.name] = api.create("/v1/departments", body)["id"]
    for person in story.PEOPLE:
        department_id = made.departments[person.department]
        body = {
            "name": person.name,
            "email": person.email,
            "department_id": department_id,
            "manager_id": made.people[person.manager] if person.manager else None,
            "hired_on": "2024-03-01",
            "roles": list(person.roles),
        }
        made.people[person.name] = api.create("/v1/people", body)["id"]
        if person.leads:
            api.update(f"/v1/departments/{department_id}", {"head_id": made.people[person.name]})
    for shop in story.SHOPS:
        platform, _, external_id = shop.key.partition(":")
        body = {"platform": platform, "external_id": external_id, "name": shop.name}
        made.shops[shop.key] = api.create("/v1/shops", body)["id"]
    return made


def agree_goals(api: Api, made: Organisation) -> None:
    """Open the quarter, write everyone's goals, weigh them, submit them, and confirm them."""
    cycle = {"kind": "quarter", "starts_on": story.QUARTER_STARTS.isoformat(), "name": story.QUARTER_NAME}
    made.cycle_id = api.create("/v1/cycles", cycle)["id"]
    for goal in story.GOALS:
        made.goals[goal.title] = api.create("/v1/goals", _goal_body(goal, made))["id"]
    for owner in dict.fromkeys(goal.owner for goal in story.GOALS):
        weights = [
            {"goal_id": made.goals[goal.title], "weight": str(goal.weight)}
            for goal in story.GOALS
            if goal.owner == owner
        ]
        body = {"cycle_id": made.cycle_id, "owner": made.owner(owner), "weights": weights}
        api.change("PUT", "/v1/goal-weights", body)
    for action, state in (("submit", "submitted"), ("confirm", "confirmed")):
        for title, goal_id in made.goals.items():
            after = api.act(f"/v1/goals/{goal_id}", action)
            if after["state"] != state:
                raise DemoFailed(f"the goal {title} is {after['state']} after {action}")


def find_again(api: Api) -> Organisation | None:
    """What an earlier run made, if the company has the story's shops already."""
    shops = {f"{shop['platform']}:{shop['external_id']}": shop["id"] for shop in api.items("/v1/shops")}
    if not any(shop.key in shops for shop in story.SHOPS):
        return None
    cycles = [cycle["id"] for cycle in api.items("/v1/cycles") if cycle["name"] == story.QUARTER_NAME]
    if not cycles:
        raise DemoFailed("an earlier run of the demo did not finish here: choose another folder with DATA=")
    return Organisation(
        departments={department["name"]: department["id"] for department in api.items("/v1/departments")},
        people={person["name"]: person["id"] for person in api.items("/v1/people")},
        shops=shops,
        cycle_id=cycles[0],
    )


def _goal_body(goal: GoalPlan, made: Organisation) -> Body:
    return {
        "cycle_id": made.cycle_id,
        "owner": made.owner(goal.owner),
        "parent_id": made.goals[goal.parent] if goal.parent else None,
        "title": goal.title,
        "why": goal.why,
        "weight": "0",  # agreed together for each owner, once all goals are there
        "indicators": [_indicator_body(indicator, made.shops) for indicator in goal.indicators],
    }


def _indicator_body(indicator: IndicatorPlan, shops: Mapping[str, str]) -> Body:
    body: Body = {
        "kind": "metric",
        "metric": indicator.metric,
        "shop_ids": [shops[key] for key in indicator.shops],
        "direction": indicator.direction,
    }
    if indicator.target is not None:
        body["target"] = indicator.target
    if indicator.aggregate is not None:
        body["aggregate"] = indicator.aggregate
    if indicator.band is not None:
        body["band"] = dict(zip(("low", "high"), indicator.band, strict=True))
    return body
