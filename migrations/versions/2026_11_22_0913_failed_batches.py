"""The index by which failed batches are counted; made beside live traffic, partition by partition."""

from alembic import op

from attain_shared.db.indexes import build_partitioned_index

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NAME = "ix_metric_batches_failed"


def upgrade() -> None:
    with op.get_context().autocommit_block():
        build_partitioned_index(
            op.get_bind(), name=NAME, table="metric_batches", columns="(company_id, id) WHERE state = 'failed'"
        )
        op.execute("RESET lock_timeout")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.execute(f"DROP INDEX IF EXISTS {NAME}")
        op.execute("RESET lock_timeout")
