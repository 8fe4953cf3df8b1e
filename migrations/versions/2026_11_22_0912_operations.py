"""What operations look at: samples of the installation, what workers have done, and the trace of a push."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "installation_samples",
        sa.Column("sampled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requests", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed_requests", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("slow_requests", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("inbox_live", sa.Integer(), nullable=False),
        sa.Column("inbox_backfill", sa.Integer(), nullable=False),
        sa.Column("inbox_oldest_seconds", sa.Double(), nullable=True),
        sa.Column("inbox_oldest_live_seconds", sa.Double(), nullable=True),
        sa.Column("failed_batches", sa.Integer(), nullable=False),
        sa.Column("marks", sa.Integer(), nullable=False),
        sa.Column("marks_oldest_seconds", sa.Double(), nullable=True),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("silent_connectors", sa.Integer(), nullable=False),
        sa.Column("workers", sa.Integer(), nullable=False),
        sa.Column("batches_taken_in", sa.BigInteger(), nullable=False),
        sa.Column("rows_taken_in", sa.BigInteger(), nullable=False),
        sa.Column("ingestion_lag_seconds", sa.Double(), nullable=True),
        sa.Column("database_bytes", sa.BigInteger(), nullable=False),
        sa.Column("connections", sa.Integer(), nullable=False),
        sa.Column("oldest_transaction_seconds", sa.Double(), nullable=True),
        sa.Column("archive_failing_seconds", sa.Double(), nullable=True),
        sa.Column("standbys", sa.Integer(), nullable=False),
        sa.Column("standbys_wanted", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("sampled_at", name=op.f("pk_installation_samples")),
    )
    op.add_column("metric_batches", sa.Column("traceparent", sa.String(length=55), nullable=True))
    op.add_column("worker_heartbeats", sa.Column("version", sa.String(length=80), nullable=True))
    op.add_column("worker_heartbeats", sa.Column("memory_bytes", sa.BigInteger(), nullable=True))
    op.add_column(
        "worker_heartbeats", sa.Column("batches_taken_in", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "worker_heartbeats", sa.Column("rows_taken_in", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "worker_heartbeats", sa.Column("goals_recomputed", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "worker_heartbeats", sa.Column("jobs_failed", sa.BigInteger(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column("worker_heartbeats", sa.Column("lag_seconds", sa.Double(), nullable=True))


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("worker_heartbeats", "lag_seconds")
    op.drop_column("worker_heartbeats", "jobs_failed")
    op.drop_column("worker_heartbeats", "goals_recomputed")
    op.drop_column("worker_heartbeats", "rows_taken_in")
    op.drop_column("worker_heartbeats", "batches_taken_in")
    op.drop_column("worker_heartbeats", "memory_bytes")
    op.drop_column("worker_heartbeats", "version")
    op.drop_column("metric_batches", "traceparent")
    op.drop_table("installation_samples")
