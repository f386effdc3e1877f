"""How long a finding lasts, and which of several values came first. All notes are synthetic."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bedside.agents.reader import read_note
from bedside.agents.reader.dialogue import read_dialogue
from bedside.agents.reconciler import reconcile
from bedside.records import FactKind, Quantity, trend


def lasted(text: str, concept: str) -> str | None:
    found = [fact for fact in read_note("n", text).of_kind(FactKind.PROBLEM) if fact.concept == concept]
    return next((fact.lasted.in_words for fact in found if fact.lasted), None)


@pytest.mark.parametrize(
    ("text", "concept", "expected"),
    [
        ("Cough for 6 weeks.", "cough", "6 wk"),
        ("3 week history of headache.", "headache", "3 wk"),
        ("Fever 5/7.", "fever", "5 d"),
        ("Cough x 2/52.", "cough", "2 wk"),
        ("Headache for half an hour.", "headache", "0.5 h"),
        ("Diarrhoea for a fortnight.", "diarrhea", "2 wk"),
        ("Cough for several weeks.", "cough", "3 wk"),
        ("Vomiting for 2-3 days.", "vomiting", "3 d"),
        ("Seizure lasting over 5 minutes.", "seizure", ">5 min"),
        ("Had a seizure. It lasted ten minutes.", "seizure", "10 min"),
        ("Headache for less than 2 hours.", "headache", "<2 h"),
        ("Headache started 3 days ago.", "headache", "3 d"),
        ("Date: 18 March 2026\nHeadache since Monday.", "headache", "2 d"),
        ("Date: 18 March 2026\nCough since 2024.", "cough", "2 a"),
        ("Cough and fever for 6 days.", "cough", "6 d"),
        ("Unable to pass urine for 14 hours.", "urinary-retention", "14 h"),
        ("Five seconds of VT.", "ventricular-tachycardia", "5 s"),
        # A time that only dates it, an age, and times of other things.
        ("2 y/o loose motions.", "diarrhea", None),
        ("6 year old boy with cough.", "cough", None),
        ("Seizure 2 hours ago.", "seizure", None),
        ("Headache, diabetes for 10 years.", "headache", None),
        ("Headache on amlodipine for 6 years.", "headache", None),
        ("Chest pain 2 hours after eating.", "chest-pain", None),
        ("Rash 3 days after amoxicillin.", "rash", None),
        ("Headache for 3 weeks and vomiting.", "vomiting", None),
        ("No cough for 3 weeks.", "cough", None),
    ],
)
def test_how_long_a_finding_lasts(text: str, concept: str, expected: str | None) -> None:
    assert lasted(text, concept) == expected


def test_seconds_tell_no_beginning() -> None:
    (fact,) = read_note("n", "Five seconds of VT.").of_kind(FactKind.PROBLEM)
    assert fact.onset is None


def test_how_long_is_kept_where_only_a_later_mention_tells_it() -> None:
    (fact,) = read_note("n", "PC: cough.\nHPC: cough for 6 weeks.").of_kind(FactKind.PROBLEM)
    assert fact.lasted == Quantity(value=Decimal(6), unit="wk")
    assert len(fact.also) == 1


@pytest.mark.parametrize(
    ("text", "ago"),
    [
        ("K 4.1 yesterday, 5.0 today.", "1 d"),
        ("K 4.1 two weeks ago, 5.0 today.", "2 wk"),
        ("K 4.1 last month, 5.0 today.", "1 mo"),
        ("Date: 18 March 2026\nK 4.1 on 11/3/26, 5.0 today.", None),
        ("Date: 18 March 2026\nK 4.1 on 13 March, 5.0 today.", "5 d"),
        ("K 4.1 in 2019, 5.0 today.", ">=1 mo"),
        ("K 4.1 on admission, 5.0 today.", None),
    ],
)
def test_how_long_ago_a_value_was_measured(text: str, ago: str | None) -> None:
    first, _ = read_note("n", text).of_kind(FactKind.LAB)
    assert first.measured is not None
    assert (first.measured.ago.in_words if first.measured.ago else None) == ago


@pytest.mark.parametrize(
    ("text", "concept", "expected"),
    [
        ("Creatinine 88 -> 240.", "creatinine", "88@1 240@2"),
        ("Lactate 2.1 then 3.4.", "lactate", "2.1@1 3.4@2"),
        ("K from 4.1 to 5.9.", "potassium", "4.1@1 5.9@2"),
        ("GCS 15 at 10:00, 12 at 11:30.", "gcs", "15@1 12@2"),
        ("GCS 12 at 11:30, 15 at 10:00.", "gcs", "15@1 12@2"),
        ("GCS 14 at 23:40, 12 at 00:20.", "gcs", "14@1 12@2"),
        ("GCS 14 on scene, 11 on arrival.", "gcs", "14@1 11@2"),
        ("Troponin 12, repeat 88.", "troponin", "12@1 88@2"),
        ("K 6.2 (was 4.1).", "potassium", "4.1@1 6.2@2"),
        ("Hb 132 last week, now 98.", "hemoglobin", "132@1 98@2"),
        ("Baseline creatinine 90, 120 yesterday, 190 today.", "creatinine", "90@1 120@2 190@3"),
        ("Creatinine 80 in March, 95 two days ago, 190 this morning.", "creatinine", "80@1 95@2 190@3"),
        ("Time   HR   RR   BP\n10:00   90   16   120/80\n11:00   118   22   98/60", "heart-rate", "90@1 118@2"),
        ("        08:00   12:00\nGCS     15      12\nHR      80      110", "gcs", "15@1 12@2"),
        ("        Day 1   Day 3\nCreatinine   88   240\nHb   140   110", "creatinine", "88@1 240@2"),
        # Nothing tells which came first.
        ("Creatinine 80. Creatinine 160.", "creatinine", ""),
        ("HR 90-120.", "heart-rate", ""),
        ("HR 90 to 120.", "heart-rate", ""),
        ("BP 140/80 left arm, 120/70 right arm.", "systolic-blood-pressure", ""),
        ("Creatinine 88.", "creatinine", ""),
        # The third cannot be placed between the other two.
        ("Lactate 2.1 -> 3.4. Lactate 5.", "lactate", "2.1@1 3.4@2"),
        # Two of one day of which neither is known to be first, after one of another.
        ("K 4.1 yesterday. K 5.1. K 5.9.", "potassium", "4.1@1 5.1@2 5.9@2"),
    ],
)
def test_which_value_came_first(text: str, concept: str, expected: str) -> None:
    told = trend(read_note("n", text), concept)
    assert " ".join(f"{one.quantity.value}@{one.place}" for one in told) == expected
    assert all(text[one.evidence.start : one.evidence.end].strip() for one in told)


def test_between_notes_their_days_tell_the_order() -> None:
    notes = {
        "late": "Date: 14 March 2026\nCreatinine 190",
        "early": "Date: 11 March 2026\nCreatinine 88",
        "undated": "Creatinine 300",
    }
    record = reconcile([read_note(name, text) for name, text in notes.items()])
    assert [(str(one.quantity.value), one.place) for one in trend(record, "creatinine")] == [("88", 1), ("190", 2)]


def test_in_a_dialogue_the_order_of_values_holds_within_a_turn() -> None:
    text = (
        "Doctor: What were his readings?\nPatient: His sugar was 9 at 10:00, 6 at 11:00.\n"
        "Doctor: And before?\nPatient: His sugar was 14 at 08:00, 12 at 09:00."
    )
    assert [str(one.quantity.value) for one in trend(read_dialogue("n", text), "glucose")] == ["9", "6"]


def test_two_notes_of_one_day_do_not_tell_which_value_came_first() -> None:
    notes = ("Date: 14 March 2026\nCreatinine 88", "Date: 14 March 2026\nCreatinine 190")
    record = reconcile([read_note(f"n{at}", text) for at, text in enumerate(notes)])
    assert trend(record, "creatinine") == ()
