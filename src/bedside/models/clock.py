"""When the seconds of a call begin: a model in this process is loaded and free before they do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from langchain_core.language_models import BaseChatModel

from bedside.models.chat import ProfiledChatModel

__all__ = ["on_the_clock"]

_queues: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[int, asyncio.Lock]] = WeakKeyDictionary()


@asynccontextmanager
async def on_the_clock(model: BaseChatModel, seconds: float) -> AsyncIterator[None]:
    """Give what is asked in here so many seconds.

    Loading a model takes minutes, and its calls wait for each other: neither is the time of one answer. What is
    behind a server is on the clock at once.

    Raises:
        TimeoutError: The seconds are over.
        MissingExtraError: A package of the model is not installed.
        EndpointError: It cannot be loaded.
    """
    loaded = await asyncio.to_thread(model.load) if isinstance(model, ProfiledChatModel) else None
    if loaded is None:
        async with asyncio.timeout(seconds):
            yield
        return
    queues = _queues.setdefault(asyncio.get_running_loop(), {})
    async with queues.setdefault(id(loaded), asyncio.Lock()), asyncio.timeout(seconds):
        yield
