"""The glossary has the codes of the code, and says where in the API a term is."""

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.support import openapi_document
from tests.support.glossary import BEGIN, PAGE, written

TERM = re.compile(
    r"^\| (?P<zh>[^|]+) \| (?P<en>[^|]+) \| (?P<place>[^|]*`[^|]*) \| [^|]+ \| [A-Z]+-\d+a? \|$", re.MULTILINE
)


def test_the_committed_codes_are_the_present_ones() -> None:
    text = PAGE.read_text()
    assert written(text) == text, "run `make docs`"


def test_terms_are_where_the_glossary_says() -> None:
    document = json.loads(openapi_document.PRESENT.read_text())
    there = {*document["paths"], *_names(document["components"]["schemas"])}
    places = [place for term in _terms() for place in re.findall("`([^`]+)`", term["place"])]
    assert places != []
    assert [place for place in places if place not in there] == []


def test_a_term_is_told_once() -> None:
    terms = [term["zh"] for term in _terms()]
    assert [term for term in terms if terms.count(term) > 1] == []


def _terms() -> list[re.Match[str]]:
    return list(TERM.finditer(PAGE.read_text().partition(BEGIN)[0]))


def _names(schema: Any) -> Iterator[str]:
    """Every field and every code in schemas."""
    match schema:
        case dict():
            yield from schema.get("properties", {})
            yield from (one for one in schema.get("enum", []) if isinstance(one, str))
            for below in schema.values():
                yield from _names(below)
        case list():
            for below in schema:
                yield from _names(below)
