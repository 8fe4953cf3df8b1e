"""Alerts: trouble that Attain has noticed by itself (MET-8)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped

from attain_shared.db.base import Base, code_text, company_key, created, id_key, row_version


class Alert(Base):
    """Trouble of one kind with one thing: raised once, and cleared once it is over."""

    __tablename__ = "alerts"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "shop_id"], ["shops.company_id", "shops.id"]),
        ForeignKeyConstraint(["company_id", "connector_id"], ["connectors.company_id", "connectors.id"]),
        Index(
            "uq_alerts_open",
            "company_id",
            "kind",
            "connector_id",
            "shop_id",
            unique=True,
            postgresql_where=text("cleared_at IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    kind: Mapped[code_text]
    connector_id: Mapped[UUID | None]
    shop_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]]
    """What was expected and what there was, by kind."""
    raised_at: Mapped[created]
    cleared_at: Mapped[datetime | None]
    version: Mapped[row_version]
