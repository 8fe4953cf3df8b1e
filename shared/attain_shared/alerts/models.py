"""Alerts: trouble that Attain has noticed by itself (MET-8, CULT-5), and the rules that say what trouble is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key, name_text, row_version


class AlertRule(Base):
    """What a company wants to be told of, whom it concerns, and what is then to be done (CULT-5)."""

    __tablename__ = "alert_rules"
    __table_args__ = (
        ForeignKeyConstraint(["company_id"], ["companies.id"]),
        ForeignKeyConstraint(["company_id", "owner_id"], ["people.company_id", "people.id"]),
        # silent connectors are told of with or without a rule: it only says who sees to them
        Index(
            "uq_alert_rules_silent_connector",
            "company_id",
            unique=True,
            postgresql_where=text("kind = 'silent_connector'"),
        ),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    name: Mapped[name_text]
    kind: Mapped[code_text]
    condition: Mapped[dict[str, Any]]
    """What the rule looks at and from where on it is trouble, by kind (`attain_shared.alerts.schemas`)."""
    severity: Mapped[code_text]
    owner_id: Mapped[UUID | None]
    playbook: Mapped[str | None]
    is_active: Mapped[bool]
    created_at: Mapped[created]
    version: Mapped[row_version]


class Alert(Base):
    """Trouble of one kind with one thing: raised once, and cleared once it is over."""

    __tablename__ = "alerts"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "shop_id"], ["shops.company_id", "shops.id"]),
        ForeignKeyConstraint(["company_id", "connector_id"], ["connectors.company_id", "connectors.id"]),
        ForeignKeyConstraint(["company_id", "goal_id"], ["goals.company_id", "goals.id"]),
        ForeignKeyConstraint(["company_id", "department_id"], ["departments.company_id", "departments.id"]),
        ForeignKeyConstraint(["company_id", "rule_id"], ["alert_rules.company_id", "alert_rules.id"]),
        ForeignKeyConstraint(["company_id", "owner_id"], ["people.company_id", "people.id"]),
        Index(
            "uq_alerts_open",
            "company_id",
            "kind",
            "connector_id",
            "shop_id",
            unique=True,
            postgresql_where=text("cleared_at IS NULL"),
        ),
        Index(
            "uq_alerts_open_of_rule",
            "company_id",
            "rule_id",
            "shop_id",
            "goal_id",
            "department_id",
            unique=True,
            postgresql_where=text("cleared_at IS NULL AND connector_id IS NULL AND rule_id IS NOT NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        Index(None, "company_id", "rule_id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    kind: Mapped[code_text]
    severity: Mapped[code_text] = mapped_column(server_default="warning")
    rule_id: Mapped[UUID | None]
    """None for a silent connector that no rule says anything about, and where the rule is gone."""
    connector_id: Mapped[UUID | None]
    shop_id: Mapped[UUID | None]
    goal_id: Mapped[UUID | None]
    department_id: Mapped[UUID | None]
    """With none of the four it is about the company as a whole."""
    owner_id: Mapped[UUID | None]
    """Who sees to it; where nobody does, it is the administrators' business."""
    details: Mapped[dict[str, Any]]
    """What was expected and what there was, by kind."""
    raised_at: Mapped[created]
    cleared_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[UUID | None]
    """Who has taken it on last."""
    comment: Mapped[str | None]
    """What they said."""
    version: Mapped[row_version]
