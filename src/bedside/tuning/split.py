"""The split into patients for training and for measurement: never the same one on both sides.

Rows of one patient resemble each other: a model that saw one of them has seen half of the next, and a split by rows
would report memory as skill.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from bedside.errors import InputError
from bedside.tuning.pairs import Pair

__all__ = ["Split", "split_by_patient"]


@dataclass(frozen=True, slots=True)
class Split:
    """The two sides, each in the order of the file.

    Attributes:
        repeated: Held-out rows whose note and images are also those of a training row, of another patient.
    """

    training: tuple[Pair, ...]
    held_out: tuple[Pair, ...]
    training_patients: tuple[str, ...] = field(repr=False)
    held_out_patients: tuple[str, ...] = field(repr=False)
    repeated: int

    def fingerprint(self, key: bytes) -> str:
        """Return a hash of the split, to find out whether two runs had the same one.

        Patient ids are short and could be guessed from a plain hash, so it is keyed with the data itself: without
        the file nothing can be tried.

        Args:
            key: At most 64 bytes, `Data.key`.
        """
        sides = "\0\0".join("\0".join(side) for side in (self.training_patients, self.held_out_patients))
        return hashlib.blake2b(sides.encode(), key=key, digest_size=32).hexdigest()


def split_by_patient(pairs: Sequence[Pair], fraction: float, seed: int) -> Split:
    """Hold patients out.

    Patients are drawn by a hash of seed and id, not by the order of the rows: a file that grew keeps most of its
    split.

    Args:
        fraction: Share of the patients to hold out, between 0 and 1; at least one patient is on each side.
        seed: Another seed draws others.

    Raises:
        InputError: There is one patient only, or the fraction is none.
    """
    if not 0 < fraction < 1:
        raise InputError(f"--held-out is a share between 0 and 1, such as 0.2, not {fraction:g}")
    patients = sorted({pair.patient for pair in pairs}, key=lambda patient: _rank(seed, patient))
    if len(patients) < 2:
        raise InputError("all rows that can be used are one patient's; at least two are needed, one to be held out")
    count = min(max(1, round(fraction * len(patients))), len(patients) - 1)
    held = set(patients[:count])
    training = tuple(pair for pair in pairs if pair.patient not in held)
    held_out = tuple(pair for pair in pairs if pair.patient in held)
    known = {pair.shown for pair in training}
    return Split(
        training=training,
        held_out=held_out,
        training_patients=tuple(sorted(set(patients) - held)),
        held_out_patients=tuple(sorted(held)),
        repeated=sum(pair.shown in known for pair in held_out),
    )


def _rank(seed: int, patient: str) -> bytes:
    return hashlib.sha256(f"{seed}\0{patient}".encode()).digest()
