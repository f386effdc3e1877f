"""Whether work grows in line with the length of a text: a ratio measured in one run, never seconds."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["grows_in_line"]

LEAST = 0.05
"""Seconds below which a measurement says nothing."""


def grows_in_line(work: Callable[[str], object], text: str) -> bool:
    """Four times the text may take ten times as long; sixteen where each step looks at all that came before."""

    def once(text: str) -> float:
        start = time.process_time()  # what this process worked, whatever else the machine does
        work(text)
        return time.process_time() - start

    def seconds(text: str) -> float:
        return min(once(text), once(text))  # other processes empty the caches of this one

    seconds(text[:100])  # what is loaded once
    return seconds(text) < 10 * max(seconds(text[: len(text) // 4]), LEAST)
