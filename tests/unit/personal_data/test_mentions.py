"""Finding somebody in texts, and only them (SEC-6)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_api.personal_data.mentions import Mentions

LIN = Mentions.of(["林晓", "lin@example.com", "13800138000", "Li", None, "王", 7])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("由林晓负责", "由-负责"),
        ("Ask LIN@Example.com or 13800138000.", "Ask - or -."),
        ("Li and Limit, alibi, Li.", "- and Limit, alibi, -."),
        ("213800138000", "213800138000"),
        ("王 is a single character", "王 is a single character"),
        ("", ""),
    ],
)
def test_a_mention_is_replaced_and_what_only_looks_like_one_is_not(text: str, expected: str) -> None:
    assert LIN.replaced(text, by="-") == expected
    assert LIN.are_in(text) == (text != expected)


def test_texts_are_found_at_any_depth() -> None:
    value = {"林晓": [{"by": "林晓"}, 1, None, True], "other": "x"}
    assert LIN.replaced(value, by="-") == {"-": [{"by": "-"}, 1, None, True], "other": "x"}


def test_nobody_is_found_without_terms() -> None:
    assert not Mentions.of(["", " ", "x", None]).are_in("anything at all")


@given(st.text(min_size=2).filter(str.strip), st.text(), st.text())
def test_a_replaced_text_speaks_of_nobody_any_more(term: str, before: str, after: str) -> None:
    mentions = Mentions.of([term])
    replaced = mentions.replaced(f"{before} {term} {after}", by="\0")
    assert not mentions.are_in(replaced)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=2).filter(lambda text: len(text.strip()) > 1))
def test_the_pattern_for_the_database_takes_a_term_by_its_letters(term: str) -> None:
    for pattern in Mentions.of([term]).like:
        assert re.fullmatch(r"%(?:[^%_\\]|\\[%_\\])*%", pattern, re.DOTALL)
