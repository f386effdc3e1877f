"""The names of emergencies: the ear's second head, one score for each condition of the table."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from bedside.models.ear.corpus import condition_names

__all__ = ["Naming", "condition_key"]

PER_CONDITION = 127
"""The largest weight of a condition in its file, as an integer; `scales` converts it."""


class Naming:
    """The weights of conditions by bucket, and the lead that a condition needs to be named alone.

    A file names a condition by a hash of its id, so what is shown always comes from the table of this installation:
    neither a text nor a file can put other words there.

    Args:
        arrays: `name_keys` of the conditions; `name_counts`, how many conditions each bucket weighs for, with their
            places in `name_conditions` and weights in `name_values`, in units of `name_scales`; `name_alone`, the
            lead over the next from which on one is named alone; `name_least`, the score from which on any is.
    """

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        known = {condition_key(id): name for id, name in condition_names().items()}
        self._names = tuple(known.get(int(key)) for key in arrays["name_keys"])
        self._counts = arrays["name_counts"].astype(np.int64)
        self._starts = np.cumsum(self._counts) - self._counts
        self._conditions, self._values = arrays["name_conditions"], arrays["name_values"]
        self._scales = arrays["name_scales"].astype(np.float64)
        self._alone, self._least = float(arrays["name_alone"]), float(arrays["name_least"])

    def scores(self, buckets: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return the score of each condition, for the weighed buckets of a text; shape `(conditions,)`."""
        counts = self._counts[buckets]
        ends = np.cumsum(counts)
        at = np.arange(counts.sum()) + np.repeat(self._starts[buckets] - ends + counts, counts)
        weighed = self._values[at] * np.repeat(values.astype(np.float64), counts)
        scores: np.ndarray = np.bincount(self._conditions[at], weighed, minlength=len(self._scales)) * self._scales
        return scores

    def names(self, buckets: np.ndarray, values: np.ndarray) -> tuple[str, ...]:
        """Return one name, two where the second is close, none where nothing is similar; the likeliest first."""
        scores = self.scores(buckets, values)
        if len(scores) < 2:
            return ()
        second, first = np.argsort(scores, kind="stable")[-2:]
        if scores[first] < self._least:
            return ()
        shown = (first,) if scores[first] - scores[second] >= self._alone else (first, second)
        return tuple(name for one in shown if (name := self._names[one]))


def condition_key(condition: str) -> int:
    """Return the hash by which a file names a condition."""
    return zlib.crc32(condition.encode())
