"""From the published rating to the closed round: talked about, acknowledged, appealed, restated, exported (REV-6, REV-7)."""

import io
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from zipfile import ZipFile

from deploy.local.calls import Body, DemoFailed
from deploy.local.quarter import judgement, plan
from deploy.local.quarter.assessing import Round
from deploy.local.quarter.company import at_once
from deploy.local.quarter.goals import Sales
from deploy.local.quarter.plan import PersonPlan, today

UPHELD, CHANGED = 5, 9
"""Who appeals, by their places among those reviewed."""


def talk(of_staff: Round) -> None:
    """Each manager holds the interview; the employee sees the rating, and answers."""
    made = of_staff.made

    appealing = {of_staff.people[place].name for place in (UPHELD, CHANGED)}

    def hold(person: PersonPlan) -> None:
        own, manager = made.accounts[person.name], made.accounts[made.manager_of(person)]
        desk = of_staff.desk(person, own).must_be_at("interview")
        if desk.body["rating"] is None or desk.body["manager_assessment"] is None:
            raise DemoFailed(f"{person.name} does not see the rating")
        due_on = (today() + timedelta(days=60)).isoformat()
        body = judgement.interview(
            person, desk.body, own_id=made.people[person.name], today=today().isoformat(), due_on=due_on
        )
        manager.create(f"{desk.path}/interview", body)
        desk = of_staff.desk(person, own)
        if person.name in appealing:
            desk.act("appeal", {"reason": "第二季度的目标中途上调,未计入"}, to="appealed")
        else:
            desk.act("acknowledge", to="closed")

    at_once(hold, of_staff.people)
    of_staff.happened["interviews"] += len(of_staff.people)


def answer_appeals(of_staff: Round) -> None:
    """One is upheld, the other changes the rating; both are closed for good."""
    for place, action in ((UPHELD, "uphold"), (CHANGED, "change")):
        person = of_staff.people[place]
        desk = of_staff.desk(person, of_staff.hr_of(person))
        before = desk.body["rating"]
        body = {"reason": "目标上调属实,应予扣除" if action == "change" else "目标上调经本人确认"}
        after = _next_step(before) if action == "change" else before
        desk.act(action, body | ({"rating": after} if action == "change" else {}), to="closed")
        if desk.body["rating"] != after:
            raise DemoFailed(f"after the appeal {person.name} has {desk.body['rating']}, and must have {after}")
        of_staff.happened[f"appeals: {action}"] += 1


def _next_step(rating: str) -> str:
    return str(plan.STEPS[min(plan.STEPS.index(Decimal(rating)) + 1, len(plan.STEPS) - 1)])


def restate(of_staff: Round, sales: Sales) -> Body:
    """The platform takes back a tenth of two weeks' sales: signed figures stay, the difference stands beside them."""
    made = of_staff.made
    of_shop = [one for one in of_staff.people if one.department == "旗舰店运营部"]
    # where there is one, just above the border of 3.75
    person = min(of_shop, key=lambda one: plan.reached(one.place, 0) != plan.JUST_ABOVE)
    manager = made.accounts[made.manager_of(person)]
    path = f"/v1/reviews/{of_staff.reviews[person.name]}"
    before, figures = manager.get(path), manager.get(f"{path}/figures")
    goal = next(goal for goal in figures["goals"] if goal["title"].startswith("店铺支付金额"))
    if goal["differs"]:
        raise DemoFailed("there is a difference before anything was restated")
    sales.connector.wait_until_shown(manager, sales.restate(), goal["goal_id"])
    after, figures = manager.get(path), manager.get(f"{path}/figures")
    moved: Body = next(one for one in figures["goals"] if one["goal_id"] == goal["goal_id"])
    if after != before or not (moved["differs"] and moved["restated"] and moved["changes"]):
        raise DemoFailed(f"the restatement changed the review, or is not shown beside it: {moved}")
    return moved


def close(of_staff: Round) -> int:
    """HR closes the round, and takes it along as a spreadsheet; its rows."""
    hr, path = of_staff.made.hr, f"/v1/review-cycles/{of_staff.id}"
    if hr.change("POST", f"{path}/actions/close", {})["state"] != "closed":
        raise DemoFailed("the round is not closed")
    with ZipFile(io.BytesIO(hr.fetch(f"{path}/export"))) as book:
        rows = book.read("xl/worksheets/sheet1.xml").count(b"<row ") - 1
    if rows != len(of_staff.made.staff):
        raise DemoFailed(f"the spreadsheet has {rows} reviews, the round {len(of_staff.made.staff)}")
    return rows


def quadrants(of_staff: Round) -> Counter[str]:
    """How many people are in which quadrant (REV-9)."""
    reviews = of_staff.made.hr.items("/v1/reviews", review_cycle_id=of_staff.id)
    return Counter(review["quadrant"] for review in reviews if review["step"] == "closed")


def follow_ups(of_staff: Round) -> tuple[int, int, int]:
    """Action items, improvement plans, and reviews that came as a surprise (REV-10)."""
    hr = of_staff.made.hr
    plans, items = list(hr.items("/v1/improvement-plans")), list(hr.items("/v1/action-items"))
    surprised = at_once(lambda one: hr.get(f"/v1/reviews/{one['review_id']}")["surprises"], plans)
    if not plans or any(one["state"] not in {"open", "cancelled"} for one in plans):
        raise DemoFailed(f"{len(plans)} improvement plans were opened")
    return len(items), len(plans), sum(1 for found in surprised if found)
