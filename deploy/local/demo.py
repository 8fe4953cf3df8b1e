"""The main job on the sample files, over HTTP only: a company from nothing to its scorecards."""

import httpx

TIMEOUT_SECONDS = 30.0


def run_demo(base_url: str, email: str, password: str) -> None:
    """Run the main job once as the first administrator; raise where a figure read back is not the file's."""
    with httpx.Client(base_url=base_url, timeout=TIMEOUT_SECONDS, trust_env=False) as http:
        reply = http.post("/v1/auth/token", data={"username": email, "password": password})
        reply.raise_for_status()
