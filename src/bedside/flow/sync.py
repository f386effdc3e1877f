"""Async nodes for a caller that has no event loop: `invoke`, `stream` and `batch`."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["run_async"]


def run_async(work: Callable[[], Coroutine[Any, Any, Any]], context: contextvars.Context) -> Any:
    """Run a coroutine to its end on an event loop of its own.

    Where this thread runs a loop already, as a notebook's does, the new one gets a thread of its own.

    Args:
        work: Makes the coroutine.
        context: The context variables that it sees.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _run(work, context)
    outcome: list[Any] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(_run(work, context))
        except BaseException as error:  # it is raised again where somebody waits
            failure.append(error)

    thread = threading.Thread(target=run, name="bedside-node")
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


def _run(work: Callable[[], Coroutine[Any, Any, Any]], context: contextvars.Context) -> Any:
    with asyncio.Runner() as runner:
        return runner.run(work(), context=context)
