"""The two lives of GOAL-3, and the third of whoever has nobody above; written from GOAL-3 and SEC-3."""

import pytest

from attain_shared.rules.life import (
    ENDINGS,
    NEEDS_REASON,
    NEXT,
    Action,
    Life,
    Relation,
    State,
    agrees_by_submitting,
    allowed,
    ever_allowed,
    may_accept,
    may_enter,
    may_write,
    stands_in,
)

NOBODY: frozenset[Relation] = frozenset()
WRITER, OWNER, SUPERIOR, STAND_IN = (frozenset({one}) for one in Relation)
LED = "change return adjust cancel"

TABLE = f"""
# life   state      agreed  who        what they may do
staff    draft      no      owner      change submit cancel
staff    draft      no      superior   -
staff    draft      no      splitter   change cancel
staff    draft      no      stand_in   change submit cancel
staff    returned   no      owner      change submit cancel
staff    returned   no      superior   -
staff    submitted  no      owner      -
staff    submitted  no      superior   {LED}
staff    submitted  yes     owner      confirm
staff    submitted  yes     superior   {LED}
staff    submitted  yes     stand_in   confirm
staff    confirmed  yes     owner      -
staff    confirmed  yes     superior   change cancel close
staff    confirmed  yes     stand_in   -
split    draft      no      owner      -
split    draft      no      superior   change submit cancel
split    draft      no      stand_in   change submit cancel
split    submitted  yes     owner      return confirm
split    submitted  no      owner      return
split    submitted  yes     superior   {LED}
split    confirmed  yes     owner      -
split    confirmed  yes     superior   change cancel close
alone    draft      no      owner      change submit cancel
alone    submitted  yes     owner      change return adjust confirm cancel
alone    confirmed  yes     owner      change cancel close
alone    confirmed  yes     superior   -
alone    submitted  yes     stand_in   change return adjust confirm cancel
"""
WHO = {"owner": OWNER, "superior": SUPERIOR, "stand_in": STAND_IN, "splitter": SUPERIOR | WRITER}


@pytest.mark.parametrize("line", [line for line in TABLE.splitlines() if line and not line.startswith("#")])
def test_each_life_is_led_as_written_goal_3(line: str) -> None:
    life, state, agreed, who, *actions = line.split()
    found = allowed(State(state), Life(life), WHO[who], is_agreed=agreed == "yes")
    assert [action.value for action in found] == [action for action in actions if action != "-"]


@pytest.mark.parametrize("life", Life)
@pytest.mark.parametrize("state", State)
def test_a_stranger_does_nothing_and_what_has_ended_stays_so_goal_3(life: Life, state: State) -> None:
    everybody = frozenset(Relation)
    assert allowed(state, life, NOBODY, is_agreed=True) == ()
    over = state in {State.CLOSED, State.CANCELLED}
    assert (allowed(state, life, everybody, is_agreed=True, head_submits=True) == ()) is over


@pytest.mark.parametrize("life", Life)
def test_nothing_is_confirmed_before_the_superior_agrees_goal_3(life: Life) -> None:
    everybody = frozenset(Relation)
    assert Action.CONFIRM not in allowed(State.SUBMITTED, life, everybody, is_agreed=False)
    assert Action.CONFIRM in allowed(State.SUBMITTED, life, OWNER, is_agreed=True)
    assert Action.CONFIRM not in ever_allowed(life, SUPERIOR | WRITER, head_submits=True)


def test_a_head_writes_and_submits_what_the_superior_then_agrees_to_sec_3() -> None:
    draft = allowed(State.DRAFT, Life.SPLIT, OWNER, is_agreed=False, head_submits=True)
    assert draft == (Action.CHANGE, Action.SUBMIT, Action.CANCEL)
    assert not agrees_by_submitting(Life.SPLIT, OWNER)
    assert Action.ADJUST not in ever_allowed(Life.SPLIT, OWNER, head_submits=True)


@pytest.mark.parametrize(
    ("life", "relations", "writes"),
    [
        (Life.STAFF, OWNER, True),
        (Life.STAFF, SUPERIOR, True),  # splits to below
        (Life.STAFF, STAND_IN, True),
        (Life.STAFF, NOBODY, False),
        (Life.SPLIT, OWNER, False),
        (Life.SPLIT, SUPERIOR, True),
        (Life.ALONE, OWNER, True),
    ],
)
def test_goals_are_written_by_the_owner_or_from_above_sec_3(
    life: Life, relations: frozenset[Relation], *, writes: bool
) -> None:
    assert may_write(life, relations) is writes
    assert may_write(life, relations, head_submits=True) is (writes or relations == OWNER)


@pytest.mark.parametrize(
    ("life", "relations", "agrees"),
    [
        (Life.STAFF, OWNER, False),
        (Life.STAFF, STAND_IN, True),
        (Life.SPLIT, SUPERIOR, True),
        (Life.ALONE, OWNER, True),
    ],
)
def test_who_is_above_agrees_by_submitting_goal_3(life: Life, relations: frozenset[Relation], *, agrees: bool) -> None:
    assert agrees_by_submitting(life, relations) is agrees


@pytest.mark.parametrize(
    ("action", "state", "relations", "on_record"),
    [
        (Action.CONFIRM, State.SUBMITTED, SUPERIOR | STAND_IN, True),
        (Action.ADJUST, State.SUBMITTED, SUPERIOR | STAND_IN, False),
        (Action.SUBMIT, State.DRAFT, SUPERIOR | STAND_IN, True),
        (Action.CONFIRM, State.SUBMITTED, OWNER, False),
        (Action.CONFIRM, State.SUBMITTED, SUPERIOR, False),
    ],
)
def test_acting_for_an_owner_without_an_account_is_put_on_record_goal_3(
    action: Action, state: State, relations: frozenset[Relation], *, on_record: bool
) -> None:
    assert stands_in(action, state, Life.STAFF, relations, is_agreed=True) is on_record


def test_numbers_are_entered_by_the_owner_and_accepted_from_above_goal_4() -> None:
    assert [may_enter(one) for one in (OWNER, STAND_IN, SUPERIOR, WRITER)] == [True, True, False, False]
    for life in (Life.STAFF, Life.SPLIT):
        assert [may_accept(life, one) for one in (OWNER, STAND_IN, SUPERIOR)] == [False, False, True]
    assert [may_accept(Life.ALONE, one) for one in (OWNER, STAND_IN, SUPERIOR)] == [True, True, False]


def test_each_action_leads_somewhere_and_a_change_nowhere_goal_3() -> None:
    assert set(NEXT) == set(Action) - {Action.CHANGE}
    assert {NEXT[one] for one in ENDINGS} == {State.CANCELLED, State.CLOSED}
    assert {Action.RETURN, Action.CANCEL} == NEEDS_REASON
