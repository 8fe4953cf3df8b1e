"""Alerts and the rules that raise them, written straight into the tables."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from attain_shared.alerts.models import Alert, AlertRule
from attain_shared.alerts.rule_schemas import RULE_EXAMPLE
from attain_shared.db.session import UnitOfWork
from attain_shared.identifiers import new_id


def add_rule(uow: UnitOfWork, *, company_id: UUID, condition: Mapping[str, Any], **more: Any) -> AlertRule:
    """A rule in force, of whatever condition."""
    usual = {"name": "预警", "severity": "warning", "is_active": True}
    rule = AlertRule(
        company_id=company_id, id=new_id(), kind=condition["kind"], condition=dict(condition), **usual | more
    )
    uow.session.add(rule)
    return rule


def add_alert(uow: UnitOfWork, *, company_id: UUID, kind: str, **about: Any) -> Alert:
    """An open alert."""
    alert = Alert(company_id=company_id, id=new_id(), kind=kind, **{"details": {}, "severity": "warning"} | about)
    uow.session.add(alert)
    return alert


async def add_alerts(uow: UnitOfWork, *, company_id: UUID, ids: Mapping[str, str]) -> dict[str, str]:
    """A rule, and alerts without an owner on the shop, on 林晓's goal and on her department."""
    rule = add_rule(uow, company_id=company_id, condition=RULE_EXAMPLE["condition"])
    await uow.session.flush()
    about: dict[str, dict[str, Any]] = {
        "alert": {
            "kind": "silent_connector",
            "connector_id": UUID(ids["connector"]),
            "shop_id": UUID(ids["shop"]),
        },
        "alert_on_goal": {"kind": "goal_off_track", "goal_id": UUID(ids["standing_of_subject"])},
        "alert_on_department": {"kind": "turnover", "department_id": UUID(ids["department"])},
    }
    made = {name: add_alert(uow, company_id=company_id, **one) for name, one in about.items()}
    return {"alert_rule": str(rule.id)} | {name: str(alert.id) for name, alert in made.items()}
