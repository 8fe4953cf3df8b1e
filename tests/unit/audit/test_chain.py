"""The audit chain as pure functions: every change of it is found (SEC-5), an erased value leaves it whole (SEC-6)."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from attain_shared.audit.chain import GENESIS, Content, canonical, content_digest, entry_digest, field_digest, plain
from attain_shared.audit.verification import Anchor, Link, Verification

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(),
    texts,
    st.uuids(),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.decimals(allow_nan=False, allow_infinity=False),
)
anything = st.recursive(scalars, lambda part: st.lists(part, max_size=3) | st.dictionaries(texts, part, max_size=3))


def chain(length: int) -> list[Link]:
    links: list[Link] = []
    previous = GENESIS
    for sequence in range(1, length + 1):
        salt = f"{sequence:032x}"
        changes = {"name": {"before": None, "after": f"name {sequence}", "salt": salt}}
        content = Content(
            company_id=UUID(int=1),
            id=UUID(int=sequence),
            occurred_at=datetime(2026, 7, 1, tzinfo=UTC) + timedelta(seconds=sequence),
            actor_kind="person",
            actor_id=UUID(int=7),
            action="update_person",
            resource_type="person",
            resource_id=UUID(int=8),
            request_id=f"request-{sequence}",
            digests={"name": field_digest(salt, None, f"name {sequence}")},
        )
        previous = entry_digest(previous, sequence, content_digest(content))
        links.append(Link(sequence, content, changes, previous))
    return links


def head_of(links: list[Link]) -> Anchor:
    return Anchor(sequence=links[-1].sequence, digest=links[-1].digest)


def findings(links: Iterable[Link], head: Anchor | None, **anchors: bytes) -> list[str]:
    known = {int(name.removeprefix("at_")): digest for name, digest in anchors.items()}
    verification = Verification(anchors=known)
    found = [finding for link in links for finding in verification.take(link)]
    return found + list(verification.end(head))


@given(anything)
def test_a_plain_value_comes_back_from_json_as_it_went(value: object) -> None:
    shown = plain(value)
    assert json.loads(canonical(shown)) == shown
    assert canonical(json.loads(canonical(shown))) == canonical(shown)


def test_values_are_written_as_the_api_writes_them() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=8)))
    values = [date(2026, 7, 1), noon, Decimal("0.500000"), Decimal("1E+3"), UUID(int=1), 1.5, {"b", "a"}]
    assert plain(values) == [
        "2026-07-01",
        "2026-07-01T04:00:00+00:00",
        "0.500000",
        "1000",
        "00000000-0000-0000-0000-000000000001",
        "1.5",
        ["a", "b"],
    ]


@given(st.integers(1, 30))
def test_a_whole_chain_has_no_findings(length: int) -> None:
    links = chain(length)
    assert findings(links, head_of(links)) == []


def test_a_chain_without_any_entry_is_cut_off() -> None:
    assert findings([], None) == ["cut off: no entry is there, not even that of the company's creation"]


META: dict[str, Any] = {
    "company_id": UUID(int=2),
    "id": UUID(int=99),
    "occurred_at": datetime(2026, 7, 2, tzinfo=UTC),
    "actor_kind": "system",
    "actor_id": None,
    "action": "delete",
    "resource_type": "shop",
    "resource_id": UUID(int=9),
    "request_id": "another",
}


@given(st.integers(1, 12), st.sampled_from(sorted(META)))
def test_a_changed_word_is_found_at_its_entry(place: int, name: str) -> None:
    links = chain(12)
    link = links[place - 1]
    links[place - 1] = replace(link, content=replace(link.content, **{name: META[name]}))
    assert findings(links, head_of(links)) == [f"entry {place} was changed (its digest does not fit what it says)"]


@given(st.integers(1, 12), st.sampled_from(["before", "after", "salt"]))
def test_a_changed_value_is_found_with_its_field(place: int, part: str) -> None:
    links = chain(12)
    link = links[place - 1]
    value = link.changes["name"] | {part: "00"}
    links[place - 1] = replace(link, changes={"name": value})
    assert findings(links, head_of(links)) == [f"entry {place}: the value of name was changed"]


@given(st.integers(1, 11))
def test_a_changed_digest_is_found_at_its_entry(place: int) -> None:
    links = chain(12)
    links[place - 1] = replace(links[place - 1], digest=bytes(32))
    assert findings(links, head_of(links)) == [f"entry {place} was changed (its digest does not fit what it says)"]


@given(st.integers(1, 11), st.integers(1, 11))
def test_removed_entries_are_found(first: int, last: int) -> None:
    links = chain(12)
    first, last = sorted((first, last))
    told = f"entry {first} is missing" if first == last else f"entries {first} to {last} are missing"
    assert findings(links[: first - 1] + links[last:], head_of(links)) == [told]


def swapped(length: int, place: int, distance: int) -> tuple[list[Link], Anchor]:
    links = chain(length)
    head = head_of(links)
    one, other = links[place - 1], links[place - 1 + distance]
    links[place - 1] = replace(other, sequence=one.sequence)
    links[place - 1 + distance] = replace(one, sequence=other.sequence)
    return links, head


@given(st.integers(1, 11))
def test_swapped_neighbours_are_found_and_told_from_changed_entries(place: int) -> None:
    links, head = swapped(13, place, 1)
    assert findings(links, head) == [
        f"entry {place} is out of order: it was entry {place + 1}",
        f"entry {place + 1} is out of order: it was entry {place}",
    ]


@given(st.integers(1, 11), st.integers(2, 9))
def test_entries_swapped_over_a_distance_are_found(place: int, distance: int) -> None:
    links, head = swapped(21, place, distance)
    found = {int(finding.split()[1]) for finding in findings(links, head)}
    swapped_ones = {place, place + distance}
    assert swapped_ones <= found <= swapped_ones | {one + 1 for one in swapped_ones}


@given(st.integers(1, 11))
def test_a_cut_off_end_is_found_by_the_head_and_by_an_anchor(kept: int) -> None:
    links = chain(12)
    told = "entry 12 is" if kept == 11 else f"entries {kept + 1} to 12 are"
    assert findings(links[:kept], head_of(links)) == [f"cut off: {told} missing at the end"]
    put_back = head_of(links[:kept])
    assert findings(links[:kept], put_back) == []
    assert findings(links[:kept], put_back, at_12=links[-1].digest) == [
        f"cut off: the chain ends at {kept}, before the anchor at 12"
    ]


def test_a_chain_made_anew_is_found_by_an_anchor() -> None:
    links = chain(3)
    assert findings(links, head_of(links), at_2=bytes(32)) == ["entry 2 is not the one that was anchored"]


def test_an_erased_value_leaves_the_chain_whole_only_if_an_entry_says_so() -> None:
    links = chain(3)
    links[1] = replace(links[1], changes={"name": None})
    assert findings(links, head_of(links)) == [
        "entry 2: the value of name was erased, but no erase_person entry says so"
    ]
    erased = {"2": ["name"]}
    content = replace(
        links[2].content, action="erase_person", digests={"erased_values": field_digest("00", None, erased)}
    )
    digest = entry_digest(links[1].digest, 3, content_digest(content))
    links[2] = Link(3, content, {"erased_values": {"before": None, "after": erased, "salt": "00"}}, digest)
    assert findings(links, head_of(links)) == []
