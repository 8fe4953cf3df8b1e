"""Which rows a figure is read from: what explains it (GOAL-8)."""

from collections.abc import Hashable, Iterable, Mapping

from attain_shared.rules.algebra import Aggregate, Algebra, Metric
from attain_shared.rules.periods import Window
from attain_shared.rules.ratios import deduplicated_rows, pooled_rows
from attain_shared.rules.reading import Rows
from attain_shared.rules.snapshots import snapshot_rows
from attain_shared.rules.tiling import Cell, Prefer


def rows_read(
    metric: Metric,
    catalogue: Mapping[str, Metric],
    cells: Iterable[Cell],
    window: Window,
    shops: Iterable[Hashable],
    aggregate: Aggregate,
) -> list[Cell]:
    """The rows out of `cells` that `aggregation.read` makes its figure of, each once; from them alone it is the same.

    Passed over are rows that reach out of the window, months where complete days speak, a ratio's own rows where its
    parts do, days of one part that lack the other, and all but the last row of what stands at an instant. Coverage
    alone may be less from them: of a figure that stands at an instant it counts every day with a row (MET-8).
    """
    rows = Rows.sorted_out(cells, window, shops)
    if aggregate is Aggregate.DAILY_MEAN:
        read = [cell for shop in rows.shops for cell in rows.by_day(metric.code, shop).values()]
    elif aggregate is Aggregate.DAILY_POOLED:
        read = pooled_rows(metric, rows)
    elif metric.algebra is Algebra.RATIO:
        read = deduplicated_rows(metric, catalogue, rows)
    elif metric.algebra is Algebra.SNAPSHOT:
        read = snapshot_rows(metric, rows.shops, rows)
    else:
        prefer = Prefer.FINEST if metric.algebra is Algebra.ADDITIVE else Prefer.COARSEST
        read = [cell for tiling in rows.tilings(metric.code, prefer) for cell in tiling.tiles]
    return list(dict.fromkeys(read))
