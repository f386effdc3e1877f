"""Spans for OpenTelemetry: requests by their route, runs by their graph, steps by their node, and how each ended.

No span holds a word, a name or a handle of a case: what a handler of LangChain is given beside a name is not looked
at. Where the environment names a collector (`OTEL_EXPORTER_OTLP_ENDPOINT`), `bedside serve` sends spans there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from opentelemetry import context, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import bedside
from bedside.errors import InputError

__all__ = ["Traces", "TracingEdge", "traces_of_environment"]

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


class Traces:
    """Makes the spans of a server.

    Args:
        tracer: Of a provider that the caller configured.
    """

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer

    @contextmanager
    def run(self, graph: str, attempt: int) -> Iterator[BaseCallbackHandler]:
        """Open the span of a run and yield the handler that opens those of its steps."""
        attributes: dict[str, str | int] = {"bedside.graph": graph, "bedside.attempt": attempt}
        with self.tracer.start_as_current_span(
            "run", attributes=attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield _Steps(self.tracer, span)
            except BaseException as error:
                _failed(span, error)
                raise


class _Steps(BaseCallbackHandler):
    """Opens a span for each node. Inputs, outputs and messages are not looked at."""

    def __init__(self, tracer: Tracer, run: Span) -> None:
        self._tracer, self._parent = tracer, trace.set_span_in_context(run)
        self._open: dict[UUID, Span] = {}

    def on_chain_start(
        self,
        serialized: dict[str, Any] | None,
        inputs: dict[str, Any],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **more: Any,
    ) -> None:
        node = (metadata or {}).get("langgraph_node")
        if isinstance(node, str) and more.get("name") == node:
            self._open[run_id] = self._tracer.start_span(
                "step", context=self._parent, attributes={"bedside.node": node}
            )

    def on_chain_end(self, outputs: dict[str, Any], *, run_id: UUID, **more: Any) -> None:
        if span := self._open.pop(run_id, None):
            span.end()

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **more: Any) -> None:
        if span := self._open.pop(run_id, None):
            _failed(span, error)
            span.end()


class TracingEdge:
    """Middleware (ASGI) that opens a span for each request, named by its route and never by its path.

    Args:
        inner: The application.
        traces: Makes the spans.
    """

    def __init__(self, inner: Any, traces: Traces) -> None:
        self._inner, self._traces = inner, traces

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "PUT", "DELETE") else "other"
        parent = TraceContextTextMapPropagator().extract({"traceparent": headers.get("traceparent", "")})
        token = context.attach(parent)
        try:
            with self._traces.tracer.start_as_current_span(
                method, kind=SpanKind.SERVER, record_exception=False, set_status_on_exception=False
            ) as span:

                async def noted(message: Mapping[str, Any]) -> None:
                    if message["type"] == "http.response.start":
                        span.set_attribute("http.response.status_code", message["status"])
                    await send(message)

                try:
                    await self._inner(scope, receive, noted)
                finally:
                    route = getattr(scope.get("route"), "path", "")  # a template, or nothing where none fits
                    span.set_attribute("http.request.method", method)
                    span.set_attribute("http.route", route)
                    span.update_name(f"{method} {route}".rstrip())
        finally:
            context.detach(token)


def traces_of_environment() -> Traces | None:
    """Return traces that go where the environment says, or `None` where it names no collector.

    Raises:
        InputError: It names one, and the exporter is not installed.
    """
    if not any(os.environ.get(name) for name in ENDPOINTS):
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise InputError("a collector is named, and the exporter is missing: pip install 'bedside[otel]'") from None
    provider = TracerProvider(resource=Resource({"service.name": "bedside"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(provider.get_tracer("bedside", bedside.__version__))


def _failed(span: Span, error: BaseException) -> None:
    """Mark a span as failed, by the type of the error: its message may quote a note."""
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(Status(StatusCode.ERROR))
