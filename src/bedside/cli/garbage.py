"""Control of garbage collection: none while a command starts, and none when it ends."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["left_alone", "started"]


@contextmanager
def left_alone() -> Iterator[None]:
    """Run a command almost without collections: its million lasting objects would take a fifth of a short one."""
    before = gc.get_threshold()
    gc.set_threshold(1_000_000, 20, 20)
    atexit.unregister(gc.freeze)  # once, however often this is called
    atexit.register(gc.freeze)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def started() -> None:
    """Exempt existing objects and collect from here on, so that the thousandth note takes no more memory."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
