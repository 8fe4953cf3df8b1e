"""`python -m attain_api.health.probe`: ends with 0 if the API beside it is ready; the image's HEALTHCHECK.

Only the standard library: it runs every few seconds, so it must cost little.
"""

import http.client
import os
import sys

TIMEOUT_SECONDS = 2.5


def is_ready(port: int) -> bool:
    """Whether `/readyz` says so."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(not is_ready(int(os.environ.get("ATTAIN_PORT", "8000"))))
