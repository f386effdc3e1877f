"""The start of a call's time limit: after a model in this process is loaded and free, or after a server's turn
has come."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from langchain_core.language_models import BaseChatModel

from bedside.models.chat import ProfiledChatModel
from bedside.tracing import refuse_tracing

__all__ = ["MOST_AT_ONCE", "on_the_clock"]

MOST_AT_ONCE = 16
"""The simultaneous calls of one process to one server. Fifty cases with five questions each would open 250
connections; a server answers so many in turn anyway, and some refuse them."""

_LOOK_AGAIN = 0.02

_turns: dict[str, threading.BoundedSemaphore] = {}


@asynccontextmanager
async def on_the_clock(model: BaseChatModel, seconds: float) -> AsyncIterator[None]:
    """Limit the calls inside the context to so many seconds.

    Loading a model takes minutes, and its calls wait for each other: neither is the time of one answer. Nor is the
    time in which a server of ours has its hands full with other calls of this process.

    Raises:
        TimeoutError: The seconds are over.
        MissingExtraError: A package of the model is not installed.
        EndpointError: It cannot be loaded.
        PrivacyFlowError: A tracer would watch.
    """
    refuse_tracing()
    loaded = await asyncio.to_thread(model.load) if isinstance(model, ProfiledChatModel) else None
    host = model.host if isinstance(model, ProfiledChatModel) else ""
    turn = _turn(f"model {id(loaded)}", 1) if loaded is not None else _turn(host, MOST_AT_ONCE)
    async with turn, asyncio.timeout(seconds):
        yield


@asynccontextmanager
async def _turn(name: str, most: int) -> AsyncIterator[None]:
    """Take one of the simultaneous calls of a host or a loaded model, across all threads and event loops.

    Nodes that run beside each other under `invoke` have an event loop each.
    """
    if not name:
        yield
        return
    turns = _turns.setdefault(name, threading.BoundedSemaphore(most))
    while not turns.acquire(blocking=False):
        await asyncio.sleep(_LOOK_AGAIN)
    try:
        yield
    finally:
        turns.release()
