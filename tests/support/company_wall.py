"""The one wall, always checked: a statement on company data that does not name `company_id` fails (ORG-0).

In every query scope each table of company data needs, among the conditions that must all hold, an equation of its own
`company_id` with something given: a parameter, a table that is itself tied, or a row from outside the scope.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import sqlglot
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlglot import exp

from attain_shared.db.partitions import is_partition
from attain_shared.db.tables import INSTALLATION_TABLES, metadata

COMPANY_TABLES = frozenset(metadata.tables) - INSTALLATION_TABLES
_STATEMENTS = ("select", "insert", "update", "delete", "with", "merge", "(", "copy")


class Breach(AssertionError):
    """A statement looked over the wall."""


@lru_cache(maxsize=4096)
def breaches(statement: str) -> tuple[str, ...]:
    """What is wrong with a statement: one sentence for each table that is not tied to a company."""
    if not statement.lstrip().lower().startswith(_STATEMENTS):
        return ()  # DDL, SET, SHOW, SAVEPOINT, …
    found: list[str] = []
    for tree in sqlglot.parse(statement, dialect="postgres"):
        if tree is not None:
            hidden = {cte.alias for cte in tree.find_all(exp.CTE)}
            for scope in tree.find_all(exp.Select, exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Copy):
                found.extend(_breaches_of(scope, hidden))
    return tuple(found)


def _breaches_of(scope: exp.Expr, hidden: set[str]) -> Iterator[str]:
    if isinstance(scope, exp.Insert | exp.Copy):
        target = scope.this
        table = target.find(exp.Table) if target is not None else None
        if table is not None and _is_company_data(table, hidden):
            columns = {column.name for column in target.expressions} if isinstance(target, exp.Schema) else set()
            if "company_id" not in columns:
                yield f"INSERT INTO {table.name} without company_id"
        return
    tables = [table for table in _sources(scope) if isinstance(table, exp.Table)]
    walled = {table.alias_or_name: table.name for table in tables if _is_company_data(table, hidden)}
    tied = _tied(scope, walled) if walled else set()
    for alias, name in walled.items():
        if alias not in tied:
            yield f"{name} (as {alias}) without an equation on its company_id"


def _is_company_data(table: exp.Table, hidden: set[str]) -> bool:
    name = table.name.rpartition("_p")[0] if is_partition(table.name) else table.name
    return name in COMPANY_TABLES and name not in hidden and table.db in {"", "public"}


def _sources(scope: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(scope, exp.Update | exp.Delete | exp.Merge):
        yield scope.this
    begin = scope.args.get("from_")
    if begin is not None:
        yield begin.this
        yield from (join.this for join in begin.this.args.get("joins") or ())
    using = scope.args.get("using") or []
    yield from (using if isinstance(using, list) else [using])
    yield from (join.this for join in scope.args.get("joins") or ())


def _tied(scope: exp.Expr, walled: dict[str, str]) -> set[str]:
    """The aliases that an equation ties to something given, directly or through each other."""
    groups: list[set[str]] = []
    tied: set[str] = set()
    for condition in _conditions(scope):
        sides = [_company_of(side, walled) for side in (condition.this, condition.expression)]
        aliases = {alias for alias in sides if alias is not None}
        if len(aliases) == 2:
            groups.append(aliases)
        elif aliases and sides.count(None) == 1:
            tied |= aliases
    groups.extend(_used(scope, walled))
    while any(group & tied and not group <= tied for group in groups):
        for group in groups:
            if group & tied:
                tied |= group
    return tied


def _conditions(scope: exp.Expr) -> Iterator[exp.EQ]:
    where = scope.args.get("where")
    wanted = [where.this] if where is not None else []
    wanted.extend(join.args["on"] for join in scope.args.get("joins") or () if join.args.get("on"))
    begin = scope.args.get("from_")
    if begin is not None:
        wanted.extend(join.args["on"] for join in begin.this.args.get("joins") or () if join.args.get("on"))
    if isinstance(scope, exp.Merge):
        wanted.append(scope.args["on"])
    while wanted:
        condition = wanted.pop().unnest()
        if isinstance(condition, exp.And):
            wanted.extend((condition.this, condition.expression))
        elif isinstance(condition, exp.EQ):
            yield from _equations(condition)


def _equations(equation: exp.EQ) -> Iterator[exp.EQ]:
    """`(a, b) = (c, d)` is `a = c` and `b = d`."""
    left, right = equation.this.unnest(), equation.expression.unnest()
    if isinstance(left, exp.Tuple) and isinstance(right, exp.Tuple):
        for one, other in zip(left.expressions, right.expressions, strict=True):
            yield exp.EQ(this=one, expression=other)
    else:
        yield equation


def _company_of(side: exp.Expr, walled: dict[str, str]) -> str | None:
    """The alias whose company_id this is, if it is a walled table's."""
    side = side.unnest()
    if not isinstance(side, exp.Column) or side.name != "company_id":
        return None
    if side.table:
        return side.table if side.table in walled else None
    return next(iter(walled)) if len(walled) == 1 else None


def _used(scope: exp.Expr, walled: dict[str, str]) -> Iterator[set[str]]:
    for join in scope.args.get("joins") or ():
        if any(column.name == "company_id" for column in join.args.get("using") or ()):
            yield set(walled)


@contextmanager
def standing() -> Iterator[list[str]]:
    """Check every statement of every engine; what breaks through is refused, and listed."""
    seen: list[str] = []

    def check(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        for breach in breaches(statement):
            seen.append(f"{breach}\n{statement}")
            raise Breach(seen[-1])

    event.listen(Engine, "before_cursor_execute", check)
    try:
        yield seen
    finally:
        event.remove(Engine, "before_cursor_execute", check)
