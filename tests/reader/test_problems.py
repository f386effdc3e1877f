"""How the note speaks of problems. All sentences are synthetic; each table holds its near misses."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.records import FactKind


def _said(text: str, *kinds: FactKind) -> dict[str, str]:
    return {fact.concept or fact.display: fact.assertion.value for fact in read_note("d1", text).of_kind(*kinds)}


def _problems(text: str) -> dict[str, str]:
    return _said(text, FactKind.PROBLEM, FactKind.FAMILY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "He denies fevers, chills, or weight loss.",
            {"fever": "absent", "chills": "absent", "weight-loss": "absent"},
        ),
        ("No chest pain/SOB/palpitations", {"chest-pain": "absent", "dyspnea": "absent", "palpitations": "absent"}),
        ("No blood in vomit.", {"hematemesis": "absent"}),
        ("No chest pain but has shortness of breath.", {"chest-pain": "absent", "dyspnea": "present"}),
        ("No fever, some cough.", {"fever": "absent", "cough": "present"}),
        ("Feels nauseous, no vomiting", {"nausea": "present", "vomiting": "absent"}),
        ("Denies nausea and reports cough.", {"nausea": "absent", "cough": "present"}),
        ("No fever.\nCough.", {"fever": "absent", "cough": "present"}),
        ("Chest pain: no. Cough: yes", {"chest-pain": "absent", "cough": "present"}),
        ("+cough, -fever", {"cough": "present", "fever": "absent"}),
        ("- fever\n- cough", {"fever": "present", "cough": "present"}),
        ("not SOB", {"dyspnea": "absent"}),
        ("Pneumonia was ruled out.", {"pneumonia": "absent"}),
        ("Rash (no fever) and cough", {"rash": "present", "fever": "absent", "cough": "present"}),
        ("Never had a seizure.", {"seizure": "absent"}),
        ("I do not see any evidence of osteomyelitis.", {"osteomyelitis": "absent"}),
        ("No improvement in cough.", {"cough": "present"}),
        ("no hx of diabetes", {"diabetes-mellitus": "absent"}),
        ("Fever on first day, nil since.", {"fever": "historical"}),
    ],
)
def test_negation_reaches_its_list_and_no_farther(text: str, expected: dict[str, str]) -> None:
    assert _problems(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("?UTI", {"urinary-tract-infection": "possible"}),
        ("Imp: ? Bell's Palsy", {"bell-palsy": "possible"}),
        (
            "Imp: viral URTI/? LRTI",
            {"upper-respiratory-tract-infection": "present", "lower-respiratory-tract-infection": "possible"},
        ),
        ("Rule out appendicitis.", {"appendicitis": "possible"}),
        ("This is concerning for sepsis.", {"sepsis": "possible"}),
        ("Knee pain, most likely due to gout.", {"knee-pain": "present", "gout": "possible"}),
        ("Imp: viral bronchitis", {"bronchitis": "present"}),
        ("Did he cough? He has a rash", {"cough": "possible", "rash": "present"}),
    ],
)
def test_doubt_is_possible(text: str, expected: dict[str, str]) -> None:
    assert _problems(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("History of pneumonia.", {"pneumonia": "historical"}),
        ("History of asthma.", {"asthma": "present"}),
        ("PMH: asthma, appendicitis, gout", {"asthma": "present", "appendicitis": "historical", "gout": "present"}),
        ("Had pneumonia in 2019.", {"pneumonia": "historical"}),
        ("Type 2 diabetes diagnosed in 2019.", {"type-2-diabetes-mellitus": "present"}),
        ("Chest pain has resolved.", {"chest-pain": "historical"}),
        ("Initial diarrhea - but now resolved", {"diarrhea": "historical"}),
        ("3/7 hx of cough", {"cough": "present"}),
        ("2 week history of cough", {"cough": "present"}),
        ("Chest pain has not resolved.", {"chest-pain": "present"}),
    ],
)
def test_what_is_over_is_historical(text: str, expected: dict[str, str]) -> None:
    assert _problems(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Return if fever persists.", {"fever": "hypothetical"}),
        (
            "Review earlier if worsening sx (chest pain, SOB)",
            {"chest-pain": "hypothetical", "dyspnea": "hypothetical"},
        ),
        ("Discussed red flag sx (SOB, fevers)", {"dyspnea": "hypothetical", "fever": "hypothetical"}),
        ("At risk of stroke", {"stroke": "hypothetical"}),
        ("Seen in TIA clinic during the COVID-19 pandemic", {}),
    ],
)
def test_what_may_come_is_hypothetical(text: str, expected: dict[str, str]) -> None:
    assert _problems(text) == expected


@pytest.mark.parametrize(
    ("text", "concept", "relative"),
    [
        ("FH: mother - migraine", "migraine", "mother"),
        ("FH: Father - asthma, Mother - hayfever", "hay-fever", "Mother"),
        ("FH: mother and sister - migraines", "migraine", "mother and sister"),
        ("FH: Type 2 diabetes", "type-2-diabetes-mellitus", None),
        ("Her father had a stroke.", "stroke", "father"),
        ("Family history of gout.", "gout", None),
    ],
)
def test_a_relatives_condition_is_family_history(text: str, concept: str, relative: str | None) -> None:
    (fact,) = [fact for fact in read_note("d1", text).facts if fact.concept == concept]
    assert (fact.kind, fact.assertion, fact.text_value) == (FactKind.FAMILY, "family", relative)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("His mother reports that he has a fever.", {"fever": "present"}),
        ("Wife also unwell with vomiting. He has a cough.", {"cough": "present"}),
        ("FH: father - gout. No SOB", {"gout": "family", "dyspnea": "absent"}),
        ("FH of gout, obese", {"gout": "family", "obesity": "present"}),
    ],
)
def test_others_who_speak_or_stand_beside_are_not_the_patient(text: str, expected: dict[str, str]) -> None:
    assert _problems(text) == expected


@pytest.mark.parametrize(
    ("text", "displays"),
    [
        ("PMH: asthma, zorbitis", ["asthma", "zorbitis"]),
        ("PMH: nil", []),
        ("PMH: None of note.", []),
        ("PMH: he was seen in clinic", []),
        ("Patient has a history of frobulosis (disorder), stress (finding).", ["frobulosis", "stress"]),
        ("Chief complaint: feeling zorbly", []),
    ],
)
def test_only_an_item_of_a_problem_list_may_be_unknown(text: str, displays: list[str]) -> None:
    assert [fact.display for fact in read_note("d1", text).facts] == displays


def test_evidence_takes_the_side_along() -> None:
    text = "She has right knee pain."
    (fact,) = read_note("d1", text).facts
    assert text[fact.evidence.start : fact.evidence.end] == "right knee pain"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CXR ordered.", {"chest-x-ray": "hypothetical"}),
        ("CXR, ordered and obtained today, is unremarkable.", {"chest-x-ray": "present"}),
        ("CXR will be obtained.", {"chest-x-ray": "hypothetical"}),
        ("X-ray of the chest is unremarkable.", {"chest-x-ray": "present"}),
        ("Had an appendectomy.", {"appendectomy": "historical"}),
        ("PSH: hysterectomy", {"hysterectomy": "historical"}),
        ("Flu shot given today.", {"influenza-vaccine": "present"}),
        (
            "Immunizations: influenza, MMR, td (adult)",
            {"influenza-vaccine": "present", "mmr-vaccine": "present", "td-vaccine": "present"},
        ),
    ],
)
def test_procedures_and_vaccines(text: str, expected: dict[str, str]) -> None:
    assert _said(text, FactKind.PROCEDURE, FactKind.IMMUNIZATION) == expected


def test_a_disease_that_was_tested_for_is_no_problem() -> None:
    text = "The following procedures were conducted:\n- assessment of anxiety (procedure)\n- hepatitis b test\n"
    assert _problems(text) == {}


def test_a_vaccine_against_a_disease_is_no_disease() -> None:
    assert _problems("Patient was given the following immunizations: influenza, seasonal.") == {}


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("72F brought in by her daughter, has chest pain.", ["problem"]),
        ("Accompanied by wife, has chest pain.", ["problem"]),
        ("Found by husband, with slurred speech.", ["problem"]),
        ("Attends with mum, has a fever.", ["problem"]),
        # The companion is spoken of after all.
        ("Brought in by her daughter, who has a cough.", ["family"]),
        ("Here with mum. Mum has a cough.", ["family"]),
        ("Lives with her mother, has asthma.", ["family"]),
    ],
)
def test_who_only_came_along_is_not_spoken_of(text: str, kinds: list[str]) -> None:
    assert [fact.kind for fact in read_note("n1", text).facts] == kinds
