"""Every action on a goal in every state by everybody, for every kind of owner: written from GOAL-3 and SEC-3.

The callers are those of `matrix_world.py`, with 沈舟, who heads a department of her own below 运营部, and 秦川, a director
with 周敏 for a manager. A cell says what is allowed: e(dit), s(ubmit), r(eturn), a(djust), c(onfirm), x cancel,
l close; `-` nothing, though the goal is seen; `.` the goal is not seen. What is not allowed answers 404 where the goal
is not seen, 409 where the same column allows it in another state, else 403 (api.md).
"""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from attain_api.state import ApiState
from attain_shared.clock import utc_now
from attain_shared.db.session import transaction
from attain_shared.goals.models import Cycle, Goal, Indicator
from attain_shared.identifiers import new_id
from attain_shared.rules.periods import CycleKind, cycle_end
from tests.support.companies import make_member
from tests.support.matrix_world import World, making_world

LETTERS = {"e": "change", "s": "submit", "r": "return", "a": "adjust", "c": "confirm", "x": "cancel", "l": "close"}
COLUMNS = ("own", "mgr", "skp", "hea", "exe", "hr", "adm", "men", "per")

TABLE = """
              own    mgr    skp    hea    exe    hr     adm    men    per

# 林晓 writes and submits, a manager above at any depth adjusts or returns, 林晓 confirms what was agreed
staff: owner=subject writer=subject
draft         esx    -      -      -      -      -      .      -      .
submitted     -      erax   erax   erax   -      -      .      -      .
agreed        c      erax   erax   erax   -      -      .      -      .
returned      esx    -      -      -      -      -      .      -      .
confirmed     -      exl    exl    exl    -      -      .      -      .
closed        -      -      -      -      -      -      .      -      .
cancelled     -      -      -      -      -      -      .      -      .

# 周敏 splits her own goal to 吴桐: her draft is hers to change, and his to submit
split-to-staff: owner=peer writer=manager peer=subject
draft         esx    ex     -      -      -      -      .      .      .
submitted     -      erax   erax   erax   -      -      .      .      .
agreed        c      erax   erax   erax   -      -      .      .      .
returned      esx    ex     -      -      -      -      .      .      .
confirmed     -      exl    exl    exl    -      -      .      .      .
closed        -      -      -      -      -      -      .      .      .
cancelled     -      -      -      -      -      -      .      .      .

# of the senior class: whoever is above writes and submits, 秦川 confirms
senior: owner=director writer=manager
draft         -      esx    esx    esx    -      -      .      .      .
submitted     r      erax   erax   erax   -      -      .      .      .
agreed        rc     erax   erax   erax   -      -      .      .      .
returned      -      esx    esx    esx    -      -      .      .      .
confirmed     -      exl    exl    exl    -      -      .      .      .
closed        -      -      -      -      -      -      .      .      .
cancelled     -      -      -      -      -      -      .      .      .

# nobody is above 郑岚, who heads 运营部
nobody-above: owner=head writer=head
draft         esx    .      .      esx    -      -      .      .      .
submitted     eraxc  .      .      eraxc  -      -      .      .      .
agreed        eraxc  .      .      eraxc  -      -      .      .      .
returned      esx    .      .      esx    -      -      .      .      .
confirmed     exl    .      .      exl    -      -      .      .      .
closed        -      .      .      -      -      -      .      .      .
cancelled     -      .      .      -      -      -      .      .      .

# 阿青 has no account: an administrator or whoever is above submits and confirms in her place
accountless: owner=accountless writer=admin
draft         .      esx    esx    esx    -      -      esx    .      .
submitted     .      erax   erax   erax   -      -      -      .      .
agreed        .      eraxc  eraxc  eraxc  -      -      c      .      .
returned      .      esx    esx    esx    -      -      esx    .      .
confirmed     .      exl    exl    exl    -      -      -      .      .
closed        .      -      -      -      -      -      -      .      .
cancelled     .      -      -      -      -      -      -      .      .

# the department of 沈舟, who writes its goals, too, and confirms what the head above or an executive agreed to
department: owner=led_department writer=leader
draft         esx    .      .      esx    esx    -      .      .      .
submitted     r      .      .      erax   erax   -      .      .      .
agreed        rc     .      .      erax   erax   -      .      .      .
returned      esx    .      .      esx    esx    -      .      .      .
confirmed     -      -      -      exl    exl    -      -      -      -
closed        -      -      -      -      -      -      -      -      -
cancelled     -      .      .      -      -      -      .      .      .

# 运营一部 has no head who could sign in
headless: owner=department writer=head
draft         .      .      .      esx    esx    -      esx    .      .
submitted     .      .      .      erax   erax   -      -      .      .
agreed        .      .      .      eraxc  eraxc  -      c      .      .
returned      .      .      .      esx    esx    -      esx    .      .
confirmed     -      -      -      exl    exl    -      -      -      -
closed        -      -      -      -      -      -      -      -      -
cancelled     .      .      .      -      -      -      -      .      .

# the executives' own
company: owner=company writer=executive
draft         esx    .      .      .      esx    -      .      .      .
submitted     eraxc  .      .      .      eraxc  -      .      .      .
agreed        eraxc  .      .      .      eraxc  -      .      .      .
returned      esx    .      .      .      esx    -      .      .      .
confirmed     exl    -      -      -      exl    -      -      -      -
closed        -      -      -      -      -      -      -      -      -
cancelled     -      .      .      .      -      -      .      .      .
"""
REFUSED = "action-not-allowed"
Cells = dict[str, str]
"""By column, what is allowed."""
STATES = ("draft", "submitted", "agreed", "returned", "confirmed", "closed", "cancelled")
CALLERS = {"mgr": "manager", "skp": "skip", "hea": "head", "exe": "executive", "hr": "hr", "adm": "admin"}
OWN = {"led_department": "leader", "company": "executive", "accountless": "stranger", "department": "stranger"}
"""Who answers for an owner that is nobody who can sign in; with nobody, somebody who should get nowhere."""


class Kind:
    """A kind of owner, who wrote its goals, and what is allowed in each state."""

    def __init__(self, line: str) -> None:
        """Read its line."""
        self.name, _, rest = line.partition(": ")
        said = dict(one.split("=") for one in rest.split())
        self.owner, self.writer = said["owner"], said["writer"]
        self.callers = CALLERS | {"own": OWN.get(self.owner, self.owner), "men": "mentor"}
        self.callers["per"] = said.get("peer", "peer")
        self.states: dict[str, Cells] = {}

    def ever(self, column: str) -> set[str]:
        """What some state allows."""
        return {letter for cells in self.states.values() for letter in cells[column] if letter in LETTERS}


def read_table() -> dict[str, Kind]:
    """The kinds by name."""
    kinds: list[Kind] = []
    for line in TABLE.splitlines():
        if ": " in line and not line.startswith("#"):
            kinds.append(Kind(line))
        elif line and line.split()[0] in STATES:
            state, *cells = line.split()
            kinds[-1].states[state] = dict(zip(COLUMNS, cells, strict=True))
    return {kind.name: kind for kind in kinds}


KINDS = read_table()
OFFERED: dict[str, dict[str, set[str]]] = {}
"""By caller: asked once, as nothing that is done stays."""


@pytest.fixture(scope="module")
async def world(state: ApiState) -> AsyncIterator[World]:
    """Everybody, and of each kind of owner a goal in each state, alone in its cycle so that it weighs 100."""
    async with making_world(state) as made:
        await _add_people(made)
        async with transaction(made.state.sessions, made.state.doorbell) as uow:
            for number, state_name in enumerate(STATES):
                cycle = _cycle(made, number)
                uow.session.add(cycle)
                await uow.session.flush()
                for kind in KINDS.values():
                    goal = _goal(made, kind, state_name, cycle)
                    made.ids[f"{kind.name} {state_name}"] = str(goal.id)
                    uow.session.add(goal)
                    await uow.session.flush()
                    uow.session.add(_indicator(goal))
        yield made


async def _add_people(world: World) -> None:
    ids = world.ids
    body: dict[str, Any]
    for name in ("leader", "director"):
        member = await make_member(world.state, world.members["owner"])
        world.members[name], world.callers[name], ids[name] = member, member.headers, str(member.person_id)
    body = {"name": "活动部", "function": "operations", "parent_id": ids["parent_department"], "head_id": ids["leader"]}
    ids["led_department"] = (await world.do("admin", "POST", "/v1/departments", body))["id"]
    body = {"name": "总监", "function": "operations", "tier": "executive", "grade": "director"}
    position = (await world.do("admin", "POST", "/v1/positions", body))["id"]
    body = {"department_id": ids["department"], "manager_id": ids["manager"], "position_id": position}
    await world.do("hr", "PATCH", f"/v1/people/{ids['director']}", body)


def _cycle(world: World, number: int) -> Cycle:
    starts_on = utc_now().date().replace(year=2027, month=number + 1, day=1)
    return Cycle(
        company_id=world.company_id, id=new_id(), kind="month", name=f"month {number}", starts_on=starts_on,
        ends_on=cycle_end(CycleKind.MONTH, starts_on), state="open", version=1,
    )  # fmt: skip


def _goal(world: World, kind: Kind, state: str, cycle: Cycle) -> Goal:
    owner = None if kind.owner == "company" else UUID(world.ids[kind.owner])
    is_department = kind.owner.endswith("department")
    return Goal(
        company_id=world.company_id, id=new_id(), cycle_id=cycle.id, title=f"{kind.name} {state}",
        department_id=owner if is_department else None, person_id=None if is_department else owner,
        starts_on=cycle.starts_on, ends_on=cycle.ends_on, weight=Decimal(100), ignore_missing=False,
        state="submitted" if state == "agreed" else state, standards={"below": "-", "meets": "0", "above": "+"},
        agreed_at=utc_now() if state in {"agreed", "confirmed", "closed"} or _agrees_alone(kind, state) else None,
        created_by=UUID(world.ids[kind.writer]), version=1,
    )  # fmt: skip


def _agrees_alone(kind: Kind, state: str) -> bool:
    """Nobody else agrees to what is submitted where nobody is above."""
    return state == "submitted" and kind.name in {"nobody-above", "company"}


def _indicator(goal: Goal) -> Indicator:
    return Indicator(
        company_id=goal.company_id, id=new_id(), goal_id=goal.id, position=0, kind="manual", name="培训", unit="次",
        dimension="", shop_ids=[], direction="higher_better", target=Decimal(1), cap=Decimal(2),
    )  # fmt: skip


def request(goal_id: str, letter: str) -> dict[str, Any]:
    """An action, with a reason where one is due and any version meant."""
    url, headers = f"/v1/goals/{goal_id}", {"If-Match": "*"}
    if letter == "e":
        body = {"title": "改过的目标", "reason": "an agreed change"}
        return {"method": "PATCH", "url": url, "json": body, "headers": headers}
    url = f"{url}/actions/{LETTERS[letter]}"
    return {"method": "POST", "url": url, "json": {"reason": "because"}, "headers": headers}


async def offers(world: World, caller: str) -> dict[str, set[str]]:
    """By goal that the caller sees, what its list offers them."""
    if caller not in OFFERED:
        page = await world.call(caller, {"method": "GET", "url": "/v1/goals", "params": {"limit": 200}})
        OFFERED[caller] = {one["id"]: set(one["allowed_actions"]) for one in page.json()["items"]}
    return OFFERED[caller]


def test_the_table_is_whole() -> None:
    assert all(tuple(kind.states) == STATES for kind in KINDS.values())
    callers = sum(len(set(kind.callers.values())) for kind in KINDS.values())
    cells = callers * len(STATES) * len(LETTERS)
    print(f"\n{callers} pairs of owner and caller x {len(STATES)} states x {len(LETTERS)} actions = {cells} cells")


@pytest.mark.no_cover
@pytest.mark.parametrize("state_name", STATES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_everybody_does_what_is_written_and_nothing_else(world: World, kind: Kind, state_name: str) -> None:
    """GOAL-3, SEC-3: exactly, and `allowed_actions` says so beforehand."""
    goal_id, wrong = world.ids[f"{kind.name} {state_name}"], []
    asked: set[str] = set()
    is_over = state_name in {"closed", "cancelled"}
    for column, cell in kind.states[state_name].items():
        caller = kind.callers[column]
        if caller in asked:
            continue
        asked.add(caller)
        offered = (await offers(world, caller)).get(goal_id)
        written = None if cell == "." else {LETTERS[one] for one in cell if one in LETTERS}
        if offered != written:
            wrong.append(f"{column} ({caller}) is offered {offered} instead of {written}")
        for letter, action in LETTERS.items():
            allowed, ever = letter in cell, letter in kind.ever(column)
            expected = 404 if cell == "." else 200 if allowed else 409 if ever else 403
            answer = await world.call(caller, request(goal_id, letter))
            if answer.status_code != expected:
                wrong.append(
                    f"{column} ({caller}) {action}: {answer.status_code} instead of {expected} {answer.text[:300]}"
                )
            elif expected == 409 and answer.json()["code"] != ("not-a-draft" if is_over and letter == "e" else REFUSED):
                wrong.append(f"{column} ({caller}) {action}: {answer.text}")
    assert not wrong, "\n".join(wrong)
