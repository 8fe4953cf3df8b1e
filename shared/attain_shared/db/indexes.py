"""Indexes made beside live traffic, for migrations: they run outside a transaction, and one that failed begins anew."""

from sqlalchemy import Connection, text

# those made since a try that failed have the index already, under a name of PostgreSQL's own
_WITHOUT = text("""
    SELECT part.inhrelid::regclass::text FROM pg_inherits part
    WHERE part.inhparent = to_regclass(:table) AND NOT EXISTS (
        SELECT FROM pg_inherits attached JOIN pg_index ind ON ind.indexrelid = attached.inhrelid
        WHERE attached.inhparent = to_regclass(:name) AND ind.indrelid = part.inhrelid)
    ORDER BY 1
""")
_BROKEN = text("SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT indisvalid)")


def build_index(connection: Connection, *, name: str, table: str, columns: str) -> None:
    """Begin anew what a failed try has left behind; wait for whoever reads, as nobody waits for this.

    `columns` is what follows the table's name in the statement; the connection commits by itself.
    """
    connection.execute(text("SET lock_timeout = 0"))
    if connection.scalar(_BROKEN, {"name": name}):
        connection.execute(text(f"DROP INDEX CONCURRENTLY {name}"))
    connection.execute(text(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} {columns}"))


def build_partitioned_index(connection: Connection, *, name: str, table: str, columns: str) -> None:
    """A partitioned index cannot be made concurrently in one go; those of its partitions can, one by one."""
    connection.execute(text("SET lock_timeout = '5s'"))
    connection.execute(text(f"CREATE INDEX IF NOT EXISTS {name} ON ONLY {table} {columns}"))
    for partition in connection.scalars(_WITHOUT, {"table": table, "name": name}).all():
        part = partition + name.removeprefix(f"ix_{table}")
        build_index(connection, name=part, table=partition, columns=columns)
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.execute(text(f"ALTER INDEX {name} ATTACH PARTITION {part}"))
