"""Whether a company's audit chain is whole (SEC-5): a fold over its entries, nothing is read here.

An entry that does not fit is looked at together with the ones around it, to tell a changed entry from one that stands
in another's place. What follows a gap is taken on trust once: it is the gap that is told.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from attain_shared.audit.chain import GENESIS, Content, content_digest, entry_digest, field_digest

ERASING = "erase_person"
"""The operation whose entries say which values it has erased."""
ERASED_VALUES = "erased_values"
"""The field of such an entry that says so: by sequence, the names of the fields."""
_LOOKED_AT = 20
"""Suspects are looked at in groups of so many at most."""


@dataclass(frozen=True, slots=True)
class Link:
    """An entry at its place in the chain."""

    sequence: int
    content: Content
    changes: Mapping[str, Any]
    digest: bytes

    def follows(self, previous: bytes, *, sequence: int) -> bool:
        """Whether the digest is right behind this one, at this place."""
        return self.digest == entry_digest(previous, sequence, content_digest(self.content))


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Where a chain was once: an entry and its digest, known from elsewhere."""

    sequence: int
    digest: bytes


@dataclass(slots=True)
class Verification:
    """Takes the entries of one chain in order, and says what is wrong with them."""

    anchors: dict[int, bytes] = field(default_factory=dict)
    last: Anchor = field(default_factory=lambda: Anchor(sequence=0, digest=GENESIS))
    _suspects: list[Link] = field(default_factory=list)
    _before: bytes | None = GENESIS
    """What the first suspect should follow; none right after a gap."""
    _missing: dict[int, set[str]] = field(default_factory=dict)
    _erased: dict[int, set[str]] = field(default_factory=dict)

    def take(self, link: Link) -> Iterator[str]:
        """The next entry."""
        if link.sequence <= self.last.sequence:
            yield f"entry {link.sequence} does not belong to the chain"
            return
        if link.sequence != self.last.sequence + 1:
            yield from self._explain()
            yield _gap(self.last.sequence + 1, link.sequence - 1)
            self._before = None
        yield from self._values(link)
        yield from self._anchor(link)
        if self._before is None or link.follows(self.last.digest, sequence=link.sequence):
            yield from self._explain()
            self._before = link.digest
        else:
            self._suspects.append(link)
            if len(self._suspects) == _LOOKED_AT:
                yield from self._explain()
                self._before = link.digest
        self.last = Anchor(sequence=link.sequence, digest=link.digest)

    def end(self, head: Anchor | None) -> Iterator[str]:
        """There are no more entries: the chain should end where its head and its anchors say."""
        yield from self._explain()
        if head is None and self.last.sequence:
            yield "the head of the chain is missing"
        elif not self.last.sequence and (head is None or not head.sequence):
            yield "cut off: no entry is there, not even that of the company's creation"
        elif head is not None and head.sequence > self.last.sequence:
            yield f"cut off: {_entries(self.last.sequence + 1, head.sequence)} missing at the end"
        elif head is not None and head.sequence < self.last.sequence:
            yield f"{_entries(head.sequence + 1, self.last.sequence)} behind the head of the chain"
        elif head is not None and head.digest != self.last.digest:
            yield f"the head of the chain does not fit entry {head.sequence}"
        for sequence in sorted(self.anchors):
            yield f"cut off: the chain ends at {self.last.sequence}, before the anchor at {sequence}"
        for sequence, names in sorted(self._missing.items()):
            for name in sorted(names - self._erased.get(sequence, set())):
                yield f"entry {sequence}: the value of {name} was erased, but no {ERASING} entry says so"

    def _values(self, link: Link) -> Iterator[str]:
        digests = link.content.digests
        for name in sorted(set(digests) ^ set(link.changes)):
            yield f"entry {link.sequence}: the field {name} was {'removed' if name in digests else 'added'}"
        for name in sorted(set(digests) & set(link.changes)):
            value = link.changes[name]
            if value is None:
                self._missing.setdefault(link.sequence, set()).add(name)
            elif not _fits(value, digests[name]):
                yield f"entry {link.sequence}: the value of {name} was changed"
            elif link.content.action == ERASING and name == ERASED_VALUES:
                for sequence, names in value["after"].items():
                    self._erased.setdefault(int(sequence), set()).update(names)

    def _anchor(self, link: Link) -> Iterator[str]:
        known = self.anchors.pop(link.sequence, link.digest)
        if known != link.digest:
            yield f"entry {link.sequence} is not the one that was anchored"

    def _explain(self) -> Iterator[str]:
        """What became of entries that do not fit where they stand."""
        suspects, self._suspects = self._suspects, []
        if not suspects:
            return
        places = [link.sequence for link in suspects]
        ends = {link.digest for link in suspects}
        if self._before is not None:
            ends.add(self._before)
            ends.add(entry_digest(self._before, places[0], content_digest(suspects[0].content)))
        found = False
        for link in suspects:
            place = next((one for one in places for end in ends if link.follows(end, sequence=one)), None)
            if place is None:
                found = True
                yield _changed(link)
            elif place != link.sequence:
                found = True
                yield f"entry {link.sequence} is out of order: it was entry {place}"
        if not found:  # a digest made to fit one that it does not follow
            yield _changed(suspects[0])


def _changed(link: Link) -> str:
    return f"entry {link.sequence} was changed (its digest does not fit what it says)"


def _fits(value: object, digest: str) -> bool:
    try:
        salt, before, after = (value[name] for name in ("salt", "before", "after"))  # type: ignore[index]
        return field_digest(salt, before, after) == digest
    except (KeyError, TypeError, ValueError, AttributeError):
        return False


def _gap(first: int, last: int) -> str:
    return f"{_entries(first, last)} missing"


def _entries(first: int, last: int) -> str:
    return f"entry {first} is" if first == last else f"entries {first} to {last} are"
