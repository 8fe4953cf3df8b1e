"""The plan becomes goals: split from above, given by templates, written by staff, and agreed upon (GOAL-1 to GOAL-3)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from deploy.local.calls import Api, Body, DemoFailed
from deploy.local.cascade import plan
from deploy.local.cascade.company import Company
from deploy.local.cascade.figures import must_be
from deploy.local.cascade.plan import GoalKey, GoalPlan, TemplatePlan


@dataclass(frozen=True, slots=True)
class Assigned:
    """What one template came to: in a dry run, for good, and once more."""

    plan: TemplatePlan
    name: str
    dry: Body
    real: Body
    again: Body


def set_plan(made: Company) -> None:
    """The company's GMV of every cycle, each below the shortest one around it, and the goals of the quarter."""
    by_id = {cycle["id"]: cycle for cycle in made.executive.items("/v1/cycles")}
    names = {cycle_id: name for name, cycle_id in made.cycles.items()}
    for kind, _, name, target in plan.CYCLES:
        if name == plan.QUARTER:
            continue
        cycle_id = made.cycles[name]
        around = by_id[cycle_id]["parent_id"]
        if (around is None) != (kind == "year"):
            raise DemoFailed(f"the cycle {name} is not nested in another one as it should be")
        parent_id = made.plan_goals[plan.COMPANY, names[around]] if around else None
        body: Body = {
            "cycle_id": cycle_id,
            "owner": made.owner(plan.COMPANY),
            "parent_id": parent_id,
            "title": f"{name} 支付金额",
            "behaviours": plan.BEHAVIOURS,
            "weight": "100",
            "indicators": [plan.metric("gmv", target, shop_ids=[made.shop_id])],
        }
        made.plan_goals[plan.COMPANY, name] = made.executive.create("/v1/goals", body)["id"]
    for goal in plan.SPLIT_GOALS:
        write(made, made.executive, goal)


def write(made: Company, by: Api, goal: GoalPlan) -> None:
    """Write a draft of the quarter."""
    parents = made.goals | made.plan_goals
    body: Body = {
        "cycle_id": made.quarter_id,
        "owner": made.owner(goal.owner),
        "parent_id": parents[goal.parent] if goal.parent else None,
        "title": goal.title,
        "why": goal.why,
        "behaviours": goal.behaviours,
        "standards": goal.standards,
        "milestones": [{"title": title, "due_on": due_on.isoformat()} for title, due_on in goal.milestones],
        "weight": str(goal.weight),
        "indicators": [_over_shop(indicator, made.shop_id) for indicator in goal.indicators],
    }
    made.goals[goal.owner, goal.title] = by.create("/v1/goals", body)["id"]


def propose(made: Company, goal: GoalKey, *, by: str, to: Iterable[str] = ()) -> dict[str, Decimal]:
    """How a target may be split over people, else over those with goals right below; the parts add up (GOAL-11)."""
    query = {"by": by, "person_id": [made.people[name] for name in to]}
    proposal = made.executive.get(f"/v1/goals/{made.goals[goal]}/split", **query)
    parts = {made.name_of(item["owner"]): Decimal(item["target"]) for item in proposal["items"]}
    must_be(sum(parts.values(), Decimal(0)), Decimal(proposal["target"]), f"the sum of the parts of {goal[1]}")
    return parts


def assign_templates(made: Company, parts: Mapping[str, Decimal]) -> list[Assigned]:
    """Each post gets its template: HR edits the company's copy, tries, assigns, and assigns again (GOAL-9, GOAL-13)."""
    hr = made.accounts[plan.HAN]
    copies = {copy["origin"]: copy for copy in hr.items("/v1/kpi-templates") if copy["origin"]}
    done = []
    for template in plan.TEMPLATES:
        path = f"/v1/kpi-templates/{copies[template.origin]['id']}"
        if template.changes:
            hr.update(path, dict(template.changes))
        body = _assignment(made, template, parts)
        reports = [hr.change("POST", f"{path}/assign", body | {"dry_run": dry}) for dry in (True, False, False)]
        outcomes = [(report["created"], report["existing"], report["refused"]) for report in reports]
        if outcomes != [(1, 0, 0), (1, 0, 0), (0, 1, 0)]:
            raise DemoFailed(f"the template {template.origin} was assigned with {outcomes}: {reports[0]['items']}")
        goal_id = reports[1]["items"][0]["goal_id"]
        title = hr.get(f"/v1/goals/{goal_id}")["title"]
        made.goals[template.person, title] = goal_id
        done.append(Assigned(template, copies[template.origin]["name"], *reports))
    return done


def _assignment(made: Company, template: TemplatePlan, parts: Mapping[str, Decimal]) -> Body:
    """The targets by place; where the plan has none it is the owner's part of the GMV, with the team's stretch."""
    targets = {str(place): target for place, target in enumerate(template.targets) if target}
    body: Body = {
        "cycle_id": made.quarter_id,
        "to": {
            "position": {"position_id": made.positions.get(template.origin)},
            "department": {"department_id": made.departments[plan.SERVICE]},
            "people": {"person_ids": [made.people[template.person]]},
        }[template.to],
        "shop_ids": [made.shop_id],
        "targets": targets,
        "weight": str(template.weight),
        "parent_id": made.goals[plan.ABOVE[template.person]],
    }
    if "" in template.targets:
        stretched = parts[template.person] * plan.STRETCH
        body["targets"] = targets | {str(template.targets.index("")): str(stretched)}
    return body


def write_own_goals(made: Company, parts: Mapping[str, Decimal]) -> None:
    """What comes beside the templates: parts of the GMV from the manager, and what people set themselves."""
    wang = made.accounts[plan.WANG]
    for name, weight in plan.OWNED_WEIGHTS.items():
        target = str(parts[name] * plan.STRETCH)
        indicators = (plan.metric("gmv", target, attribution="owned"),)
        why, above = "按份额承担业绩", plan.ABOVE[name]
        write(made, wang, GoalPlan(name, plan.OWNED_GMV, weight, indicators, why, plan.BEHAVIOURS, above))
    write(made, made.executive, plan.MILESTONES)
    write(made, made.accounts[plan.SU], plan.MANUAL)


def check_goals(made: Company) -> dict[str, list[Body]]:
    """What there is to look at again before anything is confirmed, by owner (GOAL-14)."""
    return {
        name: _who_asks(made, name).get(f"/v1/goal-checks/{made.path(name)}", cycle_id=made.quarter_id)["warnings"]
        for name in made.owners
    }


def agree(made: Company) -> int:
    """Everybody submits, agrees and confirms as GOAL-3 has it; how many goals are confirmed."""
    every, staff = made.plan_goals | made.goals, _staff(made)
    for action in ("submit", "adjust", "confirm"):
        for (owner, title), goal_id in every.items():
            who = _actor(made, owner, action)
            if who is None:
                continue
            after = who.act(f"/v1/goals/{goal_id}", action)
            if action == "submit" and owner in staff and "confirm" in after["allowed_actions"]:
                raise DemoFailed(f"{owner} may confirm {title} before the manager has agreed to it")
    confirmed = list(made.executive.items("/v1/goals", state="confirmed"))
    must_be(len(confirmed), len(every), "the number of goals confirmed")
    return len(confirmed)


def report_results(made: Company) -> Body:
    """What no connector pushes: milestones done, and a number entered with evidence and accepted (GOAL-4)."""
    wang = made.accounts[plan.WANG]
    path = f"/v1/goals/{made.goals[plan.WANG, plan.MILESTONES.title]}"
    for milestone in wang.get(path)["milestones"]:
        done_on = plan.DONE_MILESTONES.get(milestone["title"])
        if done_on:
            step = f"{path}/milestones/{milestone['id']}"
            wang.act(step, "complete", {"on": done_on.isoformat()}, of=path)
    path = f"/v1/goals/{made.goals[plan.SU, plan.MANUAL.title]}"
    indicator_id = wang.get(path)["indicators"][0]["id"]
    entries = f"{path}/indicators/{indicator_id}/entries"
    entry = made.accounts[plan.SU].create(entries, plan.ENTRY)
    accepted = wang.change("POST", f"{entries}/{entry['id']}/actions/accept", {})
    if (entry["state"], accepted["state"]) != ("pending", "accepted"):
        raise DemoFailed(f"the number entered was {entry['state']}, then {accepted['state']}")
    return accepted


def _actor(made: Company, owner: str, action: str) -> Api | None:
    """Who does that with goals of an owner, in whichever life they are (GOAL-3)."""
    if owner in _staff(made):
        return made.accounts[plan.WANG if action == "adjust" else owner]
    if action == "adjust":
        return None  # who splits from above has agreed by submitting
    head = {plan.TEAM: plan.WANG, plan.SERVICE: plan.HE, plan.COMPANY: plan.ZHOU}.get(owner, owner)
    return made.accounts[head] if action == "confirm" else made.executive


def _staff(made: Company) -> set[str]:
    """Those who are no department's head (ORG-2)."""
    return {person.name for person in plan.PEOPLE if not person.leads} & made.people.keys()


def _who_asks(made: Company, owner: str) -> Api:
    return made.accounts.get(owner, made.executive)


def _over_shop(indicator: Body, shop_id: str) -> Body:
    return indicator | {"shop_ids": [shop_id]} if "metric" in indicator else indicator
