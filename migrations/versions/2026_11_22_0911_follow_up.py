"""What surrounds a review: feedback, interviews, action items, plans, decisions, reminders, raters."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = (
    "action_items",
    "decisions",
    "feedback",
    "improvement_plans",
    "interviews",
    "rater_answers",
    "reminders",
    "review_raters",
)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "action_items",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("is_managers", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("origin", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=True),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("origin IN ('interview', 'quadrant')", name=op.f("ck_action_items_origin")),
        sa.CheckConstraint("state IN ('open', 'done', 'cancelled')", name=op.f("ck_action_items_state")),
        sa.ForeignKeyConstraint(
            ["company_id", "owner_id"],
            ["people.company_id", "people.id"],
            name="fk_action_items_company_id_owner_people",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_action_items_company_id_person_id_people"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "review_id"],
            ["reviews.company_id", "reviews.id"],
            name=op.f("fk_action_items_company_id_review_id_reviews"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_action_items")),
    )
    op.create_index(
        op.f("ix_action_items_company_id_owner_id_due_on"),
        "action_items",
        ["company_id", "owner_id", "due_on"],
        unique=False,
    )
    op.create_index(
        op.f("ix_action_items_company_id_person_id"), "action_items", ["company_id", "person_id"], unique=False
    )
    op.create_index(
        op.f("ix_action_items_company_id_review_id"), "action_items", ["company_id", "review_id"], unique=False
    )
    op.create_table(
        "decisions",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("rule", sa.String(length=80), nullable=True),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('bonus_factor', 'promotion', 'pay', 'training', 'warning')", name=op.f("ck_decisions_kind")
        ),
        sa.CheckConstraint("state IN ('proposed', 'approved', 'rejected')", name=op.f("ck_decisions_state")),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_decisions_company_id_person_id_people"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "review_id"],
            ["reviews.company_id", "reviews.id"],
            name=op.f("fk_decisions_company_id_review_id_reviews"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("company_id", "review_id", "kind", name=op.f("uq_decisions_company_id_review_id_kind")),
    )
    op.create_index(op.f("ix_decisions_company_id_person_id"), "decisions", ["company_id", "person_id"], unique=False)
    op.create_table(
        "feedback",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("behaviour", sa.Text(), nullable=False),
        sa.Column("consequence", sa.Text(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('positive', 'constructive', 'negative')", name=op.f("ck_feedback_kind")),
        sa.ForeignKeyConstraint(
            ["company_id", "goal_id"],
            ["goals.company_id", "goals.id"],
            name=op.f("fk_feedback_company_id_goal_id_goals"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_feedback_company_id_person_id_people"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_feedback")),
    )
    op.create_index(op.f("ix_feedback_company_id_author_id"), "feedback", ["company_id", "author_id"], unique=False)
    op.create_index(op.f("ix_feedback_company_id_goal_id"), "feedback", ["company_id", "goal_id"], unique=False)
    op.create_index(
        op.f("ix_feedback_company_id_person_id_on_day"), "feedback", ["company_id", "person_id", "on_day"], unique=False
    )
    op.create_table(
        "improvement_plans",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("is_managers", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("objectives", sa.Text(), nullable=True),
        sa.Column("support", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'succeeded', 'failed', 'cancelled')", name=op.f("ck_improvement_plans_state")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "owner_id"],
            ["people.company_id", "people.id"],
            name="fk_improvement_plans_company_id_owner_people",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_improvement_plans_company_id_person_id_people"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "review_id"],
            ["reviews.company_id", "reviews.id"],
            name=op.f("fk_improvement_plans_company_id_review_id_reviews"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_improvement_plans")),
        sa.UniqueConstraint("company_id", "review_id", name=op.f("uq_improvement_plans_company_id_review_id")),
    )
    op.create_index(
        op.f("ix_improvement_plans_company_id_owner_id"), "improvement_plans", ["company_id", "owner_id"], unique=False
    )
    op.create_index(
        op.f("ix_improvement_plans_company_id_person_id"),
        "improvement_plans",
        ["company_id", "person_id"],
        unique=False,
    )
    op.create_table(
        "interviews",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("good", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("improve", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("expectations", sa.Text(), nullable=True),
        sa.Column("held_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "review_id"],
            ["reviews.company_id", "reviews.id"],
            name=op.f("fk_interviews_company_id_review_id_reviews"),
        ),
        sa.PrimaryKeyConstraint("company_id", "review_id", name=op.f("pk_interviews")),
    )
    op.create_table(
        "rater_answers",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(length=80), nullable=False),
        sa.Column("scores", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("comments", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("relation IN ('peer', 'report', 'partner')", name=op.f("ck_rater_answers_relation")),
        sa.ForeignKeyConstraint(
            ["company_id", "review_id"],
            ["reviews.company_id", "reviews.id"],
            name=op.f("fk_rater_answers_company_id_review_id_reviews"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_rater_answers")),
    )
    op.create_index(
        op.f("ix_rater_answers_company_id_review_id"), "rater_answers", ["company_id", "review_id"], unique=False
    )
    op.create_table(
        "reminders",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("is_seen", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('due_soon', 'overdue')", name=op.f("ck_reminders_kind")),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_reminders_company_id_person_id_people"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "review_id"],
            ["reviews.company_id", "reviews.id"],
            name=op.f("fk_reminders_company_id_review_id_reviews"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_reminders")),
        sa.UniqueConstraint(
            "company_id",
            "person_id",
            "review_id",
            "subject",
            "subject_id",
            "kind",
            "due_on",
            name=op.f("uq_reminders_once"),
        ),
    )
    op.create_index(
        op.f("ix_reminders_company_id_person_id_id"), "reminders", ["company_id", "person_id", "id"], unique=False
    )
    op.create_index(op.f("ix_reminders_company_id_review_id"), "reminders", ["company_id", "review_id"], unique=False)
    op.create_table(
        "review_raters",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("relation", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("nominated_by", sa.Uuid(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("relation IN ('peer', 'report', 'partner')", name=op.f("ck_review_raters_relation")),
        sa.CheckConstraint(
            "state IN ('nominated', 'approved', 'declined', 'answered')", name=op.f("ck_review_raters_state")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_review_raters_company_id_person_id_people"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "review_id"],
            ["reviews.company_id", "reviews.id"],
            name=op.f("fk_review_raters_company_id_review_id_reviews"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_review_raters")),
        sa.UniqueConstraint(
            "company_id", "review_id", "person_id", name=op.f("uq_review_raters_company_id_review_id_person_id")
        ),
    )
    op.create_index(
        op.f("ix_review_raters_company_id_person_id"), "review_raters", ["company_id", "person_id"], unique=False
    )
    op.create_index(
        "ix_people_other_roles",
        "people",
        ["company_id"],
        unique=False,
        postgresql_where=sa.text("NOT roles <@ ARRAY['employee']::text[]"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_people_other_roles", table_name="people")
    for table in reversed(TABLES):
        op.drop_table(table)
