"""The table of shops."""

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped

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
