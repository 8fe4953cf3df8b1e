"""What stood in columns of `people` becomes events and spells; what the build before still writes there is carried over."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Each touches all companies: DO blocks, as the wall lets nothing else through. Writers wait while it lasts, readers not.
HOLD = """
    DO $$ BEGIN
    LOCK TABLE departments, people IN SHARE ROW EXCLUSIVE MODE;
    END $$
"""
PEOPLE_SO_FAR = """
    DO $$ BEGIN
    INSERT INTO person_events (company_id, id, person_id, kind, effective_on, changes, recorded_at)
    SELECT company_id, gen_random_uuid(), id, 'hire', hired_on, jsonb_strip_nulls(jsonb_build_object(
               'department_id', department_id, 'manager_id', manager_id, 'employment_type', employment_type)),
           created_at
    FROM people;
    INSERT INTO person_spells (company_id, person_id, starts_on, ends_on, status, department_id, manager_id,
                               employment_type, hired_on)
    SELECT company_id, id, spell.starts_on, spell.ends_on, status, department_id, manager_id, employment_type, hired_on
    FROM people, LATERAL (VALUES ('-infinity'::date, hired_on, 'upcoming'), (hired_on, 'infinity', 'employed'))
         AS spell (starts_on, ends_on, status);
    END $$
"""
DEPARTMENTS_SO_FAR = """
    DO $$ BEGIN
    INSERT INTO department_spells (company_id, department_id, starts_on, ends_on, name, function, parent_id, head_id,
                                   headcount_plan, duties)
    SELECT company_id, id, '-infinity', 'infinity', name, function, parent_id, head_id, headcount_plan, duties
    FROM departments;
    END $$
"""
# Until the last old process is gone, both builds write. Somebody made by the old one whose only event is the hire that
# was carried over: that hire is told anew.
CARRY_OVER_HIRE = """
    CREATE FUNCTION carry_over_hire(person people) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM person_spells WHERE company_id = person.company_id AND person_id = person.id;
        DELETE FROM person_events WHERE company_id = person.company_id AND person_id = person.id;
        INSERT INTO person_events (company_id, id, person_id, kind, effective_on, changes, recorded_at)
        VALUES (person.company_id, gen_random_uuid(), person.id, 'hire', person.hired_on,
                jsonb_strip_nulls(jsonb_build_object('department_id', person.department_id,
                    'manager_id', person.manager_id, 'employment_type', person.employment_type)), person.created_at);
        INSERT INTO person_spells (company_id, person_id, starts_on, ends_on, status, department_id, manager_id,
                                   employment_type, hired_on)
        SELECT person.company_id, person.id, starts_on, ends_on, status, person.department_id, person.manager_id,
               person.employment_type, person.hired_on
        FROM (VALUES ('-infinity'::date, person.hired_on, 'upcoming'), (person.hired_on, 'infinity', 'employed'))
             AS spell (starts_on, ends_on, status);
    END $$
"""
# Anybody else: one column that the old build has changed becomes an event of today, and holds until a later event says
# otherwise. The id sorts behind those recorded so far, as the ids that the builds make do (UUIDv7).
CARRY_OVER_CHANGE = """
    CREATE FUNCTION carry_over_change(person people, event_kind text, field text, value text) RETURNS void
    LANGUAGE plpgsql AS $$
    DECLARE
        today date := (now() AT TIME ZONE 'Asia/Shanghai')::date;
        until date;
        present person_spells;
        random text := md5(gen_random_uuid()::text);
    BEGIN
        SELECT * INTO present FROM person_spells
        WHERE company_id = person.company_id AND person_id = person.id AND starts_on <= today AND ends_on > today;
        IF to_jsonb(present) ->> field IS NOT DISTINCT FROM value THEN
            RETURN;
        END IF;
        IF present.status IS DISTINCT FROM 'employed' THEN
            RAISE EXCEPTION 'the build before this one cannot change somebody who is not employed today'
                USING ERRCODE = '55P03', HINT = 'try again once the rollout is through';
        END IF;
        INSERT INTO person_events (company_id, id, person_id, kind, effective_on, changes, recorded_at)
        VALUES (person.company_id,
                (lpad(to_hex((extract(epoch FROM clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
                 || substr(random, 1, 3) || '8' || substr(random, 4, 15))::uuid,
                person.id, event_kind, today, jsonb_build_object(field, value), clock_timestamp());
        SELECT coalesce(min(effective_on), 'infinity') INTO until FROM person_events
        WHERE company_id = person.company_id AND person_id = person.id AND withdrawn_at IS NULL
          AND effective_on > today AND (changes ? field OR kind = 'rehire');
        IF present.starts_on < today THEN
            UPDATE person_spells SET ends_on = today WHERE company_id = person.company_id AND person_id = person.id
            AND starts_on = present.starts_on;
            present.starts_on := today;
            INSERT INTO person_spells SELECT (present).*;
        END IF;
        EXECUTE format('UPDATE person_spells SET %1$I = (jsonb_populate_record(NULL::person_spells, $1)).%1$I
                        WHERE company_id = $2 AND person_id = $3 AND starts_on >= $4 AND starts_on < $5', field)
        USING jsonb_build_object(field, value), person.company_id, person.id, today, until;
    END $$
"""
CARRY_OVER = """
    CREATE FUNCTION carry_over_people() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            PERFORM carry_over_hire(NEW);
            RETURN NULL;
        END IF;
        IF OLD.hired_on <> '-infinity' AND NOT EXISTS (
            SELECT FROM person_events WHERE company_id = NEW.company_id AND person_id = NEW.id
            AND (kind <> 'hire' OR corrects_id IS NOT NULL OR withdrawn_at IS NOT NULL OR recorded_by IS NOT NULL)
        ) THEN
            PERFORM carry_over_hire(NEW);
            RETURN NULL;
        END IF;
        IF NEW.hired_on IS DISTINCT FROM OLD.hired_on THEN
            RAISE EXCEPTION 'the build before this one cannot change a hire that this one keeps as an event'
                USING ERRCODE = '55P03', HINT = 'try again once the rollout is through';
        END IF;
        IF NEW.department_id IS DISTINCT FROM OLD.department_id THEN
            PERFORM carry_over_change(NEW, 'transfer', 'department_id', NEW.department_id::text);
        END IF;
        IF NEW.manager_id IS DISTINCT FROM OLD.manager_id THEN
            PERFORM carry_over_change(NEW, 'change_manager', 'manager_id', NEW.manager_id::text);
        END IF;
        IF NEW.employment_type IS DISTINCT FROM OLD.employment_type THEN
            PERFORM carry_over_change(NEW, 'change_terms', 'employment_type', NEW.employment_type);
        END IF;
        RETURN NULL;
    END $$
"""
# This build's own inserts leave the column at its default.
TRIGGERS = (
    """
    CREATE TRIGGER carry_over AFTER INSERT ON people
    FOR EACH ROW WHEN (NEW.hired_on <> '-infinity') EXECUTE FUNCTION carry_over_people()
    """,
    """
    CREATE TRIGGER carry_over_changes AFTER UPDATE OF department_id, manager_id, employment_type, hired_on ON people
    FOR EACH ROW WHEN ((OLD.department_id, OLD.manager_id, OLD.employment_type, OLD.hired_on)
        IS DISTINCT FROM (NEW.department_id, NEW.manager_id, NEW.employment_type, NEW.hired_on))
    EXECUTE FUNCTION carry_over_people()
    """,
)
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
      AND spell.starts_on <= (now() AT TIME ZONE 'Asia/Shanghai')::date
      AND spell.ends_on > (now() AT TIME ZONE 'Asia/Shanghai')::date;
    END $$
"""
# Going up again fills them from the columns.
EMPTY = """
    DO $$ BEGIN
    DELETE FROM person_spells;
    DELETE FROM person_events;
    DELETE FROM department_spells;
    END $$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(HOLD)
    op.execute(PEOPLE_SO_FAR)
    op.execute(DEPARTMENTS_SO_FAR)
    for function in (CARRY_OVER_HIRE, CARRY_OVER_CHANGE, CARRY_OVER):
        op.execute(function)
    for trigger in TRIGGERS:
        op.execute(trigger)
    op.execute(CARRY_OVER_DEPARTMENTS)
    op.execute(TRIGGER_OF_DEPARTMENTS)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER carry_over ON departments")
    op.execute("DROP FUNCTION carry_over_departments")
    op.execute("DROP TRIGGER carry_over ON people")
    op.execute("DROP TRIGGER carry_over_changes ON people")
    op.execute("DROP FUNCTION carry_over_people, carry_over_hire, carry_over_change")
    op.execute(TO_COLUMNS)
    op.execute(EMPTY)
