"""Schemathesis over the whole document: all its checks, and sequences of calls along the links between operations.

The checks hold for one request or for several: what the document promises of an answer, that bad input is refused and
good input taken, that a deleted thing is gone and a new one there, that no operation forgets to ask who calls, and that
one company's administrator never gets what another one's has (`object_level_authorization`).
"""

import json
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import schemathesis
import uvicorn
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from attain_api.app import create_app
from attain_api.state import ApiState
from tests.support.companies import Member

REFUSALS = ["2xx", "3xx", "400", "401", "403", "404", "409", "412", "422", "428", "429", "503"]
"""Fair answers to what the schema allows: a rule over several fields, such as the first day of a quarter, an id that
nothing has, or a version that nobody has seen, is beyond JSON Schema."""
ALL_CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "positive_data_acceptance", "use_after_free",
    "ensure_resource_availability", "missing_required_header", "unsupported_method", "allow_header_conformance",
    "ignored_auth", "object_level_authorization",
)  # fmt: skip
OPERATIONS = [
    {
        "include-operation-id": "post_metric_batch",
        # the inbox stores a wrong row, and says what was wrong with it once it is processed (ING-3)
        "checks": {"negative_data_rejection": {"expected-statuses": ["202", "4xx"]}},
    },
]


@dataclass
class Report:
    """What a campaign came to."""

    cases: Counter[str] = field(default_factory=Counter)
    """By phase."""
    statuses: Counter[int] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    """How often each check was made."""
    operations: set[str] = field(default_factory=set)
    failures: dict[str, str] = field(default_factory=dict)
    """By operation and title, what failed first."""
    seconds: float = 0

    def __str__(self) -> str:
        """For people."""
        lines = [
            f"cases: {self.cases.total()} ({', '.join(f'{phase} {n}' for phase, n in self.cases.items())})",
            f"operations answered: {len(self.operations)}",
            f"statuses: {', '.join(f'{status} {n}' for status, n in sorted(self.statuses.items()))}",
            f"checks: {', '.join(f'{name} {n}' for name, n in sorted(self.checks.items()))}",
            f"seconds: {self.seconds:.0f}",
            f"failures: {len(self.failures)}",
        ]
        return "\n".join([*lines, *(f"\n{name}\n{what}" for name, what in self.failures.items())])


def run_campaign(
    base_url: str, *, ours: Member, theirs: Member, examples: int, coverage: bool, seed: int | None = None
) -> Report:
    """Call every operation as our administrator; another company's looks on."""
    with tempfile.TemporaryDirectory() as folder:
        identities = [
            {"name": name, "fixedHeaders": [{"name": "Authorization", "value": member.headers["Authorization"]}]}
            for name, member in (("ours", ours), ("theirs", theirs))
        ]
        path = Path(folder, "identities.json")
        path.write_text(json.dumps({"auth": identities}))
        config = SchemathesisConfig.from_dict(_config(path, examples=examples, coverage=coverage))
        config._seed = seed
        schema = schemathesis.openapi.from_url(f"{base_url}/v1/openapi.json", config=config)
        report, started = Report(), time.monotonic()
        for event in from_schema(schema).execute():
            _note(report, event)
        report.seconds = time.monotonic() - started
        return report


def _config(identities: Path, *, examples: int, coverage: bool) -> dict[str, Any]:
    return {
        "auth": {"wfc": {"path": str(identities), "user": "ours", "peers": ["ours", "theirs"]}},
        "continue-on-failure": True,
        "request-timeout": 30,
        "generation": {"max-examples": examples, "database": "none", "no-shrink": True, "deterministic": True},
        "phases": {"coverage": {"enabled": coverage}, "stateful": {"enabled": True, "max-steps": 6}},
        "checks": {"positive_data_acceptance": {"expected-statuses": REFUSALS}},
        "operations": OPERATIONS,
    }


def _note(report: Report, event: events.EngineEvent) -> None:
    if isinstance(event, events.NonFatalError):
        report.failures.setdefault(f"error: {event.label}", f"{event.info.title}: {event.value}")
    elif isinstance(event, events.FatalError):
        raise event.exception
    elif isinstance(event, events.ScenarioFinished):
        recorder = event.recorder
        report.cases[event.phase.value] += len(recorder.cases)
        for case_id, interaction in recorder.interactions.items():
            if interaction.response is not None:
                report.statuses[interaction.response.status_code] += 1
            if case_id in recorder.cases:
                report.operations.add(recorder.cases[case_id].value.operation.label)
        for case_id, nodes in recorder.checks.items():
            for node in nodes:
                report.checks[node.name] += 1
                if node.failure_info is not None:
                    failure = node.failure_info.failure
                    label = recorder.cases[case_id].value.operation.label
                    what = f"{failure.message}\n{node.failure_info.code_sample}"
                    report.failures.setdefault(f"{label}: {failure.title}", what[:3000])


async def keep_signed_in(state: ApiState, member: Member) -> None:
    """Let nothing end the caller's sign-in: sooner or later one of the calls does, and all others would be refused.

    That ending a session works is the business of other tests.
    """
    name = f"keep_{member.session_id.hex}"
    async with state.engine.begin() as connection:
        await connection.exec_driver_sql(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " NEW.revoked_at := NULL; NEW.expires_at := OLD.expires_at; RETURN NEW; END $$"
        )
        await connection.exec_driver_sql(
            f"CREATE TRIGGER {name} BEFORE UPDATE ON sessions FOR EACH ROW"
            f" WHEN (OLD.id = '{member.session_id}') EXECUTE FUNCTION {name}()"
        )


@contextmanager
def serving(state: ApiState) -> Iterator[str]:
    """The application over real connections, on a loop and in a thread of its own; its address."""
    config = uvicorn.Config(create_app(state), host="127.0.0.1", port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    (listener,) = server.servers
    try:
        yield f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=30)


def is_signed_in(base_url: str, member: Member) -> bool:
    """Whether the caller was somebody to the end: otherwise all was refused, and nothing was tried."""
    return httpx.get(f"{base_url}/v1/me", headers=member.headers, trust_env=False).status_code == 200
