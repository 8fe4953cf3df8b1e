"""Schemathesis over the whole document: all its checks, and sequences of calls along the links between operations.

The checks hold for one request or for several: what the document promises of an answer, that bad input is refused and
good input taken, that a deleted thing is gone and a new one there, that no operation forgets to ask who calls, and that
one company's administrator never gets what another one's has (`object_level_authorization`).
"""

import json
import re
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
from tests.access.calls import CALLS
from tests.support.companies import Member
from tests.support.matrix_world import make_lasting_world

Json = dict[str, Any]
REFUSALS = ["2xx", "3xx", "400", "401", "403", "404", "409", "412", "422", "428", "429", "503"]
"""Fair answers to what the schema allows: a rule over several fields, such as the first day of a quarter, an id that
nothing has, or a version that nobody has seen, is beyond JSON Schema."""
ALL_CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance", "negative_data_rejection", "positive_data_acceptance", "use_after_free",
    "ensure_resource_availability", "missing_required_header", "unsupported_method", "allow_header_conformance",
    "ignored_auth", "object_level_authorization",
)  # fmt: skip
FIRST_SEED = 618
COMMON: Json = {
    "continue-on-failure": True,
    "request-timeout": 30,
    "checks": {
        "positive_data_acceptance": {"expected-statuses": REFUSALS},
        # of two faults either may be named: 412 a version that nobody has seen, 413 a body beyond all limits
        "negative_data_rejection": {"expected-statuses": ["4xx", "503"]},
    },
}
OPERATIONS = [
    {
        "include-operation-id": "post_metric_batch",
        # the inbox stores a wrong row, and says what was wrong with it once it is processed (ING-3)
        "checks": {
            "negative_data_rejection": {"expected-statuses": ["202", "4xx"]},
            "missing_required_header": {"expected-statuses": ["400"]},
        },
    },
]


@dataclass(frozen=True)
class Parties:
    """Who calls, who looks on, and the ids of what the caller's company has."""

    ours: Member
    theirs: Member
    ids: dict[str, str]


@dataclass
class Report:
    """What a campaign came to."""

    cases: Counter[str] = field(default_factory=Counter)
    """By phase."""
    statuses: Counter[int] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    """How often each check was made."""
    operations: set[str] = field(default_factory=set)
    succeeded: set[str] = field(default_factory=set)
    """The operations that were done at least once."""
    links: int = 0
    """Between operations: from what one answers to what another takes."""
    failures: dict[str, str] = field(default_factory=dict)
    """By operation and title, what failed first."""
    seconds: float = 0

    def __str__(self) -> str:
        """For people."""
        lines = [
            f"cases: {self.cases.total()} ({', '.join(f'{phase} {n}' for phase, n in self.cases.items())})",
            f"operations called: {len(self.operations)}, done at least once: {len(self.succeeded)}, links: {self.links}",
            f"statuses: {', '.join(f'{status} {n}' for status, n in sorted(self.statuses.items()))}",
            f"checks: {', '.join(f'{name} {n}' for name, n in sorted(self.checks.items()))}",
            f"seconds: {self.seconds:.0f}",
            f"failures: {len(self.failures)}",
        ]
        lines.append(f"never done: {', '.join(sorted(self.operations - self.succeeded)) or 'none'}")
        return "\n".join([*lines, *(f"\n{name}\n{what}" for name, what in self.failures.items())])


def run_campaign(base_url: str, parties: Parties, *, examples: int, coverage: bool, rounds: int = 1) -> Report:
    """Call every operation as our administrator, while another company's looks on; then sequences, round by round."""
    report, started = Report(), time.monotonic()
    document = httpx.get(f"{base_url}/v1/openapi.json", trust_env=False, timeout=60).json()
    exceptions = [*OPERATIONS, *literal_paths(document)]
    add_examples(document, parties.ids)
    leave_unsigned(document)
    with tempfile.TemporaryDirectory() as folder:
        identities = [
            {"name": name, "fixedHeaders": [{"name": "Authorization", "value": member.headers["Authorization"]}]}
            for name, member in (("ours", parties.ours), ("theirs", parties.theirs))
        ]
        path = Path(folder, "identities.json")
        path.write_text(json.dumps({"auth": identities}))
        for number in range(rounds):
            settings = COMMON | {
                "auth": {"wfc": {"path": str(path), "user": "ours", "peers": ["ours", "theirs"]}},
                "phases": _phases(examples=examples, coverage=coverage, only_sequences=number > 0),
                "generation": {"max-examples": examples, "database": "none", "no-shrink": True},
                "seed": FIRST_SEED + number,
                "base-url": base_url,
                "operations": exceptions,
            }
            config = SchemathesisConfig.from_dict(settings)
            schema = schemathesis.openapi.from_dict(document, config=config)
            for event in from_schema(schema).execute():
                _note(report, event)
    report.seconds = time.monotonic() - started
    return report


def add_examples(document: Json, ids: dict[str, str]) -> None:
    """Give operations the request that the matrix of rights has for them, with ids that are there.

    What only makes sense with the ids of several things that fit together is then done at least once.
    """
    for path, methods in document["paths"].items():
        for operation in methods.values():
            name = operation["operationId"]
            # an administrator writes goals of those who have no account (SEC-3)
            if (call := CALLS.get(f"{name}@accountless") or CALLS.get(name)) is not None:
                _add_example(operation, path, call(ids))


def leave_unsigned(document: Json) -> None:
    """Take the signature's headers out: one that was drawn never holds, and nothing behind it would be tried."""
    for methods in document["paths"].values():
        for operation in methods.values():
            parameters = operation.get("parameters", [])
            parameters[:] = [one for one in parameters if not one["name"].startswith("webhook-")]


def _add_example(operation: Json, path: str, request: Json) -> None:
    template = re.sub(r"\{([^/]+)\}", r"(?P<\1>[^/]+)", path)
    found = re.fullmatch(template, request["url"])
    values = (found.groupdict() if found else {}) | request.get("params", {}) | {"If-Match": "*"}
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in values:
            value = values[parameter["name"]]
            is_list = parameter["schema"].get("type") == "array"
            parameter["examples"] = {"matrix": {"value": [value] if is_list else value}}
    body = request.get("json") or request.get("data")
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if body:
            content.pop("example", None)
            content["examples"] = {"matrix": {"value": body}}


def _phases(*, examples: int, coverage: bool, only_sequences: bool) -> Json:
    # bad input ends a sequence, and is tried enough on single requests
    sequences = {"max-steps": 8, "generation": {"max-examples": 5 * examples, "mode": "positive"}}
    return {
        "examples": {"enabled": not only_sequences},
        "coverage": {"enabled": coverage and not only_sequences},
        "fuzzing": {"enabled": not only_sequences},
        "stateful": sequences,
    }


def literal_paths(document: Json) -> Iterator[Json]:
    """Paths such as `/v1/departments/tree`: for its other methods it is a `/v1/departments/{id}` with an odd id.

    That answers 422 where Schemathesis wants 405, so two of its checks are not made on them.
    """
    paths: list[str] = list(document["paths"])
    templates = [re.compile(re.sub(r"\{[^/]+\}", "[^/]+", path)) for path in paths if "{" in path]
    for path in paths:
        if "{" not in path and any(template.fullmatch(path) for template in templates):
            off = {"enabled": False}
            yield {"include-path": path, "checks": {"unsupported_method": off, "allow_header_conformance": off}}


def _note(report: Report, event: events.EngineEvent) -> None:
    if isinstance(event, events.PhaseStarted) and event.payload is not None:
        report.links = event.payload.transitions_selected
    elif isinstance(event, events.NonFatalError):
        report.failures.setdefault(f"error: {event.label}", f"{event.info.title}: {event.value}")
    elif isinstance(event, events.FatalError):
        raise event.exception
    elif isinstance(event, events.ScenarioFinished):
        recorder = event.recorder
        report.cases[event.phase.value] += len(recorder.cases)
        for case_id, interaction in recorder.interactions.items():
            if interaction.response is not None:
                status, label = interaction.response.status_code, recorder.cases[case_id].value.operation.label
                report.statuses[status] += 1
                report.operations.add(label)
                if 200 <= status < 300:
                    report.succeeded.add(label)
        for case_id, nodes in recorder.checks.items():
            for node in nodes:
                report.checks[node.name] += 1
                if node.failure_info is not None:
                    failure = node.failure_info.failure
                    label = recorder.cases[case_id].value.operation.label
                    what = f"{failure.message}\n{node.failure_info.code_sample}"
                    report.failures.setdefault(f"{label}: {failure.title}", what[:3000])


KEPT = {
    "sessions": ("UPDATE", "id", "session_id", "NEW.revoked_at := NULL; NEW.expires_at := OLD.expires_at"),
    "people": ("UPDATE", "id", "person_id", "NEW.roles := OLD.roles"),
    "person_spells": ("INSERT", "person_id", "person_id", "NEW.status := 'employed'"),
}
"""By table, what keeps a caller in: sooner or later a call ends their own sign-in or employment, or takes their role.

All others would then be refused, and nothing tried. That these things work is the business of other tests.
"""


async def prepare(state: ApiState) -> Parties:
    """A company with one of everything, and another one: the administrator of each, whom nobody gets rid of."""
    world = await make_lasting_world(state)
    callers = world.members["owner"], world.members["foreign"]
    async with state.engine.begin() as connection:
        for table, (event, column, field_, keep) in KEPT.items():
            ids = ", ".join(f"'{getattr(member, field_)}'" for member in callers)
            name = f"keep_{callers[0].session_id.hex}_{table}"
            await connection.exec_driver_sql(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {keep}; RETURN NEW; END $$"
            )
            await connection.exec_driver_sql(
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW"
                f" WHEN (NEW.{column} IN ({ids})) EXECUTE FUNCTION {name}()"
            )
    return Parties(*callers, world.ids)


@contextmanager
def serving(state: ApiState) -> Iterator[str]:
    """The application over real connections, on a loop and in a thread of its own; its address."""
    config = uvicorn.Config(create_app(state), host="127.0.0.1", port=0, log_level="error", lifespan="on")
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


def roles_of(base_url: str, member: Member) -> set[str]:
    """What the caller may do now: to the end the same, else much was refused and little tried."""
    answer = httpx.get(f"{base_url}/v1/me", headers=member.headers, trust_env=False)
    return set(answer.json().get("roles", ()))
