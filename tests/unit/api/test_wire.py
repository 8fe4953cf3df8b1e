from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from attain_shared.wire import Count, Day, DecimalText, Email, Input, Instant, Name, Output, Text


class Amount(Output):
    """One decimal."""

    value: DecimalText | None
    """It."""


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("12345.67", "12345.67"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (5, "5"),
        ("-0.50", "-0.50"),
        (1e15, "1000000000000000.0"),
    ],
)
def test_a_decimal_goes_out_as_plain_text(given: object, text: str) -> None:
    assert Amount.model_validate({"value": given}).model_dump_json() == f'{{"value":"{text}"}}'


@pytest.mark.parametrize(
    "given",
    [True, "", "-", "1e5", "1_000", "１２", "NaN", "Infinity", float("nan"), float("inf"), 1e300, "1" * 21, [], " 1"],
)
def test_what_is_no_decimal_is_refused(given: object) -> None:
    with pytest.raises(ValidationError):
        Amount.model_validate({"value": given})


def test_a_decimal_stays_one_in_python() -> None:
    assert Amount(value=Decimal("1.50")).model_dump() == {"value": Decimal("1.50")}
    assert Amount(value=None).model_dump_json() == '{"value":null}'


@pytest.mark.parametrize("text", ["a\x00", "a\nb", "a\x7f", "a\ud800", "", "  ", "x" * 201])
def test_a_name_is_one_clean_line(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Name).validate_python(text)


def test_prose_may_break_lines() -> None:
    assert TypeAdapter(Text).validate_python("a\r\n\tb 林") == "a\r\n\tb 林"
    with pytest.raises(ValidationError):
        TypeAdapter(Text).validate_python("a\x00b")


@pytest.mark.parametrize("text", ["a@b.cn", "A.B+c@ex-ample.com.cn", "林@example.com"])
def test_an_email_is_kept_in_lower_case(text: str) -> None:
    assert TypeAdapter(Email).validate_python(f" {text} ") == text.lower()


@pytest.mark.parametrize("text", ["a", "a@b", "@b.cn", "a b@c.cn", "a@b..cn", "a@b.cn\n\n@", "a@-b.cn", "a@@b.cn"])
def test_what_is_no_email_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Email).validate_python(text)


def test_an_instant_needs_its_offset() -> None:
    adapter = TypeAdapter(Instant)
    assert adapter.validate_python("2026-07-02T09:00:00+08:00") == datetime(2026, 7, 2, 1, tzinfo=UTC)
    assert adapter.dump_json(datetime(2026, 7, 2, 1, tzinfo=UTC)) == b'"2026-07-02T01:00:00Z"'
    for wrong in ("2026-07-02T09:00:00", "2026-07-02", 1772323200, "1772323200", True):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (Day, ["1900-01-01", "2100-12-31"], ["0001-01-01", "1899-12-31", "2101-01-01", "9999-12-31"]),
        (
            Instant,
            ["2000-01-01T00:00:00+14:00", "2100-12-31T23:59:59-12:00"],
            ["0001-01-01T00:00:00+14:00", "1999-12-31T23:59:59Z", "2101-01-01T00:00Z", "9999-12-31T23:59:59-05:00"],
        ),
    ],
    ids=["day", "instant"],
)
def test_days_and_instants_come_in_from_a_span_that_can_be_reckoned_with(
    kind: Any, good: list[str], bad: list[str]
) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    for text in good:
        adapter.validate_python(text)
    for text in bad:
        with pytest.raises(ValidationError) as refusal:
            adapter.validate_python(text)
        assert [wrong["type"] for wrong in refusal.value.errors()] == ["date_out_of_range"], text


def test_what_is_stored_goes_out_whatever_its_year() -> None:
    assert TypeAdapter(Instant).validate_python(datetime(9999, 1, 1, tzinfo=UTC)).year == 9999


@pytest.mark.parametrize("wrong", [True, "1", 1.0, -1, 2**31])
def test_a_count_is_a_whole_number_in_bounds(wrong: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Count).validate_python(wrong)


def test_a_day_is_written_one_way() -> None:
    for wrong in ("20260301", "2026-W09-7", "２０２６-03-01", 0):
        with pytest.raises(ValidationError):
            TypeAdapter(Day).validate_python(wrong)


def test_an_input_knows_its_fields() -> None:
    class Body(Input):
        name: Name

    with pytest.raises(ValidationError):
        Body.model_validate({"name": "x", "nmae": "y"})
