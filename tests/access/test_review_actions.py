"""Every action on a review, at every step, by everybody in every relation to it (REV-6, SEC-3).

The expectation is written from the specification: it knows nothing of `attain_shared.rules.review_flow`.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from attain_api.events.audience import find_audience
from attain_api.state import ApiState
from attain_shared.clock import business_day
from attain_shared.db.session import transaction
from attain_shared.events.schemas import EventKind
from attain_shared.reviews.models import ReviewDelegation
from attain_shared.rules.review_flow import Step
from tests.access.matrix import CALLERS
from tests.support.companies import _add_member
from tests.support.events import event_of
from tests.support.http import ok
from tests.support.matrix_world import STANDING, World, making_world
from tests.support.reviewed import add_review, add_review_cycle

MAY = """
    self_assessment     subject: submit                   hr: delegate cancel
    manager_assessment  manager: submit return            hr: delegate cancel
    second_level        second_level: approve return      hr: delegate cancel
    hr                  hr: approve return delegate cancel
    calibration         hr: set_rating cancel             head: set_rating
    locked              hr: publish cancel
    interview           manager: interview                hr: delegate cancel
    acknowledgement     subject: acknowledge appeal       hr: cancel
    appealed            hr: uphold change delegate cancel
    closed
    cancelled
"""
"""REV-6: at which step what is whose to do; `locked` is calibration in a locked group."""
STATES = tuple(line.split()[0] for line in MAY.strip().splitlines())
DELEGATED = {
    "self_assessment": "submit",
    "manager_assessment": "submit return",
    "second_level": "approve return",
    "hr": "approve return",
    "interview": "interview",
    "appealed": "uphold change",
}
"""What whoever a step is delegated to does there; the other steps are not delegated."""
IN_GROUPS = ("set_rating", "publish")
"""Done to a round's group, so that a relation to one review does not let anybody see the operation."""
ACTIONS = (
    "submit", "return", "approve", "set_rating", "publish", "interview", "acknowledge", "appeal", "uphold", "change",
    "cancel", "delegate",
)  # fmt: skip
WHY = {"reason": "依据不足"}
BODIES: Mapping[str, dict[str, Any]] = {
    **dict.fromkeys(("return", "appeal", "uphold", "cancel"), WHY),
    "change": {"rating": "3.75", **WHY},
}


@dataclass(frozen=True)
class Line:
    """Whose review it is, and who is what to it."""

    parties: Mapping[str, str]
    """By what they are, the callers."""
    onlookers: tuple[str, ...] = ()
    """Who else sees it."""
    has_moved: bool = False
    """Whether the employee has left the department since: its head calibrates, and sees nothing before and after."""

    @property
    def callers(self) -> tuple[str, ...]:
        """Who tries it: those whom no relation lets in need it once."""
        return EVERYBODY if self.parties["subject"] == "subject" else (*INSIDE, DELEGATE)

    def parties_of(self, caller: str, state: str) -> set[str]:
        """What a caller is to the review."""
        held = {party for party, who in self.parties.items() if who == caller}
        return held | ({DELEGATE} if caller == DELEGATE and state in DELEGATED else set())

    def is_seen_by(self, caller: str, state: str) -> bool:
        """Whether a caller sees the review."""
        if self.has_moved and caller == self.parties["head"]:
            return state in {"calibration", "locked"}
        return caller in self.onlookers or bool(self.parties_of(caller, state))


def line(*onlookers: str, has_moved: bool = False, **parties: str) -> Line:
    return Line(parties, onlookers, has_moved)


LINES = {
    "employee": line(subject="subject", manager="manager", second_level="skip", hr="hr", head="head"),
    # the only HR is the subject: an executive stands in; in the department only when the review was opened
    "only-hr": line(subject="hr", manager="manager", second_level="skip", hr="executive", head="head", has_moved=True),
    # HR is the manager, and there is no other HR; nobody is above HR
    "managed-by-hr": line("manager", "skip", subject="peer", manager="hr", hr="hr", head="head"),
}
DELEGATE = "delegate"
EVERYBODY = (*CALLERS.values(), DELEGATE)
OUTSIDE = {"anonymous": 401, "left": 401, "revoked": 401, "ops": 403, "platform": 403, "connector": 403, "foreign": 404}
"""Those whom no relation lets in."""
INSIDE = tuple(caller for caller in CALLERS.values() if caller not in OUTSIDE)


def read_table() -> dict[str, dict[str, set[str]]]:
    """By state and party, the actions."""
    table: dict[str, dict[str, set[str]]] = {}
    for row in MAY.strip().splitlines():
        state, *words = row.split()
        party, table[state] = "", {}
        for word in words:
            if word.endswith(":"):
                party = word[:-1]
                table[state][party] = set()
            else:
                table[state][party].add(word)
        if state in DELEGATED:
            table[state][DELEGATE] = set(DELEGATED[state].split())
    return table


TABLE = read_table()
EVER = {
    party: {action for row in TABLE.values() for action in row.get(party, ())}
    for party in ("subject", "manager", "second_level", "hr", "head", DELEGATE)
}
"""By party, what some step would allow."""


def expected(of: Line, state: str, caller: str, action: str) -> int:
    """The status: 200 stands for every success."""
    if caller in OUTSIDE:
        return OUTSIDE[caller]
    parties = of.parties_of(caller, state)
    # a round is also seen by whoever calibrates in it, though its reviews are seen at calibration alone
    calibrates = action in IN_GROUPS and state != "cancelled" and bool(parties & {"hr", "head"})
    if not of.is_seen_by(caller, state) and not calibrates:
        # administrators see all rounds, and no reviews
        return 403 if action in IN_GROUPS and caller == "admin" else 404
    if action in IN_GROUPS and state == "cancelled":
        return 422 if caller == "hr" else 403  # nobody is left in the round: there is no group, and no head of any
    if action in IN_GROUPS and not calibrates:
        return 403
    if any(action in TABLE[state].get(party, ()) for party in parties):
        return 200
    return 409 if any(action in EVER[party] for party in parties) else 403


class Placed(NamedTuple):
    """The ids of a review, of its round, and of its calibration group."""

    review_id: str
    round_id: str
    group_id: str


@dataclass(frozen=True)
class Reviews:
    """A world with a review at each step in each line."""

    world: World
    placed: Mapping[tuple[str, str], Placed]

    def request(self, name: str, state: str, action: str) -> dict[str, Any]:
        """The request that does an action."""
        review_id, round_id, group_id = self.placed[name, state]
        calibration = f"/v1/review-cycles/{round_id}/calibration"
        method, url, body = "POST", f"/v1/reviews/{review_id}/actions/{action}", dict(BODIES.get(action, {}))
        if action == "delegate":
            body = {"to_person_id": self.world.ids["mentor"], **WHY}
        elif action == "interview":
            url, body = f"/v1/reviews/{review_id}/interview", interview()
        elif action == "publish":
            url, body = f"{calibration}/publish", {"group_id": group_id}
        elif action == "set_rating":
            ratings = [{"review_id": review_id, "rating": "3.75", **WHY}]
            return {"method": "PUT", "url": f"{calibration}/ratings", "json": ratings}
        return {"method": method, "url": url, "json": body, "headers": {"If-Match": "*"}}


def interview() -> dict[str, Any]:
    case = {"behaviour": "双11当晚主动补发", "consequence": "无一差评"}
    return {"held_on": business_day().isoformat(), "good": [case], "improve": [], "expectations": None, "actions": []}


@pytest.fixture(scope="module")
async def reviews(state: ApiState) -> AsyncIterator[Reviews]:
    """Delegated wherever a step can be, to somebody who is nothing else."""
    async with making_world(state) as world:
        async with transaction(world.state.sessions, world.state.doorbell) as uow:
            made = await _add_member(uow, state=world.state, company_id=world.company_id, roles=("employee",))
        world.callers[DELEGATE], world.ids[DELEGATE] = made.headers, str(made.person_id)
        world.members[DELEGATE] = made
        populated = await _populated(world)
        await world.keep()
        yield populated


async def _populated(world: World) -> Reviews:
    reviews: dict[tuple[str, str], Placed] = {}
    for name, of in LINES.items():
        for at in STATES:
            review_id, round_id = await _add(world, of, at)
            group_id = await _group(world, round_id)
            reviews[name, at] = Placed(review_id, round_id, group_id)
            if at == "locked":
                path = f"/v1/review-cycles/{round_id}/calibration/lock"
                await world.do(of.parties["hr"], "POST", path, {"group_id": group_id, "exception": "人数太少"})
    return Reviews(world, reviews)


async def _add(world: World, of: Line, at: str) -> tuple[str, str]:
    ids = {party: UUID(world.ids[who]) for party, who in of.parties.items()}
    own: dict[str, Any] = {"company_id": world.company_id}
    step = Step("calibration" if at == "locked" else at)
    async with transaction(world.state.sessions, world.state.doorbell) as uow:
        cycle_id, by = UUID(world.ids[STANDING]), world.members["admin"].person_id
        round_id = add_review_cycle(uow, **own, cycle_id=cycle_id, by=by, name=at)
        await uow.session.flush()
        review_id = await add_review(
            uow,
            **own,
            review_cycle_id=round_id,
            step=step,
            person_id=ids["subject"],
            manager_id=ids["manager"],
            second_level_id=ids.get("second_level"),
            department_id=UUID(world.ids["department"]),
        )
        if at in DELEGATED:
            to = {"person_id": UUID(world.ids[DELEGATE]), "reason": "休假", "delegated_by": by}
            uow.session.add(ReviewDelegation(**own, review_id=review_id, step=step.value, **to))
    return str(review_id), str(round_id)


async def _group(world: World, round_id: str) -> str:
    """Where nobody is left in a round, a group of it that there is not."""
    answer = await world.api.get(f"/v1/review-cycles/{round_id}/calibration", headers=world.callers["hr"])
    groups = ok(answer)["items"]
    return str(groups[0]["group_id"]) if groups else round_id


CASES = [(name, state) for name in LINES for state in STATES]


def test_the_number_of_cells() -> None:
    cells = sum(len(STATES) * len(ACTIONS) * len(of.callers) for of in LINES.values())
    print(
        f"\n{len(LINES)} lines, {len(STATES)} states, {len(ACTIONS)} actions, {len(EVERYBODY)} callers: {cells} cells"
    )
    assert set(ACTIONS) == set().union(*EVER.values())
    assert cells > 4500


@pytest.mark.no_cover
@pytest.mark.parametrize(("name", "at"), CASES)
async def test_everybody_may_do_what_the_table_says_and_is_told_so(reviews: Reviews, name: str, at: str) -> None:
    """Allowed or refused as REV-6 has it; `allowed_actions` lists what is accepted, and nothing else (api.md)."""
    of, world, wrong = LINES[name], reviews.world, []
    for caller in of.callers:
        accepted = set()
        for action in ACTIONS:
            answer = await world.call(caller, reviews.request(name, at, action))
            found, wanted = 200 if answer.is_success else answer.status_code, expected(of, at, caller, action)
            if found != wanted:
                wrong.append(f"{caller} {action}: {found} instead of {wanted}: {answer.text[:200]}")
            if answer.is_success:
                accepted.add(action)
        read = await world.call(caller, {"method": "GET", "url": f"/v1/reviews/{reviews.placed[name, at].review_id}"})
        if not read.is_success:
            assert not accepted, (caller, accepted)
        elif set(read.json()["allowed_actions"]) != accepted:
            wrong.append(f"{caller} is told {read.json()['allowed_actions']} and may {sorted(accepted)}")
    assert not wrong, f"{name} at {at}" + "".join(f"\n  {what}" for what in wrong)


async def test_whoever_sees_a_review_is_told_that_its_step_changed_and_nobody_else(reviews: Reviews) -> None:
    """All at once, as a process has them listen (REV-7)."""
    world = reviews.world
    members = {caller: world.members[caller] for caller in (*INSIDE, DELEGATE)}
    events = [
        event_of(EventKind.REVIEW_STEP_CHANGED, UUID(placed.review_id), world.company_id)
        for placed in reviews.placed.values()
    ]
    async with transaction(world.state.sessions, world.state.doorbell) as uow:
        told = await find_audience(
            uow.session,
            company_id=world.company_id,
            events=events,
            listeners=[member.actor for member in members.values()],
        )
    for caller, member in members.items():
        seen = {key for key, placed in reviews.placed.items() if UUID(placed.review_id) in told[member.person_id]}
        assert (caller, seen) == (caller, {(name, at) for name, at in CASES if LINES[name].is_seen_by(caller, at)})
