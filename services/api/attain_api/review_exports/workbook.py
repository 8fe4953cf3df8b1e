"""Reviews as a spreadsheet: figures are numbers, everything else is text, whatever it begins with."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from io import BytesIO

import xlsxwriter

from attain_api.messages import Language
from attain_api.review_exports.repository import Names
from attain_api.review_exports.wording import quadrant_word, rating_word, step_word, word
from attain_shared.clock import BUSINESS_ZONE, business_day
from attain_shared.reviews.schemas import ReviewSummary

Cell = str | Decimal | None
COLUMNS = (
    "person", "department", "manager", "second_level", "step", "due_on", "performance", "values", "values_mapped",
    "overall", "suggested_rating", "rating", "rating_label", "values_failed", "quadrant", "frozen_as_of",
    "interviewed_at", "closed_at", "review_id",
)  # fmt: skip
_FIGURES = ("performance", "values", "values_mapped", "overall", "suggested_rating", "rating")


def cells_of(review: ReviewSummary, *, names: Names, language: Language) -> list[Cell]:
    """The line of a review, as far as the caller sees it."""
    failed = review.values_failed
    cells: dict[str, Cell] = {name: getattr(review, name) for name in _FIGURES}
    cells |= {
        "person": names.people[review.person_id],
        "department": names.departments[review.department_id] if review.department_id else None,
        "manager": names.people[review.manager_id],
        "second_level": names.people[review.second_level_id] if review.second_level_id else None,
        "step": step_word(review.step, language),
        "due_on": day_text(review.due_on),
        "rating_label": rating_word(review.rating, language),
        "values_failed": None if failed is None else word("yes" if failed else "no", language),
        "quadrant": quadrant_word(review.quadrant, language),
        "frozen_as_of": instant_text(review.frozen_as_of),
        "interviewed_at": instant_text(review.interviewed_at),
        "closed_at": instant_text(review.closed_at),
        "review_id": str(review.id),
    }
    return [cells[name] for name in COLUMNS]


def day_text(day: date | None) -> str | None:
    """A day as people write it."""
    return None if day is None else day.isoformat()


def instant_text(at: datetime | None) -> str | None:
    """An instant, to the minute, where business days are counted."""
    return None if at is None else f"{at.astimezone(BUSINESS_ZONE):%Y-%m-%d %H:%M}"


def write_workbook(lines: Iterable[Sequence[Cell]], *, language: Language) -> bytes:
    """The file; slow, so not for the event loop. A row is on disk before the next one is written."""
    stored = BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stored, options) as book:
        # the day that its name says: of the same reviews it is the same file
        book.set_properties({"created": datetime.combine(business_day(), time.min)})
        text, number = book.add_format({"num_format": "@"}), book.add_format({"num_format": "0.00"})
        sheet = book.add_worksheet(word("reviews", language))
        sheet.freeze_panes(1, 1)
        for row, cells in enumerate(([word(name, language) for name in COLUMNS], *lines)):
            for column, cell in enumerate(cells):
                if isinstance(cell, Decimal):
                    sheet.write_number(row, column, cell, number)
                elif cell:
                    sheet.write_string(row, column, cell, text)
    return stored.getvalue()
