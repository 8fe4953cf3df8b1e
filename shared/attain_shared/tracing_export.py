"""How spans leave the process; needs the extra `otel`."""

import threading
from collections.abc import Callable, Sequence
from importlib.metadata import version

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Decision, ParentBased, SamplingResult, TraceIdRatioBased
from opentelemetry.trace import Link, SpanKind, Status, TraceState
from opentelemetry.util.types import Attributes

PRIVATE = frozenset({"url.query", "client.address", "user_agent.original", "db.statement.parameters"})
"""What may tell of a person: left out. So are the texts of errors, which may quote a row."""

SEND_SECONDS = 2.0
"""How long a receiver may take to answer."""
LAST_SECONDS = 3.0
"""How long the last spans may hold up the process's end."""


def export_traces(endpoint: str, *, service: str, share: float, is_door: bool) -> Callable[[], None]:
    """Send spans by OTLP over HTTP from a thread of its own; returns what sends the last ones and ends it.

    Behind the door, a trace that was begun elsewhere is followed; at the door the share holds for it too, as anybody may
    ask to be traced.
    """
    resource = Resource.create({"service.name": service, "service.version": version(service)})
    whole = WholeTraces(share)
    sampler = ParentBased(whole, remote_parent_sampled=whole if is_door else ALWAYS_ON)
    # what cannot be sent is lost: a receiver that hangs must not hold up the end
    provider = TracerProvider(resource=resource, sampler=sampler, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.removesuffix('/')}/v1/traces", timeout=SEND_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(Discreet(exporter)))
    trace.set_tracer_provider(provider)
    instrumentor = AsyncPGInstrumentor()  # type: ignore[no-untyped-call]  # not typed
    instrumentor.instrument(tracer_provider=provider)

    def end() -> None:
        instrumentor.uninstrument()
        last = threading.Thread(target=provider.shutdown, name="last spans", daemon=True)
        last.start()
        last.join(LAST_SECONDS)

    return end


class WholeTraces(TraceIdRatioBased):
    """Takes a share of the traces, and none that begins with a statement: a worker looks for work every two seconds."""

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Of what has no parent."""
        if kind is SpanKind.CLIENT:
            return SamplingResult(Decision.DROP)
        return super().should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)


class Discreet(SpanExporter):
    """Sends what another exporter would, but for what may tell of a person."""

    def __init__(self, exporter: SpanExporter) -> None:
        """`exporter` sends."""
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them."""
        return self._exporter.export([_discreet(span) for span in spans])

    def shutdown(self) -> None:
        """Send no more."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what waits."""
        return self._exporter.force_flush(timeout_millis)


def _discreet(span: ReadableSpan) -> ReadableSpan:
    attributes = span.attributes or {}
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes={name: value for name, value in attributes.items() if name not in PRIVATE},
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
