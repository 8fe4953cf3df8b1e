"""The parts of a ratio, brought to the same days shop by shop (MET-5a)."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from attain_shared.rules.algebra import Algebra, Metric, part_codes
from attain_shared.rules.reading import Coverage, Rows
from attain_shared.rules.snapshots import last_value
from attain_shared.rules.tiling import Cell, Prefer, Tiling, tile


@dataclass(frozen=True, slots=True)
class Parts:
    """The rows of a ratio's parts, shop by shop, over the days that all of its counted parts have (MET-5a)."""

    tilings: Mapping[Hashable, Mapping[str, Tiling]]
    snapshots: Mapping[Hashable, Mapping[str, Decimal]]
    coverage: Coverage

    @property
    def are_period_rows(self) -> bool:
        """Whether a single shop's single row speaks for each part: the quotient is exact (MET-5a)."""
        return len(self.tilings) == 1 and all(
            len(tiling.tiles) == 1 for by_code in self.tilings.values() for tiling in by_code.values()
        )

    def values(self, code: str) -> list[Decimal]:
        """The values of a counted part, over all shops."""
        return [cell.value for by_code in self.tilings.values() for cell in by_code[code].tiles]


def parts_of(metric: Metric, catalogue: Mapping[str, Metric], rows: Rows) -> Parts | None:
    """The parts' rows of the shops that have them all; none where no shop does (MET-5a)."""
    if not metric.numerator or not metric.denominator:
        return None
    codes = part_codes(metric)
    standing = [code for code in codes if catalogue[code].algebra is Algebra.SNAPSHOT]
    # A ratio of two snapshots has no counted part: then its days are those of the snapshots themselves.
    counted = [code for code in codes if code not in standing] or standing
    tilings: dict[Hashable, Mapping[str, Tiling]] = {}
    snapshots: dict[Hashable, Mapping[str, Decimal]] = {}
    present = provisional = 0
    for shop in rows.shops:
        last = {code: last_value(code, shop, rows) for code in standing}
        known = {code: value for code, value in last.items() if value is not None}
        aligned = _align(counted, catalogue, shop, rows) if len(known) == len(standing) else {}
        if aligned:
            tilings[shop], snapshots[shop] = aligned, known
            cells = [cell for tiling in aligned.values() for cell in tiling.tiles]
            present += len(_days(cells))
            provisional += len(_days(cell for cell in cells if cell.is_provisional))
    return Parts(tilings, snapshots, rows.coverage(present=present, provisional=provisional)) if tilings else None


def _align(codes: Iterable[str], catalogue: Mapping[str, Metric], shop: Hashable, rows: Rows) -> dict[str, Tiling]:
    """A tiling of each part over the same days, so that no denominator counts without its numerator (MET-5a)."""
    candidates = {code: rows.of(code, shop) for code in codes}
    while True:
        tilings = {
            code: tile(
                cells,
                rows.window,
                Prefer.FINEST if catalogue[code].algebra is Algebra.ADDITIVE else Prefer.COARSEST,
            )
            for code, cells in candidates.items()
        }
        days = [_days(tiling.tiles) for tiling in tilings.values()]
        common = set.intersection(*days)
        if not common:
            return {}
        if all(len(of_part) == len(common) for of_part in days):
            return tilings
        candidates = {
            code: [cell for cell in cells if common.issuperset(cell.ordinals)] for code, cells in candidates.items()
        }


def _days(cells: Iterable[Cell]) -> set[int]:
    return {day for cell in cells for day in cell.ordinals}
