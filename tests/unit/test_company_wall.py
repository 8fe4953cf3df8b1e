"""The wall's own tests: what it lets through and what it stops."""

import pytest

from tests.support.company_wall import breaches


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT p.name FROM people AS p WHERE p.company_id = $1::UUID AND p.id = $2",
        "SELECT name FROM people WHERE company_id = $1",
        (
            "SELECT * FROM people p JOIN departments d ON d.company_id = p.company_id AND d.id = p.department_id "
            "WHERE p.company_id = $1"
        ),
        "SELECT * FROM people p JOIN departments d USING (company_id) WHERE p.company_id = $1",
        "SELECT 1 FROM people p WHERE (p.company_id, p.id) = ($1, $2)",
        "SELECT 1 FROM api_keys k JOIN connectors c ON c.company_id = k.company_id WHERE k.id = $1",
        (
            "SELECT 1 FROM goals g WHERE g.company_id = $1 AND EXISTS "
            "(SELECT 1 FROM people p WHERE p.company_id = g.company_id AND p.id = g.person_id)"
        ),
        (
            "WITH RECURSIVE line AS (SELECT id, parent_id FROM departments WHERE company_id = $1 AND id = $2 UNION "
            "SELECT d.id, d.parent_id FROM departments d JOIN line ON d.id = line.parent_id WHERE d.company_id = $1) "
            "SELECT id FROM line"
        ),
        "INSERT INTO shops (company_id, id) VALUES ($1, $2)",
        "INSERT INTO shops (company_id, id) SELECT company_id, id FROM shops WHERE company_id = $1",
        "UPDATE people SET name = $1 WHERE company_id = $2",
        "UPDATE people SET name = s.name FROM shops s WHERE people.company_id = $1 AND s.company_id = $1",
        "DELETE FROM observations_p2026_07 WHERE company_id = $1",
        "SELECT code FROM companies",
        "SELECT 1",
        "CREATE TABLE people_copy (LIKE people)",
        "SET lock_timeout = 0",
    ],
)
def test_a_statement_that_names_its_company_passes(statement: str) -> None:
    assert breaches(statement) == ()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT name FROM people",
        "SELECT name FROM people WHERE id = $1",
        "SELECT name FROM people WHERE company_id = $1 OR id = $2",
        "SELECT name FROM people WHERE company_id <> $1",
        "SELECT name FROM people WHERE NOT company_id = $1",
        "SELECT name FROM people WHERE company_id IS NOT NULL",
        "SELECT name FROM people WHERE company_id = company_id",
        "SELECT p.name FROM people p JOIN departments d ON d.id = p.department_id WHERE p.company_id = $1",
        "SELECT p.name FROM people p JOIN departments d ON d.company_id = p.company_id",
        "SELECT 1 FROM goals g WHERE g.company_id = $1 AND EXISTS (SELECT 1 FROM people p WHERE p.id = g.person_id)",
        "SELECT (SELECT count(*) FROM shops) FROM people WHERE company_id = $1",
        "WITH x AS (SELECT id FROM shops) SELECT id FROM x",
        "WITH gone AS (DELETE FROM shops WHERE id = $1 RETURNING id) SELECT id FROM gone",
        "INSERT INTO shops (id) VALUES ($1)",
        "INSERT INTO shops VALUES ($1)",
        "INSERT INTO shops (company_id, id) SELECT company_id, id FROM people",
        "UPDATE people SET name = $1",
        "UPDATE people SET company_id = $1",
        "UPDATE people SET name = s.name FROM shops s WHERE people.company_id = $1",
        "DELETE FROM observations_p2026_07 WHERE bucket = $1",
        "SELECT 1 FROM people WHERE company_id = $1 UNION SELECT 1 FROM shops",
    ],
)
def test_a_statement_that_does_not_is_stopped(statement: str) -> None:
    assert breaches(statement)
