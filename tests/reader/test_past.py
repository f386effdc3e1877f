"""What is over, what goes on, and what a past or conditional word must not hide. All notes are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.agents.triager import assess
from bedside.records import Assertion, FactKind


def _problems(text: str) -> dict[str, str]:
    return {
        fact.concept or fact.display: fact.assertion.value
        for fact in read_note("d1", text).of_kind(FactKind.PROBLEM, FactKind.FAMILY)
    }


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("History of anaphylaxis to peanuts. Here for a rash.", "anaphylaxis"),
        ("Previous cardiac arrest, now stable.", "absent-pulse"),
        ("Prior overdose as a teenager.", "overdose"),
        ("Overdosed two years ago.", "overdose"),
        ("10 years ago he had a heart attack.", "myocardial-infarction"),
        ("In 2019 she had a stroke.", "stroke"),
        ("MI (2015)", "myocardial-infarction"),
        ("s/p MI x2", "myocardial-infarction"),
        ("h/o PE", "pulmonary-embolism"),
        ("Had febrile seizures as a child.", "febrile-seizure"),
        ("h/o suicide attempt", "suicide-attempt"),
        ("prior chest pain", "chest-pain"),
        ("history of chest pain and GI bleed", "gastrointestinal-bleed"),
        ("Last seizure was 3 years ago.", "seizure"),
        ("52M with history of stroke, here for a refill.", "stroke"),
        ("Hospital follow-up after an anterior STEMI.", "stemi"),
        ("PMH: hypertension, seizure, overdose", "overdose"),
        ("PMH:\n- asthma\n- suicide attempt 2015", "suicide-attempt"),
        ("PAST MEDICAL HISTORY\n\nStroke\nSeizure\n", "seizure"),
        ("She is allergic to peanuts, which cause anaphylaxis.", "anaphylaxis"),
    ],
)
def test_an_emergency_of_the_past_triggers_nothing(text: str, concept: str) -> None:
    record = read_note("d1", text)
    assert {fact.assertion.value for fact in record.facts if fact.concept == concept} == {"historical"}
    assert assess(record).urgency == 4


@pytest.mark.parametrize(
    ("text", "concept"),
    [
        ("Chest pain for 10 days, history of hypertension.", "chest-pain"),
        ("History of hypertension, chest pain for 2 days.", "chest-pain"),
        ("65M hx HTN DM, chest pain radiating to left arm.", "chest-pain"),
        ("70F PMH CAD, HTN. Chest pain and sweating.", "chest-pain"),
        ("PMH: HTN\nCrushing chest pain radiating to left arm", "chest-pain"),
        ("FH: gout. Chest pain since noon.", "chest-pain"),
        ("CC: history of chest pain", "chest-pain"),
        ("2 day history of chest pain", "chest-pain"),
        ("Gives a history of vomiting blood.", "hematemesis"),
        ("History of depression with suicidal ideation and a plan.", "suicidal-ideation"),
        ("56F w/ h/o afib on warfarin fell and hit head.", "head-injury"),
        ("History of HTN here for chest pain.", "chest-pain"),
        ("Chest pain with a stent placed 5 years ago.", "chest-pain"),
        ("Chest pain and stent in 2015.", "chest-pain"),
        ("In 2019 started warfarin and fell and hit head.", "head-injury"),
        ("History of chest pain x 2 days", "chest-pain"),
        ("History of overdose this morning.", "overdose"),
        ("History of recent overdose.", "overdose"),
        ("Prior to arrival he had a seizure.", "seizure"),
        ("The previous night he had a seizure.", "seizure"),
        ("Past hour chest pain.", "chest-pain"),
        ("s/p cardiac arrest, ROSC achieved", "absent-pulse"),
        ("s/p fall with head injury", "head-injury"),
        ("Brought in after cardiac arrest.", "absent-pulse"),
        ("Allergic to shellfish (anaphylaxis today after prawns)", "anaphylaxis"),
        ("Chest pain had resolved but returned 1 hour ago.", "chest-pain"),
        ("She was fine until this morning when she had chest pain.", "chest-pain"),
        ("Weight loss in the past 6 months.", "weight-loss"),
        ("Denies fever, has symptoms such as chest pain.", "chest-pain"),
        ("High risk of falls and has chest pain.", "chest-pain"),
        ("She called 911 for chest pain.", "chest-pain"),
        ("He returns for chest pain.", "chest-pain"),
        ("PMH: diabetes\n\nED COURSE\n\nSTEMI on the ECG.", "stemi"),
    ],
)
def test_a_word_of_the_past_or_of_a_condition_hides_no_emergency(text: str, concept: str) -> None:
    assert _problems(text)[concept] == "present"


def test_a_chronic_disease_in_the_past_history_stays() -> None:
    assert _problems("History of asthma, diabetes and hypertension.") == {
        "asthma": "present",
        "diabetes-mellitus": "present",
        "hypertension": "present",
    }


@pytest.mark.parametrize(
    "text",
    [
        "Call 911 for chest pain.",
        "Return to the ED for chest pain.",
        "Go to the ED if you have chest pain.",
        "Seek immediate medical attention for chest pain.",
        "Advised to call 999 for chest pain.",
        "Advised to return if chest pain, fever.",
        "Risks include stroke, bleeding which may require surgery; risk of chest pain.",
        "Counselled about the risk of developing chest pain.",
    ],
)
def test_advice_is_hypothetical(text: str) -> None:
    assert _problems(text)["chest-pain"] == "hypothetical"
    assert assess(read_note("d1", text)).urgency == 4


@pytest.mark.parametrize(
    ("text", "assertion"),
    [
        ("There are signs of sepsis.", "possible"),
        ("Not consistent with sepsis.", "absent"),
        ("Screened for sepsis.", "hypothetical"),
        ("Sepsis protocol started.", "possible"),
        ("We need to r/o conditions like malaria, dengue and sepsis.", "possible"),
        ("Malaria +/- sepsis", "possible"),
    ],
)
def test_signs_and_doubts_count_and_denials_do_not(text: str, assertion: str) -> None:
    assert _problems(text)["sepsis"] == assertion


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He denies experiencing any fevers or chills.", {"fever": "absent", "chills": "absent"}),
        ("Denies that he has chest pain.", {"chest-pain": "absent"}),
        ("Denies having had chest pain, endorses cough.", {"chest-pain": "absent", "cough": "present"}),
        ("No chest pain, has dyspnea.", {"chest-pain": "absent", "dyspnea": "present"}),
        ("No longer suffering from back pain.", {"back-pain": "absent"}),
        ("He denies issues with the migraines.", {"migraine": "present"}),
        ("Denies any issues with heartburn.", {"heartburn": "absent"}),
        ("No joint swelling (ongoing back pain).", {"joint-swelling": "absent", "back-pain": "present"}),
        ("He has hepatitis C. The gout has gone in the past.", {"hepatitis-c": "present", "gout": "historical"}),
        ("Working from home since the start of COVID-19.", {}),
        ("Took malaria prevention daily.", {}),
    ],
)
def test_a_denied_verb_and_a_mere_name(text: str, expected: dict[str, str]) -> None:
    assert _problems(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FH: father had MI at 50. She has chest pain.", "present"),
        ("Family history: diabetes. Patient reports chest pain.", "present"),
        ("Family history significant for MI in father, now presents with chest pain.", "present"),
        ("FAMILY HISTORY\n\nDiabetes. Her mother had chest pain.", "family"),
        ("FAMILY HISTORY\n\nHe reports chest pain and diabetes.", "family"),
    ],
)
def test_a_family_history_ends_where_the_patient_is_spoken_of(text: str, expected: str) -> None:
    assert _problems(text)["chest-pain"] == expected


def test_a_relative_in_parentheses_is_the_one() -> None:
    facts = read_note("d1", "FH: MI (father), seizures (brother)").facts
    assert [fact.text_value for fact in facts] == ["father", "brother"]


@pytest.mark.parametrize(
    ("text", "kind", "assertion"),
    [
        ("Family history is positive for premature CAD in his brother.", FactKind.FAMILY, Assertion.FAMILY),
        ("Family history is negative for CAD.", FactKind.FAMILY, Assertion.ABSENT),
        ("Coronary stent 2018. Known CAD.", FactKind.PROBLEM, Assertion.PRESENT),
    ],
)
def test_a_family_history_stays_the_familys(text: str, kind: FactKind, assertion: Assertion) -> None:
    (fact,) = [fact for fact in read_note("d1", text).facts if fact.concept == "coronary-artery-disease"]
    assert (fact.kind, fact.assertion) == (kind, assertion)
