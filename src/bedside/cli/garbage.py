"""When Python looks for garbage: not while a command starts, and not once more when it ends."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["left_alone", "started"]


@contextmanager
def left_alone() -> Iterator[None]:
    """For a command, which makes a million objects that stay: looking through them takes a fifth of a short one."""
    before = gc.get_threshold()
    gc.set_threshold(1_000_000, 20, 20)
    atexit.unregister(gc.freeze)  # once, however often this is called
    atexit.register(gc.freeze)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def started() -> None:
    """What is there by now stays. From here on garbage is looked for, so that the thousandth note takes no more."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
