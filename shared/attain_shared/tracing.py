"""Traces: where one push's time went, through the API, the bell and the worker (OpenTelemetry).

Off unless `ATTAIN_OTLP_ENDPOINT` says where to; then the extra `otel` must be installed, as it is in the images.
Headers and certificates that the receiver wants are said by the exporter's own variables (`OTEL_EXPORTER_OTLP_…`).
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version
from typing import Any

from opentelemetry import trace
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from attain_shared.settings import SharedSettings

_FIELD = "traceparent"
_PROPAGATOR = TraceContextTextMapPropagator()


def start_tracing(settings: SharedSettings, service: str, *, is_door: bool = False) -> Callable[[], None]:
    """Send traces where the settings say, if they do.

    Where strangers send their own traces (`is_door`), the share holds for those too. Returns what ends it: whatever was
    not sent yet is, if that takes but a moment.

    Raises:
        ImportError: the extra `otel` is not installed.
    """
    if settings.otlp_endpoint is None:
        return lambda: None
    # what it needs is installed where traces are taken, and nowhere else
    export: Any = import_module("attain_shared.tracing_export")
    stop: Callable[[], None] = export.export_traces(
        settings.otlp_endpoint, service=service, share=settings.trace_share, is_door=is_door
    )
    return stop


def is_tracing() -> bool:
    """Whether this process takes traces."""
    return not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)


def tracer() -> Tracer:
    """Makes Attain's own spans; they cost next to nothing where no traces are taken."""
    return trace.get_tracer("attain", version("attain-shared"))


def traceparent() -> str | None:
    """The present span as W3C Trace Context writes it; None without one that is taken."""
    if not trace.get_current_span().get_span_context().trace_flags.sampled:
        return None
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get(_FIELD)


def trace_fields() -> dict[str, str]:
    """The present trace's id, for lines of the log; nothing without one that is taken."""
    context = trace.get_current_span().get_span_context()
    return {"trace_id": trace.format_trace_id(context.trace_id)} if context.trace_flags.sampled else {}


@contextmanager
def following(
    name: str, traceparents: Iterable[str | None], *, kind: SpanKind = SpanKind.INTERNAL, since: int | None = None
) -> Iterator[None]:
    """A piece of work that several traces wait for: a span in each of them.

    What it runs stands below the first one, to which the others link. `since` is when it began, in nanoseconds.
    """
    waiting = list(dict.fromkeys(one for one in traceparents if one))
    if not waiting:
        yield
        return
    first, *others = waiting
    began = since or time.time_ns()
    with _span(name, first, kind=kind, began=began) as span:
        try:
            yield
        finally:
            for other in others:
                with _span(name, other, kind=kind, began=began, links=[Link(span.get_span_context())]):
                    pass


@contextmanager
def _span(name: str, parent: str, *, kind: SpanKind, began: int, links: Iterable[Link] = ()) -> Iterator[Span]:
    context = _PROPAGATOR.extract({_FIELD: parent})
    with tracer().start_as_current_span(
        name, context, kind, links=list(links), start_time=began, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except BaseException:
            span.set_status(StatusCode.ERROR)
            raise
