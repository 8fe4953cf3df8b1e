"""`python -m attain_api.health.probe`: ends with 0 if the API beside it is ready; the image's HEALTHCHECK.

Only the standard library: it runs every few seconds, so it must cost little.
"""

import http.client
import os
import sys

TIMEOUT_SECONDS = 2.5
EVERYWHERE = {"0.0.0.0", "::"}  # nosec B104 # noqa: S104 - what the API is told, not where we listen


def is_ready(host: str, port: int) -> bool:
    """Whether `/readyz` says so."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    listens = os.environ.get("ATTAIN_HOST", "127.0.0.1")
    host = "localhost" if listens in EVERYWHERE else listens
    sys.exit(not is_ready(host, int(os.environ.get("ATTAIN_PORT", "8000"))))
