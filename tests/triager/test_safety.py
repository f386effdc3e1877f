"""Notes that mislead: contradictions, copied blocks, other people's data, words of self-harm.


All notes are synthetic.
"""

from __future__ import annotations

import pytest

from bedside.agents.reader import read_note
from bedside.agents.reader.document.whose import with_form
from bedside.agents.triager import Assessment, assess
from bedside.agents.triager.triage import BY_A_PERSON, OF_A_RELATIVE
from bedside.records import Evidence


def _assess(note: str) -> Assessment:
    return assess(read_note("n1", note))


@pytest.mark.parametrize(
    ("note", "urgency", "warning"),
    [
        ("Cough. SpO2 97%. On arrival SpO2 84%.", 1, "Several values of spo2 are stated; the worst one counts."),
        ("Cough. SpO2 84%. Recheck SpO2 97%.", 1, "Several values of spo2 are stated; the worst one counts."),
        ("Dizzy. BP 86/50. Repeat BP 124/70.", 2, "Several values of systolic are stated; the worst one counts."),
        ("Palpitations. HR 72 then HR 162.", 2, "Several values of pulse are stated; the worst one counts."),
        ("Tired. T 36.6, later T 39.6.", 3, "Several values of temperature are stated; the worst one counts."),
    ],
)
def test_of_two_readings_the_worst_counts_and_is_told(note: str, urgency: int, warning: str) -> None:
    assessment = _assess(note)
    assert assessment.urgency == urgency
    assert warning in assessment.warnings


COPIED = "Seen for cough and a runny nose. BP 124/76, HR 78, RR 14, SpO2 98%, T 36.8."


@pytest.mark.parametrize(
    ("note", "urgency"),
    [
        # The same paragraph twice is the same case.
        (f"{COPIED}\n\n{COPIED}", 4),
        ("Chest pain with sweating.\n\nChest pain with sweating.", 2),
        # What was copied from a calm day takes nothing from today.
        (f"{COPIED}\n\nToday: crushing chest pain with sweating.", 2),
        (f"Today: SpO2 86%, short of breath.\n\nLast visit:\n{COPIED}", 2),
    ],
)
def test_a_block_that_was_copied_forward_lowers_nothing(note: str, urgency: int) -> None:
    assert _assess(note).urgency == urgency


@pytest.mark.parametrize(
    ("note", "urgency"),
    [
        # A relative's complaint beside the patient's own is not the patient's ...
        ("Runny nose. Her sister had chest pain with sweating.", 5),
        ("Runny nose. FH: father MI, mother stroke.", 5),
        # ... and takes nothing from it.
        ("Crushing chest pain with sweating. Her sister is well and has no chest pain.", 2),
        # Readings of somebody else cannot be told from the patient's: the worst counts, and that is told.
        ("Facial droop. Bed 4: BP 120/80, HR 72, SpO2 99%.", 2),
        ("Runny nose. Bed 4: SpO2 84%.", 1),
    ],
)
def test_other_peoples_data_lower_nothing(note: str, urgency: int) -> None:
    assert _assess(note).urgency == urgency


def test_a_relatives_symptoms_that_do_not_count_are_told() -> None:
    warnings = _assess("Runny nose. Her sister had chest pain.").warnings
    assert "Symptoms of a relative, not counted: chest pain." in warnings


@pytest.mark.parametrize(
    ("note", "urgency"),
    [
        ("I ring because dad has chest pain and is sweating.", 2),
        ("It is my son who has a fever and a stiff neck.", 2),
        ("I ring because dad has chest pain and is sweating. HR 96. No rash.", 2),
        # A family history tells diseases, and no symptom of today.
        ("Father had a stroke, mother had diabetes.", 4),
    ],
)
def test_a_caller_who_speaks_of_a_relative_only_means_the_patient(note: str, urgency: int) -> None:
    assessment = _assess(note)
    assert assessment.urgency == urgency
    assert (OF_A_RELATIVE in assessment.warnings) == (urgency == 2)


@pytest.mark.parametrize(
    ("note", "urgency"),
    [
        ("My dad has chest pain and is sweating.", 2),
        ("My wife has chest pain. She is 63. She is sweating and looks grey.", 2),
        ("Caller reports husband, 61, on the kitchen floor, not waking up.", 1),
        ("Hi, my flatmate says he has chest pain and is sweating.", None),
        ("My dad died of a heart attack with chest pain and sweating. I have a cold.", None),
        ("Mother had chest pain with sweating last year.", None),
        ("My wife had chest pain with sweating, I have been coughing.", None),
    ],
)
def test_who_is_named_at_the_start_of_a_call_is_the_patient(note: str, urgency: int | None) -> None:
    assessment = _assess(note)
    told = any(warning.startswith("A caller speaks of somebody else") for warning in assessment.warnings)
    assert told == (urgency is not None)
    assert not told or assessment.urgency == urgency


@pytest.mark.parametrize(
    ("note", "urgency"),
    [
        ("Wants to die.", 2),
        ("Suicidal ideation without a plan.", 2),
        ("Says he would be better off dead.", 2),
        ("Wrote a suicide note.", 2),
        ("Plans to jump from the bridge.", 2),
        ("Took 40 tablets an hour ago.", 2),
        ("Cuts on both forearms, self-inflicted wounds.", 3),
        ("Denies suicidal ideation, but has written a goodbye letter.", 2),
        ("Suicidal ideation. Later denies suicidal ideation.", 2),
        # What was long ago, is denied, or is somebody else's.
        ("Denies suicidal ideation, no plan to harm himself.", 4),
        ("Low mood. No thoughts of self-harm.", 4),
        ("Overdose in 2014. Here for a medication review.", 4),
        ("Low mood. Her brother died by suicide.", 4),
        ("Killing time in the waiting room with a sore throat.", 4),
        ("Sore throat, dying for a cup of tea.", 4),
    ],
)
def test_words_of_self_harm(note: str, urgency: int) -> None:
    assessment = _assess(note)
    assert min(assessment.urgency or 4, 4) == urgency, [reason.code for reason in assessment.reasons]


@pytest.mark.parametrize(
    "note", ["The weather was fine.", "Der Patient klagt über Schmerzen, hat aber Fieber 39.4."]
)
def test_what_was_not_understood_is_sent_to_a_person(note: str) -> None:
    assessment = assess(with_form(read_note("n1", note), "n1", note))
    assert (assessment.urgency, assessment.understood) == (None, False)
    assert BY_A_PERSON in assessment.warnings


@pytest.mark.parametrize("note", ["7-year-old with a cough.", "Pregnant, 20 weeks, with a cough.", "Cough."])
def test_a_person_is_asked_for_only_where_that_says_something(note: str) -> None:
    """What does not apply to a patient is said of it; that a person must read is said of what was not read."""
    assessment = _assess(note)
    assert assessment.understood
    assert BY_A_PERSON not in assessment.warnings


def test_what_was_not_understood_hides_no_urgency_that_was_found() -> None:
    read = read_note("n1", "Crushing chest pain with sweating since this morning.")
    record = read.model_copy(
        update={"unread": tuple(Evidence(document="n1", start=at, end=at + 1) for at in range(3))}
    )
    assessment = assess(record.model_copy(update={"clinical_sentences": 4}))
    assert (assessment.urgency, assessment.understood) == (2, False)
    assert "3 of 4 sentences with clinical words were not read." in assessment.warnings
