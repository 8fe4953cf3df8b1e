"""Reviews: the company's values, review cycles, reviews and their record, calibration."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = (
    "company_values",
    "review_cycles",
    "calibration_groups",
    "reviews",
    "rating_changes",
    "review_assessments",
    "review_delegations",
    "review_events",
    "review_goals",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "company_values",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name_zh", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("levels", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_company_values_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_company_values")),
        sa.UniqueConstraint("company_id", "code", name=op.f("uq_company_values_company_id_code")),
    )
    op.create_table(
        "review_cycles",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("cadence", sa.String(length=80), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("review_class", sa.String(length=80), nullable=True),
        sa.Column("department_ids", postgresql.ARRAY(sa.UUID()), nullable=True),
        sa.Column("hired_by", sa.Date(), nullable=True),
        sa.Column("person_ids", postgresql.ARRAY(sa.UUID()), nullable=True),
        sa.Column("is_values_only", sa.Boolean(), nullable=False),
        sa.Column("settings", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("due", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("company_values", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "cadence IN ('quarter', 'half_year', 'year', 'ad_hoc')", name=op.f("ck_review_cycles_cadence")
        ),
        sa.CheckConstraint("review_class IN ('staff', 'senior')", name=op.f("ck_review_cycles_review_class")),
        sa.CheckConstraint("state IN ('draft', 'open', 'closed')", name=op.f("ck_review_cycles_state")),
        sa.ForeignKeyConstraint(
            ["company_id", "cycle_id"],
            ["cycles.company_id", "cycles.id"],
            name=op.f("fk_review_cycles_company_id_cycle_id_cycles"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_review_cycles")),
    )
    op.create_index(
        op.f("ix_review_cycles_company_id_cycle_id"), "review_cycles", ["company_id", "cycle_id"], unique=False
    )
    op.create_table(
        "calibration_groups",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("review_cycle_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locked_by", sa.Uuid(), nullable=True),
        sa.Column("exception", sa.Text(), nullable=True),
        sa.Column(
            "violations", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False
        ),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.Column("publish_exception", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "department_id"],
            ["departments.company_id", "departments.id"],
            name=op.f("fk_calibration_groups_company_id_department_id_departments"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "review_cycle_id"],
            ["review_cycles.company_id", "review_cycles.id"],
            name=op.f("fk_calibration_groups_company_id_review_cycle_id_review_cycles"),
        ),
        sa.PrimaryKeyConstraint("company_id", "review_cycle_id", "id", name=op.f("pk_calibration_groups")),
    )
    op.create_table(
        "reviews",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_cycle_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("manager_id", sa.Uuid(), nullable=False),
        sa.Column("is_assessor_named", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("second_level_id", sa.Uuid(), nullable=True),
        sa.Column("assessed_by", sa.Uuid(), nullable=True),
        sa.Column("step", sa.String(length=80), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("frozen_as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("goals_score", sa.Numeric(precision=4, scale=2), nullable=True),
        sa.Column("team_score", sa.Numeric(precision=4, scale=2), nullable=True),
        sa.Column("competency_score", sa.Numeric(precision=4, scale=2), nullable=True),
        sa.Column("performance", sa.Numeric(precision=4, scale=2), nullable=True),
        sa.Column("values_score", sa.Numeric(precision=4, scale=2), nullable=True),
        sa.Column("values_failed", sa.Boolean(), nullable=True),
        sa.Column("overall", sa.Numeric(precision=4, scale=2), nullable=True),
        sa.Column("suggested_rating", sa.Numeric(precision=3, scale=2), nullable=True),
        sa.Column("rating", sa.Numeric(precision=3, scale=2), nullable=True),
        sa.Column("quadrant", sa.String(length=80), nullable=True),
        sa.Column("surprises", postgresql.ARRAY(sa.String(length=80)), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=True),
        sa.Column("raters_closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("raters_result", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("interviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "step IN ('self_assessment', 'manager_assessment', 'second_level', 'hr', 'calibration', 'interview', 'acknowledgement', 'appealed', 'closed', 'cancelled')",
            name=op.f("ck_reviews_step"),
        ),
        sa.CheckConstraint(
            "person_id <> manager_id AND person_id <> second_level_id", name=op.f("ck_reviews_not_their_own_assessor")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "department_id"],
            ["departments.company_id", "departments.id"],
            name=op.f("fk_reviews_company_id_department_id_departments"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_reviews_company_id_person_id_people"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "review_cycle_id"],
            ["review_cycles.company_id", "review_cycles.id"],
            name=op.f("fk_reviews_company_id_review_cycle_id_review_cycles"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_reviews")),
        sa.UniqueConstraint(
            "company_id", "review_cycle_id", "person_id", name=op.f("uq_reviews_company_id_review_cycle_id_person_id")
        ),
    )
    op.create_index(op.f("ix_reviews_company_id_manager_id"), "reviews", ["company_id", "manager_id"], unique=False)
    op.create_index(op.f("ix_reviews_company_id_person_id"), "reviews", ["company_id", "person_id"], unique=False)
    op.create_index(
        op.f("ix_reviews_company_id_review_cycle_id_step_id"),
        "reviews",
        ["company_id", "review_cycle_id", "step", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_reviews_company_id_review_cycle_id_created_at_id"),
        "reviews",
        ["company_id", "review_cycle_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_reviews_company_id_second_level_id"), "reviews", ["company_id", "second_level_id"], unique=False
    )
    op.create_index(
        "ix_reviews_due",
        "reviews",
        ["company_id", "due_on"],
        unique=False,
        postgresql_where=sa.text("step NOT IN ('closed', 'cancelled')"),
    )
    op.create_table(
        "rating_changes",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("origin", sa.String(length=80), nullable=False),
        sa.Column("before", sa.Numeric(precision=3, scale=2), nullable=True),
        sa.Column("after", sa.Numeric(precision=3, scale=2), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("origin IN ('calibration', 'publication', 'appeal')", name=op.f("ck_rating_changes_origin")),
        sa.ForeignKeyConstraint(
            ["company_id", "review_id"],
            ["reviews.company_id", "reviews.id"],
            name=op.f("fk_rating_changes_company_id_review_id_reviews"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_rating_changes")),
    )
    op.create_index(
        op.f("ix_rating_changes_company_id_review_id_id"),
        "rating_changes",
        ["company_id", "review_id", "id"],
        unique=False,
    )
    op.create_table(
        "review_assessments",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("saved_by", sa.Uuid(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "part IN ('self', 'manager', 'second_level', 'hr')", name=op.f("ck_review_assessments_part")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "review_id"],
            ["reviews.company_id", "reviews.id"],
            name=op.f("fk_review_assessments_company_id_review_id_reviews"),
        ),
        sa.PrimaryKeyConstraint("company_id", "review_id", "part", name=op.f("pk_review_assessments")),
    )
    op.create_table(
        "review_delegations",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("delegated_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "step IN ('self_assessment', 'manager_assessment', 'second_level', 'hr', 'calibration', 'interview', 'acknowledgement', 'appealed', 'closed', 'cancelled')",
            name=op.f("ck_review_delegations_step"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_review_delegations_company_id_person_id_people"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "review_id"],
            ["reviews.company_id", "reviews.id"],
            name=op.f("fk_review_delegations_company_id_review_id_reviews"),
        ),
        sa.PrimaryKeyConstraint("company_id", "review_id", "step", name=op.f("pk_review_delegations")),
    )
    op.create_index(
        op.f("ix_review_delegations_company_id_person_id"),
        "review_delegations",
        ["company_id", "person_id"],
        unique=False,
    )
    op.create_table(
        "review_events",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("from_step", sa.String(length=80), nullable=True),
        sa.Column("to_step", sa.String(length=80), nullable=False),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("is_delegate", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("details", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "review_id"],
            ["reviews.company_id", "reviews.id"],
            name=op.f("fk_review_events_company_id_review_id_reviews"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_review_events")),
    )
    op.create_index(
        op.f("ix_review_events_company_id_review_id_id"),
        "review_events",
        ["company_id", "review_id", "id"],
        unique=False,
    )
    op.create_table(
        "review_goals",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("weight", sa.Numeric(precision=5, scale=2), nullable=False),
        sa.Column("suggested_score", sa.Numeric(precision=3, scale=2), nullable=True),
        sa.Column("score_low", sa.Numeric(precision=3, scale=2), nullable=True),
        sa.Column("score_high", sa.Numeric(precision=3, scale=2), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("indicators", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("includes_batches_up_to", sa.Uuid(), nullable=True),
        sa.Column("score", sa.Numeric(precision=3, scale=2), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "goal_id"],
            ["goals.company_id", "goals.id"],
            name=op.f("fk_review_goals_company_id_goal_id_goals"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "review_id"],
            ["reviews.company_id", "reviews.id"],
            name=op.f("fk_review_goals_company_id_review_id_reviews"),
        ),
        sa.PrimaryKeyConstraint("company_id", "review_id", "goal_id", name=op.f("pk_review_goals")),
    )
    op.create_index(op.f("ix_review_goals_company_id_goal_id"), "review_goals", ["company_id", "goal_id"], unique=False)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in reversed(TABLES):
        op.drop_table(table)
