"""Finding somebody in texts, and only them (SEC-6)."""

import re
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attain_api.personal_data.mentions import Contact, Mentions
from attain_api.personal_data.texts import kpis, lines, prose, reasons

LIN = Mentions.of(name="林晓", emails=["lin@example.com"], phones=["13800138000"])
LI = Mentions.of(name="Li", emails=["li@example.com"], phones=["2026", "8001", None])


def named(name: str, *others: Contact, email: str = "x@example.com", phone: str | None = None) -> Mentions:
    return Mentions.of(name=name, emails=[email], phones=[phone], others=others)


def are_in(mentions: Mentions, text: str) -> bool:
    return mentions.replaced(text, by="") != text


def other(name: str, email: str = "other@example.com", phone: str | None = None) -> Contact:
    return Contact(name=name, email=email, phone=phone)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("由林晓负责", "由-负责"),
        ("Ask LIN@Example.com or 13800138000.", "Ask - or -."),
        ("问lin@example.com或13800138000。", "问-或-。"),
        ("213800138000 138001380001", "213800138000 138001380001"),
        (
            "xu.lin@example.com, lin@example.com.cn, o'lin@example.com",
            "xu.lin@example.com, lin@example.com.cn, o'lin@example.com",
        ),
        ("'lin@example.com', <lin@example.com>", "'-', <->"),
        ("", ""),
    ],
)
def test_a_mention_is_replaced_and_what_only_looks_like_one_is_not(text: str, expected: str) -> None:
    assert LIN.replaced(text, by="-") == expected
    assert are_in(LIN, text) == (text != expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Li and Limit, alibi, Li.", "- and Limit, alibi, -."),
        ("Li_1, x_Li, Mei-Li, Li-Mei, Li的团队", "Li_1, x_Li, Mei-Li, Li-Mei, -的团队"),
        ("Mail li@other.com or li@example.com", "Mail li@other.com or -"),
        ("2026 items by 2026-07-15, call 8001", "2026 items by 2026-07-15, call 8001"),
    ],
)
def test_a_latin_name_is_a_word_of_its_own_and_a_short_number_is_nobodys(text: str, expected: str) -> None:
    assert LI.replaced(text, by="#").replace("#", "-") == expected


@pytest.mark.parametrize("name", ["王", "x", " x "])
def test_a_single_character_is_not_looked_for(name: str) -> None:
    assert not are_in(named(name), f"王 x {name} and more")


@pytest.mark.parametrize("term", ["beef", "8001", "2026", "07"])
def test_ids_and_dates_are_never_looked_into(term: str) -> None:
    text = "0198beef-8001-7000-8000-2026beef8001 2026-07-15 2026-07-15T07:20:26Z"
    assert named(term, phone=term).replaced(text, by="-") == text
    assert not are_in(named(str(uuid4())), str(uuid4()))
    assert not are_in(named("2026-07-15", phone="2026-07-15"), "by 2026-07-15")


def test_a_name_within_the_longer_name_of_another_is_left_alone() -> None:
    mentions = named("王伟", other("王伟明"), other("小王伟"))
    assert mentions.replaced("王伟明、小王伟和王伟", by="-") == "王伟明、小王伟和-"
    mentions = named("Li", other("Li Wei"))
    assert mentions.replaced("Li Wei, Li Weight, Li", by="-") == "Li Wei, - Weight, -"


def test_a_namesake_is_left_alone_unless_the_text_holds_a_contact() -> None:
    mentions = named("王伟", other("王伟"), email="wei@example.com", phone="13900139000")
    assert mentions.replaced("找王伟", by="-") == "找王伟"
    assert mentions.replaced("找王伟 (wei@example.com)", by="-") == "找- (-)"
    assert mentions.replaced("找王伟 13900139000", by="-") == "找- -"
    assert mentions.replaced("找王伟", by="-", is_own=True) == "找-"


def test_a_contact_that_is_somebody_elses_now_is_not_looked_for() -> None:
    mentions = named(
        "王伟", other("李雷", "Sales@example.com", "400 123 4567"), email="sales@example.com", phone="400 123 4567"
    )
    assert not are_in(mentions, "sales@example.com, 400 123 4567")


def test_texts_are_found_at_any_depth_and_keys_stay() -> None:
    value = {"林晓": [{"by": "林晓"}, 1, None, True], "other": "x"}
    replaced = prose(value, lambda text: LIN.replaced(text, by="-"))
    assert replaced == {"林晓": [{"by": "-"}, 1, None, True], "other": "x"}


def test_codes_keys_and_ids_of_structured_data_stay() -> None:
    def shout(text: str) -> str:
        return text.upper()

    manual = {"name": "a", "kind": "manual", "unit": "b", "direction": "higher_better", "dimension": ""}
    metric = {"name": "a", "kind": "metric", "unit": "ratio", "metric": "gmv", "aggregate": None}
    assert kpis([manual, metric], shout) == [manual | {"name": "A", "unit": "B"}, metric | {"name": "A"}]
    event = {"employment_type": "employee", "manager_id": str(uuid4()), "leaving_reason": "a"}
    assert reasons(event, shout) == event | {"leaving_reason": "A"}
    assert (kpis(None, shout), reasons(None, shout)) == (None, None)


def test_a_line_does_not_outgrow_its_column() -> None:
    line = "Li " * 66 + "Li"
    assert len(lines(line, lambda text: LI.replaced(text, by="somebody"))) == 200


def test_nobody_is_found_without_terms() -> None:
    assert not are_in(Mentions.of(name=" ", emails=[" ", "x", None], phones=["x"]), "anything at all")


@given(st.text(min_size=2).filter(lambda text: len(text.strip()) > 1), st.text(), st.text())
def test_a_replaced_text_speaks_of_nobody_any_more(term: str, before: str, after: str) -> None:
    mentions = named(term)
    replaced = mentions.replaced(f"{before} {term} {after}", by="\0")
    assert not are_in(mentions, replaced)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=2).filter(lambda text: len(text.strip()) > 1))
def test_the_pattern_for_the_database_takes_a_term_by_its_letters(term: str) -> None:
    for pattern in named(term).like:
        assert re.fullmatch(r"%(?:[^%_\\]|\\[%_\\])*%", pattern, re.DOTALL)
