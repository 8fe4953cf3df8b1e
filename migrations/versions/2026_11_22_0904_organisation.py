"""Positions; what happens to people, and what follows from it for every day; departments as they were."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Each touches all companies: DO blocks, as the wall lets nothing else through.
# What stood in columns of `people` is told by events from now on, and kept in spells. The build before this one goes on
# writing the columns while a rollout lasts: a trigger carries that over. Both go with a later release.
FROM_COLUMNS = """
    CREATE FUNCTION carry_over_person(person people) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        said jsonb := jsonb_strip_nulls(jsonb_build_object(
            'department_id', person.department_id, 'manager_id', person.manager_id,
            'employment_type', person.employment_type));
    BEGIN
        IF EXISTS (SELECT FROM person_events WHERE company_id = person.company_id AND person_id = person.id
                   AND (kind <> 'hire' OR corrects_id IS NOT NULL)) THEN
            RETURN;
        END IF;
        DELETE FROM person_spells WHERE company_id = person.company_id AND person_id = person.id;
        DELETE FROM person_events WHERE company_id = person.company_id AND person_id = person.id;
        INSERT INTO person_events (company_id, id, person_id, kind, effective_on, changes, recorded_at)
        VALUES (person.company_id, gen_random_uuid(), person.id, 'hire', person.hired_on, said, person.created_at);
        INSERT INTO person_spells (company_id, person_id, starts_on, ends_on, status, department_id, manager_id,
                                   employment_type, hired_on)
        SELECT person.company_id, person.id, starts_on, ends_on, status, person.department_id, person.manager_id,
               person.employment_type, person.hired_on
        FROM (VALUES ('-infinity'::date, person.hired_on, 'upcoming'), (person.hired_on, 'infinity', 'employed'))
             AS spell (starts_on, ends_on, status);
    END $$
"""
CARRY_OVER = """
    CREATE FUNCTION carry_over_people() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM carry_over_person(NEW);
        RETURN NULL;
    END $$
"""
TRIGGER = """
    CREATE TRIGGER carry_over AFTER INSERT OR UPDATE OF department_id, manager_id, employment_type, hired_on ON people
    FOR EACH ROW WHEN (NEW.hired_on <> '-infinity') EXECUTE FUNCTION carry_over_people()
"""
DEPARTMENTS_SO_FAR = """
    DO $$ BEGIN
    INSERT INTO department_spells (company_id, department_id, starts_on, ends_on, name, function, parent_id, head_id,
                                   headcount_plan, duties)
    SELECT company_id, id, '-infinity', 'infinity', name, function, parent_id, head_id, headcount_plan, duties
    FROM departments;
    END $$
"""
# Once all is written, so that what this build has noted itself is left alone.
CARRY_OVER_DEPARTMENTS = """
    CREATE FUNCTION carry_over_departments() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        today date := (now() AT TIME ZONE 'Asia/Shanghai')::date;
        is_new boolean;
        state departments;
    BEGIN
        SELECT * INTO state FROM departments WHERE company_id = NEW.company_id AND id = NEW.id;
        IF NOT FOUND OR state.closed_on IS NOT NULL OR EXISTS (
            SELECT FROM department_spells spell
            WHERE company_id = state.company_id AND department_id = state.id AND ends_on = 'infinity'
              AND (spell.name, spell.function, spell.parent_id, spell.head_id, spell.headcount_plan, spell.duties)
                  IS NOT DISTINCT FROM
                  (state.name, state.function, state.parent_id, state.head_id, state.headcount_plan, state.duties)
        ) THEN
            RETURN NULL;
        END IF;
        UPDATE department_spells SET ends_on = today
        WHERE company_id = state.company_id AND department_id = state.id AND starts_on < today AND ends_on > today;
        is_new := NOT EXISTS (
            SELECT FROM department_spells WHERE company_id = state.company_id AND department_id = state.id);
        INSERT INTO department_spells (company_id, department_id, starts_on, ends_on, name, function, parent_id,
                                       head_id, headcount_plan, duties)
        VALUES (state.company_id, state.id, CASE WHEN is_new THEN '-infinity' ELSE today END, 'infinity', state.name,
                state.function, state.parent_id, state.head_id, state.headcount_plan, state.duties)
        ON CONFLICT (company_id, department_id, starts_on) DO UPDATE
        SET ends_on = 'infinity', name = excluded.name, function = excluded.function, parent_id = excluded.parent_id,
            head_id = excluded.head_id, headcount_plan = excluded.headcount_plan, duties = excluded.duties;
        RETURN NULL;
    END $$
"""
TRIGGER_OF_DEPARTMENTS = """
    CREATE CONSTRAINT TRIGGER carry_over AFTER INSERT OR UPDATE ON departments DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION carry_over_departments()
"""
TO_COLUMNS = """
    DO $$ BEGIN
    UPDATE people SET department_id = spell.department_id, manager_id = spell.manager_id,
                      employment_type = spell.employment_type, hired_on = spell.hired_on
    FROM person_spells spell
    WHERE spell.company_id = people.company_id AND spell.person_id = people.id
      AND spell.starts_on <= CURRENT_DATE AND spell.ends_on > CURRENT_DATE;
    END $$
"""


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
    op.execute(FROM_COLUMNS)
    op.execute(CARRY_OVER)
    op.execute(TRIGGER)
    op.execute("DO $$ BEGIN PERFORM carry_over_person(people) FROM people; END $$")
    op.execute(DEPARTMENTS_SO_FAR)
    op.execute(CARRY_OVER_DEPARTMENTS)
    op.execute(TRIGGER_OF_DEPARTMENTS)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER carry_over ON departments")
    op.execute("DROP FUNCTION carry_over_departments")
    op.execute("DROP TRIGGER carry_over ON people")
    op.execute("DROP FUNCTION carry_over_people, carry_over_person")
    op.execute(TO_COLUMNS)
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
