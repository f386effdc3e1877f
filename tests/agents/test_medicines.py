"""The pharmacist's rules: what they find, what they leave, and what they say they did not check. Synthetic."""

from __future__ import annotations

import csv
import json
from collections.abc import Container
from pathlib import Path

import pytest

from bedside.agents.pharmacist import review_medicines
from bedside.agents.pharmacist.rules import (
    MedicineRule,
    load_duplicates,
    load_groups,
    load_medicines,
    load_qt,
)
from bedside.agents.reader import read_note
from bedside.agents.reconciler import reconcile
from bedside.graphs import medication_review
from bedside.models import ScriptedChatModel
from bedside.records import Issue
from bedside.tools.terminology import Domain, concepts, further_concepts, ingredients_of
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
            _is_known(key.removeprefix("allergy:"))


def _is_known(key: str) -> None:
    kind, _, name = key.rpartition(":")
    known: dict[str, Container[str]] = {"class": CLASSES, "group": load_groups(), "": NAMES | {"tobacco-use"}}
    assert name in known[kind], key


def test_the_lists_of_drugs_and_classes_are_known_too() -> None:
    assert load_qt() <= NAMES
    assert {name.replace(" ", "-") for name in load_duplicates()} <= CLASSES
    for members in load_groups().values():
        for key in members:
            assert not key.startswith("group:"), key
            _is_known(key)
    assert len({rule.id for rule in load_medicines()}) == len(load_medicines()) > 70


@pytest.mark.parametrize(
    ("note", "said"),
    [
        ("Medications: warfarin, ibuprofen.", "An anticoagulant with an NSAID"),
        ("Medications: Eliquis 5 mg BD, Advil PRN.", "An anticoagulant with an NSAID"),
        ("Medications: ramipril, furosemide. Plan: start naproxen.", "An NSAID, a diuretic and an ACE inhibitor"),
        ("Medications: lisinopril, spironolactone.", "hyperkalemia"),
        (
            "Medications: simvastatin 40 mg. Start clarithromycin 500 mg BD.",
            "Contraindicated. Simvastatin or lovastatin",
        ),
        ("Medications: isosorbide mononitrate, sildenafil PRN.", "Contraindicated. A nitrate or nicorandil"),
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
        ("50-year-old. Medications: abrocitinib 100 mg.", "nothing was checked for abrocitinib"),
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
        remote_endpoint=FixedEndpoint(model),
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


PAIRS = list(csv.DictReader((Path(__file__).with_name("medicine_pairs.tsv")).open(), delimiter="\t"))
"""Written down before the rules that find them: 66 dangers, 48 pairs that many take. Synthetic."""


@pytest.mark.parametrize("row", PAIRS, ids=lambda row: row["pair"])
def test_dangerous_pairs_are_told_and_harmless_ones_are_not(row: dict[str, str]) -> None:
    issues = found(f"52-year-old man. Medications: {row['medications']}.")
    told = [issue for issue in issues if issue.code in ("drug-interaction", "duplicate-therapy")]
    assert bool(told) is (row["kind"] == "danger"), [issue.message for issue in told]


def name_of(key: str) -> str:
    """A name by which the reader knows a drug, a class or a group."""
    kind, _, name = key.rpartition(":")
    if kind == "group":
        return name_of(min(load_groups()[name]))
    if kind == "class":
        drugs = [one for one in concepts() if (one.drug_class or "").replace(" ", "-") == name]
        return next(one.display for one in drugs if not one.display.startswith((name, "blood")))
    return next(one.display for one in (*concepts(), *further_concepts()) if one.key == name)


INTERACTIONS = [rule for rule in load_medicines() if rule.kind != "contraindication"]


@pytest.mark.parametrize("rule", INTERACTIONS, ids=lambda rule: rule.id)
def test_every_rule_on_drugs_speaks_of_its_drugs_and_not_of_one_alone(rule: MedicineRule) -> None:
    # Two drugs of one group would be one: the last of a group is taken where the first stands already.
    taken: list[str] = []
    for group in rule.condition.facts:
        names = [name_of(key.removeprefix("allergy:")) for key in sorted(group)]
        taken.append(next(name for name in [*names, *names] if name not in taken or rule.kind == "allergy"))
    allergic = rule.kind == "allergy"
    head = f"52-year-old. Allergies: {taken[0]}.\n" if allergic else "52-year-old. "
    said = messages(f"{head}Medications: {', '.join(taken[allergic:])}.")
    graver = [message for message in said if message.startswith("Contraindicated")]
    assert any(rule.message in message for message in said) or graver, said
    alone = messages(f"52-year-old. Medications: {taken[0]}.")
    assert not any(rule.message in message for message in alone)


@pytest.mark.parametrize(
    ("key", "inside"),
    [
        ("metformin-sitagliptin", ("metformin", "sitagliptin")),
        ("acetaminophen-oxycodone", ("acetaminophen", "oxycodone")),
        ("co-codamol", ("codeine", "acetaminophen")),
        ("sulfamethoxazole-trimethoprim", ("sulfamethoxazole-trimethoprim",)),
        ("isosorbide-mononitrate", ("isosorbide-mononitrate",)),
        ("warfarin", ("warfarin",)),
    ],
)
def test_what_is_in_a_product(key: str, inside: tuple[str, ...]) -> None:
    assert ingredients_of(key) == inside


def test_a_conflict_with_an_allergy_comes_first_and_what_may_never_be_is_named_so() -> None:
    drugs = "sildenafil, amoxicillin, GTN spray, naproxen"
    note = f"52-year-old. Allergies: penicillin (anaphylaxis).\nMedications: {drugs}."
    issues = found(note)
    assert issues[0].code == "allergy-drug-conflict"
    assert issues[1].message.startswith("Contraindicated. A nitrate")


@pytest.mark.parametrize(("inr", "said"), [("2.6", None), ("4.9", "over 4"), ("6.2", "over 5"), ("9.4", "over 8")])
def test_what_an_inr_on_warfarin_means(inr: str, said: str | None) -> None:
    told = [
        message for message in messages(f"70-year-old. Medications: warfarin 3 mg. INR {inr}.") if "INR" in message
    ]
    assert [message.split("INR ")[1][:6] for message in told] == ([said] if said else [])


@pytest.mark.parametrize(
    ("note", "conflict"),
    [
        ("Allergies: Tylenol (rash).\nMedications: Percocet 5/325 PRN.", True),
        ("Allergies: metformin.\nMedications: Janumet 50/1000 BD.", True),
        ("Allergies: Percocet (rash).\nMedications: codeine 30 mg.", True),
        ("Allergies: Tylenol (rash).\nMedications: ibuprofen 400 mg.", False),
    ],
)
def test_an_allergy_to_an_ingredient_is_one_to_the_product(note: str, conflict: bool) -> None:
    record = reconcile([read_note("note", note)])
    issues = (*record.issues, *review_medicines(record)[0])
    assert any(issue.code == "allergy-drug-conflict" for issue in issues) is conflict
