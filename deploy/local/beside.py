"""The command `exec`: a program, such as a client's tests, beside a server made for it."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence

from deploy.local.process import StartError
from deploy.local.stack import Stack


def beside(command: Sequence[str]) -> Callable[[Stack], int]:
    """What runs a command to its end; the environment tells it where Attain serves and who its operator is.

    Raises:
        StartError: there is no such program.
    """
    program = shutil.which(command[0])
    if program is None:
        raise StartError(f"there is no program {command[0]}")

    def run(stack: Stack) -> int:
        told = {
            "ATTAIN_URL": stack.base_url,
            "ATTAIN_EMAIL": stack.credentials.email,
            "ATTAIN_PASSWORD": stack.credentials.password,
        }
        return subprocess.run([program, *command[1:]], env=os.environ | told, check=False).returncode

    return run
