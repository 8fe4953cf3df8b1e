"""`deploy.local exec`: a program beside a server made for it."""

import os
import subprocess
import sys

import pytest

from deploy.local.stack import CHECKOUT

SIGN_IN = """
import os, sys, httpx
form = {"username": os.environ["ATTAIN_EMAIL"], "password": os.environ["ATTAIN_PASSWORD"]}
reply = httpx.post(os.environ["ATTAIN_URL"] + "/v1/auth/token", data=form, trust_env=False)
print("signed in:", reply.status_code)
sys.exit(7)
"""


def run_exec(*command: str) -> subprocess.CompletedProcess[str]:
    ours = {key: value for key, value in os.environ.items() if not key.startswith("ATTAIN_")}
    return subprocess.run(
        [sys.executable, "-m", "deploy.local", "exec", "--", *command],
        cwd=CHECKOUT,
        env=ours,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


@pytest.mark.timeout(240)
def test_a_program_is_told_where_attain_serves_and_its_exit_code_is_ours() -> None:
    done = run_exec(sys.executable, "-c", SIGN_IN)
    assert "signed in: 200" in done.stdout
    assert done.returncode == 7
    assert "✓ stopped" in done.stdout


def test_for_a_program_that_is_not_there_nothing_is_started() -> None:
    done = run_exec("no-such-program")
    assert done.returncode == 1
    assert (done.stdout, done.stderr) == ("", "✗ there is no program no-such-program\n")
