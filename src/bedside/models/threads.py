"""Blocking work as a stream of pieces, in a thread that is stopped when nobody listens any more.

The threads are no daemons: the interpreter waits for them at its end, for one that was torn down while it computes
takes the process with it (SIGABRT). They have been asked to stop by then, and do so at the next piece.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import closing, suppress

from bedside.errors import ModelError
from bedside.models.reply import Piece

__all__ = ["Put", "in_thread", "pumped"]

Put = Callable[[Piece], bool]
"""A function that passes on a piece, and returns whether to stop because nobody listens any more."""


class _Listener:
    """The reader of the pieces, as seen by the thread that makes them. To be created where they are read."""

    def __init__(self) -> None:
        self.left = threading.Event()
        main = threading.main_thread()
        self._main = main if threading.current_thread() is main else None

    @property
    def gone(self) -> bool:
        """True if the reader has left, or was the main thread, now over: the interpreter waits for this one."""
        return self.left.is_set() or (self._main is not None and not self._main.is_alive())


def pumped(run: Callable[[Put], None]) -> Generator[Piece, None, None]:
    """Yield the pieces of a blocking function. It runs in a thread, which stops when this is closed.

    Raises:
        ModelError: The interpreter ended before the function did.
    """
    pieces: queue.Queue[Piece | BaseException | None] = queue.Queue()
    listener = _Listener()

    def put(piece: Piece) -> bool:
        pieces.put(piece)
        return listener.gone

    def work() -> None:
        try:
            run(put)
        except BaseException as error:  # it is raised again where the pieces are read
            pieces.put(error)
        else:
            # A stopped stream is incomplete, should somebody read it after all.
            pieces.put(ModelError("the process ended before the reply did") if listener.gone else None)

    thread = threading.Thread(target=work, name="bedside-model", daemon=False)
    thread.start()
    try:
        while (item := pieces.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        listener.left.set()
        thread.join()


async def in_thread(start: Callable[[], Generator[Piece, None, None]]) -> AsyncGenerator[Piece, None]:
    """Run a blocking generator in a thread of its own, and stop it when this one is closed."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Piece | BaseException | None] = asyncio.Queue()
    listener = _Listener()

    def put(item: Piece | BaseException | None) -> None:
        if not listener.gone:
            with suppress(RuntimeError):  # the loop was closed meanwhile: nobody waits any more
                loop.call_soon_threadsafe(queue.put_nowait, item)

    def work() -> None:
        try:
            with closing(start()) as pieces:
                for piece in pieces:
                    put(piece)
                    if listener.gone:
                        return
        except BaseException as error:  # it is raised again where somebody waits
            put(error)
        else:
            put(None)

    thread = threading.Thread(target=work, name="bedside-model", daemon=False)
    thread.start()
    try:
        while (item := await queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        listener.left.set()
