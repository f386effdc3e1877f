"""The triager: red flags, NEWS2, age bands, and what is never assumed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedside.agents.reader import read_note
from bedside.agents.triager import Assessment, assess, raise_urgency
from bedside.errors import InputError
from bedside.records import AgeUnit, Assertion, ClinicalRecord, Fact, FactKind, Patient
from tests.triager.cases import fact, record, vital

NORMAL = "bp=124 hr=78 rr=16 spo2=98 t=36.8"

# Problems, vital signs, more of `record`, urgency. Invented cases; the near miss follows its case.
CASES: list[tuple[str, str, dict[str, Any], int]] = [
    # heart and lungs
    ("chest-pain", NORMAL, {}, 3),
    ("chest-pain diaphoresis", NORMAL, {}, 2),
    ("diaphoresis", NORMAL, {}, 4),
    ("chest-pain near-syncope", NORMAL, {}, 2),
    ("chest-pain", "bp=88 hr=90 rr=16 spo2=98 t=36.8", {}, 2),
    ("palpitations", "bp=118 hr=156 rr=18 spo2=98 t=36.8", {}, 2),
    ("palpitations", NORMAL, {}, 3),
    ("dyspnea", NORMAL, {}, 3),
    ("dyspnea", "bp=124 hr=96 rr=22 spo2=89 t=36.8", {}, 2),
    ("respiratory-distress", "spo2=88", {}, 1),
    ("respiratory-distress", "spo2=94", {}, 2),
    ("dyspnea unilateral-leg-swelling", NORMAL, {}, 2),
    ("unilateral-leg-swelling", NORMAL, {}, 3),
    ("cough", "spo2=84", {}, 1),
    ("fatigue", "spo2=89", {}, 2),
    ("fatigue", "spo2=91", {}, 3),
    ("hypotension weakness", "", {}, 2),
    ("hypotension", "", {}, 3),
    ("cough", NORMAL, {}, 4),
    ("tearing-back-pain", NORMAL, {}, 2),
    ("back-pain", NORMAL, {}, 4),
    ("syncope", NORMAL, {}, 3),
    ("absent-pulse", "", {}, 1),
    # brain
    ("facial-droop", NORMAL, {}, 2),
    ("headache", NORMAL, {}, 4),
    ("severe-headache", NORMAL, {}, 3),
    ("thunderclap-headache", NORMAL, {}, 2),
    ("headache neck-stiffness", NORMAL, {}, 2),
    ("neck-pain headache", NORMAL, {}, 4),
    ("confusion", NORMAL, {}, 2),
    ("seizure", NORMAL, {}, 3),
    ("ongoing-seizure", "", {}, 1),
    ("low-back-pain", NORMAL, {}, 4),
    ("low-back-pain urinary-retention", NORMAL, {}, 2),
    ("saddle-numbness", NORMAL, {}, 2),
    ("unresponsive", "", {}, 1),
    # infection
    ("fever cough", "bp=120 hr=88 rr=16 spo2=98 t=38.0", {}, 4),
    ("fever cough", "bp=120 hr=108 rr=16 spo2=98 t=38.5", {}, 3),
    ("cough", "bp=120 hr=88 rr=16 spo2=98 t=39.1", {}, 3),
    ("cough", "bp=120 hr=88 rr=16 spo2=98 t=39.0", {}, 4),
    ("fever confusion", NORMAL, {}, 2),
    ("fever malaria", NORMAL, {}, 3),
    ("fever immunosuppression", NORMAL, {}, 2),
    ("purpura fever", NORMAL, {}, 2),
    ("rash", NORMAL, {}, 4),
    ("fever", "bp=96 hr=98 rr=24 spo2=97 t=38.4", {}, 2),
    # bleeding
    ("melena", NORMAL, {}, 3),
    ("melena syncope", NORMAL, {}, 2),
    ("melena", "bp=100 hr=120 rr=18 spo2=98 t=36.8", {}, 2),
    ("hematemesis cirrhosis", NORMAL, {}, 2),
    ("heavy-bleeding", NORMAL, {}, 2),
    # allergy
    ("lip-swelling wheezing", NORMAL, {}, 1),
    ("urticaria", NORMAL, {}, 4),
    ("urticaria dyspnea", NORMAL, {}, 2),
    ("anaphylaxis", "", {}, 1),
    # pregnancy
    ("vaginal-bleeding", NORMAL, {"pregnant": True}, 3),
    ("vaginal-bleeding", NORMAL, {"pregnant": False}, 4),
    ("heavy-vaginal-bleeding", NORMAL, {"pregnant": True}, 2),
    ("headache", "bp=150", {"pregnant": True}, 2),
    ("headache", "bp=120", {"pregnant": True}, 4),
    ("prolapsed-cord", "", {"pregnant": True}, 1),
    ("recent-delivery fever", NORMAL, {}, 2),
    ("recent-delivery", NORMAL, {}, 4),
    # children
    ("fever", "t=38.2", {"age": 6, "unit": AgeUnit.WEEKS}, 2),
    ("cough", "t=37.4", {"age": 6, "unit": AgeUnit.WEEKS}, 4),
    ("cough", "hr=130 rr=28 spo2=97 t=37.4", {"age": 2}, 4),
    ("cough", "hr=150 rr=28 spo2=97 t=37.4", {"age": 2}, 3),
    ("cough", "hr=150 rr=44 spo2=97 t=37.4", {"age": 2}, 2),
    ("lethargy", "", {"age": 3}, 2),
    ("barking-cough", "", {"age": 3}, 3),
    ("vomiting", "bp=70 hr=110", {"age": 8}, 1),
    ("fall", "bp=100 hr=118", {"age": 8}, 2),
    ("fall", "bp=100 hr=98", {"age": 8}, 4),
    ("fall", "bp=100 hr=118", {"age": 5}, 4),
    ("poor-feeding", "hr=58", {"age": 2, "unit": AgeUnit.MONTHS}, 1),
    ("cough", "hr=58", {"age": 6}, 2),
    ("cough", "hr=66", {"age": 6}, 3),
    ("cough", "hr=72", {"age": 6}, 4),
    ("cough", "rr=9", {"age": 6}, 1),
    # poisoning, mental health, injury, metabolism
    ("overdose", NORMAL, {}, 2),
    ("overdose unresponsive", "", {}, 1),
    ("suicidal-ideation", NORMAL, {}, 2),
    ("anxiety", NORMAL, {}, 4),
    ("penetrating-trauma", NORMAL, {}, 2),
    ("ankle-sprain", NORMAL, {}, 4),
    ("head-injury", NORMAL, {}, 3),
    ("head-injury warfarin", NORMAL, {}, 2),
    ("testicular-pain", NORMAL, {}, 2),
    ("dizziness", "glucose=48", {}, 2),
    ("dizziness", "glucose=98", {}, 4),
    ("vomiting", "glucose=420", {}, 2),
    ("rigors", "neutrophils=0.4", {}, 2),
    ("rigors", "neutrophils=1.0", {}, 3),
    ("rigors", "neutrophils=400", {}, 2),
    ("weakness", "k=6.5", {}, 2),
    ("weakness", "k=6.0", {}, 3),
    ("weakness", "k=5.9", {}, 4),
    ("weakness", "k=2.4", {}, 2),
    ("fatigue", "lactate=4.0", {}, 2),
    ("fatigue", "lactate=3.9", {}, 4),
    # bleeding: 0.9 is raised, 1.0 is high
    ("vaginal-bleeding", "bp=120 hr=106", {}, 4),
    ("vaginal-bleeding", "bp=120 hr=108", {}, 3),
    ("vaginal-bleeding", "bp=110 hr=110", {}, 2),
    ("melena", "bp=120 hr=108", {"age": 64}, 3),
    ("melena", "bp=120 hr=108", {"age": 65}, 2),
    ("melena", "bp=150 hr=120", {}, 2),
    ("melena", "bp=150 hr=119", {}, 3),
    # routine
    ("medication-refill", NORMAL, {}, 5),
    ("rhinorrhea", "", {}, 5),
    ("rhinorrhea sore-throat", "", {}, 4),
]


@pytest.mark.parametrize(("problems", "vitals", "more", "urgency"), CASES)
def test_urgency(problems: str, vitals: str, more: dict[str, Any], urgency: int) -> None:
    assessment = assess(record(problems, vitals=vitals, **more))
    assert assessment.urgency == urgency, [reason.code for reason in assessment.reasons]
    assert assessment.reasons[0].urgency == urgency
    assert all(reason.source for reason in assessment.reasons)


@pytest.mark.parametrize(
    ("assertion", "urgency"),
    [
        (Assertion.PRESENT, 2),
        (Assertion.POSSIBLE, 2),
        (Assertion.ABSENT, 4),
        (Assertion.HISTORICAL, 4),
        (Assertion.FAMILY, 4),
        (Assertion.HYPOTHETICAL, 4),
    ],
)
def test_only_what_is_present_or_possible_triggers(assertion: Assertion, urgency: int) -> None:
    assert assess(record(more=(fact("facial-droop", 1, assertion),))).urgency == urgency


def test_a_relatives_disease_triggers_nothing() -> None:
    assert assess(record(more=(fact("stroke", 1, kind=FactKind.FAMILY),))).urgency == 4


def test_reasons_point_at_their_facts() -> None:
    assessment = assess(record("melena syncope"))
    reason = next(reason for reason in assessment.reasons if reason.code == "bleeding-with-syncope")
    assert reason.facts == ("f0", "f1")


def test_no_urgency_only_without_clinical_content() -> None:
    empty = assess(ClinicalRecord(documents=("note",), patient=Patient(age=40)))
    assert empty.urgency is None
    assert empty.incomplete == ("clinical content",)
    assert assess(record(absent="fever")).urgency == 4


def test_without_vital_signs_news2_is_not_scored_and_red_flags_speak() -> None:
    assessment = assess(record("facial-droop"))
    assert assessment.news2 is None
    assert assessment.urgency == 2
    assert "pulse" in assessment.incomplete
    assert any("NEWS2 was not scored" in warning for warning in assessment.warnings)


@pytest.mark.parametrize(
    ("vitals", "more", "total", "missing"),
    [
        (NORMAL, {}, None, ("on_oxygen", "consciousness")),
        (NORMAL, {"oxygen": "air"}, None, ("consciousness",)),
        (NORMAL, {"oxygen": "air", "consciousness": "A"}, 0, ()),
        (NORMAL, {"oxygen": "oxygen", "consciousness": "A"}, 2, ()),
        ("hr=78", {}, None, ("respiration_rate", "spo2", "systolic", "temperature", "on_oxygen", "consciousness")),
    ],
)
def test_oxygen_and_consciousness_are_never_assumed(
    vitals: str, more: dict[str, Any], total: int | None, missing: tuple[str, ...]
) -> None:
    assessment = assess(record("cough", vitals=vitals, **more))
    assert assessment.news2 is not None
    assert assessment.news2.total == total
    assert set(assessment.incomplete) == set(missing)


@pytest.mark.parametrize(
    ("problems", "vitals", "urgency"),
    [
        # 7 points known, whatever is missing.
        ("fatigue", "bp=95 hr=115 rr=26", 2),
        # 5 points and no complaint of that system.
        ("fatigue", "bp=95 hr=115 t=36.0", 3),
        # A single 3. The complaint changes nothing here: what makes it an emergency is a rule of its own.
        ("ankle-sprain", "bp=124 hr=134", 3),
        ("wheezing", "bp=124 hr=118 rr=28 spo2=94", 3),
        ("melena", "bp=150 hr=134", 2),
        # Near miss: 2 points.
        ("ankle-sprain", "bp=124 hr=115", 4),
    ],
)
def test_news2_maps_to_urgency(problems: str, vitals: str, urgency: int) -> None:
    assert assess(record(problems, vitals=vitals)).urgency == urgency


@pytest.mark.parametrize(("letter", "urgency"), [("A", 4), ("C", 2), ("V", 2), ("P", 1), ("U", 1)])
def test_consciousness(letter: str, urgency: int) -> None:
    assert assess(record("fatigue", consciousness=letter)).urgency == urgency


@pytest.mark.parametrize(
    ("more", "word"),
    [({"age": 12}, "under 16"), ({"pregnant": True}, "pregnancy"), ({"age": None}, "age is not stated")],
)
def test_news2_is_not_reported_where_it_does_not_apply(more: dict[str, Any], word: str) -> None:
    assessment = assess(record("cough", vitals=NORMAL, **more))
    assert assessment.news2 is None
    assert any(word in warning for warning in assessment.warnings)


def test_unknown_age_still_speaks_with_adult_thresholds() -> None:
    assessment = assess(record("fatigue", vitals="bp=95 hr=115 rr=26", age=None))
    assert assessment.urgency == 2
    assert "age" in assessment.incomplete


@pytest.mark.parametrize(
    ("value", "unit", "urgency"),
    [
        ("102.6", "[degF]", 3),
        ("100.4", "[degF]", 4),
        ("102.6", None, 3),
        ("39.2", None, 3),
        ("98.6", None, 4),
    ],
)
def test_fahrenheit_is_converted_for_scoring(value: str, unit: str | None, urgency: int) -> None:
    facts = (fact("cough", 1), _in_unit(vital("t", value, 5), unit))
    assert assess(record(more=facts)).urgency == urgency


@pytest.mark.parametrize(
    ("value", "unit", "urgency"), [("2.6", "mmol/L", 2), ("5.4", "mmol/L", 4), ("5.4", "x", 4)]
)
def test_glucose_in_either_unit(value: str, unit: str | None, urgency: int) -> None:
    assert (
        assess(record(more=(fact("dizziness", 1), _in_unit(vital("glucose", value, 2), unit)))).urgency == urgency
    )


def _in_unit(reading: Fact, unit: str | None) -> Fact:
    assert reading.quantity is not None
    return reading.model_copy(update={"quantity": reading.quantity.model_copy(update={"unit": unit})})


def test_the_worst_of_several_readings_counts_and_is_told() -> None:
    assessment = assess(record("dyspnea", vitals="spo2=97 spo2=88 hr=80"))
    assert assessment.news2 is not None
    assert assessment.news2.parts["spo2"] == 3
    assert any("Several values of spo2" in warning for warning in assessment.warnings)


def test_equal_readings_are_no_contradiction() -> None:
    assert not any("Several" in warning for warning in assess(record("dyspnea", vitals="spo2=97 spo2=97")).warnings)


def test_readings_of_the_past_do_not_count() -> None:
    old = vital("bp", "82", 9, assertion=Assertion.HISTORICAL)
    assert assess(record("cough", vitals=NORMAL, more=(old,))).urgency == 4


def test_an_implausible_reading_is_left_out_and_told() -> None:
    assessment = assess(record("cough", vitals="hr=780 bp=124"))
    assert assessment.urgency == 4
    assert "pulse" in assessment.incomplete
    assert any("implausible" in warning for warning in assessment.warnings)


def test_stated_and_denied_counts_and_is_told() -> None:
    assessment = assess(record("syncope", absent="syncope", vitals=NORMAL))
    assert assessment.urgency == 3
    assert any(warning.startswith("Both stated and denied: syncope") for warning in assessment.warnings)


@given(st.sampled_from([None, 1, 2, 3, 4, 5]), st.integers(1, 5))
def test_a_model_may_raise_the_urgency_and_never_lower_it(urgency: int | None, proposed: int) -> None:
    before = Assessment(urgency=urgency)
    after = raise_urgency(before, proposed, "looks ill", "model test")
    assert after.urgency == min(proposed, urgency or 5)
    assert (after is before) == (urgency is not None and proposed >= urgency)


@given(st.lists(st.sampled_from(CASES), min_size=1, max_size=1), st.lists(st.integers(1, 5), max_size=6))
def test_no_sequence_of_proposals_lowers_it(
    case: list[tuple[str, str, dict[str, Any], int]], proposals: list[int]
) -> None:
    problems, vitals, more, urgency = case[0]
    assessment = assess(record(problems, vitals=vitals, **more))
    for proposed in proposals:
        assessment = raise_urgency(assessment, proposed, "reason", "model test")
    assert assessment.urgency == min([urgency, *proposals])
    assert len(assessment.reasons) >= 1


@pytest.mark.parametrize(("proposed", "why"), [(0, "x"), (6, "x"), (1, ""), (1, "  ")])
def test_a_proposal_out_of_range_or_without_reason_is_refused(proposed: int, why: str) -> None:
    with pytest.raises(InputError):
        raise_urgency(Assessment(urgency=4), proposed, why, "model test")


@given(st.lists(st.sampled_from(CASES), min_size=2, max_size=4))
def test_more_findings_never_make_a_case_less_urgent(cases: list[tuple[str, str, dict[str, Any], int]]) -> None:
    adults = [case for case in cases if not case[2]]
    problems = [case[0] for case in adults]
    together = assess(record(" ".join(problems))).urgency
    alone = [assess(record(each)).urgency for each in problems if each]
    assert together is None or together <= min((each for each in alone if each is not None), default=5)


@pytest.mark.parametrize(
    ("note", "urgency"),
    [
        ("71M COPD, SpO2 89% on air, breathless.", 2),
        ("71M COPD, SpO2 scale 2, SpO2 89% on air, breathless.", 3),
        ("71M COPD, SpO2 scale 2, SpO2 82% on air, breathless.", 2),
        ("71M COPD, SpO2 scale 2, SpO2 78% on air, breathless.", 1),
        ("71M COPD, SpO2 84% on air.", 1),
    ],
)
def test_on_scale_2_a_saturation_is_looked_at_against_its_own_target(note: str, urgency: int) -> None:
    """Only where a clinician set the scale: a disease alone sets none (RCP 2017)."""
    assert assess(read_note("n1", note)).urgency == urgency
