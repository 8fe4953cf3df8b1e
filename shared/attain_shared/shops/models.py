"""The tables of shops, their owners and their item sets."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Numeric, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from attain_shared.db.base import Base, code_text, company_key, created, id_key, name_text, row_version


class Shop(Base):
    """A shop on a platform (MET-1)."""

    __tablename__ = "shops"
    __table_args__ = (
        ForeignKeyConstraint(["company_id"], ["companies.id"]),
        UniqueConstraint("company_id", "platform", "external_id"),
        Index(None, "company_id", "name", "id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    platform: Mapped[code_text]
    external_id: Mapped[name_text]
    name: Mapped[name_text]
    timezone: Mapped[code_text]
    currency: Mapped[code_text]
    created_at: Mapped[created]
    version: Mapped[row_version]


class ShopOwner(Base):
    """An owner's share of a shop for a stretch of days; the shares of a day add up to 1 (GOAL-12)."""

    __tablename__ = "shop_owners"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "shop_id"], ["shops.company_id", "shops.id"]),
        ForeignKeyConstraint(["company_id", "department_id"], ["departments.company_id", "departments.id"]),
        ForeignKeyConstraint(["company_id", "person_id"], ["people.company_id", "people.id"]),
        CheckConstraint("num_nonnulls(department_id, person_id) = 1", name="one_owner"),
        CheckConstraint("share > 0 AND share <= 1", name="share"),
        CheckConstraint("starts_on < ends_on", name="window"),
        Index(None, "company_id", "shop_id", "starts_on"),
        Index(None, "company_id", "person_id"),
        Index(None, "company_id", "department_id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    shop_id: Mapped[UUID]
    department_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    share: Mapped[Decimal] = mapped_column(Numeric(7, 6))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    """The first day after it."""


class ItemSet(Base):
    """A named set of a shop's items, such as its hot items (爆款) (MET-2)."""

    __tablename__ = "item_sets"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "shop_id"], ["shops.company_id", "shops.id"]),
        UniqueConstraint("company_id", "shop_id", "name"),
        Index(None, "company_id", "name", "id"),
    )
    company_id: Mapped[company_key]
    id: Mapped[id_key]
    shop_id: Mapped[UUID]
    name: Mapped[name_text]
    item_ids: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[created]
    version: Mapped[row_version]
