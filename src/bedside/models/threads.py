"""Blocking work as a stream of pieces, in a thread that is told to stop when nobody listens any more."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import closing, suppress

from bedside.models.reply import Piece

__all__ = ["Put", "in_thread", "pumped"]

Put = Callable[[Piece], bool]
"""Hands a piece over, and says whether to stop: nobody listens any more."""


def pumped(run: Callable[[Put], None]) -> Generator[Piece, None, None]:
    """The pieces that a blocking function hands over. It runs in a thread, and is told to stop by closing this."""
    pieces: queue.Queue[Piece | BaseException | None] = queue.Queue()
    left = threading.Event()

    def put(piece: Piece) -> bool:
        pieces.put(piece)
        return left.is_set()

    def work() -> None:
        try:
            run(put)
        except BaseException as error:  # it is raised again where the pieces are read
            pieces.put(error)
        else:
            pieces.put(None)

    thread = threading.Thread(target=work, name="bedside-model", daemon=True)
    thread.start()
    try:
        while (item := pieces.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        left.set()
        thread.join()


async def in_thread(start: Callable[[], Generator[Piece, None, None]]) -> AsyncGenerator[Piece, None]:
    """Run a blocking generator in a thread of its own, and stop it when this one is closed."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Piece | BaseException | None] = asyncio.Queue()
    left = threading.Event()

    def put(item: Piece | BaseException | None) -> None:
        if not left.is_set():
            with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
                loop.call_soon_threadsafe(queue.put_nowait, item)

    def work() -> None:
        try:
            with closing(start()) as pieces:
                for piece in pieces:
                    put(piece)
                    if left.is_set():
                        return
        except BaseException as error:  # it is raised again where somebody waits
            put(error)
        else:
            put(None)

    thread = threading.Thread(target=work, name="bedside-model", daemon=True)
    thread.start()
    try:
        while (item := await queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        left.set()
