"""The inbox and the facts; cycles, goals, marks and attainments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(sa.schema.CreateSequence(sa.Sequence("mark_generation")))
    op.create_table(
        "batch_keys",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("principal_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "principal_id", "key", name=op.f("pk_batch_keys")),
    )
    op.create_table(
        "batch_rejections",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("row_index", sa.Integer(), nullable=False),
        sa.Column("pointer", sa.Text(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "batch_id", "row_index", name=op.f("pk_batch_rejections")),
    )
    op.create_table(
        "metric_batches",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("connector_id", sa.Uuid(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("lane", sa.String(length=80), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replayed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("processed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("verdicts", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("row_verdicts", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("lane IN ('live', 'backfill')", name=op.f("ck_metric_batches_lane")),
        sa.CheckConstraint("state IN ('stored', 'done', 'failed')", name=op.f("ck_metric_batches_state")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_metric_batches")),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_table(
        "observation_history",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Date(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("row_index", sa.Integer(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("through", sa.Date(), nullable=True),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "company_id",
            "shop_id",
            "metric",
            "dimension",
            "grain",
            "bucket",
            "batch_id",
            "row_index",
            name=op.f("pk_observation_history"),
        ),
        postgresql_partition_by="RANGE (bucket)",
    )
    op.create_table(
        "observations",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("bucket", sa.Date(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=False),
        sa.Column("is_final", sa.Boolean(), nullable=False),
        sa.Column("through", sa.Date(), nullable=True),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(
            "company_id", "shop_id", "metric", "dimension", "grain", "bucket", name=op.f("pk_observations")
        ),
        postgresql_partition_by="RANGE (bucket)",
    )
    op.create_table(
        "cycles",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_cycles_state")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_cycles_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_cycles")),
        sa.UniqueConstraint("company_id", "kind", "starts_on", name=op.f("uq_cycles_company_id_kind_starts_on")),
    )
    op.create_table(
        "goals",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("how", sa.Text(), nullable=True),
        sa.Column("behaviours", sa.Text(), nullable=True),
        sa.Column("standards", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("weight", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("rubric", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("ignore_missing", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'returned', 'confirmed', 'closed', 'cancelled')",
            name=op.f("ck_goals_state"),
        ),
        sa.CheckConstraint("num_nonnulls(department_id, person_id) <= 1", name=op.f("ck_goals_one_owner")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_goals_window")),
        sa.CheckConstraint("weight BETWEEN 0 AND 100", name=op.f("ck_goals_weight_percent")),
        sa.ForeignKeyConstraint(
            ["company_id", "cycle_id"],
            ["cycles.company_id", "cycles.id"],
            name=op.f("fk_goals_company_id_cycle_id_cycles"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "department_id"],
            ["departments.company_id", "departments.id"],
            name=op.f("fk_goals_company_id_department_id_departments"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "parent_id"],
            ["goals.company_id", "goals.id"],
            name=op.f("fk_goals_company_id_parent_id_goals"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_goals_company_id_person_id_people"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_goals")),
    )
    op.create_index(
        op.f("ix_goals_company_id_cycle_id_department_id"),
        "goals",
        ["company_id", "cycle_id", "department_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_goals_company_id_cycle_id_person_id"), "goals", ["company_id", "cycle_id", "person_id"], unique=False
    )
    op.create_index(op.f("ix_goals_company_id_parent_id"), "goals", ["company_id", "parent_id"], unique=False)
    op.create_table(
        "attainments",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("score", sa.Numeric(), nullable=True),
        sa.Column("score_low", sa.Numeric(), nullable=True),
        sa.Column("score_high", sa.Numeric(), nullable=True),
        sa.Column("score_forecast", sa.Numeric(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=80), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("indicators", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "goal_id"],
            ["goals.company_id", "goals.id"],
            name=op.f("fk_attainments_company_id_goal_id_goals"),
        ),
        sa.PrimaryKeyConstraint("company_id", "goal_id", name=op.f("pk_attainments")),
    )
    op.create_table(
        "goal_marks",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("first_batch_id", sa.Uuid(), nullable=True),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "goal_id"],
            ["goals.company_id", "goals.id"],
            name=op.f("fk_goal_marks_company_id_goal_id_goals"),
        ),
        sa.PrimaryKeyConstraint("company_id", "goal_id", name=op.f("pk_goal_marks")),
    )
    op.create_table(
        "indicators",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("metric", sa.String(length=80), nullable=False),
        sa.Column("aggregate", sa.String(length=80), nullable=False),
        sa.Column("dimension", sa.String(length=200), nullable=False),
        sa.Column("shop_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("direction", sa.String(length=80), nullable=False),
        sa.Column("target", sa.Numeric(), nullable=True),
        sa.Column("baseline", sa.Numeric(), nullable=True),
        sa.Column("band_low", sa.Numeric(), nullable=True),
        sa.Column("band_high", sa.Numeric(), nullable=True),
        sa.Column("cap", sa.Numeric(), nullable=False),
        sa.CheckConstraint("kind IN ('metric')", name=op.f("ck_indicators_kind")),
        sa.ForeignKeyConstraint(
            ["company_id", "goal_id"],
            ["goals.company_id", "goals.id"],
            name=op.f("fk_indicators_company_id_goal_id_goals"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_indicators")),
        sa.UniqueConstraint(
            "company_id", "goal_id", "position", name=op.f("uq_indicators_company_id_goal_id_position")
        ),
    )
    op.create_table(
        "indicator_sources",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("indicator_id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "indicator_id"],
            ["indicators.company_id", "indicators.id"],
            name=op.f("fk_indicator_sources_company_id_indicator_id_indicators"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "company_id", "shop_id", "metric", "dimension", "indicator_id", name=op.f("pk_indicator_sources")
        ),
    )
    op.create_index(
        op.f("ix_indicator_sources_company_id_indicator_id"),
        "indicator_sources",
        ["company_id", "indicator_id"],
        unique=False,
    )
    op.create_index(
        "ix_metric_batches_stored",
        "metric_batches",
        ["company_id", "id"],
        postgresql_where=sa.text("state = 'stored'"),
    )
    # what is gzipped already does not compress again
    op.execute("ALTER TABLE metric_batches ALTER COLUMN payload SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index(op.f("ix_indicator_sources_company_id_indicator_id"), table_name="indicator_sources")
    op.drop_table("indicator_sources")
    op.drop_table("indicators")
    op.drop_table("goal_marks")
    op.drop_table("attainments")
    op.drop_index(op.f("ix_goals_company_id_parent_id"), table_name="goals")
    op.drop_index(op.f("ix_goals_company_id_cycle_id_person_id"), table_name="goals")
    op.drop_index(op.f("ix_goals_company_id_cycle_id_department_id"), table_name="goals")
    op.drop_table("goals")
    op.drop_table("cycles")
    op.drop_table("observations")
    op.drop_table("observation_history")
    op.drop_table("metric_batches")
    op.drop_table("batch_rejections")
    op.drop_table("batch_keys")
    op.execute(sa.schema.DropSequence(sa.Sequence("mark_generation")))
