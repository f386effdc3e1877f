"""Training of an ear: a linear model on hashed grams, calibrated and measured on authors not in its training.

scikit-learn is needed here alone: `pip install 'bedside[ear]'`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bedside.errors import InputError, MissingExtraError
from bedside.models.ear import Ear, Heard, Row, shipped, words
from bedside.tuning.gram_matrix import gram_matrix, inverse_frequency, weighed
from bedside.tuning.naming import naming_arrays

__all__ = ["FOLDS", "LEAST", "EarScores", "by_others", "held_out_scores", "measured", "train_ear", "write_ear"]

VERSION = 2
"""The version of an ear's file."""

STRENGTH = 5.0
"""The inverse of the regularisation. Between 1 and 20 the figures on unseen authors are the same."""

SPEAKS = {"emergency": 0.02, "urgent": 0.05, "doubt": 0.25}
"""The share of an unseen author's notes of 4 or 5 that the ear may raise to 2, to 3, or doubt."""

LEAST = 20
"""The number of a user's labelled notes, emergencies and others each, from which a figure is meaningful."""
FOLDS = 5
NOT_RAISED = 9
"""The value for no urgency in comparisons."""


@dataclass(frozen=True, slots=True)
class EarScores:
    """The figures of an ear on labelled notes.

    Attributes:
        found: Emergencies that it raises to 2, of `emergencies`.
        found_at_all: Those raised to 2 or 3.
        raised: Notes of 4 or 5 that it raises to 2, of `calm`.
        raised_at_all: Those raised to 2 or 3.
        area: The area under the curve, of emergencies against notes of 4 and 5.
    """

    emergencies: int
    found: int
    found_at_all: int
    calm: int
    raised: int
    raised_at_all: int
    area: float


def train_ear(rows: Sequence[Row]) -> Ear:
    """Train an ear on all rows, calibrated set by set on rows held out.

    Raises:
        InputError: Fewer than two sets, or too few emergencies or other notes.
        MissingExtraError: scikit-learn is not installed.
    """
    return Ear(_arrays(rows))


def write_ear(rows: Sequence[Row], file: Path) -> Ear:
    """Train an ear and write its file. It holds numbers by hashes of words and no text of the rows.

    Raises:
        InputError: As `train_ear`, or the file exists or cannot be written.
        MissingExtraError: scikit-learn is not installed.
    """
    arrays = _arrays(rows)
    try:
        with file.open("xb") as out:
            np.savez_compressed(out, **arrays)
    except OSError as error:
        raise InputError(f"cannot write {file}: {error.strerror}") from None
    return Ear(arrays)


def held_out_scores(rows: Sequence[Row]) -> np.ndarray:
    """Return the score of each row by a model not trained on its set; shape `(rows,)`."""
    matrix, emergency = gram_matrix(rows), np.array([row.emergency for row in rows])
    sets = np.array([row.set for row in rows])
    scores = np.zeros(len(rows))
    for name in np.unique(sets):
        own = sets == name
        idf = inverse_frequency(matrix[~own])
        model = _fit(weighed(matrix[~own], idf), emergency[~own])
        scores[own] = model.decision_function(weighed(matrix[own], idf))
    return scores


def by_others(rows: Sequence[Row], tell: Callable[[str], None]) -> EarScores:
    """Measure notes, part by part, with an ear trained on the shipped corpus and the other parts.

    Args:
        rows: Notes of a user.
        tell: Called once a part.
    """
    part = np.random.default_rng(0).permutation(len(rows)) % FOLDS
    heard: list[Heard | None] = [None] * len(rows)
    for number in range(FOLDS):
        own = [row for row, at in zip(rows, part, strict=True) if at != number]
        ear = train_ear([*shipped(), *own])
        for at, row in enumerate(rows):
            if part[at] == number:
                heard[at] = ear.hear(row.text)
        tell(f"part {number + 1} of {FOLDS}")
    found = [one for one in heard if one is not None]
    return _scores(rows, np.array([one.probability for one in found]), [one.urgency or NOT_RAISED for one in found])


def measured(ear: Ear, rows: Sequence[Row]) -> EarScores:
    """Measure an ear on rows that are not in its training."""
    heard = [ear.hear(row.text) for row in rows]
    return _scores(rows, np.array([one.probability for one in heard]), [one.urgency or NOT_RAISED for one in heard])


def _scores(rows: Sequence[Row], probability: np.ndarray, urgency: Sequence[int]) -> EarScores:
    from sklearn.metrics import roc_auc_score

    level = np.array([row.urgency for row in rows])
    said, emergency, calm = np.array(urgency), level <= 2, level >= 4
    clear = emergency | calm
    both = emergency.any() and calm.any()
    return EarScores(
        emergencies=int(emergency.sum()),
        found=int((said[emergency] <= 2).sum()),
        found_at_all=int((said[emergency] <= 3).sum()),
        calm=int(calm.sum()),
        raised=int((said[calm] <= 2).sum()),
        raised_at_all=int((said[calm] <= 3).sum()),
        area=float(roc_auc_score(emergency[clear], probability[clear])) if both else float("nan"),
    )


def _arrays(rows: Sequence[Row]) -> dict[str, Any]:
    emergency, calm = np.array([row.emergency for row in rows]), np.array([row.urgency >= 4 for row in rows])
    if len({row.set for row in rows}) < 2 or min(emergency.sum(), calm.sum()) < LEAST:
        raise InputError(
            f"an ear needs notes of two sets at least, with {LEAST} emergencies and {LEAST} others or more"
        )
    scores = held_out_scores(rows)
    clear = emergency | calm
    calibration = _fit(scores[clear, None], emergency[clear], strength=1e6, balanced=False)
    slope, intercept = float(calibration.coef_[0, 0]), float(calibration.intercept_[0])
    quiet = np.sort(1 / (1 + np.exp(-(slope * scores[calm] + intercept))))
    matrix = gram_matrix(rows)
    idf = inverse_frequency(matrix)
    kept = np.round(idf * 25).astype(np.uint8)
    model = _fit(weighed(matrix, kept / 25), emergency)
    return {
        "version": np.array(VERSION),
        "trained_on": np.array(_digest(rows)),
        "idf": kept,
        "weights": model.coef_[0].astype(np.float16),
        "bias": model.intercept_[0],
        "slope": np.array(slope),
        "intercept": np.array(intercept),
        **{name: np.array(np.quantile(quiet, 1 - share)) for name, share in SPEAKS.items()},
        **_known_emergencies(kept / 25),
        **naming_arrays(rows, matrix, kept / 25),
    }


def _known_emergencies(idf: np.ndarray) -> dict[str, np.ndarray]:
    """Return the words of the shipped emergencies, for similar texts: never those of a user's own notes."""
    numbers = [number for number, row in enumerate(shipped()) if row.emergency]
    buckets = [np.fromiter(words(shipped()[number].text), dtype=np.int32) for number in numbers]
    values = [idf[own] / np.linalg.norm(idf[own]) for own in buckets]
    return {
        "near_rows": np.array(numbers, dtype=np.int32),
        "near_starts": np.cumsum([0, *map(len, buckets[:-1])]).astype(np.int32),
        "near_buckets": np.concatenate(buckets),
        "near_values": np.concatenate(values).astype(np.float16),
    }


def _fit(matrix: Any, emergency: np.ndarray, *, strength: float = STRENGTH, balanced: bool = True) -> Any:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError:
        raise MissingExtraError("scikit-learn", "ear") from None
    model = LogisticRegression(C=strength, max_iter=1000, class_weight="balanced" if balanced else None)
    return model.fit(matrix, emergency)


def _digest(rows: Sequence[Row]) -> str:
    """Return the beginning of a hash of all texts and labels, whatever their order."""
    lines = sorted(f"{row.urgency}\t{'|'.join(row.conditions)}\t{row.text}" for row in rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:12]
