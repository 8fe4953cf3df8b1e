"""Removes the containers of a test process that has ended without doing so itself: killed, or interrupted too often.

What testcontainers has for this wants the engine's socket in a container, which not every engine lets it have.
"""

import sys

from testcontainers.core.docker_client import DockerClient
from testcontainers.core.labels import LABEL_SESSION_ID


def main() -> None:
    sys.stdin.read()  # to its end, which comes with the end of the process that holds the other side
    label = f"{LABEL_SESSION_ID}={sys.argv[1]}"
    for container in DockerClient().client.containers.list(all=True, filters={"label": label}):
        container.remove(force=True, v=True)


if __name__ == "__main__":
    main()
