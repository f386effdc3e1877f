"""A page of a record: nothing in it that no note says, nothing without its place. All notes are synthetic."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedside.agents.reader import read_note
from bedside.agents.reconciler import reconcile
from bedside.agents.summarizer import summarize
from bedside.agents.summarizer.summarize import MOST_NAMED
from bedside.graphs import summarize as graph
from bedside.records import ClinicalRecord, Sentence
from tests.agents.test_rounds import services_for

NOTE = """62-year-old man with crushing chest pain for 25 minutes. Severe left knee pain. Denies fever.
Possible pneumonia. PMH: hypertension, stroke in 2015. Appendectomy in 1990. Father had a stroke.
Medications: metformin 500 mg BD, ibuprofen 400 mg PRN. Stopped warfarin in 2020. Allergic to penicillin (rash).
Current smoker. BP 142/88, HR 96. Hemoglobin 9.1 g/dL (low). Plan: chest x-ray.
"""


def page(*notes: str) -> list[Sentence]:
    return summarize(reconcile([read_note(f"n{number}", note) for number, note in enumerate(notes)]))


@pytest.mark.parametrize(
    "said",
    [
        "62-year-old man.",
        "chest pain (since “25 minutes”)",
        "knee pain (severe, left)",
        "Possible: pneumonia.",
        "Denied or absent: fever.",
        "Lasting: hypertension",
        "stroke",
        "Takes: metformin 500 mg BD; ibuprofen 400 mg",
        "stroke (“2015”)",
        "Stopped or past: warfarin",
        "Allergies: penicillin (rash).",
        "systolic blood pressure 142",
        "hemoglobin 9.1 g/dL",
        "appendectomy (“1990”)",
        "Family: stroke (father).",
        "tobacco use",
    ],
)
def test_what_the_page_says(said: str) -> None:
    text = "\n".join(sentence.text for sentence in page(NOTE))
    assert said in text, text


def test_guarantee_every_sentence_has_its_places_or_says_that_something_is_not_stated() -> None:
    for sentence in page(NOTE):
        assert sentence.evidence or sentence.text.startswith("Not stated: ")
        for span in sentence.evidence:
            assert NOTE[span.start : span.end].strip()


def test_guarantee_no_number_is_on_the_page_that_is_not_in_the_note() -> None:
    for sentence in page(NOTE):
        for number in re.findall(r"\d+(?:\.\d+)?", sentence.text):
            assert number in NOTE, sentence.text


def test_what_is_not_stated_is_said() -> None:
    (silent,) = (one for one in page("Chest pain.") if one.text.startswith("Not stated"))
    assert silent.text == "Not stated: medicines, allergies, vital signs, age, sex."


def test_nothing_read_is_no_page_about_a_patient() -> None:
    assert [one.text for one in summarize(ClinicalRecord())] == [
        "Not stated: any problem, medicines, allergies, vital signs, age, sex."
    ]


def test_what_would_not_fit_is_counted() -> None:
    complaints = (
        "headache, cough, fever, nausea, vomiting, diarrhea, dizziness, fatigue, rash, itching, insomnia,"
        " back pain, neck pain, ear pain, sore throat"
    )
    now = next(one for one in page(f"Complains of {complaints}.") if one.text.startswith("Now"))
    assert f"and {15 - MOST_NAMED} more in the facts" in now.text
    assert len(now.facts) == MOST_NAMED


def test_several_notes_become_one_page_with_the_places_in_each() -> None:
    first = "Date of visit: 1 March 2024\nPMH: hypertension. Takes lisinopril 10 mg daily."
    second = "Date of visit: 9 March 2024\nPMH: hypertension. Takes lisinopril 20 mg daily."
    sentences = page(first, second)
    lasting = next(one for one in sentences if one.text.startswith("Lasting"))
    assert lasting.text == "Lasting: hypertension."
    assert {span.document for span in lasting.evidence} == {"n0", "n1"}
    takes = next(one for one in sentences if one.text.startswith("Takes"))
    assert "20 mg" in takes.text
    assert "10 mg" not in takes.text


def test_a_conflict_is_told_with_both_sides() -> None:
    sentences = page("Allergic to penicillin. Plan: amoxicillin.")
    doubt = next(one for one in sentences if one.text.startswith("Doubt"))
    assert len(doubt.evidence) == 2


@given(st.text(max_size=300))
def test_any_text_makes_a_page_whose_places_exist(text: str) -> None:
    for sentence in page(text):
        for span in sentence.evidence:
            assert 0 <= span.start < span.end <= len(text)


async def test_the_graph_hands_the_page_over_and_asks_nothing() -> None:
    services, case = services_for(NOTE)
    result = (await graph.build().compile().ainvoke({"case": case}, context=services))["result"]
    assert [one.text for one in result.summary] == [one.text for one in page(NOTE)]
    assert result.advice == ()
    assert result.urgency is None
