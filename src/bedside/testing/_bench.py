"""The common parts of the checks: services over a real case store, and a remote model that only records."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from bedside.boundary import Boundary
from bedside.flow import Services
from bedside.models import Endpoint, ScriptedChatModel
from bedside.persistence import MemoryCaseStore

__all__ = ["RecordingEndpoint", "bench", "run"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RecordingEndpoint(Endpoint):
    """An endpoint whose model is scripted and remembers each request."""

    scripted: ScriptedChatModel = field(default_factory=ScriptedChatModel, repr=False)

    @classmethod
    def answering(cls, answer: Callable[[str], str]) -> RecordingEndpoint:
        """Return an endpoint that answers each request by a function of it."""
        return cls("scripted", "bedside.testing", "scripted", scripted=ScriptedChatModel(function=answer))

    def chat_model(self, *, timeout: float) -> ScriptedChatModel:
        return self.scripted


def bench(services: Services | None, consult: Endpoint) -> Services:
    """Return services with the recording model in place of the remote one; without any, the command line's."""
    if services is None:
        cases = MemoryCaseStore()
        services = Services(cases=cases, boundary=Boundary.installed(cases))
    return replace(services, remote_endpoint=consult)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, inside an asynchronous test too."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()
