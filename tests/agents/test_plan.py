"""The planner: which facts a question shows, which stay at home, and why. All notes are synthetic."""

from __future__ import annotations

import pytest

from bedside.agents.planner import QUESTIONS, asking, extend, follow_up, plan
from bedside.agents.reader import read_note
from bedside.boundary import Budget, Draft, Stayed, Vocabulary
from bedside.records import Advice, ClinicalRecord, FactNeed

NOTE = """62-year-old male. Chest pain for 25 minutes, severe left arm weakness. Denies shortness of breath.
PMH: type 2 diabetes, hypertension. Appendectomy in 2009. Father had a stroke.
Meds: metformin 500 mg BD, lisinopril 20 mg daily, aspirin stopped in 2020. Allergic to penicillin.
Vitals: HR 138, BP 122/54, Temp 37.1 C, SpO2 97% on room air, RR 16, alert. Creatinine 2.1 mg/dL.
"""


def drafts(note: str = NOTE) -> dict[str, Draft]:
    return {draft.template: draft for draft in plan(read_note("note", note))}


@pytest.mark.parametrize(
    ("question", "shown", "at_home"),
    [
        (
            "consult/danger",
            ("chest pain", "heart rate 138", "hypertension", "dyspnea"),
            ("metformin", "creatinine"),
        ),
        (
            "consult/differential",
            ("chest pain", "heart rate 138", "creatinine 2.1"),
            ("metformin", "body temperature"),
        ),
        (
            "consult/medicines",
            ("metformin", "lisinopril", "penicillin", "creatinine 2.1", "type 2 diabetes"),
            ("heart rate", "aspirin", "dyspnea"),
        ),
        ("consult/tests", ("chest pain", "creatinine", "appendectomy"), ("metformin", "dyspnea", "stroke")),
        ("consult/guideline", ("chest pain", "hypertension"), ("metformin", "heart rate", "creatinine", "dyspnea")),
    ],
)
def test_a_question_shows_what_it_needs_and_keeps_the_rest(
    question: str, shown: tuple[str, ...], at_home: tuple[str, ...]
) -> None:
    text = drafts()[question].render()
    assert [one for one in shown if one not in text] == []
    assert [one for one in at_home if one in text] == []


def test_of_every_question_it_is_known_which_facts_went_and_which_stayed() -> None:
    record = read_note("note", NOTE)
    assert [draft.template for draft in plan(record)] == list(QUESTIONS)
    for draft in plan(record):
        stayed = {one.fact for one in draft.withheld}
        assert set(draft.facts).isdisjoint(stayed)
        assert set(draft.facts) | stayed == {fact.id for fact in record.facts}
        assert not draft.is_narrative


def test_the_name_under_which_a_fact_is_shown_leads_to_it() -> None:
    record = read_note("note", NOTE + "Right elbow pain.")
    draft = next(draft for draft in plan(record) if draft.template == "consult/danger")
    by_id = {fact.id: fact.display for fact in record.facts}
    assert len(draft.citable) == len(draft.facts) > 8
    for name, fact in draft.citable:
        assert name == by_id[fact]
        assert name in draft.render()


def test_what_is_only_planned_is_said_to_be() -> None:
    asked = drafts("Chest pain, hypertension. Takes aspirin. Plan: start warfarin 5 mg, chest x-ray tomorrow.")
    assert "aspirin; warfarin (planned)" in asked["consult/medicines"].render()
    assert "chest x-ray (planned)" in asked["consult/tests"].render()


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("Right elbow pain.", "elbow pain (right)"),
        ("Knee effusion noted.", "knee joint effusion"),
        ("No tenderness over the distal phalanx.", "phalanx tenderness"),
        ("Ankle oedema.", "ankle edema"),
    ],
)
def test_a_finding_with_a_site_that_no_table_lists_is_shown_as_both(note: str, expected: str) -> None:
    assert expected in drafts(note + " HR 140.")["consult/danger"].render()


def test_side_severity_and_time_go_along_in_words_of_a_closed_list() -> None:
    text = drafts()["consult/danger"].render()
    assert "chest pain (for minutes)" in text
    assert "one-sided weakness (left, severe)" in text
    assert "25" not in text


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("Chest pain since yesterday.", "chest pain (for days)"),
        ("3/7 hx of diarrhea.", "diarrhea (for days)"),
        ("Headache for 3 days.", "headache (for days)"),
        ("Headache since this morning.", "headache (for hours)"),
        ("Date of visit: 14 March 2024\nHeadache since Monday.", "headache (for days)"),
        ("Drowsy, confused, on oxygen 2 L. GCS 13.", "confusion"),
        ("RR 20, alert, on room air.", "inhaled oxygen (on air)"),
    ],
)
def test_how_a_finding_is_put(note: str, expected: str) -> None:
    assert expected in drafts(note + " HR 140.")["consult/danger"].render()


def test_the_same_said_twice_is_shown_once() -> None:
    draft = drafts("Chest pain. Exam: chest pain on exertion? Chest pain today.")["consult/danger"]
    assert draft.render().count("chest pain") == 1
    assert all(one.why is Stayed.REPEATED for one in draft.withheld)


def test_today_comes_before_lasting_diseases_where_there_is_no_room_for_all() -> None:
    lasting = "hypertension, type 2 diabetes, asthma, COPD, gout, hypothyroidism, epilepsy, psoriasis, osteoporosis"
    draft = drafts(f"PMH: {lasting}, heart failure. Presents with chest pain.")
    text = draft["consult/danger"].render()
    assert text.index("chest pain") < text.index("hypertension")
    assert sum(one.why is Stayed.LIMIT for one in draft["consult/danger"].withheld) == 4


def test_a_pregnancy_that_is_only_known_of_the_patient_is_told() -> None:
    record = read_note("note", "30-year-old woman with headache. Takes labetalol.")
    pregnant = record.model_copy(update={"patient": record.patient.model_copy(update={"pregnant": True})})
    assert all("pregnancy" in draft.render() for draft in plan(pregnant))
    assert all(("pregnancy", "") in draft.citable for draft in plan(pregnant))


def test_an_empty_record_asks_nothing() -> None:
    assert plan(ClinicalRecord()) == []


def test_a_limit_on_questions_cuts_the_least_important() -> None:
    assert [draft.template for draft in plan(read_note("n", NOTE), most=2)] == list(QUESTIONS[:2])


def test_only_questions_that_exist_can_be_asked() -> None:
    with pytest.raises(ValueError, match="consult/danger"):
        asking("consult/weather")


# What several harmless questions say together.

RARE = "62-year-old man with cystic fibrosis, Marfan syndrome and chest pain."


def test_questions_of_a_case_together_stay_within_the_budget() -> None:
    vocabulary = Vocabulary.installed()
    budget = Budget(vocabulary)
    for draft in drafts(RARE + NOTE).values():
        budget = budget.with_slots(draft.slots)
    assert budget.bits > 0
    assert not budget.is_overdrawn


def test_age_and_sex_give_way_to_a_rare_disease_and_a_second_one_stays_at_home() -> None:
    record = read_note("note", RARE)
    names = {fact.id: fact.display for fact in record.facts}
    for draft in plan(record):
        text = draft.render()
        assert "aged 16-64" in text
        assert ("cystic fibrosis" in text) != ("Marfan" in text)
        assert [names[one.fact] for one in draft.withheld if one.why is Stayed.BUDGET] == ["Marfan syndrome"]


def test_without_anything_rare_the_age_is_told_by_ten_years() -> None:
    assert "aged 60-69" in drafts()["consult/danger"].render()


def test_a_disease_so_rare_that_nothing_else_may_be_said_stays_at_home() -> None:
    draft = drafts("30-year-old woman with headache. PMH: xeroderma pigmentosum, gout.")["consult/danger"]
    assert "xeroderma" not in draft.render()


# Further rounds.


def _asked(draft: Draft, needs: FactNeed | None, round_: int = 0) -> tuple[Advice, dict[str, Draft]]:
    advice = Advice(
        question="q",
        round=round_,
        template=draft.template,
        prompt="",
        left=True,
        destination="consult:scripted",
        outcome="answered",
        needs=needs,
    )
    return advice, {"q": draft}


@pytest.mark.parametrize(
    ("needs", "more"),
    [
        (FactNeed.LABORATORY, ("creatinine",)),
        (FactNeed.MEDICATIONS, ("metformin", "lisinopril")),
        (FactNeed.ALLERGIES, ("penicillin",)),
        (FactNeed.FAMILY_HISTORY, ("Family history: stroke",)),
        (FactNeed.PROCEDURES, ("appendectomy",)),
    ],
)
def test_what_an_answer_asks_for_is_added_and_nothing_else(needs: FactNeed, more: tuple[str, ...]) -> None:
    record = read_note("note", NOTE)
    before = drafts()["consult/danger"]
    advice, originals = _asked(before, needs)
    (after,), not_done = follow_up(record, [advice], originals.get, 0)
    assert not_done == []
    assert [one for one in more if one not in after.render()] == []
    assert set(before.facts) < set(after.facts)
    kinds = {fact.id: fact.kind for fact in record.facts}
    assert len({kinds[one] for one in set(after.facts) - set(before.facts)}) == 1


def test_what_the_record_does_not_hold_is_said() -> None:
    record = read_note("note", "Chest pain.")
    (draft,) = (one for one in plan(record) if one.template == "consult/danger")
    advice, originals = _asked(draft, FactNeed.LABORATORY)
    assert follow_up(record, [advice], originals.get, 0) == (
        [],
        ["consult/danger: laboratory were asked for; the record holds no more that may be shown"],
    )


def test_after_two_further_rounds_nothing_more_is_asked() -> None:
    advice, originals = _asked(drafts()["consult/danger"], FactNeed.LABORATORY, round_=2)
    asked, not_done = follow_up(read_note("note", NOTE), [advice], originals.get, 2)
    assert asked == []
    assert len(not_done) == 1


def test_a_question_of_ones_own_is_not_extended_and_that_is_said() -> None:
    own = drafts()["consult/danger"].model_copy(update={"template": "ward/own"})
    advice, originals = _asked(own, FactNeed.MEDICATIONS)
    asked, not_done = follow_up(read_note("note", NOTE), [advice], originals.get, 0)
    assert asked == []
    assert not_done == ["ward/own: medications were asked for; this question is not extended"]


def test_answers_of_earlier_rounds_ask_no_second_time() -> None:
    advice, originals = _asked(drafts()["consult/danger"], FactNeed.LABORATORY, round_=0)
    assert follow_up(read_note("note", NOTE), [advice], originals.get, 1) == ([], [])


def test_a_budget_that_is_spent_is_not_widened_by_asking() -> None:
    record = read_note("note", RARE)
    draft = next(one for one in plan(record) if one.template == "consult/guideline")
    fuller = extend(draft, record, FactNeed.PAST_HISTORY)
    assert fuller is None or "Marfan" not in fuller.render()
