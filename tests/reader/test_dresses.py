"""The same note in other dresses gives the same facts. All notes are synthetic.

`benchmarks/dresses.py` counts on real notes how many facts stay.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Callable

import pytest

from bedside.agents.reader import read_note

NOTES = {
    "triage": (
        "67F. Chest pain since noon, radiating to the left arm. No fever. PMH: COPD, MI, AF.\n"
        "Obs: HR 118, BP 92/58, RR 24, SpO2 91% on RA, T 38.9. GCS 15. BM 7.2.\n"
        "DH: apixaban 5 mg BD, ramipril 2.5 mg OD.\n"
        "Allergies: penicillin (rash)."
    ),
    "visit": (
        "Chief complaint: shortness of breath\n"
        "History: He has had a productive cough for 3 days. He denies chest pain, hemoptysis or leg swelling.\n"
        "Past medical history: Asthma, hypertension.\n"
        "Medications: salbutamol, amlodipine 5 mg daily\n"
        "Exam: Wheezing on both sides. Temp 37.9.\n"
        "Labs: Na 131, K 4.9, CRP 84.2\n"
    ),
}
DRESSES: dict[str, Callable[[str], str]] = {
    "small letters": str.lower,
    "capitals": str.upper,
    "line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "one line": lambda text: re.sub(r"\s*\n\s*", " ", text),
    "bullets": lambda text: "\n".join(f"- {line}" for line in text.split("\n")),
    "Markdown": lambda text: re.sub(r"(?m)^([A-Z][A-Za-z ]{1,25}):", r"**\1:**", text),
    "decimal commas": lambda text: re.sub(r"(\d)\.(\d)", r"\1,\2", text),
    "lines of 72": lambda text: "\n".join("\n".join(textwrap.wrap(line, 72)) for line in text.split("\n")),
}


def _facts(text: str) -> Counter[tuple[str, str, str, str]]:
    return Counter(
        (
            fact.kind.value,
            fact.concept or fact.display,
            fact.assertion.value,
            str(fact.quantity.value if fact.quantity else (fact.medication.status if fact.medication else "")),
        )
        for fact in read_note("d1", text).facts
    )


@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("note", NOTES)
def test_a_note_in_another_dress_gives_the_same_facts(note: str, dress: str) -> None:
    plain = _facts(NOTES[note])
    assert len(plain) > 10
    assert _facts(DRESSES[dress](NOTES[note])) == plain
