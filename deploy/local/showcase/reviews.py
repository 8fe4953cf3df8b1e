"""The round of the quarter before, with somebody at every step of it (REV-6)."""

from collections.abc import Callable

from deploy.local.quarter import assessing, judgement
from deploy.local.quarter.assessing import Round
from deploy.local.quarter.company import Company, at_once
from deploy.local.quarter.plan import PersonPlan

LATE = 9
"""Every ninth has not assessed themselves yet."""


def has_assessed(person: PersonPlan) -> bool:
    """Who has: nobody of logistics."""
    return person.department != "物流部" and person.place % LATE != 0


def is_judged(person: PersonPlan) -> bool:
    """By their manager; the designers' has done none yet."""
    return has_assessed(person) and person.department != "设计部"


def is_looked_over(person: PersonPlan) -> bool:
    """By the manager's manager."""
    return is_judged(person) and person.department != "商品部"


def is_approved(person: PersonPlan) -> bool:
    """By HR: ready to be calibrated."""
    return is_looked_over(person) and person.department != "奥莱店运营部"


def open_round(made: Company) -> Round:
    """Open it, and have each of the staff get as far as they are."""
    of_staff = assessing.open_round(made)
    for who, do in (
        (has_assessed, _assess_themselves),
        (is_judged, _judge),
        (is_looked_over, _look_over),
        (is_approved, _approve),
    ):
        _each(of_staff, who, do)
    return of_staff


def _each(
    of_staff: Round, who: Callable[[PersonPlan], bool], do: Callable[[Round, PersonPlan], None]
) -> None:  # fmt: skip
    at_once(lambda person: do(of_staff, person), filter(who, of_staff.people))


def _assess_themselves(of_staff: Round, person: PersonPlan) -> None:
    desk = of_staff.desk(person, of_staff.made.accounts[person.name])
    desk.write("self", judgement.self_assessment(person)).act("submit", to="manager_assessment")


def _judge(of_staff: Round, person: PersonPlan) -> None:
    made = of_staff.made
    assessing.judge(of_staff, person, of_staff.desk(person, made.accounts[made.manager_of(person)]))


def _look_over(of_staff: Round, person: PersonPlan) -> None:
    second = of_staff.made.second_of(person)
    if second is None:
        return  # it has gone past that step already
    desk = of_staff.desk(person, of_staff.made.accounts[second])
    if judgement.is_unsure(person):
        desk.write("second-level", judgement.decided_values())
    desk.act("approve", to="hr")


def _approve(of_staff: Round, person: PersonPlan) -> None:
    of_staff.desk(person, of_staff.hr_of(person)).act("approve", to="calibration")
