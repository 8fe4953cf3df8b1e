"""The declarative base, the naming of constraints, and the column types every table shares."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, MetaData, Numeric, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

from attain_shared.clock import utc_now
from attain_shared.identifiers import new_id

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

PERSONAL = {"personal": True}
"""Marks a column that holds something about a person: exported on request, and erased after leaving (SEC-6)."""
SECRET = {"secret": True}
"""Marks a column that no audit entry shows."""

company_key = Annotated[UUID, mapped_column(primary_key=True)]
"""First in every key of company data (ORG-0)."""
id_key = Annotated[UUID, mapped_column(primary_key=True, default=new_id)]
created = Annotated[datetime, mapped_column(DateTime(timezone=True), default=utc_now)]
name_text = Annotated[str, mapped_column(String(200))]
code_text = Annotated[str, mapped_column(String(80))]
row_version = Annotated[int, mapped_column(default=1)]
"""Raised by every change of the row; the strong ETag is made of it."""


class Base(DeclarativeBase):
    """One metadata for all tables; Alembic reads it."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        Decimal: Numeric(),
        str: Text(),
        dict[str, Any]: JSONB(none_as_null=True),
        list[dict[str, Any]]: JSONB,
    }
