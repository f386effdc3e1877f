"""Detection of a model that repeats itself, while it still does."""

from __future__ import annotations

__all__ = ["LoopWatch"]

LONGEST_PASSAGE = 300
"""The characters of the longest passage that is looked for."""

TIMES = 6
"""The repetitions in a row that make a loop: a ward list may hold the same line five times."""

SHORT_PASSAGE = 8
LEAST, LEAST_OF_SHORT = 120, 240
"""The least characters of all repetitions together. Rows of dashes and lists of "absent" are no loops."""

EVERY = 40
"""The characters between two checks: one costs some 50 µs."""


class LoopWatch:
    """A watch on a reply for a passage that is repeated to its end, word for word.

    What comes back with other numbers each time is not seen: rows of a table look the same.
    """

    def __init__(self) -> None:
        self._tail = ""
        self._new = 0

    def feed(self, piece: str) -> bool:
        """True if the reply was in a loop anywhere in this piece: a whole reply may come as one."""
        return any(self._look(piece[start : start + EVERY]) for start in range(0, len(piece), EVERY))

    def _look(self, piece: str) -> bool:
        self._tail = (self._tail + piece)[-LONGEST_PASSAGE * TIMES :]
        self._new += len(piece)
        if self._new < EVERY:
            return False
        self._new = 0
        return any(self._repeats(length) for length in range(1, LONGEST_PASSAGE + 1))

    def _repeats(self, length: int) -> bool:
        most = LEAST_OF_SHORT if length < SHORT_PASSAGE else LEAST
        same = max(length * (TIMES - 1), most - length)
        tail = self._tail
        return len(tail) >= same + length and tail[-same:] == tail[-same - length : -length]
