"""What no rule understood is kept: its characters, and how much of the note it is. All notes are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.agents.reconciler import reconcile


def _unread(text: str) -> list[str]:
    return [text[span.start : span.end] for span in read_note("d1", text).unread]


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("74F. Sore thigh after a scratch.", ["Sore thigh after a scratch"]),
        ("8M. Drain has brown fluid. Chest pain since noon.", ["Drain has brown fluid"]),
        ("Histology shows a choristoma of the ear.", ["Histology shows a choristoma of the ear"]),
    ],
)
def test_a_clinical_sentence_without_a_fact_is_kept(text: str, unread: list[str]) -> None:
    assert _unread(text) == unread


@pytest.mark.parametrize(
    "text",
    [
        "Chest pain since noon, sweating.",
        "Denies chest pain.",
        "Lives with his sister. Works at a school.",
        "Tonsils normal. No stridor.",
        "We discussed warning signs and she will call us about any bleeding.",
    ],
)
def test_what_was_read_or_says_nothing_clinical_is_not_unread(text: str) -> None:
    assert _unread(text) == []


def test_a_thing_told_a_second_time_was_read() -> None:
    text = "He has asthma. His asthma wakes him."
    record = read_note("d1", text)
    assert (record.unread, record.clinical_sentences) == ((), 2)


def test_several_notes_add_up() -> None:
    first, second = read_note("d1", "Drain has brown fluid."), read_note("d2", "Chest pain since noon.")
    record = reconcile([first, second])
    assert [span.document for span in record.unread] == ["d1"]
    assert record.clinical_sentences == 2
