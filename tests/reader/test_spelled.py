"""Abbreviations and limbs that only their neighbours explain. All notes are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note


def _said(text: str, concept: str) -> list[str]:
    return [fact.assertion.value for fact in read_note("d1", text).facts if fact.concept == concept]


@pytest.mark.parametrize(
    ("text", "assertion"),
    [
        ("?PE", "possible"),
        ("Rule out PE.", "possible"),
        ("Concern for PE.", "possible"),
        ("PE protocol CT ordered", "possible"),
        ("CTPA to rule out PE", "possible"),
        ("DDx - MI, PE, GORD", "possible"),
        ("CTPA negative for PE", "absent"),
        ("PE was ruled out", "absent"),
        ("No PE seen", "absent"),
        ("h/o PE", "historical"),
        ("Bilateral PEs on CT", "present"),
        ("DVT and PE, on apixaban", "present"),
    ],
)
def test_pe_beside_a_cue_is_pulmonary_embolism(text: str, assertion: str) -> None:
    assert _said(text, "pulmonary-embolism") == [assertion]


@pytest.mark.parametrize(
    "text",
    [
        "PE: lungs clear",
        "PE\nLungs clear",
        "PE unremarkable",
        "Here for annual PE",
        "No PE tubes",
        "She had a normal PE",
    ],
)
def test_pe_alone_is_the_examination(text: str) -> None:
    assert _said(text, "pulmonary-embolism") == []


@pytest.mark.parametrize(
    "text",
    [
        "swollen, red, painful left leg",
        "red, hot and swollen right calf",
        "left leg is red, swollen and painful",
        "her right calf has been swollen and painful",
        "swelling and redness of the left leg",
        "pain and swelling in his right calf",
    ],
)
def test_one_swollen_leg(text: str) -> None:
    assert _said(text, "unilateral-leg-swelling") == ["present"]


@pytest.mark.parametrize(
    "text",
    [
        "both legs swollen",
        "left and right leg swollen",
        "red left leg",
        "left knee swollen and red",
        "swollen left ankle",
    ],
)
def test_not_one_swollen_leg(text: str) -> None:
    assert _said(text, "unilateral-leg-swelling") == []


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("There is CVA located near her flank with tenderness.", "costovertebral-angle-tenderness"),
        ("CVA in 2019", "stroke"),
        ("suprapubic pain", "suprapubic-pain"),
        ("Visual aura before the headache", "visual-aura"),
        ("noticeable gait disturbances", "gait-disturbance"),
        ("right ankle pain", "ankle-pain"),
        ("SOBOE", "dyspnea-on-exertion"),
    ],
)
def test_what_a_word_stands_for(text: str, concept: str) -> None:
    assert _said(text, concept)


@pytest.mark.parametrize("text", ["No pulse deficit", "No pulse oximetry available", "not in labor force"])
def test_the_name_of_another_thing(text: str) -> None:
    assert _said(text, "absent-pulse") == _said(text, "labor-contractions") == []


def test_no_pulse_is_no_pulse() -> None:
    assert _said("No pulse palpable.", "absent-pulse") == ["present"]
