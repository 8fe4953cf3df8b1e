"""The kit runs where only pydantic and httpx are installed (architecture.md, rule 3)."""

import subprocess
import sys
from pathlib import Path

from tests.support.inbox import serving

SHARED = Path(__file__).resolve().parents[2] / "shared"
NOT_THERE = "msgspec sqlalchemy asyncpg arq redis structlog pydantic_settings uuid_utils alembic fastapi starlette python_calamine"
PROGRAM = """
import sys

for name in sys.argv[1].split():
    sys.modules[name] = None  # as if it were not installed

from attain_shared.client.cli import main

sys.exit(main(["push", "-", "--grain", "day", "--source", "bare", "--observed-at", "2026-07-02T09:00:00+08:00"]))
"""
ROW = '{"shop": "tmall:a", "metric": "gmv", "bucket": "2026-07-01", "value": "1.10"}\n'
SIGNING = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="


def test_the_kit_pushes_without_what_the_services_need() -> None:
    with serving() as inbox:
        env = {"ATTAIN_URL": inbox.url, "ATTAIN_API_KEY": "att_1", "ATTAIN_SIGNING_SECRET": SIGNING}
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, NOT_THERE],
            input=ROW * 3,
            env=env | {"PYTHONPATH": str(SHARED)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        assert "3 rows in 1 batches stored" in ran.stdout
        assert [row["value"] for row in inbox.rows] == ["1.10"] * 3
        assert inbox.seen[0].headers["webhook-signature"].startswith("v1,")
