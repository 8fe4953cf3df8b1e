"""The index by which claims go round the slots of the inbox; made beside live traffic, partition by partition."""

from alembic import op

from attain_shared.db.indexes import build_index, build_partitioned_index

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

WAITING = "(company_id, lane, slot, id) WHERE state = 'stored'"
KEYS = "ix_batch_keys_company_id_created_at"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        build_partitioned_index(
            op.get_bind(), name="ix_metric_batches_waiting", table="metric_batches", columns=WAITING
        )
        build_index(op.get_bind(), name=KEYS, table="batch_keys", columns="(company_id, created_at)")
        op.execute("RESET lock_timeout")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.execute("DROP INDEX IF EXISTS ix_metric_batches_waiting")
        op.execute(f"DROP INDEX IF EXISTS {KEYS}")
        op.execute("RESET lock_timeout")
