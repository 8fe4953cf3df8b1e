"""Positions; what happens to people, and what follows from it for every day; departments as they were."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "positions",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("function", sa.String(length=80), nullable=False),
        sa.Column("tier", sa.String(length=80), nullable=False),
        sa.Column("grade", sa.String(length=80), nullable=False),
        sa.Column("duties", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("hiring_standards", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("kpi_template", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_key", sa.Boolean(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("origin", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("tier IN ('executive', 'middle', 'frontline')", name=op.f("ck_positions_tier")),
        sa.ForeignKeyConstraint(["company_id"], ["companies.id"], name=op.f("fk_positions_company_id_companies")),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_positions")),
        sa.UniqueConstraint("company_id", "function", "name", name=op.f("uq_positions_company_id_function_name")),
        sa.UniqueConstraint("company_id", "origin", name=op.f("uq_positions_company_id_origin")),
    )
    op.create_index(op.f("ix_positions_company_id_name_id"), "positions", ["company_id", "name", "id"], unique=False)
    op.create_table(
        "successors",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("position_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("readiness", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("readiness IN ('now', 'one_year', 'later')", name=op.f("ck_successors_readiness")),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_successors_company_id_person_id_people"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "position_id"],
            ["positions.company_id", "positions.id"],
            name=op.f("fk_successors_company_id_position_id_positions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "position_id", "person_id", name=op.f("pk_successors")),
    )
    op.create_index(op.f("ix_successors_company_id_person_id"), "successors", ["company_id", "person_id"], unique=False)
    op.create_table(
        "department_spells",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("function", sa.String(length=80), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("head_id", sa.Uuid(), nullable=True),
        sa.Column("headcount_plan", sa.Integer(), nullable=True),
        sa.Column("duties", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint("starts_on < ends_on", name=op.f("ck_department_spells_window")),
        sa.ForeignKeyConstraint(
            ["company_id", "department_id"],
            ["departments.company_id", "departments.id"],
            name=op.f("fk_department_spells_company_id_department_id_departments"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("company_id", "department_id", "starts_on", name=op.f("pk_department_spells")),
    )
    op.create_table(
        "person_events",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("changes", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawal_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_person_events_company_id_person_id_people"),
        ),
        sa.PrimaryKeyConstraint("company_id", "id", name=op.f("pk_person_events")),
    )
    op.create_index(
        op.f("ix_person_events_company_id_person_id_effective_on"),
        "person_events",
        ["company_id", "person_id", "effective_on"],
        unique=False,
    )
    op.create_table(
        "person_spells",
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=80), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("position_id", sa.Uuid(), nullable=True),
        sa.Column("manager_id", sa.Uuid(), nullable=True),
        sa.Column("mentor_id", sa.Uuid(), nullable=True),
        sa.Column("employment_type", sa.String(length=80), nullable=False),
        sa.Column("hired_on", sa.Date(), nullable=False),
        sa.Column("probation_ends_on", sa.Date(), nullable=True),
        sa.Column("confirmed_on", sa.Date(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("leaving_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("status IN ('upcoming', 'employed', 'left')", name=op.f("ck_person_spells_status")),
        sa.CheckConstraint("manager_id <> person_id", name=op.f("ck_person_spells_not_their_own_manager")),
        sa.CheckConstraint("mentor_id <> person_id", name=op.f("ck_person_spells_not_their_own_mentor")),
        sa.CheckConstraint("starts_on < ends_on", name=op.f("ck_person_spells_window")),
        sa.ForeignKeyConstraint(
            ["company_id", "department_id"],
            ["departments.company_id", "departments.id"],
            name=op.f("fk_person_spells_company_id_department_id_departments"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "manager_id"],
            ["people.company_id", "people.id"],
            name="fk_person_spells_company_id_manager_people",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "mentor_id"],
            ["people.company_id", "people.id"],
            name="fk_person_spells_company_id_mentor_people",
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "person_id"],
            ["people.company_id", "people.id"],
            name=op.f("fk_person_spells_company_id_person_id_people"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "position_id"],
            ["positions.company_id", "positions.id"],
            name=op.f("fk_person_spells_company_id_position_id_positions"),
        ),
        sa.PrimaryKeyConstraint("company_id", "person_id", "starts_on", name=op.f("pk_person_spells")),
    )
    op.create_index(
        op.f("ix_person_spells_company_id_department_id_starts_on"),
        "person_spells",
        ["company_id", "department_id", "starts_on"],
        unique=False,
    )
    op.create_index(
        op.f("ix_person_spells_company_id_manager_id_starts_on"),
        "person_spells",
        ["company_id", "manager_id", "starts_on"],
        unique=False,
    )
    op.create_index(
        op.f("ix_person_spells_company_id_mentor_id"), "person_spells", ["company_id", "mentor_id"], unique=False
    )
    op.create_index(
        op.f("ix_person_spells_company_id_position_id"), "person_spells", ["company_id", "position_id"], unique=False
    )
    op.add_column("departments", sa.Column("closed_on", sa.Date(), nullable=True))
    op.add_column("departments", sa.Column("merged_into_id", sa.Uuid(), nullable=True))
    op.add_column("departments", sa.Column("origin", sa.String(length=200), nullable=True))
    op.create_index(op.f("ix_departments_company_id_head_id"), "departments", ["company_id", "head_id"])
    op.create_unique_constraint(op.f("uq_departments_company_id_origin"), "departments", ["company_id", "origin"])
    op.create_foreign_key(
        "fk_departments_company_id_merged_into_departments",
        "departments",
        "departments",
        ["company_id", "merged_into_id"],
        ["company_id", "id"],
    )
    op.add_column("people", sa.Column("phone", sa.String(length=40), nullable=True))
    op.add_column("people", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_people_company_id_created_at_id"), "people", ["company_id", "created_at", "id"])
    op.drop_index(op.f("ix_people_company_id_department_id"), table_name="people")
    op.drop_index(op.f("ix_people_company_id_manager_id"), table_name="people")
    op.drop_constraint(op.f("fk_people_company_id_manager_id_people"), "people", type_="foreignkey")
    op.drop_constraint(op.f("fk_people_company_id_department_id_departments"), "people", type_="foreignkey")
    op.alter_column("people", "hired_on", server_default="-infinity")
    op.alter_column("people", "employment_type", server_default="employee")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.alter_column("people", "employment_type", server_default=None)
    op.alter_column("people", "hired_on", server_default=None)
    for column, table in (("department_id", "departments"), ("manager_id", "people")):
        name = op.f(f"fk_people_company_id_{column}_{table}")
        op.create_foreign_key(name, "people", table, ["company_id", column], ["company_id", "id"])
        op.create_index(op.f(f"ix_people_company_id_{column}"), "people", ["company_id", column])
    op.drop_index(op.f("ix_people_company_id_created_at_id"), table_name="people")
    op.drop_column("people", "erased_at")
    op.drop_column("people", "phone")
    op.drop_constraint("fk_departments_company_id_merged_into_departments", "departments", type_="foreignkey")
    op.drop_constraint(op.f("uq_departments_company_id_origin"), "departments", type_="unique")
    op.drop_index(op.f("ix_departments_company_id_head_id"), table_name="departments")
    for column in ("origin", "merged_into_id", "closed_on"):
        op.drop_column("departments", column)
    op.drop_table("person_spells")
    op.drop_table("person_events")
    op.drop_table("department_spells")
    op.drop_table("successors")
    op.drop_table("positions")
