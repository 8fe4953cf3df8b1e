"""Goals in any state of their life, written straight into the tables: for tests of what is made of them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from attain_api.state import ApiState
from attain_shared.clock import business_day, utc_now
from attain_shared.db.session import transaction
from attain_shared.goals.attainment_models import Attainment
from attain_shared.goals.models import Goal, Indicator
from attain_shared.identifiers import new_id
from attain_shared.rules.periods import CycleKind, cycle_end
from tests.support.companies import Member

Json = dict[str, Any]


async def store_goal(
    state: ApiState,
    company: Member,
    cycle: Json,
    /,
    *indicators: Json,
    person_id: UUID | str | None = None,
    department_id: UUID | str | None = None,
    score: str | tuple[str, str] | None = None,
    forecast: str | None = None,
    attained: Sequence[str | None] = (),
    weight: str = "100",
    **more: Any,
) -> UUID:
    """A confirmed goal of the company's or of somebody's, over the whole cycle unless told otherwise.

    With what it has come to: its score, or the two that it lies between, and the attainment of each indicator.
    """
    first = date.fromisoformat(cycle["starts_on"])
    goal = Goal(
        company_id=company.company_id,
        id=new_id(),
        cycle_id=UUID(cycle["id"]),
        person_id=UUID(str(person_id)) if person_id else None,
        department_id=UUID(str(department_id)) if department_id else None,
        weight=Decimal(weight),
        **{
            "title": "提升成交",
            "starts_on": first,
            "ends_on": cycle_end(CycleKind(cycle["kind"]), first),
            "state": "confirmed",
            "ignore_missing": False,
            "collaborators": [],
            "rubric_version": 1,
            "is_closed_with_cycle": False,
            "created_by": company.person_id,
            "version": 1,
        }
        | more,
    )
    rows = [_indicator(goal, place, one) for place, one in enumerate(indicators)]
    async with transaction(state.sessions, state.doorbell) as uow:
        uow.session.add(goal)
        await uow.session.flush()
        uow.session.add_all(rows)
        if score is not None or attained:
            uow.session.add(_attainment(goal, rows, score=score, forecast=forecast, attained=attained))
    return goal.id


def stored_indicator(metric: str | None = "gmv", target: str | None = "1000", **more: Any) -> Json:
    """An indicator of a metric, over no shop unless told otherwise."""
    return {"metric": metric, "target": None if target is None else Decimal(target)} | more


def _indicator(goal: Goal, place: int, told: Json) -> Indicator:
    usual = {
        "kind": "metric",
        "aggregate": "deduplicated",
        "dimension": "",
        "attribution": "whole",
        "shop_ids": [],
        "direction": "higher_better",
        "cap": Decimal(2),
    }
    return Indicator(company_id=goal.company_id, id=new_id(), goal_id=goal.id, position=place, **usual | told)


def _attainment(
    goal: Goal,
    indicators: Sequence[Indicator],
    *,
    score: str | tuple[str, str] | None,
    forecast: str | None,
    attained: Sequence[str | None],
) -> Attainment:
    low, high = score if isinstance(score, tuple) else (None, None)
    return Attainment(
        company_id=goal.company_id,
        goal_id=goal.id,
        score=Decimal(score) if isinstance(score, str) else None,
        score_low=Decimal(low) if low else None,
        score_high=Decimal(high) if high else None,
        score_forecast=Decimal(forecast) if forecast else None,
        status="on_track",
        business_day=business_day(),
        computed_at=utc_now(),
        indicators=[
            {"indicator_id": str(one.id), "metric": one.metric, "attainment": figure, "actual": _actual(one, figure)}
            for one, figure in zip(indicators, attained, strict=True)
        ]
        if attained
        else [],
    )


def _actual(indicator: Indicator, attained: str | None) -> str | None:
    return None if attained is None else str(Decimal(attained) * (indicator.target or Decimal(1)))
