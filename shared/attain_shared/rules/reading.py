"""What is read out of the rows: a figure, how sure it is, and how much of the period it speaks for (MET-5, MET-8)."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from attain_shared.rules.interval import Interval
from attain_shared.rules.periods import Grain, Window
from attain_shared.rules.tiling import Cell, Prefer, Tiling, tile


@dataclass(frozen=True, slots=True)
class Coverage:
    """The shop-days a figure should speak for, does speak for, and speaks for provisionally (MET-8)."""

    expected: int
    present: int
    provisional: int

    @property
    def is_complete(self) -> bool:
        """Whether no day is missing (MET-5a)."""
        return self.present >= self.expected


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure over a period: a point, an interval, or nothing at all (MET-5).

    `estimated` is shown and never scored (MET-6); `estimate` stands beside an interval, for the eye only (MET-5a).
    """

    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    exact: bool
    estimated: bool
    estimate: Decimal | None
    coverage: Coverage

    @classmethod
    def of(
        cls,
        figure: Interval | None,
        coverage: Coverage,
        *,
        estimated: bool = False,
        estimate: Decimal | None = None,
    ) -> "Reading":
        """The reading of a figure known exactly, within bounds, or not at all (MET-5)."""
        if figure is None:
            return cls(None, None, None, exact=False, estimated=False, estimate=None, coverage=coverage)
        if figure.is_point:
            return cls(
                figure.low, None, None, exact=not estimated, estimated=estimated, estimate=None, coverage=coverage
            )
        return cls(
            None, figure.low, figure.high, exact=False, estimated=estimated, estimate=estimate, coverage=coverage
        )

    @property
    def bounds(self) -> Interval | None:
        """The lowest and the highest it may be; none without data (MET-5)."""
        if self.value is not None:
            return Interval.point(self.value)
        return Interval(self.low, self.high) if self.low is not None and self.high is not None else None


@dataclass(frozen=True, slots=True)
class Rows:
    """The present rows a reading is made of, by metric and shop (MET-2)."""

    window: Window
    shops: tuple[Hashable, ...]
    by_key: Mapping[tuple[str, Hashable], Sequence[Cell]]

    @classmethod
    def sorted_out(cls, cells: Iterable[Cell], window: Window, shops: Iterable[Hashable]) -> "Rows":
        """The rows by metric and shop, for the shops asked for, each once."""
        by_key: dict[tuple[str, Hashable], list[Cell]] = defaultdict(list)
        for cell in cells:
            by_key[cell.metric, cell.shop_id].append(cell)
        return cls(window, tuple(dict.fromkeys(shops)), by_key)

    def of(self, code: str, shop: Hashable) -> Sequence[Cell]:
        """The rows of one metric and shop."""
        return self.by_key.get((code, shop), ())

    def by_day(self, code: str, shop: Hashable) -> dict[date, Cell]:
        """The day rows of one metric and shop in the window (MET-5a)."""
        return {
            cell.bucket: cell for cell in self.of(code, shop) if cell.grain is Grain.DAY and cell.bucket in self.window
        }

    def tilings(self, code: str, prefer: Prefer) -> list[Tiling]:
        """One tiling per shop (MET-5)."""
        return [tile(self.of(code, shop), self.window, prefer) for shop in self.shops]

    def total(self, code: str, shop: Hashable) -> Decimal:
        """The sum of what adds up in a shop, complete days before coarser rows (MET-5a); 0 without rows."""
        return sum((cell.value for cell in tile(self.of(code, shop), self.window, Prefer.FINEST).tiles), Decimal(0))

    def coverage(self, *, present: int, provisional: int) -> Coverage:
        """The coverage of a figure that speaks for so many shop-days (MET-8)."""
        return Coverage(self.window.days * len(self.shops), present, provisional)

    def coverage_of(self, tilings: Iterable[Tiling]) -> Coverage:
        """The coverage of a figure made of tilings (MET-8)."""
        kept = list(tilings)
        return self.coverage(
            present=sum(tiling.days_present for tiling in kept),
            provisional=sum(tiling.provisional_days for tiling in kept),
        )
