"""Check-ins and recognitions (CULT-1, CULT-2)."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLES = ("check_in_comments", "check_in_goals", "check_ins", "recognition_people", "recognitions")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _create_check_ins()
    _create_check_in_goals()
    _create_check_in_comments()
    _create_recognitions()
    _create_recognition_people()


def _create_check_ins() -> None:
    op.create_table(
        "check_ins",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("with_person_id", sa.Uuid(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("plans", sa.Text(), nullable=True),
        sa.Column("blockers", sa.Text(), nullable=True),
        sa.Column("private_note", sa.Text(), nullable=True),
        sa.Column("state", sa.String(length=80), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('weekly', 'monthly', 'one_on_one')", name=op.f("ck_check_ins_kind")),
        sa.CheckConstraint(
            "(kind = 'one_on_one') = (with_person_id IS NOT NULL)", name=op.f("ck_check_ins_with_person_id")
        ),
        sa.CheckConstraint("state IN ('draft', 'submitted')", name=op.f("ck_check_ins_state")),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_check_ins_company_id_person_id_people"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_check_ins")),
        sa.UniqueConstraint(
            "company_id",
            "person_id",
            "kind",
            "starts_on",
            "with_person_id",
            name="uq_check_ins_once",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        op.f("ix_check_ins_company_id_starts_on_id"), "check_ins", ["company_id", "starts_on", "id"], unique=False
    )
    op.create_index(
        op.f("ix_check_ins_company_id_with_person_id"), "check_ins", ["company_id", "with_person_id"], unique=False
    )


def _create_check_in_goals() -> None:
    op.create_table(
        "check_in_goals",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("check_in_id", sa.Uuid(), nullable=False),
        sa.Column("goal_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("confidence", sa.String(length=80), nullable=False),
        sa.Column("score", sa.Numeric(), nullable=True),
        sa.Column("status", sa.String(length=80), nullable=True),
        sa.Column("computed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "confidence IN ('on_track', 'at_risk', 'off_track')", name=op.f("ck_check_in_goals_confidence")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "check_in_id"],
            ["check_ins.company_id", "check_ins.id"],
            name=op.f("fk_check_in_goals_company_id_check_in_id_check_ins"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "goal_id"],
            ["goals.company_id", "goals.id"],
            name=op.f("fk_check_in_goals_company_id_goal_id_goals"),
        ),
        sa.PrimaryKeyConstraint("company_id", "check_in_id", "goal_id", name=op.f("pk_check_in_goals")),
    )
    op.create_index(
        op.f("ix_check_in_goals_company_id_goal_id"), "check_in_goals", ["company_id", "goal_id"], unique=False
    )


def _create_check_in_comments() -> None:
    op.create_table(
        "check_in_comments",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("check_in_id", sa.Uuid(), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "check_in_id"],
            ["check_ins.company_id", "check_ins.id"],
            name=op.f("fk_check_in_comments_company_id_check_in_id_check_ins"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_check_in_comments")),
    )
    op.create_index(
        op.f("ix_check_in_comments_company_id_check_in_id_id"),
        "check_in_comments",
        ["company_id", "check_in_id", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_check_in_comments_company_id_author_id"),
        "check_in_comments",
        ["company_id", "author_id"],
        unique=False,
    )


def _create_recognitions() -> None:
    op.create_table(
        "recognitions",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("behaviour", sa.Text(), nullable=False),
        sa.Column("consequence", sa.Text(), nullable=False),
        sa.Column("value_id", sa.Uuid(), nullable=True),
        sa.Column("cycle_id", sa.Uuid(), nullable=True),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('praise', 'award')", name=op.f("ck_recognitions_kind")),
        sa.CheckConstraint("(kind = 'award') = (name IS NOT NULL)", name=op.f("ck_recognitions_name")),
        sa.ForeignKeyConstraint(
            ["company_id", "cycle_id"],
            ["cycles.company_id", "cycles.id"],
            name=op.f("fk_recognitions_company_id_cycle_id_cycles"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "value_id"],
            ["company_values.company_id", "company_values.id"],
            name=op.f("fk_recognitions_company_id_value_id_company_values"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_recognitions")),
    )
    for columns in (["on_day", "id"], ["author_id"], ["value_id"], ["cycle_id"]):
        name = op.f("ix_recognitions_company_id_" + "_".join(columns))
        op.create_index(name, "recognitions", ["company_id", *columns], unique=False)


def _create_recognition_people() -> None:
    op.create_table(
        "recognition_people",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("recognition_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_recognition_people_company_id_person_id_people"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "recognition_id"],
            ["recognitions.company_id", "recognitions.id"],
            name=op.f("fk_recognition_people_company_id_recognition_id_recognitions"),
        ),
        sa.PrimaryKeyConstraint("company_id", "recognition_id", "person_id", name=op.f("pk_recognition_people")),
    )
    op.create_index(
        op.f("ix_recognition_people_company_id_person_id"),
        "recognition_people",
        ["company_id", "person_id"],
        unique=False,
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in TABLES:
        op.drop_table(table)
