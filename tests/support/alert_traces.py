"""What an alert, its rule and a webhook know of a person: for the tests of erasure."""

from uuid import UUID

from attain_shared.alerts.models import Alert, AlertRule
from attain_shared.clock import utc_now
from attain_shared.db.base import Base
from attain_shared.identifiers import new_id
from attain_shared.webhooks.models import Webhook


def alerts_of(company_id: UUID, *, name: str, person_id: UUID) -> list[Base]:
    """A rule whose alerts the member sees to, one of them that they have taken on, and a webhook called after them."""
    rule = AlertRule(
        company_id=company_id,
        id=new_id(),
        name=f"{name}的预警",
        kind="turnover",
        condition={"kind": "turnover", "above": "0.1", "days": 90, "department_ids": None},
        severity="warning",
        owner_id=person_id,
        playbook=f"先问{name}",
        is_active=True,
    )
    alert = Alert(
        company_id=company_id,
        id=new_id(),
        kind="turnover",
        rule_id=rule.id,
        owner_id=person_id,
        details={},
        acknowledged_at=utc_now(),
        acknowledged_by=person_id,
        comment=f"{name}来处理",
    )
    webhook = Webhook(
        company_id=company_id,
        id=new_id(),
        name=f"{name}的机器人",
        channel="webhook",
        language="zh-CN",
        event_kinds=["alert.raised"],
        url_shown="hooks.example.com",
        url_sealed=b"sealed",
        starts_after=0,
        is_active=False,
    )
    return [rule, alert, webhook]
