"""What a clinician's eyes found wrong in 83 graded notes, as lines of the same kinds. Synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.records import FactKind


def said(text: str, word: str) -> list[str]:
    facts = read_note("d1", text).facts
    return [
        "family" if fact.kind is FactKind.FAMILY else fact.assertion.value for fact in facts if word in fact.display
    ]


@pytest.mark.parametrize(
    ("text", "word", "expected"),
    [
        ("Took a whole strip of migraine tablets.", "migraine", []),
        ("Took 40 tablets an hour ago.", "overdose", ["present"]),
        ("Grey hair, walks with a stick.", "pallor", []),
        ("Tooth hanging by a thread.", "strangulation", []),
        ("Attempted hanging, cut down by father.", "strangulation", ["present"]),
        ("That bill nearly gave me a heart attack.", "myocardial infarction", []),
        ("Wishes she would not wake up.", "unresponsive", []),
        ("No mass effect.", "mass", []),
        ("EBL 200 ml, blood loss minimal.", "bleeding", []),
        ("Discussed malaria, typhoid and rabies.", "malaria", ["hypothetical"]),
        ("Discussed sepsis with ITU, accepted.", "sepsis", ["present"]),
        ("Stopped valproate as planning pregnancy.", "pregnancy", ["hypothetical"]),
        ("Mum has seen her stop breathing.", "breathing", ["present"]),
        ("Brother took his own life.", "suicidal ideation", ["family"]),
        ("No blisters, no crepitus, pain mild.", "pain", ["present"]),
        ("Had a severe allergic reaction after penicillin in 1974.", "anaphylaxis", ["historical"]),
        ("He has chest pain after CABG in 2015.", "chest pain", ["present"]),
        ("Magnesium 4 g IV over 5 min.", "magnesium", []),
        ("Plan scan 32/40.", "gestational age", []),
        ("CTPA not needed.", "CT pulmonary angiogram", ["absent"]),
        ("No EKG changes.", "electrocardiogram", ["present"]),
        ("Hyperkalaemia 6.4 in March.", "hyperkalemia", ["historical"]),
        ("Epilepsy, seizure free for 6 years.", "seizure", ["absent"]),
        ("No pneumothorax, consolidation or effusion.", "effusion", []),
    ],
)
def test_a_line_is_read_as_it_is_meant(text: str, word: str, expected: list[str]) -> None:
    assert said(text, word) == expected


def test_a_dose_is_the_drugs_own() -> None:
    text = "On metformin, redness x 3 days, PR 98/min. Increase bumetanide to 2 mg BD, ambulatory IV furosemide."
    uses = {fact.display: fact.medication for fact in read_note("d1", text).facts if fact.medication}
    assert (uses["metformin"].route, uses["metformin"].end) == (None, None)
    assert (uses["bumetanide"].route, uses["bumetanide"].dose) == (None, "2 mg")
