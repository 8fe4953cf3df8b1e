"""What docs/deploy.md tells to do: the back-up and the way back, a new password."""

from pathlib import Path

from tests.support.deployment import Deployment, run
from tests.support.stack import CHECKOUT, wait_until
from tests.support.story import Company, metric_indicator

DUMP = "docker compose exec -T postgres pg_dump -U postgres --format=custom attain > "
EMPTY = "docker compose down && docker volume rm attain_postgres"
START = "./secrets.sh && docker compose up -d postgres && ./healthy.sh $(docker compose ps -q postgres)"
RESTORE = "docker compose exec -T postgres pg_restore -U postgres --dbname=attain --exit-on-error < "
ANALYZE = "docker compose exec -T postgres vacuumdb -U postgres --analyze-only --quiet attain"
ROWS = [
    {"shop": "tmall:kept", "metric": "gmv", "bucket": f"2025-03-{day:02}", "value": f"{day}.50"} for day in range(1, 32)
]


def shell(deployment: Deployment, command: str) -> None:
    command = command.replace("docker compose", deployment.env["COMPOSE"])
    run(
        "sh",
        "-c",
        command.replace("attain_postgres", f"{deployment.project}_postgres"),
        cwd=deployment.folder,
        env=deployment.env,
    )


def test_what_was_dumped_is_there_after_the_volume_was_lost(
    deployment: Deployment, company: Company, tmp_path: Path
) -> None:
    guide = (CHECKOUT / "docs" / "deploy.md").read_text()
    assert all(command in guide for command in (DUMP, EMPTY, START, RESTORE, ANALYZE))
    shop = company.make_shop("kept")
    goal = company.make_goal(company.make_cycle("month", "2025-03-01"), [metric_indicator("gmv", [shop], "500")])
    with company.make_connector([shop]) as connector:
        company.wait_for_batch(goal, connector.push(ROWS)["id"])
        before = figures(company, goal)
        shell(deployment, f"{DUMP} {tmp_path}/attain.dump")
        shell(deployment, EMPTY)
        shell(deployment, START)
        shell(deployment, f"{RESTORE} {tmp_path}/attain.dump")
        shell(deployment, ANALYZE)
        deployment.up()
        assert figures(company, goal) == before
        again = connector.push(ROWS)
        company.wait_for_batch(goal, again["id"])
        verdicts = company.admin.get(f"/v1/metric-batches/{again['id']}")["verdicts"]
        assert verdicts["unchanged"] == len(ROWS)
    assert company.attainment(goal)["indicators"][0]["actual"] == "511.50"


def test_the_databases_password_can_be_changed(deployment: Deployment, company: Company) -> None:
    guide = (CHECKOUT / "docs" / "deploy.md").read_text()
    start = guide.index("cd deploy\nchmod 644 secrets/attain_database_password")
    recipe = guide[start : guide.index("```", start)].removeprefix("cd deploy\n")
    path = deployment.folder / "secrets" / "attain_database_password"
    before = path.read_text()
    shell(deployment, recipe)
    wait_until(deployment.is_ready, what="the services with the new password")
    assert path.read_text() != before
    assert company.admin.get("/v1/me")["company"]["id"] == company.id
    deployment.up()  # the database is healthy by the new password, too


def figures(company: Company, goal: str) -> tuple[object, ...]:
    return company.attainment(goal), company.batches(), company.admin.get("/v1/people"), company.admin.get("/v1/me")
