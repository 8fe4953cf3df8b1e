"""The whole document at length, at least 2,000 cases: `make test-contract`, or `python -m tests.contract.run`.

Starts a database of its own, prints how many cases there were and everything that failed; exits with 1 if anything did.
"""

import argparse
import asyncio
import logging
import sys

import structlog
from pydantic import SecretStr

from attain_api.settings import ApiSettings
from attain_api.state import ApiState
from attain_shared.db.session import create_engine, create_sessions
from attain_shared.doorbell import MemoryDoorbell
from tests.contract.campaign import Parties, Report, prepare, roles_of, run_campaign, serving
from tests.support import databases
from tests.support.servers import create_database, drop_database, postgres_server

LEAST_CASES = 2000


def main() -> None:
    """Read the arguments, run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=20, help="of each operation; five times as many sequences")
    parser.add_argument("--rounds", type=int, default=6, help="of sequences, each from another seed")
    parser.add_argument(
        "--no-coverage", action="store_true", help="leave out what is derived from each schema's limits"
    )
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with postgres_server() as admin_url:
        url = asyncio.run(create_database(admin_url))
        try:
            report = _run(url, arguments)
        finally:
            asyncio.run(drop_database(admin_url, url))
    print(report)
    sys.exit(bool(report.failures) or report.cases.total() < LEAST_CASES)


def _run(url: str, arguments: argparse.Namespace) -> Report:
    parties = asyncio.run(_prepared(url))
    with serving(_state(url)) as base_url:
        report = run_campaign(
            base_url,
            parties,
            examples=arguments.examples,
            coverage=not arguments.no_coverage,
            rounds=arguments.rounds,
        )
        if roles_of(base_url, parties.ours) != parties.ours.roles:
            report.failures["the caller"] = "is no longer who they were"
    return report


async def _prepared(url: str) -> Parties:
    await databases.migrate(url)
    state = _state(url)
    try:
        return await prepare(state)
    finally:
        await state.engine.dispose()


def _state(url: str) -> ApiState:
    settings = ApiSettings(
        database_url=SecretStr(url.replace("postgresql+asyncpg", "postgresql")),
        redis_url=SecretStr("redis://127.0.0.1:1/0"),
        secret_key=SecretStr("a secret key only for the tests, long enough"),
        stream_seconds=0,
    )
    engine = create_engine(settings, application="contract")

    async def queue_answers() -> None:
        """No queue is needed to serve."""

    return ApiState(
        settings=settings,
        engine=engine,
        sessions=create_sessions(engine),
        doorbell=MemoryDoorbell(),
        ping_queue=queue_answers,
    )


if __name__ == "__main__":
    main()
