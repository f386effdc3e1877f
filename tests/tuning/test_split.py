"""No patient stands on both sides: what a model is measured on is nobody it has learned from."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedside.errors import InputError
from bedside.tuning import Pair, split_by_patient


def pairs(patients: list[str]) -> list[Pair]:
    return [
        Pair(line=number, patient=patient, instruction="?", target="!", note=str(number), shown=str(number))
        for number, patient in enumerate(patients, start=1)
    ]


@given(
    patients=st.lists(st.sampled_from([f"p{number}" for number in range(12)]), min_size=2).filter(
        lambda drawn: len(set(drawn)) > 1
    ),
    fraction=st.floats(0.01, 0.99),
    seed=st.integers(0, 2**32),
)
def test_no_patient_stands_on_both_sides(patients: list[str], fraction: float, seed: int) -> None:
    split = split_by_patient(pairs(patients), fraction, seed)
    training, held_out = ({pair.patient for pair in side} for side in (split.training, split.held_out))
    assert training
    assert held_out
    assert not training & held_out
    assert training == set(split.training_patients)
    assert held_out == set(split.held_out_patients)
    lines = sorted(pair.line for pair in (*split.training, *split.held_out))
    assert lines == list(range(1, len(patients) + 1))


def test_a_split_by_rows_would_put_most_patients_on_both_sides() -> None:
    """What the promise above is worth: the usual way, on the same rows, leaks."""
    listed = pairs([f"p{number // 4}" for number in range(80)])
    shuffled = random.Random(0).sample(listed, len(listed))
    held_out, training = ({pair.patient for pair in side} for side in (shuffled[:16], shuffled[16:]))
    assert len(held_out & training) > len(held_out) / 2


def test_order_and_further_patients_move_no_one_needlessly() -> None:
    names = [f"p{number}" for number in range(100)]
    split = split_by_patient(pairs(names), 0.2, seed=1)
    assert len(split.held_out_patients) == 20
    assert split_by_patient(pairs(names[::-1]), 0.2, 1).held_out_patients == split.held_out_patients
    assert split_by_patient(pairs(names), 0.2, 2).held_out_patients != split.held_out_patients
    more = split_by_patient(pairs([*names, "new1", "new2"]), 0.2, 1)
    assert len(set(more.held_out_patients) & set(split.held_out_patients)) >= 17


@pytest.mark.parametrize(
    ("patients", "fraction", "message"),
    [
        (["a", "a"], 0.2, "one patient's"),
        (["a", "b"], 0.0, "between 0 and 1"),
        (["a", "b"], 1.0, "between 0 and 1"),
        (["a", "b"], float("nan"), "between 0 and 1"),
    ],
)
def test_what_cannot_be_split_is_refused(patients: list[str], fraction: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        split_by_patient(pairs(patients), fraction, 0)


def test_one_person_under_two_ids_is_noticed() -> None:
    doubled = [
        Pair(line=line, patient=patient, instruction="?", target="!", note="cough", shown="same")
        for line, patient in enumerate(["a", "b"], start=1)
    ]
    assert split_by_patient(doubled, 0.5, 0).repeated == 1
    assert split_by_patient(pairs(["a", "b"]), 0.5, 0).repeated == 0


def test_the_fingerprint_tells_splits_apart_and_cannot_be_guessed_without_the_data() -> None:
    first = split_by_patient(pairs(["a", "b", "c"]), 0.4, 0)
    other = next(split_by_patient(pairs(["a", "b", "c"]), 0.4, seed) for seed in range(9) if seed_differs(seed))
    assert first.fingerprint(b"file") == split_by_patient(pairs(["c", "b", "a"]), 0.4, 0).fingerprint(b"file")
    assert first.fingerprint(b"file") != other.fingerprint(b"file")
    assert first.fingerprint(b"file") != first.fingerprint(b"another file")


def seed_differs(seed: int) -> bool:
    one, two = (split_by_patient(pairs(["a", "b", "c"]), 0.4, number) for number in (0, seed))
    return one.held_out_patients != two.held_out_patients
