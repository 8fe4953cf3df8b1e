"""From the rows of a claim to verdicts and standing rows: what the claim then writes (MET-7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from attain_shared.rules.corrections import Version, judge
from attain_shared.rules.periods import bucket_end
from attain_worker.facts.claim import CODES, Claim


@dataclass(slots=True)
class Judgement:
    """What a claim comes to. Rows are told by their number in the claim, and keep the order of the facts' key."""

    added: list[int] = field(default_factory=list)
    """The rows that now stand where none stood."""
    replacing: list[int] = field(default_factory=list)
    """The rows that now stand in place of another."""
    passed: list[tuple[int, str]] = field(default_factory=list)
    """The rows that do not stand, each with its verdict: history from the start."""
    verdicts: dict[int, str] = field(default_factory=dict)
    """Of the standing rows that were not just accepted."""
    changed: list[int] = field(default_factory=list)
    """A row of each key whose value, finality or span changed: what depends on them is recomputed."""
    kept: list[int] = field(default_factory=list)
    """A row of each of the other keys."""


def in_order(claim: Claim) -> list[int]:
    """The first row of every key, in the order of the facts' key: writers in any other order deadlock."""
    ranked = sorted(range(len(claim.series)), key=claim.series.__getitem__)
    return [claim.first[number][bucket] for number in ranked for bucket in sorted(claim.first[number])]


def decide(claim: Claim, ordered: list[int], present: Mapping[int, Version]) -> Judgement:
    """Judge every row against what stands, one after the other.

    `present` holds what stands now, by the first row of its key. A row that is alone with its key and new is accepted:
    most are, so nothing is done for it. The verdicts are written into the claim.
    """
    judgement = Judgement()
    for first in ordered:
        before = present.get(first)
        if before is None and first not in claim.repeated:
            judgement.added.append(first)
            judgement.changed.append(first)
        else:
            _judge_key(claim, first, before, judgement)
    return judgement


def _judge_key(claim: Claim, first: int, before: Version | None, judgement: Judgement) -> None:
    standing, standing_row = before, None
    verdicts: list[tuple[int, str]] = []
    for number in claim.repeated.get(first, (first,)):
        verdict, after = judge(standing, _version(claim, number))
        if after is not standing:
            standing, standing_row = after, number
        row = claim.rows[number]
        claim.verdicts[claim.stamps[row.stamp].batch][row.row_index] = CODES[verdict]
        verdicts.append((number, verdict.value))
    for number, verdict_text in verdicts:
        if number == standing_row:
            judgement.verdicts[number] = verdict_text
            (judgement.added if before is None else judgement.replacing).append(number)
        else:
            judgement.passed.append((number, verdict_text))
    matters = standing is not None and _matters(before, standing)
    (judgement.changed if matters else judgement.kept).append(first)


def _version(claim: Claim, number: int) -> Version:
    row = claim.rows[number]
    stamp, grain = claim.stamps[row.stamp], claim.series[row.series].grain
    through = stamp.through or bucket_end(row.bucket, grain)
    return Version(stamp.finality.rank, through, stamp.observed_at, Decimal(row.value))


def _matters(before: Version | None, after: Version) -> bool:
    """Whether anything computed from the row changes: its clock alone does not matter."""
    return before is None or (before.value, before.finality, before.through) != (
        after.value,
        after.finality,
        after.through,
    )
