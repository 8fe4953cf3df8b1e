"""Where a text speaks of somebody: by name, e-mail or phone (SEC-6). Pure."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

SHORTEST = 2
"""A single character says nothing: a text cannot be searched for it."""


@dataclass(frozen=True)
class Mentions:
    """The terms that lead to a person."""

    terms: frozenset[str]

    @classmethod
    def of(cls, values: Iterable[object]) -> "Mentions":
        """Of names and contacts; what is no text or too short is left out."""
        return cls(
            frozenset(value.strip() for value in values if isinstance(value, str) and len(value.strip()) >= SHORTEST)
        )

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # the longest first: a name may be part of an e-mail
        longest = sorted(self.terms, key=len, reverse=True)
        return re.compile("|".join(map(_bounded, longest)) or r"(?!)", re.IGNORECASE)

    def are_in(self, value: Any) -> bool:  # noqa: ANN401  # JSON
        """Whether a JSON value, or a text in it, speaks of the person."""
        return bool(self.replaced(value, by="") != value)

    def replaced(self, value: Any, *, by: str) -> Any:  # noqa: ANN401  # JSON
        """A JSON value with every mention in its texts replaced."""
        if isinstance(value, str):
            return self._pattern.sub(lambda _: by, value)
        if isinstance(value, list):
            return [self.replaced(part, by=by) for part in value]
        if isinstance(value, dict):
            return {self.replaced(name, by=by): self.replaced(part, by=by) for name, part in value.items()}
        return value

    @property
    def like(self) -> list[str]:
        """For `ILIKE`: finds at least the texts that speak of the person, as text and as written in JSON."""
        written = self.terms | {json.dumps(term, ensure_ascii=False)[1:-1] for term in self.terms}
        return sorted("%" + re.sub(r"([%_\\])", r"\\\1", term) + "%" for term in written)


def _bounded(term: str) -> str:
    """A term in Latin letters or digits stands alone: Li is not in Limit. Chinese knows no such bounds."""
    before = r"(?<![0-9A-Za-z])" if re.match(r"[0-9A-Za-z]", term) else ""
    after = r"(?![0-9A-Za-z])" if re.search(r"[0-9A-Za-z]$", term) else ""
    return f"{before}{re.escape(term)}{after}"
