"""Keyset paging: a part of a list, and an opaque cursor to the next one."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Row, Select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from attain_shared.errors import BadRequest
from attain_shared.wire import DAY_YEARS, INSTANT_YEARS, is_in_years

T = TypeVar("T")
R = TypeVar("R")
MAX_LIMIT = 200
_BAD_CURSOR = "The cursor does not fit this list; start again without one."


class PageQuery(BaseModel):
    """The query parameters of every list.

    A list derives its own from it, adds its filters and narrows `sort` to a `Literal` of what it offers; use it as
    `query: Annotated[ShopQuery, Query()]`, so that an unknown parameter is an error.
    """

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    limit: int = Field(default=50, ge=1, le=MAX_LIMIT)
    """How many at most."""
    cursor: str | None = Field(default=None, max_length=2000)
    """The `next_cursor` of the part before."""
    sort: str
    """The field to sort by; `-` in front for descending."""


async def paginate(
    session: AsyncSession,
    statement: Select[T],
    *,
    query: PageQuery,
    columns: Mapping[str, InstrumentedAttribute[Any]],
    id_column: InstrumentedAttribute[UUID],
) -> tuple[list[T], str | None]:
    """The rows of one part and the cursor to the next; `columns` maps the names in `sort` to columns without nulls."""
    part = _part(statement, query=query, columns=columns, id_column=id_column)
    rows = list((await session.scalars(part)).all())
    return _cut(rows, query=query, columns=columns, id_column=id_column)


async def paginate_columns(
    session: AsyncSession,
    statement: Select[*tuple[Any, ...]],
    *,
    query: PageQuery,
    columns: Mapping[str, InstrumentedAttribute[Any]],
    id_column: InstrumentedAttribute[UUID],
    values: Mapping[str, Any] | None = None,
) -> tuple[list[Row[*tuple[Any, ...]]], str | None]:
    """The same for a statement that selects columns: those sorted by and the id among them, under their own names.

    `values` are those of the parameters of a statement that is used again and again.
    """
    part = _part(statement, query=query, columns=columns, id_column=id_column)
    rows = list((await session.execute(part, values)).all())
    return _cut(rows, query=query, columns=columns, id_column=id_column)


def _part(statement: Any, *, query: PageQuery, columns: Mapping[str, Any], id_column: Any) -> Any:  # noqa: ANN401
    field, descending = query.sort.lstrip("-"), query.sort.startswith("-")
    column = columns[field]
    key = tuple_(column, id_column)
    if query.cursor is not None:
        after = read_cursor(query.cursor, sort=query.sort, kind=column.type.python_type)
        statement = statement.where(key < after if descending else key > after)
    order = (column.desc(), id_column.desc()) if descending else (column, id_column)
    return statement.order_by(*order).limit(query.limit + 1)


def _cut(
    rows: list[R],
    *,
    query: PageQuery,
    columns: Mapping[str, Any],
    id_column: Any,  # noqa: ANN401
) -> tuple[list[R], str | None]:
    if len(rows) <= query.limit:
        return rows, None
    last, column = rows[query.limit - 1], columns[query.sort.lstrip("-")]
    cursor = write_cursor(query.sort, getattr(last, column.key), getattr(last, id_column.key))
    return rows[: query.limit], cursor


def write_cursor(sort: str, value: object, identifier: UUID) -> str:
    """An opaque cursor behind this row."""
    text = value.isoformat() if isinstance(value, date) else value if isinstance(value, int) else str(value)
    content = json.dumps([sort, text, identifier.hex], separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def read_cursor(cursor: str, *, sort: str, kind: type) -> tuple[Any, UUID]:
    """The sort value and the id behind which to go on.

    Raises:
        BadRequest: it was not written for this list.
    """
    try:
        content = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        written_for, value, identifier = content
        after = _typed(value, kind), UUID(hex=identifier)
    except (binascii.Error, ValueError, TypeError, AttributeError, InvalidOperation, RecursionError) as error:
        raise BadRequest(_BAD_CURSOR, code="bad-cursor") from error
    if written_for != sort:
        raise BadRequest(_BAD_CURSOR, code="bad-cursor")
    return after


def _typed(value: object, kind: type) -> object:
    if kind is int and isinstance(value, int) and abs(value) < 2**31:
        return value
    if not isinstance(value, str) or "\x00" in value or len(value) > 1000:
        raise ValueError(value)
    value.encode()  # a half surrogate raises here, not in the driver
    if issubclass(kind, datetime):
        at = datetime.fromisoformat(value)
        if at.tzinfo is None or not is_in_years(value, INSTANT_YEARS):
            raise ValueError(value)
        return at
    if issubclass(kind, date):
        if not is_in_years(value, DAY_YEARS):
            raise ValueError(value)
        return date.fromisoformat(value)
    if kind is UUID:
        return UUID(value)
    if kind is Decimal:
        number = Decimal(value)
        if not number.is_finite() or abs(number.adjusted()) > 100:
            raise ValueError(value)
        return number
    if kind is str:
        return value
    raise ValueError(kind)


def page_of(rows: Sequence[object], next_cursor: str | None) -> dict[str, object]:
    """What `Page[…].model_validate` takes, from rows."""
    return {"items": rows, "next_cursor": next_cursor}
