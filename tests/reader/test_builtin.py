"""The built-in reader on whole notes and hostile input. All notes are synthetic."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bedside.agents.reader import read_note
from bedside.records import ClinicalRecord, FactKind
from tests.growth import grows_in_line

TRIAGE = "62F c/o CP x2h, BP 82/54 HR 138 RR 22 SpO2 95% RA T 37.1C. PMH: HTN, T2DM. NKDA"  # synthetic


def _values(record: ClinicalRecord) -> dict[str, Decimal | str | None]:
    return {
        fact.concept or fact.display: fact.quantity.value if fact.quantity else fact.text_value
        for fact in record.of_kind(FactKind.VITAL)
    }


def test_a_triage_line_gives_patient_vitals_problems_and_allergy() -> None:
    record = read_note("d1", TRIAGE)
    assert (record.patient.age, record.patient.sex) == (62, "female")
    assert _values(record) == {
        "systolic-blood-pressure": Decimal(82),
        "diastolic-blood-pressure": Decimal(54),
        "heart-rate": Decimal(138),
        "respiration-rate": Decimal(22),
        "spo2": Decimal(95),
        "inhaled-oxygen": "air",
        "temperature": Decimal("37.1"),
    }
    assert [fact.concept for fact in record.of_kind(FactKind.PROBLEM)] == [
        "chest-pain",
        "hypertension",
        "type-2-diabetes-mellitus",
    ]
    assert [fact.display for fact in record.of_kind(FactKind.ALLERGY)] == ["no known allergies"]


def test_facts_are_numbered_in_the_order_of_the_note_and_the_same_each_time() -> None:
    record = read_note("d1", TRIAGE)
    assert [fact.id for fact in record.facts] == [f"f{at}" for at in range(1, len(record.facts) + 1)]
    starts = [fact.evidence.start for fact in record.facts]
    assert starts == sorted(starts)
    assert read_note("d1", TRIAGE) == record


def test_every_fact_points_at_characters_of_the_note() -> None:
    record = read_note("d1", TRIAGE)
    assert {fact.evidence.document for fact in record.facts} == {"d1"}
    quotes = [TRIAGE[fact.evidence.start : fact.evidence.end] for fact in record.facts]
    assert quotes[:3] == ["CP", "BP 82/54", "BP 82/54"]
    assert all(quote == quote.strip() and quote for quote in quotes)


@pytest.mark.parametrize("note", ["HR 1380", "SpO2 9%", "Temp 3.71 C", "Hb 102 g/dL"])
def test_an_implausible_value_stays_as_written_and_is_flagged(note: str) -> None:
    record = read_note("d1", note)
    assert len(record.facts) == 1
    quantity = record.facts[0].quantity
    assert quantity is not None
    assert str(quantity.value) in note
    assert [(issue.code, issue.facts) for issue in record.issues] == [("implausible-value", ("f1",))]
    assert note not in record.issues[0].message


def test_plausible_values_raise_no_issue() -> None:
    assert read_note("d1", "HR 138, BP 82/54, T 101.2 F, T 37.1, Hb 102 g/L").issues == ()


def test_a_drug_in_use_and_in_the_plan_is_one_fact_with_the_dose() -> None:
    note = "Medications: Lasix\nPlan: Increase Lasix to 80 mg daily"  # synthetic
    (fact,) = read_note("d1", note).of_kind(FactKind.MEDICATION)
    assert fact.medication is not None
    assert (fact.medication.dose, fact.medication.frequency, fact.medication.status) == ("80 mg", "daily", "active")


HOSTILE = {
    "empty": "",
    "blanks": " \n\t" * 20_000,
    "newlines": "\n" * 50_000,
    "control": "".join(map(chr, range(256))) * 200,
    "html": "<div class='x'><b>chest pain</b></div>" * 2_000,
    "other language": "患者は胸痛を訴えている。血圧 82/54 " * 3_000,
    "right to left": "المريض يعاني من ألم في الصدر " * 3_000,
    "headings": "PMH: " * 20_000,
    "colons": "a: " * 30_000,
    "parentheses": "allergic to (" * 8_000,
    "numbers": "1" * 100_000,
    "names without values": "HR is " * 20_000,
    "one endless sentence": "no chest pain " * 8_000,
    "relatives": "mother " * 20_000 + "chest pain",
    "question marks": "?" * 100_000,
    "surrogates": "\ud800 chest pain",
    "short lines": "HR BP RR SpO2 T\n72 120/80 16 98 36.8\n" * 2_500,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_any_text_gives_a_record(name: str) -> None:
    assert read_note("d1", HOSTILE[name]).documents == ("d1",)


@pytest.mark.slow
@pytest.mark.parametrize("text", [TRIAGE * 1_000, *(text for text in HOSTILE.values() if text)])
def test_time_grows_in_line_with_length(text: str) -> None:
    assert grows_in_line(lambda text: read_note("d1", text), text)
