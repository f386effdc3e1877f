"""A trained ear: the probability of an emergency in a text, the words that suggest it, and similar texts."""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bedside.errors import InputError
from bedside.models.ear.corpus import shipped
from bedside.models.ear.grams import BUCKETS, counted, grams, word_bucket, words
from bedside.models.ear.naming import Naming

__all__ = ["Ear", "Heard"]

INSTALLED = Path(__file__).with_name("data") / "ear.npz"
MOST_WORDS = 6
NEAREST = 2
ALIKE = 0.15
"""The cosine from which two texts are called similar."""
COMMON = 4.0
"""The inverse document frequency up to which words are not shown as important: "and", "says", "her"."""
_WORD = re.compile(r"\w[\w'’\-/]*\w|\w")


@dataclass(frozen=True, slots=True)
class Heard:
    """The ear's result for one text.

    Attributes:
        probability: The chance that a triage nurse calls it an emergency (1 or 2), calibrated on authors not in its
            training.
        urgency: The urgency of that probability: 2, 3, or `None` where it suggests none.
        doubtful: Whether calm rules should not be trusted that read no complaint here.
        words: The characters that weighed most, as `(start, end)`, in the order of the text.
        like: The nearest known emergencies, invented ones.
        names: The likely names of the emergency, from the table of conditions: one, two where both are close,
            or none.
    """

    probability: float
    urgency: int | None
    doubtful: bool
    words: tuple[tuple[int, int], ...] = ()
    like: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Ear:
    """A linear model on hashed grams. Make one with `Ear.installed()` or `Ear.load(file)`.

    Args:
        arrays: The output of `train-ear`: `idf` and `weights` by bucket, `bias`, `slope`, `intercept` of the
            calibration, the probabilities `emergency`, `urgent` and `doubt` from which on it speaks, `near_*`, a
            sparse matrix of known emergencies, `name_*` (see `Naming`), `version` and `trained_on`, the beginning
            of a hash of the texts.
    """

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        self._idf = arrays["idf"].astype(np.float32) / 25
        self._weights = arrays["weights"].astype(np.float32)
        self._bias, self._slope, self._intercept = (float(arrays[name]) for name in ("bias", "slope", "intercept"))
        self._limits = {name: float(arrays[name]) for name in ("emergency", "urgent", "doubt")}
        self._near = tuple(arrays[f"near_{name}"] for name in ("rows", "starts", "buckets", "values"))
        self._naming = Naming(arrays)
        self._name = f"ear {int(arrays['version'])}, trained on {arrays['trained_on'].item()}"

    @classmethod
    @cache
    def installed(cls) -> Ear:
        """Return the ear that comes with Bedside, trained on its corpus."""
        return cls.load(INSTALLED)

    @classmethod
    def load(cls, file: Path) -> Ear:
        """Return an ear from a file of `bedside train-ear`.

        Raises:
            InputError: The file cannot be read, or is no ear.
        """
        try:
            with np.load(file, allow_pickle=False) as arrays:
                return cls({name: arrays[name] for name in arrays.files})
        except OSError as error:
            raise InputError(f"{file} cannot be read: {error.strerror or type(error).__name__}") from None
        except (KeyError, ValueError, zipfile.BadZipFile):
            raise InputError(f"{file} is no ear: make one with bedside train-ear") from None

    @property
    def name(self) -> str:
        """The version and the beginning of the hash of the training data, as Provenance names them."""
        return self._name

    def hear(self, text: str) -> Heard:
        """Classify a whole text; this takes a few milliseconds a page."""
        vector = self._vector(text)
        if not vector:
            return Heard(0.0, None, False)
        buckets = np.fromiter(vector, dtype=np.int64, count=len(vector))
        values = np.fromiter(vector.values(), dtype=np.float32, count=len(vector))
        score = float(values @ self._weights[buckets]) + self._bias
        probability = 1 / (1 + math.exp(-(self._slope * score + self._intercept)))
        urgency = next(
            (level for level, name in ((2, "emergency"), (3, "urgent")) if probability >= self._limits[name]), None
        )
        doubtful = probability >= self._limits["doubt"]
        names = self._naming.names(buckets, values)
        if urgency is None:
            return Heard(probability, None, doubtful, names=names)
        return Heard(
            probability,
            urgency,
            doubtful,
            words=self._words(text, vector),
            like=self._like(text),
            names=names,
        )

    def _vector(self, text: str) -> dict[int, float]:
        """Return the weights of the buckets by rarity, normalised: a long text is not louder than a short one."""
        weighed = {bucket: weight * float(self._idf[bucket]) for bucket, weight in counted(text).items()}
        length = math.sqrt(sum(value * value for value in weighed.values())) or 1.0
        return {bucket: value / length for bucket, value in weighed.items()}

    def _words(self, text: str, vector: Mapping[int, float]) -> tuple[tuple[int, int], ...]:
        """Return the words that most suggest an emergency; each gram spreads its weight over its characters."""
        loud = np.zeros(len(text) + 1, dtype=np.float32)
        for bucket, start, end in grams(text):
            loud[start:end] += vector[bucket] * self._weights[bucket] / max(end - start, 1)
        spans = [(word.start(), word.end()) for word in _WORD.finditer(text) if self._says_something(word.group())]
        spans.sort(key=lambda span: -float(loud[span[0] : span[1]].sum()))
        return tuple(sorted(span for span in spans[:MOST_WORDS] if loud[span[0] : span[1]].sum() > 0))

    def _says_something(self, word: str) -> bool:
        """True if a word is rare enough to be informative."""
        rare = self._idf[word_bucket(word.lower().replace("’", "'"))]
        return len(word) > 2 and not word.isdigit() and bool(rare > COMMON)

    def _like(self, text: str) -> tuple[str, ...]:
        """Return the known emergencies that share most rare words with a text, if they share enough."""
        rows, starts, indices, weights = self._near
        if not len(rows):
            return ()
        own = np.fromiter(words(text), dtype=np.int64)
        rare = self._idf[own]
        dense = np.zeros(BUCKETS, dtype=np.float32)
        dense[own] = rare / max(float(np.linalg.norm(rare)), 1e-6)
        close = np.add.reduceat(dense[indices] * weights.astype(np.float32), starts)
        known = shipped()
        return tuple(known[rows[at]].text for at in np.argsort(-close)[:NEAREST] if close[at] >= ALIKE)
