"""Goals in full: every kind of indicator, milestones, entries, rubrics, templates, events, curves, months summed up."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# Months summed up are rebuilt with the facts, and attainments have indicators that the build before cannot measure. Its
# claims are put off as for a lock, and the new workers take its batches and its goals.
HOLD_OLD_WORKERS = """
    CREATE FUNCTION hold_workers_without_months() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_setting('attain.months', true) IS DISTINCT FROM 'kept' THEN
            RAISE EXCEPTION 'a worker of the build before 0009 cannot store facts and attainments any more'
                USING ERRCODE = '55P03', HINT = 'the new workers take its batches and goals';
        END IF;
        RETURN NULL;
    END $$
"""
TRIGGER = """CREATE TRIGGER hold_workers_without_months BEFORE {held} FOR EACH STATEMENT
    EXECUTE FUNCTION hold_workers_without_months()"""
HELD = ("INSERT ON observations", "INSERT OR UPDATE ON attainments")
CHECKS = {
    "kind": "kind IN ('metric', 'growth', 'people', 'manual', 'milestones')",
    "attribution": "attribution IN ('whole', 'owned')",
    "against": "against IN ('previous', 'last_year')",
}
# What only this build can measure goes with it, and their goals are due again; in a block, as it is of all companies.
FORGET_NEW_KINDS = """
    DO $$ BEGIN
    UPDATE attainments attainment SET business_day = business_day - 1 FROM indicators one
    WHERE one.company_id = attainment.company_id AND one.goal_id = attainment.goal_id
      AND (one.kind <> 'metric' OR one.item_set_id IS NOT NULL);
    DELETE FROM indicators WHERE kind <> 'metric' OR item_set_id IS NOT NULL;
    END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(HOLD_OLD_WORKERS)  # first, as it waits for writers; what follows holds off readers, too
    for held in HELD:
        op.execute(TRIGGER.format(held=held))
    _make_tables()
    _widen_tables()
    _make_positions_unique(deferrable=True)
    op.drop_constraint("ck_indicators_kind", "indicators")
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_indicators_{name}"), "indicators", condition)


def _make_positions_unique(*, deferrable: bool) -> None:
    name = op.f("uq_indicators_company_id_goal_id_position")
    op.drop_constraint(name, "indicators")
    op.create_unique_constraint(
        name,
        "indicators",
        ["company_id", "goal_id", "position"],
        deferrable=deferrable,
        initially="DEFERRED" if deferrable else None,
    )


def _make_tables() -> None:
    op.create_table(
        "attainment_days",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("business_day", sa.Date(), nullable=False),
        sa.Column("score", sa.Numeric(), nullable=True),
        sa.Column("score_low", sa.Numeric(), nullable=True),
        sa.Column("score_high", sa.Numeric(), nullable=True),
        sa.Column("score_forecast", sa.Numeric(), nullable=True),
        sa.Column("status", sa.String(length=80), nullable=False),
        sa.Column("attainments", postgresql.ARRAY(sa.Numeric()), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "goal_id", "business_day", name=op.f("pk_attainment_days")),
    )
    op.create_table(
        "metric_months",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("shop_id", sa.Uuid(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("total", sa.Numeric(), nullable=True),
        sa.Column("largest", sa.Numeric(), nullable=True),
        sa.Column("last", sa.Numeric(), nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("provisional_days", sa.Integer(), nullable=False),
        sa.Column("has_coarser", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "shop_id", "metric", "dimension", "month", name=op.f("pk_metric_months")),
    )
    op.create_table(
        "pace_curves",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("method", sa.String(length=80), nullable=False),
        sa.Column("error", sa.Numeric(), nullable=True),
        sa.Column("errors", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("shares", postgresql.ARRAY(sa.Numeric()), nullable=False),
        sa.Column("computed_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_pace_curves")),
    )
    op.create_table(
        "calendar_events",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_calendar_events_window")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_calendar_events_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_calendar_events")),
    )
    op.create_index("uq_calendar_events_code_year", "calendar_events", ["company_id", "code", "year"], unique=True)
    op.create_table(
        "rubrics",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_rubrics_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_rubrics")),
        sa.UniqueConstraint("company_id", "name", name=op.f("uq_rubrics_company_id_name")),
    )
    op.create_table(
        "kpi_templates",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("position_id", sa.Uuid(), nullable=True),
        sa.Column("function", sa.String(length=80), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("how", sa.Text(), nullable=True),
        sa.Column("behaviours", sa.Text(), nullable=True),
        sa.Column("standards", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("weight", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("rubric", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("rubric_id", sa.Uuid(), nullable=True),
        sa.Column("ignore_missing", sa.Boolean(), nullable=False),
        sa.Column("indicators", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("origin", sa.String(length=80), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("weight BETWEEN 0 AND 100", name=op.f("ck_kpi_templates_weight_percent")),
        sa.ForeignKeyConstraint(
            ["company_id", "position_id"],
            ["positions.company_id", "positions.id"],
            name=op.f("fk_kpi_templates_company_id_position_id_positions"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "rubric_id"],
            ["rubrics.company_id", "rubrics.id"],
            name=op.f("fk_kpi_templates_company_id_rubric_id_rubrics"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_kpi_templates_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_kpi_templates")),
        sa.UniqueConstraint("company_id", "name", name=op.f("uq_kpi_templates_company_id_name")),
        sa.UniqueConstraint("company_id", "origin", name=op.f("uq_kpi_templates_company_id_origin")),
    )
    op.create_index(
        op.f("ix_kpi_templates_company_id_position_id"), "kpi_templates", ["company_id", "position_id"], unique=False
    )
    op.create_index(
        op.f("ix_kpi_templates_company_id_rubric_id"), "kpi_templates", ["company_id", "rubric_id"], unique=False
    )
    op.create_table(
        "rubric_versions",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("rubric_id", sa.Uuid(), nullable=False),
        sa.Column("rules_version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rubric", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "rubric_id"],
            ["rubrics.company_id", "rubrics.id"],
            name=op.f("fk_rubric_versions_company_id_rubric_id_rubrics"),
        ),
        sa.PrimaryKeyConstraint("company_id", "rubric_id", "rules_version", name=op.f("pk_rubric_versions")),
    )
    op.create_table(
        "goal_events",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("is_stand_in", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("changes", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "goal_id"],
            ["goals.company_id", "goals.id"],
            name=op.f("fk_goal_events_company_id_goal_id_goals"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_goal_events")),
    )
    op.create_index(
        op.f("ix_goal_events_company_id_goal_id_id"), "goal_events", ["company_id", "goal_id", "id"], unique=False
    )
    op.create_table(
        "milestones",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "goal_id"],
            ["goals.company_id", "goals.id"],
            name=op.f("fk_milestones_company_id_goal_id_goals"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "owner_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_milestones_company_id_owner_id_people"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_milestones")),
    )
    op.create_index(
        op.f("ix_milestones_company_id_goal_id_position"),
        "milestones",
        ["company_id", "goal_id", "position"],
        unique=False,
    )
    op.create_index(op.f("ix_milestones_company_id_owner_id"), "milestones", ["company_id", "owner_id"], unique=False)
    op.create_table(
        "indicator_entries",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("indicator_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.Numeric(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("entered_by", sa.Uuid(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'accepted', 'rejected')", name=op.f("ck_indicator_entries_state")),
        sa.ForeignKeyConstraint(
            ["company_id", "indicator_id"],
            ["indicators.company_id", "indicators.id"],
            name=op.f("fk_indicator_entries_company_id_indicator_id_indicators"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_indicator_entries")),
    )
    op.create_index(
        op.f("ix_indicator_entries_company_id_indicator_id_on_day"),
        "indicator_entries",
        ["company_id", "indicator_id", "on_day"],
        unique=False,
    )


def _widen_tables() -> None:
    op.add_column("attainments", sa.Column("rubric_id", sa.Uuid(), nullable=True))
    op.add_column("attainments", sa.Column("rubric_version", sa.Integer(), nullable=True))
    op.add_column(
        "goals", sa.Column("collaborators", postgresql.ARRAY(sa.UUID()), server_default=sa.text("'{}'"), nullable=False)
    )
    op.add_column("goals", sa.Column("rubric_id", sa.Uuid(), nullable=True))
    op.add_column("goals", sa.Column("rubric_version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("goals", sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "goals", sa.Column("is_closed_with_cycle", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("goals", sa.Column("template_id", sa.Uuid(), nullable=True))
    op.add_column("goals", sa.Column("copied_from_id", sa.Uuid(), nullable=True))
    op.create_index(op.f("ix_goals_company_id_rubric_id"), "goals", ["company_id", "rubric_id"], unique=False)
    op.create_index(
        "uq_goals_assigned",
        "goals",
        ["company_id", "cycle_id", "template_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("template_id IS NOT NULL AND state <> 'cancelled'"),
    )
    op.create_foreign_key(
        op.f("fk_goals_company_id_rubric_id_rubrics"),
        "goals",
        "rubrics",
        ["company_id", "rubric_id"],
        ["company_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_goals_company_id_template_id_kpi_templates"),
        "goals",
        "kpi_templates",
        ["company_id", "template_id"],
        ["company_id", "id"],
    )
    op.add_column("indicators", sa.Column("item_set_id", sa.Uuid(), nullable=True))
    op.add_column("indicators", sa.Column("item_dimensions", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column("indicators", sa.Column("against", sa.String(length=80), nullable=True))
    op.add_column("indicators", sa.Column("attribution", sa.String(length=80), server_default="whole", nullable=False))
    op.add_column("indicators", sa.Column("department_id", sa.Uuid(), nullable=True))
    op.add_column("indicators", sa.Column("named_by", sa.Uuid(), nullable=True))
    op.add_column("indicators", sa.Column("name", sa.String(length=200), nullable=True))
    op.add_column("indicators", sa.Column("unit", sa.String(length=200), nullable=True))
    op.add_column("indicators", sa.Column("daily_curve", postgresql.ARRAY(sa.Numeric()), nullable=True))
    op.alter_column("indicators", "metric", existing_type=sa.VARCHAR(length=80), nullable=True)
    op.alter_column("indicators", "aggregate", existing_type=sa.VARCHAR(length=80), nullable=True)
    op.create_index(
        "ix_indicators_on_people", "indicators", ["company_id", "goal_id"], postgresql_where=sa.text("kind = 'people'")
    )
    op.create_index(
        op.f("ix_indicators_company_id_item_set_id"), "indicators", ["company_id", "item_set_id"], unique=False
    )
    op.create_foreign_key(
        op.f("fk_indicators_company_id_department_id_departments"),
        "indicators",
        "departments",
        ["company_id", "department_id"],
        ["company_id", "id"],
    )
    op.create_foreign_key(
        op.f("fk_indicators_company_id_item_set_id_item_sets"),
        "indicators",
        "item_sets",
        ["company_id", "item_set_id"],
        ["company_id", "id"],
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in ("observations", "attainments"):
        op.execute(f"DROP TRIGGER hold_workers_without_months ON {table}")
    op.execute("DROP FUNCTION hold_workers_without_months")
    op.drop_table("indicator_entries")
    op.execute(FORGET_NEW_KINDS)
    _make_positions_unique(deferrable=False)
    for name in CHECKS:
        op.drop_constraint(f"ck_indicators_{name}", "indicators")
    op.create_check_constraint(op.f("ck_indicators_kind"), "indicators", "kind IN ('metric')")
    op.drop_constraint(op.f("fk_indicators_company_id_item_set_id_item_sets"), "indicators", type_="foreignkey")
    op.drop_constraint(op.f("fk_indicators_company_id_department_id_departments"), "indicators", type_="foreignkey")
    op.drop_index(op.f("ix_indicators_company_id_item_set_id"), table_name="indicators")
    op.drop_index("ix_indicators_on_people", table_name="indicators")
    op.alter_column("indicators", "aggregate", existing_type=sa.VARCHAR(length=80), nullable=False)
    op.alter_column("indicators", "metric", existing_type=sa.VARCHAR(length=80), nullable=False)
    op.drop_column("indicators", "daily_curve")
    op.drop_column("indicators", "unit")
    op.drop_column("indicators", "name")
    op.drop_column("indicators", "named_by")
    op.drop_column("indicators", "department_id")
    op.drop_column("indicators", "attribution")
    op.drop_column("indicators", "against")
    op.drop_column("indicators", "item_dimensions")
    op.drop_column("indicators", "item_set_id")
    op.drop_constraint(op.f("fk_goals_company_id_template_id_kpi_templates"), "goals", type_="foreignkey")
    op.drop_constraint(op.f("fk_goals_company_id_rubric_id_rubrics"), "goals", type_="foreignkey")
    op.drop_index(
        "uq_goals_assigned",
        table_name="goals",
        postgresql_where=sa.text("template_id IS NOT NULL AND state <> 'cancelled'"),
    )
    op.drop_index(op.f("ix_goals_company_id_rubric_id"), table_name="goals")
    op.drop_column("goals", "copied_from_id")
    op.drop_column("goals", "template_id")
    op.drop_column("goals", "is_closed_with_cycle")
    op.drop_column("goals", "agreed_at")
    op.drop_column("goals", "rubric_version")
    op.drop_column("goals", "rubric_id")
    op.drop_column("goals", "collaborators")
    op.drop_column("attainments", "rubric_version")
    op.drop_column("attainments", "rubric_id")
    op.drop_table("milestones")
    op.drop_table("goal_events")
    op.drop_table("rubric_versions")
    op.drop_table("kpi_templates")
    op.drop_table("rubrics")
    op.drop_table("calendar_events")
    op.drop_table("pace_curves")
    op.drop_table("metric_months")
    op.drop_table("attainment_days")
