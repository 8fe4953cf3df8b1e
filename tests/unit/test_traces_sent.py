"""Traces must cost whoever is traced next to nothing; each in a process of its own, as tracing is the whole process's."""

import socket
import subprocess
import sys

import pytest

from deploy.local.ports import HOST

PROGRAM = """
import sys, time
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from attain_shared.tracing_export import export_traces

share, is_door = float(sys.argv[2]), sys.argv[3] == "door"
stop = export_traces(sys.argv[1], service="attain-shared", share=share, is_door=is_door)
parent = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
context = TraceContextTextMapPropagator().extract(parent)
with trace.get_tracer("test").start_as_current_span("one", context) as span:
    print(span.is_recording())
began = time.monotonic()
stop()
print(time.monotonic() - began)
"""


def run(endpoint: str, *, share: float, place: str) -> tuple[str, float]:
    """Whether a span was taken that a stranger wants to be, and how long the end took."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, endpoint, str(share), place],
        check=True,
        capture_output=True,
        text=True,
        timeout=25,
    )
    is_traced, seconds = done.stdout.split()
    return is_traced, float(seconds)


def test_a_receiver_that_never_answers_holds_up_no_end() -> None:
    with socket.create_server((HOST, 0)) as silent:
        is_traced, seconds = run(f"http://{HOST}:{silent.getsockname()[1]}", share=1, place="inside")
    assert is_traced == "True"
    assert seconds < 4, "and not the half minute that the library takes"


@pytest.mark.parametrize(("place", "is_traced"), [("door", "False"), ("inside", "True")])
def test_a_stranger_cannot_have_more_traced_than_the_share(place: str, is_traced: str) -> None:
    assert run(f"http://{HOST}:1", share=0, place=place)[0] == is_traced
