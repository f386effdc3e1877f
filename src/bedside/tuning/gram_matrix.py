"""Texts as rows of a sparse matrix, on which an ear is trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bedside.models.ear import BUCKETS, Row, counted

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["gram_matrix", "inverse_frequency", "weighed"]


def gram_matrix(rows: Sequence[Row]) -> csr_matrix:
    """Return how often each row meets each bucket; shape `(rows, BUCKETS)`."""
    from scipy.sparse import csr_matrix

    indices: list[int] = []
    data: list[float] = []
    starts = [0]
    for row in rows:
        heard = counted(row.text)
        indices += heard
        data += heard.values()
        starts.append(len(indices))
    return csr_matrix((data, indices, starts), shape=(len(rows), BUCKETS), dtype=np.float32)


def inverse_frequency(matrix: csr_matrix) -> np.ndarray:
    """Return the inverse document frequency of each bucket."""
    met = np.bincount(matrix.indices, minlength=BUCKETS)
    idf: np.ndarray = np.log((1 + matrix.shape[0]) / (1 + met)) + 1
    return idf


def weighed(matrix: csr_matrix, idf: np.ndarray) -> csr_matrix:
    """Return each row weighted by the rarity of its buckets, and normalised."""
    from sklearn.preprocessing import normalize

    return normalize(matrix.multiply(idf).tocsr())
