"""From the opened round to calibration: assessed by oneself and the manager, looked at by two more (REV-6)."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from deploy.local.calls import Api, Body, DemoFailed
from deploy.local.quarter import judgement, plan
from deploy.local.quarter.company import Company, at_once
from deploy.local.quarter.desk import Desk
from deploy.local.quarter.plan import PersonPlan, today

RETURNED_TO_SELF, RETURNED_BY_SECOND, RETURNED_BY_HR = 40, 50, 60
"""People whose review goes back a step, once, are those at these places and the next one."""


@dataclass(slots=True)
class Round:
    """The round of the staff: its id, each review by the name of its person, and what happened on the way."""

    made: Company
    id: str = ""
    reviews: dict[str, str] = field(default_factory=dict)
    happened: Counter[str] = field(default_factory=Counter)
    leaver: str = ""

    @property
    def people(self) -> list[PersonPlan]:
        """Those who are reviewed to the end."""
        return [one for one in self.made.staff if one.name != self.leaver]

    def hr_of(self, person: PersonPlan) -> Api:
        """HR's people are looked at by HR's other one (REV-6)."""
        is_hrs = self.made.manager_of(person) == plan.HAN and person.name != plan.QIN
        return self.made.accounts[plan.QIN if is_hrs else plan.HAN]

    def refused(self, path: str, body: Body, *, code: str) -> None:
        """Fail loudly where HR is let do what must not be done."""
        try:
            self.made.hr.change("POST", path, body)
        except DemoFailed as refusal:
            if f" {code}:" not in str(refusal):
                raise
        else:
            raise DemoFailed(f"{path} was answered, and must be refused as {code}")

    def desk(self, person: PersonPlan, api: Api) -> Desk:
        """A person's review before somebody."""
        return Desk.open(api, self.reviews[person.name])


def open_round(made: Company) -> Round:
    """HR opens the staff's round, names who assesses whoever has no manager, and opens it again: nothing is made twice."""
    due = {step: (today() + timedelta(days=days)).isoformat() for step, days in plan.DUE.items()}
    body: Body = {
        "name": f"{plan.QUARTER} staff",
        "cadence": "quarter",
        "cycle_id": made.cycle_id,
        "class": "staff",
        "department_ids": [made.departments[plan.TOP]],
        "performance_weight": "0.7",
        "values_weight": "0.3",
        "due": due,
    }
    of_staff = Round(made, made.hr.create("/v1/review-cycles", body)["id"])
    path = f"/v1/review-cycles/{of_staff.id}/actions/open"
    opened = made.hr.change("POST", path, {})
    adviser = made.people[plan.ADVISER]
    if opened["without_assessor"] != [adviser]:
        raise DemoFailed(f"without an assessor are {opened['without_assessor']}, and must be the adviser alone")
    named = {"assessors": [{"person_id": adviser, "assessor_id": made.people[plan.ZHOU]}]}
    counts = [made.hr.change("POST", path, named)["created"] for _ in range(2)]
    if (opened["created"] + counts[0], counts[1]) != (len(made.staff), 0):
        raise DemoFailed(f"{opened['created']}, {counts} reviews were opened for {len(made.staff)} people")
    names = {person_id: name for name, person_id in made.people.items()}
    for review in made.hr.items("/v1/reviews", review_cycle_id=of_staff.id):
        of_staff.reviews[names[review["person_id"]]] = review["id"]
    return of_staff


def ask_raters(of_staff: Round) -> None:
    """Three people are also asked about by their peers; the third by two only, which is too few (REV-11)."""
    made, subjects = of_staff.made, [one for one in of_staff.people if one.department == "售前客服部"]
    for subject, count in zip(subjects[:3], (4, 3, 2), strict=True):
        path = f"/v1/reviews/{of_staff.reviews[subject.name]}/raters"
        own, manager = made.accounts[subject.name], made.accounts[made.manager_of(subject)]
        for peer in subjects[10 : 10 + count]:
            rater = own.create(path, {"person_id": made.people[peer.name], "relation": "peer"})
            manager.change("POST", f"{path}/{rater['id']}/actions/approve", {})
            answer = {"scores": dict.fromkeys((*judgement.VALUES, "collaboration", "delivery"), "3.5")}
            made.accounts[peer.name].change("PUT", f"{path}/{rater['id']}/answer", answer)
            of_staff.happened["360 answers"] += 1


def somebody_leaves(of_staff: Round) -> None:
    """One of the staff is gone before writing anything: it is on record, and HR cancels the review."""
    made = of_staff.made
    of_staff.leaver = next(one.name for one in made.staff if one.department == "物流部")
    yesterday = (today() - timedelta(days=1)).isoformat()
    made.hr.change(
        "POST", f"/v1/people/{made.people[of_staff.leaver]}/leave", {"effective_on": yesterday, "reason": "回乡"}
    )
    made.hr.change("POST", f"/v1/review-cycles/{of_staff.id}/actions/open", {})
    desk = Desk.open(made.hr, of_staff.reviews[of_staff.leaver]).must_be_at("manager_assessment")
    desk.act("cancel", {"reason": "已离职"}, to="cancelled")
    actions = {event["action"] for event in made.hr.items(f"{desk.path}/history")}
    if not {"open", "leave", "cancel"} <= actions:
        raise DemoFailed(f"on record of the leaver's review is only {sorted(actions)}")
    of_staff.happened["leavers"] += 1


def a_manager_changes(of_staff: Round) -> None:
    """Somebody gets another manager in the middle: the review goes along."""
    made = of_staff.made
    moved = next(one for one in of_staff.people if one.department == "设计部")
    new = next(one.name for one in made.plans.values() if one.department == "商品部" and one.leads)
    made.hr.update(f"/v1/people/{made.people[moved.name]}", {"manager_id": made.people[new]})
    made.hr.change("POST", f"/v1/review-cycles/{of_staff.id}/actions/open", {})
    made.managers[moved.name] = new
    if of_staff.desk(moved, made.hr).body["manager_id"] != made.people[new]:
        raise DemoFailed(f"the review of {moved.name} did not go along to {new}")
    of_staff.happened["manager changes"] += 1


def assess_themselves(of_staff: Round) -> None:
    """Each of the staff, by their own account."""

    def write(person: PersonPlan) -> None:
        desk = of_staff.desk(person, of_staff.made.accounts[person.name])
        desk.write("self", judgement.self_assessment(person)).act("submit", to="manager_assessment")

    at_once(write, of_staff.people)


def assess(of_staff: Round) -> None:
    """Each manager; one is on leave, and another head is asked by HR to do one of theirs."""
    made = of_staff.made
    away = next(one for one in of_staff.people if one.department == "奥莱店运营部")
    stand_in = "家居店运营部主管"
    body = {"to_person_id": made.people[stand_in], "reason": "主管休产假"}
    of_staff.desk(away, made.hr).act("delegate", body, to="manager_assessment")
    of_staff.happened["delegations"] += 1

    def write(person: PersonPlan) -> None:
        who = made.accounts[stand_in if person is away else made.manager_of(person)]
        desk = of_staff.desk(person, who)
        if RETURNED_TO_SELF <= person.place < RETURNED_TO_SELF + 2:
            desk.act("return", {"reason": "请补充第二个目标的依据"}, to="self_assessment")
            own = of_staff.desk(person, made.accounts[person.name])
            own.write("self", judgement.self_assessment(person)).act("submit", to="manager_assessment")
            desk = of_staff.desk(person, who)
        judge(of_staff, person, desk)

    at_once(write, of_staff.people)
    of_staff.happened["returns to the employee"] += 2


def judge(of_staff: Round, person: PersonPlan, desk: Desk) -> None:
    """The manager writes and submits: the figures are frozen, and go to the 1 over 1, past where there is none."""
    figures = desk.api.get(f"{desk.path}/figures")["goals"]
    has_second = of_staff.made.second_of(person) is not None
    desk.write("manager", judgement.manager_assessment(person, figures))
    desk.act("submit", to="second_level" if has_second else "hr")
    if desk.body["frozen_as_of"] is None or desk.body["performance"] is None:
        raise DemoFailed(f"the figures of {person.name} were not frozen")


def look_over(of_staff: Round) -> None:
    """The 1 over 1 decides what was left open and approves; some reviews go back once, to be frozen anew (REV-7)."""
    made = of_staff.made

    def approve(person: PersonPlan) -> None:
        second = made.second_of(person)
        if second is None:
            return
        if RETURNED_BY_SECOND <= person.place < RETURNED_BY_SECOND + 2:
            _send_back(of_staff, person, made.accounts[second])
        desk = of_staff.desk(person, made.accounts[second])
        if judgement.is_unsure(person):
            desk.write("second-level", judgement.decided_values())
        desk.act("approve", to="hr")

    at_once(approve, of_staff.people)
    of_staff.happened["returns by the 1 over 1"] += 2
    of_staff.happened["values left to the 1 over 1"] += sum(map(judgement.is_unsure, of_staff.people))


def approve_as_hr(of_staff: Round) -> None:
    """HR, and for HR's own people HR's other one; two go back first."""
    made = of_staff.made

    def approve(person: PersonPlan) -> None:
        if RETURNED_BY_HR <= person.place < RETURNED_BY_HR + 2:
            second = made.second_of(person)
            _send_back(of_staff, person, of_staff.hr_of(person))
            if second is not None:
                desk = of_staff.desk(person, made.accounts[second])
                if judgement.is_unsure(person):
                    desk.write("second-level", judgement.decided_values())
                desk.act("approve", to="hr")
        of_staff.desk(person, of_staff.hr_of(person)).act("approve", to="calibration")

    at_once(approve, of_staff.people)
    of_staff.happened["returns by HR"] += 2


def _send_back(of_staff: Round, person: PersonPlan, by: Api) -> None:
    """To the manager, who looks once more; what was frozen is frozen anew."""
    desk = of_staff.desk(person, by)
    before = desk.body["frozen_as_of"]
    desk.act("return", {"reason": "案例与评分不符"}, to="manager_assessment")
    again = of_staff.desk(person, of_staff.made.accounts[of_staff.made.manager_of(person)])
    judge(of_staff, person, again)
    if again.body["frozen_as_of"] <= before:
        raise DemoFailed(f"the figures of {person.name} were not frozen anew")
