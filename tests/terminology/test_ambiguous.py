"""Abbreviations with several meanings. All texts are synthetic."""

from __future__ import annotations

import pytest

from bedside.tools.terminology import find_ambiguous, senses


def _only(text: str, abbreviation: str) -> str | None:
    start = text.index(abbreviation)
    found = senses(text, start, start + len(abbreviation))
    assert found is not None
    assert len(found.meanings) > 1
    return found.settled.display if found.settled else None


@pytest.mark.parametrize(
    ("text", "abbreviation", "meaning"),
    [
        ("Relapsing-remitting MS on natalizumab", "MS", "multiple sclerosis"),
        ("murmur of MS, rheumatic", "MS", "mitral stenosis"),
        ("SpO2 97% on RA", "RA", "room air"),
        ("RA on methotrexate", "RA", "rheumatoid arthritis"),
        ("CTPA confirmed PE", "PE", "pulmonary embolism"),
        ("PE: HEENT unremarkable", "PE", "physical examination"),
        ("PT/INR prolonged, PT 14 seconds", "PT", "prothrombin time"),
        ("referred to PT for strengthening", "PT", "physical therapy"),
        ("drops in OD, vision blurred", "OD", "right eye"),
        ("intentional OD of pills", "OD", "overdose"),
        ("abdomen soft, BS present", "BS", "bowel sounds"),
        ("no CVA tenderness", "CVA", "costovertebral angle"),
        ("old CVA with residual aphasia", "CVA", "stroke"),
        ("stent to proximal LAD", "LAD", "left anterior descending artery"),
        ("neck supple, no LAD", "LAD", "lymphadenopathy"),
    ],
)
def test_words_beside_it_settle_the_meaning(text: str, abbreviation: str, meaning: str) -> None:
    assert _only(text, abbreviation) == meaning


@pytest.mark.parametrize(
    ("text", "abbreviation"),
    [
        ("PMH: MS", "MS"),
        ("History of RA.", "RA"),
        ("?PE", "PE"),
        ("MS with a murmur and optic neuritis", "MS"),
        ("Takes methotrexate. RA", "RA"),
        ("RA. Takes methotrexate", "RA"),
        ("methotrexate\n\nRA", "RA"),
    ],
)
def test_without_them_the_meaning_stays_open(text: str, abbreviation: str) -> None:
    assert _only(text, abbreviation) is None


@pytest.mark.parametrize("text", ["SOB", "ms", "pe", "HTN", "RASH", "PE-tube", "a"])
def test_other_words_are_not_in_the_table(text: str) -> None:
    assert senses(text, 0, len(text)) is None
    assert list(find_ambiguous(text)) == []


def test_all_of_a_text_are_found() -> None:
    found = list(find_ambiguous("PMH: MS, RA. Lungs clear, SpO2 95% RA."))
    assert [(each.abbreviation, each.ambiguous) for each in found] == [("MS", True), ("RA", True), ("RA", False)]


def test_the_reason_quotes_the_table_and_not_the_text() -> None:
    (found,) = find_ambiguous("Okonkwo has MS, seen with demyelination")
    assert found.reason == "'demyelination' beside it speaks for multiple sclerosis"
    assert found.settled is not None
    assert found.settled.concept is not None
    assert found.settled.concept.key == "multiple-sclerosis"
