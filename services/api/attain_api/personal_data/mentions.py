"""Where a text speaks of somebody: by name, e-mail or phone (SEC-6). Pure."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

SHORTEST_NAME = 2
"""A single character says nothing: a text cannot be searched for it."""
FEWEST_DIGITS = 7
"""A phone with fewer is an extension, a year or a count as well: texts are not searched for it."""

_WORD = r"[^\W\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]"
"""A letter or digit of a script that sets words apart; Chinese, Japanese and Korean know no such bounds."""
_KEPT = (
    r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![0-9A-Fa-f])",  # an id
    r"(?<![0-9])[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}[0-9:.]*(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?(?![0-9])",
    r"(?<![A-Za-z0-9])[A-Za-z0-9][A-Za-z0-9._%+'~-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+",  # an e-mail
)
"""What is never looked into, whatever it looks like: ids, dates and instants, other people's addresses."""
_KEPT_PATTERN = re.compile("|".join(_KEPT))


@dataclass(frozen=True, kw_only=True)
class Contact:
    """Somebody who may be mistaken for another."""

    name: str
    email: str
    phone: str | None


@dataclass(frozen=True, kw_only=True)
class Mentions:
    """The terms that lead to a person, and those that only look like it."""

    name: str | None = None
    emails: frozenset[str] = field(default_factory=frozenset)
    phones: frozenset[str] = field(default_factory=frozenset)
    longer: frozenset[str] = field(default_factory=frozenset)
    """Names of others that hold this name: it is not looked for within them."""
    has_namesake: bool = False
    """Another has the same name: it leads to this person only in what is theirs, or beside their e-mail or phone."""

    @classmethod
    def of(
        cls, *, name: str, emails: Iterable[object], phones: Iterable[object], others: Iterable[Contact] = ()
    ) -> "Mentions":
        """Of a name and contacts of all times; what is too short, or somebody else's now, is left out."""
        others = list(others)
        theirs = {value.strip().casefold() for one in others for value in (one.email, one.phone) if value}
        searched = name.strip()
        is_name = len(searched) >= SHORTEST_NAME and not _KEPT_PATTERN.fullmatch(searched)
        names = {one.name.strip() for one in others}
        same = {one for one in names if one.casefold() == searched.casefold()}
        return cls(
            name=searched if is_name else None,
            emails=frozenset(one for one in _texts(emails) if "@" in one and one.casefold() not in theirs),
            phones=frozenset(one for one in _texts(phones) if _is_phone(one) and one.casefold() not in theirs),
            longer=frozenset(one for one in names - same if searched.casefold() in one.casefold()),
            has_namesake=bool(same),
        )

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        by_group = {
            "longer": [_as_name(one) for one in _longest_first(self.longer)],
            "email": [_as_email(one) for one in _longest_first(self.emails)],
            # a name that begins like an address or a date is looked for before these are passed over
            "early": [_as_name(self.name)] if self.name and _KEPT_PATTERN.match(self.name) else [],
            "kept": list(_KEPT),
            "phone": [_as_phone(one) for one in _longest_first(self.phones)],
            "name": [_as_name(self.name)] if self.name else [],
        }
        groups = (f"(?P<{group}>{'|'.join(terms)})" for group, terms in by_group.items() if terms)
        return re.compile("|".join(groups), re.IGNORECASE)

    def replaced(self, text: str, *, by: str, is_own: bool = False) -> str:
        """A text with every mention replaced; `is_own` where it is known to be about the person."""
        found = {match.lastgroup for match in self._pattern.finditer(text)}
        mentions = {"email", "phone"}
        if is_own or not self.has_namesake or found & mentions:
            mentions |= {"early", "name"}
        if not found & mentions:
            return text
        return self._pattern.sub(lambda match: by if match.lastgroup in mentions else match[0], text)

    @property
    def like(self) -> list[str]:
        """For `ILIKE`: finds at least the texts that speak of the person, as text and as written in JSON."""
        terms = self.emails | self.phones | ({self.name} if self.name else set())
        written = terms | {json.dumps(term, ensure_ascii=False)[1:-1] for term in terms}
        return sorted(pattern_of(term) for term in written)


def pattern_of(term: str) -> str:
    """For `ILIKE`: finds the texts that hold a term."""
    return "%" + re.sub(r"([%_\\])", r"\\\1", term) + "%"


def _texts(values: Iterable[object]) -> set[str]:
    return {value.strip() for value in values if isinstance(value, str)}


def _is_phone(value: str) -> bool:
    return sum(sign.isdigit() for sign in value) >= FEWEST_DIGITS and not _KEPT_PATTERN.fullmatch(value)


def _longest_first(terms: Iterable[str]) -> list[str]:
    return sorted(terms, key=lambda term: (-len(term), term))


def _as_name(term: str) -> str:
    """Li is neither in Limit nor in Li_1 nor in Mei-Li."""
    before = rf"(?<!{_WORD})(?<!{_WORD}-)" if re.match(_WORD, term) else ""
    after = rf"(?!{_WORD})(?!-{_WORD})" if re.match(_WORD, term[-1]) else ""
    return f"{before}{re.escape(term)}{after}"


def _as_email(term: str) -> str:
    """A whole address, not the end or the beginning of another."""
    before = r"(?<![A-Za-z0-9])(?<![A-Za-z0-9][._%+'~-])"
    return rf"{before}{re.escape(term)}(?![A-Za-z0-9_])(?![.-][A-Za-z0-9])"


def _as_phone(term: str) -> str:
    before = r"(?<![0-9A-Za-z_])" if re.match(r"[0-9A-Za-z]", term) else ""
    after = r"(?![0-9A-Za-z_])" if re.match(r"[0-9A-Za-z]", term[-1]) else ""
    return f"{before}{re.escape(term)}{after}"
