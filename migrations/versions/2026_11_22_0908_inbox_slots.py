"""The index by which claims go round the slots of the inbox; made beside live traffic, partition by partition."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WAITING = "(company_id, lane, slot, id) WHERE state = 'stored'"
# those made since a try that failed have the index already, under a name of PostgreSQL's own
WITHOUT = sa.text("""
    SELECT part.inhrelid::regclass::text FROM pg_inherits part
    WHERE part.inhparent = 'metric_batches'::regclass AND NOT EXISTS (
        SELECT FROM pg_inherits attached JOIN pg_index ind ON ind.indexrelid = attached.inhrelid
        WHERE attached.inhparent = to_regclass(:name) AND ind.indrelid = part.inhrelid)
    ORDER BY 1
""")
BROKEN = sa.text("SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT indisvalid)")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        _index_inbox("ix_metric_batches_waiting", WAITING)
        _build("ix_batch_keys_company_id_created_at", "batch_keys", "(company_id, created_at)")
        op.execute("RESET lock_timeout")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.execute("DROP INDEX IF EXISTS ix_metric_batches_waiting")
        op.execute("DROP INDEX IF EXISTS ix_batch_keys_company_id_created_at")
        op.execute("RESET lock_timeout")


def _index_inbox(name: str, columns: str) -> None:
    """A partitioned index cannot be made concurrently in one go; those of its partitions can, one by one."""
    op.execute("SET lock_timeout = '5s'")
    op.execute(f"CREATE INDEX IF NOT EXISTS {name} ON ONLY metric_batches {columns}")
    for partition in op.get_bind().scalars(WITHOUT, {"name": name}).all():
        part = partition + name.removeprefix("ix_metric_batches")
        _build(part, partition, columns)
        op.execute("SET lock_timeout = '5s'")
        op.execute(f"ALTER INDEX {name} ATTACH PARTITION {part}")


def _build(name: str, table: str, columns: str) -> None:
    """Begin anew what a failed try has left behind; wait for whoever reads, as nobody waits for this."""
    op.execute("SET lock_timeout = 0")
    if op.get_bind().scalar(BROKEN, {"name": name}):
        op.execute(f"DROP INDEX CONCURRENTLY {name}")
    op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} {columns}")
