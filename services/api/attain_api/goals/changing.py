"""Changing goals: drafts, what is submitted, and with a reason what is confirmed (GOAL-3)."""

from collections.abc import Iterator, Mapping, Sequence, Set
from datetime import date
from typing import Any
from uuid import UUID

from attain_api.access.actor import Actor
from attain_api.access.visibility import MEASURING
from attain_api.goals import drafting, repository
from attain_api.goals.acting import WeightsDoNotAddUp
from attain_api.goals.draft import Draft, Known, load_known
from attain_api.goals.indicators import curve_faults, indicator_columns, measures_the_same
from attain_api.goals.measuring import recompute
from attain_api.goals.owners import OwnerKey
from attain_api.goals.reading import Parts, ShownGoal, read_goal, show_goal
from attain_api.goals.record import record_action
from attain_api.goals.repository import SeenGoal
from attain_api.goals.service import find_goal, hold_goal, load_parts
from attain_api.goals.writing import PLAIN, CycleClosed, measure, new_milestone
from attain_shared.db.session import UnitOfWork
from attain_shared.errors import ActionNotAllowed, Conflict, FieldError, Invalid
from attain_shared.goals.indicator_schemas import IndicatorChange, Kept
from attain_shared.goals.models import Cycle, Goal, Indicator, Milestone
from attain_shared.goals.schemas import GoalUpdate, MilestoneChange, RubricBody, Standards
from attain_shared.goals.sources import window_of
from attain_shared.identifiers import new_id
from attain_shared.rules.life import Action
from attain_shared.rules.periods import Window

UNSUBMITTED = frozenset({"draft", "returned"})
"""States of what nobody has been asked to agree to."""
FROZEN = frozenset({"standards", "rubric", "rubric_id", "rubric_version"})
"""What stays as it was confirmed (GOAL-1)."""
TEXTS = frozenset({"title", "why", "how", "behaviours", "standards"})
"""What is changed in a closed cycle, too."""
MEASURED_BY = frozenset({"starts_on", "ends_on", "indicators"})
"""What says which facts an attainment depends on."""
SCORED_BY = frozenset({"rubric", "ignore_missing", "milestones"})
"""What else it depends on."""


class NotADraft(Conflict):
    """The goal's life is over: nobody changes it any more."""

    code = "not-a-draft"


class Frozen(Conflict):
    """Standards and rubric stay as they were confirmed (GOAL-1)."""

    code = "frozen"


async def update_goal(
    uow: UnitOfWork, *, actor: Actor, goal_id: UUID, data: GoalUpdate, if_match: str | None
) -> ShownGoal:
    """Change a goal, on record once it is submitted; what it comes to is computed anew (GOAL-3).

    Raises:
        NotADraft, ActionNotAllowed: another state would allow it to this caller.
        CycleClosed: in a closed cycle only texts are changed.
        Frozen: standards and rubric of a confirmed goal.
        WeightsDoNotAddUp: weights of submitted goals change together (GOAL-2).
    """
    unlocked, _ = await find_goal(uow, actor=actor, goal_id=goal_id)
    # the cycle before its goals, as where it is closed
    cycle = await repository.find_cycle(uow.session, company_id=actor.company_id, cycle_id=unlocked.cycle_id)
    assert cycle is not None  # a goal has one, by its foreign key
    seen = await hold_goal(uow, actor=actor, goal_id=goal_id, action=Action.CHANGE, if_match=if_match)
    goal, rights = seen
    _check_state(seen, data)
    draft = _draft_of(goal, data, cycle)
    parts = (await load_parts(uow, company_id=goal.company_id, goal_ids=[goal.id]))[goal.id]
    before = _as_json(seen, parts)
    known = await _check(uow, actor=actor, goal=goal, data=data, draft=draft, parts=parts)
    columns = _columns(goal, data, draft, known)
    _check_columns(goal, columns)
    _set(goal, columns)
    parts = await _replace_parts(uow, goal, data, actor=actor, parts=parts, known=known)
    after = _as_json(seen, parts)
    changes = {name: (before[name], after[name]) for name in before if before[name] != after[name]}
    if not changes:
        return show_goal(goal, parts, rights=rights)
    if goal.state not in UNSUBMITTED:
        drafting.refuse(drafting.submit_faults(goal, parts.indicators, parts.milestones))
        reason = (data.reason or "").strip() or None
        record_action(uow, goal, actor=actor, rights=rights, action=Action.CHANGE, reason=reason, changes=changes)
    if cycle.state != "open" and changes.keys() - TEXTS:
        raise CycleClosed(f"{cycle.name} is closed: of its goals only texts are changed")
    goal.version += 1
    await _remeasure(uow, goal, parts, changed=changes.keys())
    return show_goal(goal, parts, rights=rights)


def _check_state(seen: SeenGoal, data: GoalUpdate) -> None:
    goal, rights = seen
    if goal.state in {"closed", "cancelled"}:
        raise NotADraft(f"the goal is {goal.state}: it is not changed any more")
    if Action.CHANGE.value not in rights.allowed_actions(goal):
        raise ActionNotAllowed(f"a goal that is {goal.state} is not yours to change now")
    if goal.state == "confirmed" and not (data.reason or "").strip():
        raise Invalid.field("/reason", "missing", "a confirmed goal is changed with a reason")


def _as_json(seen: SeenGoal, parts: Parts) -> dict[str, Any]:
    body = read_goal(seen.goal, parts, rights=seen.rights)
    return body.model_dump(mode="json", exclude={"allowed_actions", "masked"})


def _draft_of(goal: Goal, data: GoalUpdate, cycle: Cycle) -> Draft:
    """What the change brings; a window outside the cycle is refused at once, as all else is checked against it."""
    given, starts_on, ends_on = data.model_fields_set, goal.starts_on, goal.ends_on
    if "starts_on" in given:
        starts_on = data.starts_on if isinstance(data.starts_on, date) else cycle.starts_on
    if "ends_on" in given:
        ends_on = data.ends_on if isinstance(data.ends_on, date) else cycle.ends_on
    drafting.refuse(drafting.window_faults(starts_on, ends_on, cycle))
    return Draft(
        owner=OwnerKey(goal.department_id, goal.person_id),
        window=Window(starts_on, ends_on),
        collaborators=data.collaborators if isinstance(data.collaborators, list) else (),
        milestones=data.milestones if isinstance(data.milestones, list) else (),
        indicators=data.indicators if isinstance(data.indicators, list) else (),
        rubric=data.rubric if isinstance(data.rubric, RubricBody) else None,
        rubric_id=data.rubric_id if isinstance(data.rubric_id, UUID) else None,
    )


async def _check(uow: UnitOfWork, *, actor: Actor, goal: Goal, data: GoalUpdate, draft: Draft, parts: Parts) -> Known:
    faults = list(await _cascade_faults(uow, actor=actor, goal=goal, data=data, draft=draft))
    known = await load_known(uow, actor=actor, draft=draft, held=_held(goal, data, draft, parts.indicators))
    faults.extend(drafting.draft_faults(draft, known))
    if isinstance(data.indicators, list):
        faults.extend(_kept_faults("indicators", data.indicators, parts.indicators))
    if isinstance(data.milestones, list):
        faults.extend(_kept_faults("milestones", data.milestones, parts.milestones))
    drafting.refuse([*faults, *_left_faults(data, draft, parts)])
    return known


def _held(goal: Goal, data: GoalUpdate, draft: Draft, present: Sequence[Indicator]) -> dict[UUID, Indicator]:
    """What stays measured as it is by whoever changes the goal: of a draft what is asked for just so, over the same days.

    A draft brings the sight of no shop, so its writer gets no other figures of one out of sight (SEC-3).
    """
    by_id = {row.id: row for row in present}
    if goal.state in MEASURING:
        return by_id
    if draft.window != window_of(goal) or not isinstance(data.indicators, list):
        return {}
    wanted = {one.id: one for one in data.indicators if one.id is not None}
    return {key: row for key, row in by_id.items() if key in wanted and measures_the_same(row, wanted[key])}


async def _cascade_faults(
    uow: UnitOfWork, *, actor: Actor, goal: Goal, data: GoalUpdate, draft: Draft
) -> list[FieldError]:
    """The goal stays within the window of the one above, and those below within its own (GOAL-2).

    Two changes that together would close a circle, or leave a goal outside, are judged one after the other.
    """
    parent_id = data.parent_id if isinstance(data.parent_id, UUID) and data.parent_id != goal.parent_id else None
    is_loosened = "parent_id" in data.model_fields_set and data.parent_id is None
    if parent_id is None and draft.window == window_of(goal):
        return []
    await repository.lock_cascade(uow.session, company_id=goal.company_id)
    faults: list[FieldError] = []
    above, below = await repository.find_bounds(uow.session, company_id=goal.company_id, goal=goal)
    if parent_id is not None:
        faults.extend(await _new_parent_faults(uow, actor=actor, goal=goal, parent_id=parent_id, draft=draft))
    elif above is not None and not is_loosened and not above.encloses(draft.window):
        detail = f"the parent runs only from {above.starts_on} to {above.ends_on}"
        faults.append(FieldError(_end_outside(above, draft.window), "window-not-enclosed", detail))
    if below is not None and not draft.window.encloses(below):
        detail = f"goals below it run from {below.starts_on} to {below.ends_on}"
        faults.append(FieldError(_end_outside(draft.window, below), "window-not-enclosed", detail))
    return faults


def _end_outside(outer: Window, inner: Window) -> str:
    return "/starts_on" if inner.starts_on < outer.starts_on else "/ends_on"


async def _new_parent_faults(
    uow: UnitOfWork, *, actor: Actor, goal: Goal, parent_id: UUID, draft: Draft
) -> list[FieldError]:
    parent = await repository.find_goal(uow.session, visible_to=actor, goal_id=parent_id)
    line = await repository.list_line(uow.session, company_id=goal.company_id, goal_id=parent_id)
    if parent is not None and goal.id in line:
        return [FieldError("/parent_id", "goal-cycle", "the parent is the goal itself or below it")]
    return list(drafting.parent_faults(parent.goal if parent else None, window=draft.window, owner=draft.owner))


def _kept_faults(
    name: str, wanted: Sequence[MilestoneChange | Kept], present: Sequence[Indicator | Milestone]
) -> Iterator[FieldError]:
    """What is named by its id is the goal's, once, and stays of its kind."""
    by_id = {row.id: row for row in present}
    ids = [one.id for one in wanted]
    for index, one in enumerate(wanted):
        if one.id is None:
            continue
        row = by_id.get(one.id)
        if row is None:
            yield FieldError(f"/{name}/{index}/id", "not-of-the-goal", "the goal has none with this id")
        elif one.id in ids[:index]:
            yield FieldError(f"/{name}/{index}/id", "duplicate", "named twice")
        elif getattr(row, "kind", None) != getattr(one, "kind", None):
            yield FieldError(f"/{name}/{index}/kind", "another-kind", "an indicator keeps its kind")


def _left_faults(data: GoalUpdate, draft: Draft, parts: Parts) -> Iterator[FieldError]:
    """What the change leaves as it is must fit the new window."""
    if "milestones" not in data.model_fields_set:
        for milestone in parts.milestones:
            if milestone.due_on not in draft.window:
                due = Window(milestone.due_on, milestone.due_on)
                detail = f"the milestone {milestone.title} is due on {milestone.due_on}"
                yield FieldError(_end_outside(draft.window, due), "outside-window", detail)
    if "indicators" not in data.model_fields_set:
        for index, indicator in enumerate(parts.indicators):
            yield from curve_faults(indicator.daily_curve, draft.window, f"/indicators/{index}")


def _columns(goal: Goal, data: GoalUpdate, draft: Draft, known: Known) -> dict[str, Any]:
    given = data.model_fields_set
    columns = data.model_dump(include=given & {*PLAIN, "parent_id"})
    if "standards" in given:
        columns["standards"] = data.standards.model_dump() if isinstance(data.standards, Standards) else None
    columns |= {"starts_on": draft.window.starts_on, "ends_on": draft.window.ends_on}
    return columns | _rubric_columns(goal, draft, known, given)


def _rubric_columns(goal: Goal, draft: Draft, known: Known, given: Set[str]) -> dict[str, Any]:
    """The rules, and which they are: of a company's rubric its version, else how often the goal's own were set (GOAL-6)."""
    if known.rubric is not None:
        rules, version = known.rubric.rubric, known.rubric.rules_version
        return {"rubric": rules, "rubric_id": draft.rubric_id, "rubric_version": version}
    if draft.rubric is not None:
        own = drafting.stored_rubric(draft.rubric)
        if goal.rubric_id is None and goal.rubric == own:
            return {}
        return {"rubric": own, "rubric_id": None, "rubric_version": goal.rubric_version + 1}
    if "rubric" in given or ("rubric_id" in given and goal.rubric_id is not None):
        return {"rubric": None, "rubric_id": None}
    return {}


def _check_columns(goal: Goal, columns: Mapping[str, Any]) -> None:
    changed = {name for name, value in columns.items() if getattr(goal, name) != value}
    if goal.state == "confirmed" and changed & FROZEN:
        raise Frozen("Standards and rubric of a confirmed goal stay as they were confirmed.")
    if goal.state not in UNSUBMITTED and "weight" in changed:
        raise WeightsDoNotAddUp("weights of submitted goals change together: see goal-weights")


def _set(row: Goal | Indicator | Milestone, columns: Mapping[str, Any]) -> None:
    for name, value in columns.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


async def _replace_parts(
    uow: UnitOfWork, goal: Goal, data: GoalUpdate, *, actor: Actor, parts: Parts, known: Known
) -> Parts:
    indicators, milestones = parts
    if isinstance(data.milestones, list):
        milestones = await _replace_milestones(uow, goal, data.milestones, present=parts.milestones)
    if isinstance(data.indicators, list):
        indicators = await _replace_indicators(
            uow, goal, data.indicators, actor=actor, present=parts.indicators, known=known
        )
    return Parts(indicators, milestones)


async def _replace_milestones(
    uow: UnitOfWork, goal: Goal, wanted: Sequence[MilestoneChange], *, present: Sequence[Milestone]
) -> list[Milestone]:
    """What is named by its id stays done if it is."""
    left = {row.id: row for row in present}
    rows = []
    for position, one in enumerate(wanted):
        row = new_milestone(goal, one, position=position) if one.id is None else left.pop(one.id)
        _set(row, one.model_dump(include={"title", "due_on", "owner_id"}) | {"position": position})
        uow.session.add(row)
        rows.append(row)
    for row in left.values():
        await uow.session.delete(row)
    return rows


async def _replace_indicators(
    uow: UnitOfWork,
    goal: Goal,
    wanted: Sequence[IndicatorChange],
    *,
    actor: Actor,
    present: Sequence[Indicator],
    known: Known,
) -> list[Indicator]:
    """What is named by its id keeps what was entered for it; what is not named goes, and its entries with it.

    Whoever has one measure something else answers for its shops from then on.
    """
    left = {row.id: row for row in present}
    rows = []
    for position, one in enumerate(wanted):
        columns = indicator_columns(one, department_id=goal.department_id, known=known) | {"position": position}
        row = left.pop(one.id) if one.id is not None else None
        if row is None or not measures_the_same(row, one):
            columns["named_by"] = actor.principal_id
        if row is None:
            row = Indicator(company_id=goal.company_id, id=new_id(), goal_id=goal.id, **columns)
            uow.session.add(row)
        else:
            _set(row, columns)
        rows.append(row)
    if left:
        for entry in await repository.list_entries(uow.session, company_id=goal.company_id, indicator_ids=left):
            await uow.session.delete(entry)
        await uow.session.flush()
    for row in left.values():
        await uow.session.delete(row)
    return rows


async def _remeasure(uow: UnitOfWork, goal: Goal, parts: Parts, *, changed: Set[str]) -> None:
    """Have what the attainment depends on followed anew, where it has changed."""
    if changed & MEASURED_BY:
        await measure(uow, goal, parts.indicators)
    elif changed & SCORED_BY:
        await uow.session.flush()
        await recompute(uow, company_id=goal.company_id, goal_ids=[goal.id])
