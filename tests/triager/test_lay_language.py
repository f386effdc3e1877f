"""How patients and triage nurses say it: phrase to concept, with near misses. Invented phrases."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bedside.tools.terminology import find_concepts

TABLE = Path(__file__).parents[2] / "src" / "bedside" / "tools" / "terminology" / "data" / "symptoms.tsv"


@pytest.mark.parametrize(
    ("phrase", "key"),
    [
        ("Tightness in my chest since noon", "chest-pain"),
        ("It feels like an elephant on my chest", "chest-pain"),
        ("SOB", "dyspnea"),
        ("I can't catch my breath", "dyspnea"),
        ("winded climbing stairs", "dyspnea-on-exertion"),
        ("passed out in church", "syncope"),
        ("nearly passed out", "near-syncope"),
        ("speech is slurred", "dysarthria"),
        ("trouble finding words", "aphasia"),
        ("face is drooping", "facial-droop"),
        ("weakness of left side", "focal-weakness"),
        ("can't move his right arm", "focal-weakness"),
        ("worst headache of my life", "thunderclap-headache"),
        ("mild headache", "headache"),
        ("threw up blood", "hematemesis"),
        ("black, tarry stools", "melena"),
        ("BRBPR", "hematochezia"),
        ("soaking pads", "heavy-vaginal-bleeding"),
        ("throat is closing", "throat-tightness"),
        ("numb between the legs and saddle numbness", "saddle-numbness"),
        ("wants to end it all", "suicidal-ideation"),
        ("took too many pills", "overdose"),
        ("rash that does not blanch", "purpura"),
        ("CVA tenderness on the right", "costovertebral-angle-tenderness"),
    ],
)
def test_a_phrase_names_its_concept(phrase: str, key: str) -> None:
    assert key in {match.concept.key for match in find_concepts(phrase)}


@pytest.mark.parametrize(
    ("phrase", "key"),
    [
        ("Seen by Dr. Doe", "dyspnea-on-exertion"),
        ("She sobbed", "dyspnea"),
        ("flu shot in the arm", "gunshot-wound"),
        ("stabbing pain", "penetrating-trauma"),
        ("premature ventricular contractions", "labor-contractions"),
        ("CVA tenderness", "stroke"),
        ("chest x-ray", "chest-pain"),
        ("rheumatic fever clinic rumour", "high-fever"),
        ("sleepy after lunch", "drowsiness"),
    ],
)
def test_a_near_miss_names_nothing_of_the_kind(phrase: str, key: str) -> None:
    assert key not in {match.concept.key for match in find_concepts(phrase)}


def test_each_name_belongs_to_one_symptom() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    names = [name.lower() for row in rows for name in (row["display"], *filter(None, row["synonyms"].split("|")))]
    assert len(rows) > 200
    # "N/V" is nausea and vomiting, by intention.
    single = [name for name in names if not name.startswith(("=n/v", "=n&v", "=n+v", "=v/d"))]
    assert len(single) == len(set(single))
