"""The pharmacist's rules: what they find, what they leave, and what they say they did not check. Synthetic."""

from __future__ import annotations

import json

import pytest

from bedside.agents.pharmacist import review_medicines
from bedside.agents.pharmacist.rules import load_duplicates, load_medicines, load_qt
from bedside.agents.reader import read_note
from bedside.agents.reconciler import reconcile
from bedside.graphs import medication_review
from bedside.models import ScriptedChatModel
from bedside.records import Issue
from bedside.tools.terminology import Domain, concepts, further_concepts
from tests.agents.test_rounds import FixedEndpoint, services_for

NAMES = {known.key for known in (*concepts(), *further_concepts())}
CLASSES = {(known.drug_class or "").replace(" ", "-") for known in concepts() if known.domain is Domain.MEDICATION}


def found(note: str) -> list[Issue]:
    return review_medicines(reconcile([read_note("note", note)]))[0]


def messages(note: str) -> list[str]:
    return [issue.message for issue in found(note)]


@pytest.mark.parametrize("rule", load_medicines(), ids=lambda rule: rule.id)
def test_every_rule_asks_for_what_the_code_tables_know(rule: object) -> None:
    for group in rule.condition.facts:  # type: ignore[attr-defined]
        for key in group:
            kind, _, name = key.rpartition(":")
            assert name in (CLASSES if kind == "class" else NAMES | {"tobacco-use"}), key


def test_the_lists_of_drugs_and_classes_are_known_too() -> None:
    assert load_qt() <= NAMES
    assert {name.replace(" ", "-") for name in load_duplicates()} <= CLASSES
    assert len({rule.id for rule in load_medicines()}) == len(load_medicines()) > 70


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("Medications: warfarin, ibuprofen.", "An anticoagulant with an NSAID"),
        ("Medications: Eliquis 5 mg BD, Advil PRN.", "An anticoagulant with an NSAID"),
        ("Medications: ramipril, furosemide. Plan: start naproxen.", "An NSAID, a diuretic and an ACE inhibitor"),
        ("Medications: lisinopril, spironolactone.", "hyperkalemia"),
        ("Medications: simvastatin 40 mg. Start clarithromycin 500 mg BD.", "A statin with a strong CYP3A4"),
        ("Medications: isosorbide mononitrate, sildenafil PRN.", "A nitrate with a PDE5 inhibitor"),
        ("Medications: morphine, diazepam.", "An opioid with a benzodiazepine"),
        ("Medications: lithium, ibuprofen.", "Lithium with a drug that raises its level"),
        ("Medications: methotrexate, trimethoprim.", "bone marrow failure"),
        ("Medications: bisoprolol, verapamil.", "A beta blocker with verapamil"),
        ("Medications: sertraline, tramadol.", "serotonin syndrome"),
        ("Medications: citalopram, ondansetron.", "QT interval"),
        ("Medications: ibuprofen, naproxen.", "Two NSAIDs"),
        ("Medications: ibuprofen. Plan: start meloxicam.", "more harm; one of them is planned"),
        ("Medications: metformin. eGFR 24 mL/min.", "Metformin with an eGFR under 30"),
        ("Medications: metformin. eGFR 38 mL/min.", "Metformin with an eGFR under 45"),
        ("PMH: heart failure. Medications: diclofenac.", "An NSAID in heart failure"),
        ("PMH: asthma. Medications: propranolol.", "A non-selective beta blocker in asthma"),
        ("PMH: Parkinson's disease. Medications: metoclopramide.", "A dopamine antagonist in Parkinson"),
        (
            "PMH: pulmonary embolism in 2015. Medications: combined oral contraceptive pill.",
            "Estrogen after thrombosis",
        ),
        ("30-year-old woman, 12 weeks pregnant. Medications: ramipril.", "An ACE inhibitor or ARB in pregnancy"),
        ("30-year-old woman, pregnant. Medications: valproate.", "Valproate in pregnancy"),
        ("8-year-old boy. Medications: codeine.", "under 12 years"),
        ("10-year-old boy with fever. Medications: aspirin.", "Reye"),
        ("80-year-old woman. Medications: zolpidem.", "from 65 years"),
        ("Medications: digoxin. K 2.9 mmol/L.", "Digoxin with a potassium under 3.5"),
        ("Medications: lisinopril. Potassium 6.1 mmol/L.", "5.5 mmol/L or more"),
        ("Medications: warfarin. INR 7.2.", "INR over 5"),
        ("40-year-old. Medications: bisoprolol. HR 38.", "under 50 /min"),
        ("60-year-old. Medications: amlodipine. BP 82/50.", "under 90 mmHg"),
        ("Glucose 48 mg/dL.\nMedications: gliclazide.", "glucose under 70"),
        ("Allergies: penicillin (rash). Plan: cephalexin 500 mg QID.", "A cephalosporin with a penicillin allergy"),
        ("Allergies: aspirin (wheeze). Medications: ibuprofen.", "An NSAID with an allergy"),
        ("45-year-old woman, current smoker. Medications: oral contraceptive.", "smoker of 35 or over"),
    ],
)
def test_what_is_found(note: str, said: str) -> None:
    assert [message for message in messages(note) if said in message], messages(note)


@pytest.mark.parametrize(
    "note",
    [
        "Medications: warfarin. Ibuprofen was stopped in 2020.",
        "Medications: warfarin. Takes no ibuprofen.",
        "Medications: metformin. eGFR 88 mL/min.",
        "Medications: lisinopril. Potassium 4.1 mmol/L.",
        "Medications: warfarin. INR 2.4.",
        "50-year-old man. Father has heart failure. Medications: ibuprofen.",
        "No history of asthma. Medications: propranolol.",
        "30-year-old woman, not pregnant. Medications: ramipril.",
        "15-year-old. Medications: codeine.",
        "45-year-old woman, ex-smoker. Medications: oral contraceptive.",
        "20-year-old woman, current smoker. Medications: oral contraceptive.",
        "Medications: citalopram.",
        "Medications: Advil, Motrin.",
        "Medications: ibuprofen. Was told that NSAIDs upset the stomach.",
        "Medications: apixaban. Takes blood thinners.",
        "Medications: betamethasone cream, steroids.",
        "Medications: metformin, amlodipine, atorvastatin.",
        "Allergies: penicillin. Medications: metformin.",
        "Chest pain, hypertension.",
    ],
)
def test_what_is_left_alone(note: str) -> None:
    assert messages(note) == []


def test_every_doubt_points_at_drugs_of_the_note_and_names_its_source() -> None:
    note = "PMH: heart failure, asthma. Medications: warfarin, ibuprofen, ramipril, furosemide, propranolol."
    record = reconcile([read_note("note", note)])
    issues, _ = review_medicines(record)
    assert len(issues) >= 3
    known = {fact.id: fact for fact in record.facts}
    for issue in issues:
        assert any(known[fact].kind == "medication" for fact in issue.facts)
        assert issue.evidence is not None
        assert note[issue.evidence.start : issue.evidence.end]
        assert "(" in issue.message


def test_the_graver_doubt_takes_the_weaker_one_of_the_same_drugs_along_and_comes_first() -> None:
    issues = found("80-year-old. Medications: naproxen, ramipril, furosemide, zolpidem.")
    assert [issue.severity for issue in issues] == ["high", "moderate"]
    assert not any("An NSAID with an ACE inhibitor" in issue.message for issue in issues)


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("50-year-old. Medications: metformin 500 mg BD.", "the eGFR is not stated"),
        ("50-year-old. Medications: warfarin 5 mg daily.", "the INR is not stated"),
        ("Medications: amlodipine 5 mg.", "the age is not stated"),
        ("50-year-old. Medications: metformin.", "1 of 1 drugs have no dose"),
        ("50-year-old. Medications: abrocitinib 100 mg.", "class that no rule knows"),
        ("50-year-old. Medications: amlodipine 5 mg.", "doses were not checked"),
    ],
)
def test_what_was_not_checked_is_said(note: str, said: str) -> None:
    _, unchecked = review_medicines(reconcile([read_note("note", note)]))
    assert [one for one in unchecked if said in one], unchecked


async def test_the_graph_asks_one_question_and_writes_the_doubts_as_detected_issues() -> None:
    model = ScriptedChatModel(default="Bleeding (warfarin, ibuprofen; high)")
    services, case = services_for(
        "70-year-old man. PMH: gout. Medications: warfarin 5 mg daily, ibuprofen 400 mg TDS.",
        consult=FixedEndpoint(model),
    )
    output = await medication_review.build().compile().ainvoke({"case": case}, context=services)
    result = output["result"]
    assert [one.template for one in result.advice] == ["consult/medicines"]
    assert len(result.advice[0].claims[0].facts) == 2
    assert result.urgency is None
    issues = [
        entry["resource"]
        for entry in json.loads(result.bundle)["entry"]
        if entry["resource"]["resourceType"] == "DetectedIssue"
    ]
    assert ("high", "drug interaction") in {(one["severity"], one["code"]["text"]) for one in issues}
    assert all(len(one["implicated"]) >= 1 for one in issues)
