"""What metrics are taken in with: findings, alerts, imports, companies' own metrics; a history without doubles."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# A present row is part of the history, and is moved there only once another stands in its place. The build before would
# overwrite it: its claims are put off as for a lock, and the new workers take its batches.
HOLD_OLD_WORKERS = """
    CREATE FUNCTION hold_old_workers() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'a worker of the build before 0007 cannot store facts any more'
            USING ERRCODE = '55P03', HINT = 'the new workers take its batches';
    END $$
"""
TRIGGER = """
    CREATE TRIGGER hold_old_workers BEFORE INSERT ON observations
    FOR EACH ROW WHEN (NEW.row_index IS NULL) EXECUTE FUNCTION hold_old_workers()
"""
# The build before keeps every row in the history, the present one too. In a block, as it is of all companies.
PRESENT_TO_HISTORY = """
    DO $$ BEGIN
    INSERT INTO observation_history (company_id, shop_id, metric, dimension, grain, bucket, batch_id, row_index, value,
                                     is_final, through, observed_at, received_at, verdict)
    SELECT company_id, shop_id, metric, dimension, grain, bucket, batch_id, row_index, value, is_final, through,
           observed_at, received_at, verdict
    FROM observations WHERE row_index IS NOT NULL;
    END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "connector_deliveries",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("connector_id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("latest_day", sa.Date(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "connector_id", "shop_id", name=op.f("pk_connector_deliveries")),
    )
    op.create_table(
        "metric_findings",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("bucket", sa.Date(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=False),
        sa.Column("expected", sa.Numeric(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "company_id", "shop_id", "bucket", "grain", "dimension", "metric", "kind", name=op.f("pk_metric_findings")
        ),
    )
    op.create_index("ix_metric_findings_company_id_batch_id", "metric_findings", ["company_id", "batch_id"])
    op.create_index(
        "ix_metric_findings_company_id_id", "metric_findings", ["company_id", sa.text("id DESC")], unique=True
    )
    op.create_table(
        "shop_checks",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "shop_id", "month", name=op.f("pk_shop_checks")),
    )
    op.create_table(
        "company_metrics",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("zh", sa.String(length=200), nullable=False),
        sa.Column("en", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=80), nullable=False),
        sa.Column("algebra", sa.String(length=80), nullable=False),
        sa.Column("over_shops", sa.String(length=80), nullable=False),
        sa.Column("over_shops_weight", sa.Text(), nullable=True),
        sa.Column("numerator", sa.Text(), nullable=False),
        sa.Column("denominator", sa.Text(), nullable=False),
        sa.Column("default_aggregate", sa.String(length=80), nullable=False),
        sa.Column("better", sa.String(length=80), nullable=False),
        sa.Column("aliases", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_company_metrics_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "code", "version", name=op.f("pk_company_metrics")),
    )
    op.create_table(
        "alerts",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("connector_id", sa.Uuid(), nullable=True),
        sa.Column("shop_id", sa.Uuid(), nullable=True),
        sa.Column("details", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "connector_id"],
            ["connectors.company_id", "connectors.id"],
            name=op.f("fk_alerts_company_id_connector_id_connectors"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "shop_id"],
            ["shops.company_id", "shops.id"],
            name=op.f("fk_alerts_company_id_shop_id_shops"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_alerts")),
    )
    op.create_index(
        "uq_alerts_open",
        "alerts",
        ["company_id", "kind", "connector_id", "shop_id"],
        unique=True,
        postgresql_where=sa.text("cleared_at IS NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "metric_imports",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("file_hash", sa.LargeBinary(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("report", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("batch_ids", sa.ARRAY(sa.UUID()), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('shop', 'product')", name=op.f("ck_metric_imports_kind")),
        sa.ForeignKeyConstraint(
            ["company_id", "shop_id"],
            ["shops.company_id", "shops.id"],
            name=op.f("fk_metric_imports_company_id_shop_id_shops"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_metric_imports")),
    )
    op.add_column(
        "connectors", sa.Column("require_signature", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("connectors", sa.Column("expected_by", sa.Time(), nullable=True))
    op.add_column("metric_batches", sa.Column("slot", sa.SmallInteger(), server_default=sa.text("0"), nullable=False))
    op.add_column("indicators", sa.Column("metric_version", sa.Integer(), nullable=True))
    op.add_column("observations", sa.Column("row_index", sa.Integer(), nullable=True))
    op.add_column("observations", sa.Column("verdict", sa.Text(), nullable=True))
    op.execute(HOLD_OLD_WORKERS)
    op.execute(TRIGGER)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER hold_old_workers ON observations")
    op.execute("DROP FUNCTION hold_old_workers")
    op.execute(PRESENT_TO_HISTORY)
    op.drop_column("observations", "verdict")
    op.drop_column("observations", "row_index")
    op.drop_column("indicators", "metric_version")
    op.drop_column("metric_batches", "slot")
    op.drop_column("connectors", "expected_by")
    op.drop_column("connectors", "require_signature")
    for table in (
        "metric_imports",
        "alerts",
        "company_metrics",
        "shop_checks",
        "metric_findings",
        "connector_deliveries",
    ):
        op.drop_table(table)
