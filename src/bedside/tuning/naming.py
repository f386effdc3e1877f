"""Training of an ear's second head, which names an emergency by similar texts.

Ridge regression on the same weighed grams, solved exactly, so that the same rows give the same ear.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bedside.models.ear import BUCKETS, OTHER, Naming, Row, condition_key, condition_names
from bedside.models.ear.naming import PER_CONDITION
from bedside.tuning.gram_matrix import inverse_frequency, weighed

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["naming_arrays"]

STRENGTH = 0.5
"""The strength of the ridge. From 0.1 to 1 the figures on unseen authors differ by less than .02."""
URGENT_WEIGHT = 0.5
"""The weight of a row of urgency 3 beside an emergency."""
KEPT = 4_000
"""The weights that a condition keeps, the largest. All of them are ten times the file for .02 more."""

ALONE_RIGHT = 0.95
"""The share of names shown alone that must be right on unseen authors."""
NAMED_RIGHT = 0.85
"""The share of names shown that must include the right one there."""


def naming_arrays(rows: Sequence[Row], matrix: csr_matrix, idf: np.ndarray) -> dict[str, Any]:
    """Return the input of `Naming`, with its limits set on rows of sets that were left out.

    Args:
        rows: Those without a condition teach nothing here. Where fewer than two sets have any nothing is named.
        matrix: The matrix of the rows.
        idf: The inverse document frequency by bucket, of all rows.
    """
    taught = np.array([bool(row.conditions) for row in rows])
    if len({row.set for row in rows if row.conditions}) < 2:
        return _head([], [], matrix[:0]) | {"name_alone": np.array(np.inf), "name_least": np.array(np.inf)}
    ids = sorted(condition_names())
    scores = _held_out(rows, matrix, taught, ids)
    emergencies = np.array([row.emergency and bool(row.conditions) for row in rows])
    first, second, lead = _two_best(scores[emergencies])
    own = [row.conditions for row in rows if row.emergency and row.conditions]
    one = np.array([ids[at] in conditions for at, conditions in zip(first, own, strict=True)])
    two = one | np.array([ids[at] in conditions for at, conditions in zip(second, own, strict=True)])
    alone = _least(lead, one, ALONE_RIGHT)
    least = _least(scores[emergencies].max(axis=1), np.where(lead >= alone, one, two), NAMED_RIGHT)
    kept = [row for row, teaches in zip(rows, taught, strict=True) if teaches]
    return {
        **_head(kept, ids, weighed(matrix[taught], idf)),
        "name_alone": np.array(alone),
        "name_least": np.array(least),
    }


def _held_out(rows: Sequence[Row], matrix: csr_matrix, taught: np.ndarray, ids: Sequence[str]) -> np.ndarray:
    """Return the scores of each row by a head not trained on its set; shape `(rows, ids)`."""
    sets = np.array([row.set for row in rows])
    scores = np.zeros((len(rows), len(ids)))
    for name in np.unique(sets[taught]):
        own, others = sets == name, (sets != name) & taught
        idf = inverse_frequency(matrix[sets != name])
        kept = [row for row, stays in zip(rows, others, strict=True) if stays]
        head = Naming(_head(kept, ids, weighed(matrix[others], idf)) | {"name_alone": 0.0, "name_least": 0.0})
        heard = weighed(matrix[own], idf)
        for at, number in enumerate(np.flatnonzero(own)):
            span = slice(heard.indptr[at], heard.indptr[at + 1])
            scores[number] = head.scores(heard.indices[span], heard.data[span])
    return scores


def _head(rows: Sequence[Row], ids: Sequence[str], matrix: csr_matrix) -> dict[str, Any]:
    """Return the weights of a head, the largest of each condition in whole numbers, by bucket."""
    keys = np.array([condition_key(id) for id in ids], dtype=np.uint32)
    used = np.unique(matrix.indices)
    weights = _weights(rows, ids, matrix[:, used]) if rows else np.zeros((0, 0))
    for column in weights.T:
        if len(column) > KEPT:
            column[np.abs(column) < np.partition(np.abs(column), -KEPT)[-KEPT]] = 0
    scales = np.abs(weights).max(axis=0, initial=0) / PER_CONDITION
    whole = np.round(weights / np.where(scales > 0, scales, 1)).astype(np.int8)
    at, conditions = np.nonzero(whole)
    return {
        "name_keys": keys,
        "name_counts": np.bincount(used[at], minlength=BUCKETS).astype(np.uint8),
        "name_conditions": conditions.astype(np.uint8),
        "name_values": whole[at, conditions],
        "name_scales": scales.astype(np.float32),
    }


def _weights(rows: Sequence[Row], ids: Sequence[str], matrix: csr_matrix) -> np.ndarray:
    """Return the ridge regression of the conditions on the grams; shape `(grams, ids)`.

    A row of a rare condition weighs more, one of urgency 3 less. A row of "other" belongs to none.
    """
    place = {id: at for at, id in enumerate(ids)}
    wanted = np.zeros((len(rows), len(ids)))
    for number, row in enumerate(rows):
        for condition in row.conditions:
            if condition != OTHER:
                wanted[number, place[condition]] = 1 / len(row.conditions)
    often = np.maximum(wanted.sum(axis=0), 1)
    weight = ((wanted > 0) / np.sqrt(often)).sum(axis=1)
    named = weight > 0
    weight[~named] = weight[named].mean() if named.any() else 1
    weight *= np.where([row.emergency for row in rows], 1, URGENT_WEIGHT) / weight.mean()
    centered = wanted - wanted.mean(axis=0) * named[:, None]
    alike = (matrix @ matrix.T).toarray().astype(np.float64)
    solved = np.linalg.solve(alike + STRENGTH * np.diag(1 / weight), centered)
    weights: np.ndarray = np.asarray(matrix.T @ solved)
    return weights


def _two_best(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the best and the second best of each row, and the lead of the best."""
    order = np.argsort(scores, axis=1, kind="stable")
    first, second = order[:, -1], order[:, -2]
    numbers = np.arange(len(scores))
    return first, second, scores[numbers, first] - scores[numbers, second]


def _least(confidence: np.ndarray, right: np.ndarray, share: float) -> float:
    """Return the least confidence above which this share is right, or infinity where there is none."""
    order = np.argsort(-confidence, kind="stable")
    enough = np.flatnonzero(np.cumsum(right[order]) >= share * np.arange(1, len(order) + 1))
    return float(confidence[order[enough[-1]]]) if len(enough) else float("inf")
