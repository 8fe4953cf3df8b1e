"""Field types and base classes of the wire contract: what may come in, and how it goes out.

Inputs refuse what would break further in: control characters, half surrogates, numbers without bounds, a number where
text is due. Outputs have no defaults, so that a client sees which fields are always there.
"""

import re
from datetime import date, time
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_EMAIL = re.compile(
    r"[^@\s<>()\",;:\\\[\]]{1,64}@[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9](?:[a-z0-9-]{0,62}))+", re.IGNORECASE
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)

T = TypeVar("T")

DAY_YEARS = ("1900", "2100")
"""The first and the last year of a business day; people may have been hired before there were shops."""
INSTANT_YEARS = ("2000", "2100")
"""The first and the last year of an instant, as written: far enough from where a move to UTC overflows."""

MAX_INTEGER = 2**31 - 1
"""The greatest integer a column takes."""


def _without_control(text: str) -> str:
    if _CONTROL.search(text):
        raise PydanticCustomError("control_character", "Control characters are not allowed")
    return text


def _text_without_control(text: str) -> str:
    if _CONTROL_IN_TEXT.search(text):
        raise PydanticCustomError("control_character", "Control characters are not allowed")
    return text


def _looks_like_an_email(text: str) -> str:
    if not _EMAIL.fullmatch(text):
        raise PydanticCustomError("email", "This is not an e-mail address")
    return text


def is_in_years(text: str, years: tuple[str, str]) -> bool:
    """Whether a date or an instant as written, its year first, lies in these years."""
    return years[0] <= text[:4] <= years[1]


def _only_iso_day(value: object) -> object:
    """A number would be taken for seconds since 1970."""
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        return _within(value, DAY_YEARS)
    raise PydanticCustomError("date_format", "A date is written YYYY-MM-DD")


def _only_iso_instant(value: object) -> object:
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return _within(value, INSTANT_YEARS)
    raise PydanticCustomError("instant_format", "An instant is written as RFC 3339 with an offset")


def _within(text: str, years: tuple[str, str]) -> str:
    if not is_in_years(text, years):
        first, last = years
        raise PydanticCustomError(
            "date_out_of_range", "The year must lie between {first} and {last}", {"first": first, "last": last}
        )
    return text


def _only_minutes(value: object) -> object:
    if isinstance(value, time) or (isinstance(value, str) and _TIME.fullmatch(value)):
        return value
    raise PydanticCustomError("time_format", "A time of day is written HH:MM")


def _only_plain_decimal(value: object) -> object:
    """Text or a JSON number; true, 1_000 and full-width digits, which Python would take, are neither."""
    if isinstance(value, str):
        if _DECIMAL.fullmatch(value):
            return value
    elif isinstance(value, Decimal | int | float) and not isinstance(value, bool):
        return value
    raise PydanticCustomError("decimal_format", 'A decimal is written like "12345.67"')


def _written_as(form: str) -> Any:  # noqa: ANN401  # a type for the document alone
    """Text of a form that JSON Schema knows by name."""
    return Annotated[str, WithJsonSchema({"type": "string", "format": form})]


def plain_decimal(value: Decimal) -> str:
    """A decimal as text without an exponent."""
    return format(value, "f")


Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_without_control),
]
"""A name on one line."""

Line = Annotated[str, StringConstraints(max_length=200), AfterValidator(_without_control)]
"""Whatever fits on a line, unchanged: something to compare with, not to store."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=80), AfterValidator(_without_control)]
"""A code out of a list that somebody else keeps."""

Text = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_text_without_control)]
"""Prose: line breaks and tabs are welcome."""

Statement = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    AfterValidator(_text_without_control),
]
"""Prose that says something: never blank."""

Email = Annotated[
    str,
    StringConstraints(strip_whitespace=True, to_lower=True, max_length=200),
    AfterValidator(_without_control),
    AfterValidator(_looks_like_an_email),
    Field(json_schema_extra={"format": "email"}),
]
"""An e-mail address, kept in lower case."""

Password = Annotated[str, StringConstraints(min_length=10, max_length=200), AfterValidator(_without_control)]
"""A new password."""

DecimalText = Annotated[
    Decimal,
    BeforeValidator(_only_plain_decimal, json_schema_input_type=str | float),
    Field(max_digits=20),
    PlainSerializer(plain_decimal, return_type=str, when_used="json"),
]
"""A decimal that a client sends: text or a JSON number comes in, text goes out."""

Figure = Annotated[Decimal, PlainSerializer(plain_decimal, return_type=str, when_used="json")]
"""A decimal that Attain has computed: text, with as many digits as it takes."""

Count = Annotated[int, Field(strict=True, ge=0, le=MAX_INTEGER)]
"""A whole number of things."""

Day = Annotated[date, BeforeValidator(_only_iso_day, json_schema_input_type=_written_as("date"))]
"""A business day (MET-1), of 1900 to 2100 where it comes in."""

Instant = Annotated[AwareDatetime, BeforeValidator(_only_iso_instant, json_schema_input_type=_written_as("date-time"))]
"""An instant with its offset, of 2000 to 2100 where it comes in."""


TimeOfDay = Annotated[
    time,
    BeforeValidator(
        _only_minutes,
        json_schema_input_type=Annotated[
            str, WithJsonSchema({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"})
        ],
    ),
    PlainSerializer(lambda value: format(value, "%H:%M"), return_type=str, when_used="json"),
]
"""A time of day on the clocks of some place: HH:MM."""


class Input(BaseModel):
    """What a client sends: an unknown field is an error, not a typing mistake to overlook."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Output(BaseModel):
    """What a client gets, read off a row or a dataclass."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)


class Page(Output, Generic[T]):
    """A part of a list."""

    items: list[T]
    """The rows of this part, in the order asked for."""
    next_cursor: str | None
    """Give it back as `cursor` for the next part; null at the end."""
