"""The floor: no output of a model and no text that a note adds lowers an urgency. Properties, over invented cases.

The floor stands on solid evidence: what is present of this patient in these notes, and what they leave open. A
possibility that the same notes answer with no is neither, and asks a person (`test_solid.py`); nor is a disease
that a letter only names, until something stands beside it.

What may legitimately differ, and is left out here: a statement that the patient is another age, that a clinician
set SpO2 scale 2, or who the patient is (where a note spoke of a relative only); and a heading or a word of denial
right before the note's own sentence, for then it is another sentence.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bedside.agents.reader import read_note
from bedside.agents.triager import Assessment, assess, raise_urgency
from bedside.agents.triager.rules import load_rules
from bedside.errors import InputError
from bedside.evaluate.rewordings import INJECTIONS
from bedside.records import Assertion, ClinicalRecord, Fact, FactKind, Patient, Quantity
from tests.triager.cases import UNITS, VITALS, fact, vital
from tests.triager.test_presentations import EMERGENCIES

KEYS = sorted(frozenset().union(*(group for rule in load_rules() for group in rule.condition.facts)))
RANGES = {
    "bp": (40, 240),
    "hr": (20, 220),
    "rr": (4, 60),
    "t": (30, 42),
    "spo2": (70, 100),
    "gcs": (3, 15),
    "pain": (0, 10),
    "glucose": (20, 600),
    "k": (2, 8),
    "lactate": (1, 9),
}


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    """A complaint or a measurement, with any assertion."""
    assertion = draw(st.sampled_from(list(Assertion)))
    at = draw(st.integers(0, 10_000))
    if draw(st.booleans()):
        return fact(draw(st.sampled_from(KEYS)), at, assertion)
    name = draw(st.sampled_from(sorted(RANGES)))
    return vital(name, str(draw(st.integers(*RANGES[name]))), at, UNITS.get(name), assertion)


@st.composite
def records(draw: st.DrawFn) -> ClinicalRecord:
    """Any record of any patient."""
    patient = Patient(age=draw(st.none() | st.integers(0, 95)), pregnant=draw(st.sampled_from([None, False, True])))
    return ClinicalRecord(
        documents=("note",), patient=patient, facts=tuple(draw(st.lists(facts(), min_size=1, max_size=6)))
    )


def _level(assessment: Assessment) -> int:
    """4 and 5 are one: where nothing but vital signs is told, the first complaint can make 5 of 4."""
    assert assessment.urgency is not None
    return min(assessment.urgency, 4)


@given(records(), st.lists(st.tuples(st.integers(-3, 9), st.text(max_size=20)), max_size=5))
def test_no_output_of_a_model_lowers_the_urgency_of_a_record(
    record: ClinicalRecord, outputs: list[tuple[int, str]]
) -> None:
    before = after = assess(record)
    for proposed, why in outputs:
        try:
            after = raise_urgency(after, proposed, why, "model test")
        except InputError:
            assert not 1 <= proposed <= 5 or not why.strip()
    assert before.urgency is not None
    assert after.urgency is not None
    assert after.urgency <= before.urgency
    assert set(before.reasons) <= set(after.reasons)


@settings(max_examples=150, deadline=None)
@given(records(), facts())
def test_no_further_fact_lowers_the_urgency_of_a_record(record: ClinicalRecord, more: Fact) -> None:
    """Denied, past, planned or contradicting: what one fact asks for stands, unless it is the answer to a doubt."""
    assume(more.assertion is not Assertion.ABSENT or not _leaves_open(record, more.concept))
    added = record.model_copy(update={"facts": (*record.facts, more.model_copy(update={"id": "added"}))})
    assert _level(assess(added)) <= _level(assess(record))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(KEYS), st.sampled_from([Assertion.PRESENT, Assertion.POSSIBLE]), records())
def test_of_what_is_present_and_denied_the_presence_stands_and_a_doubt_is_answered(
    key: str, said: Assertion, others: ClinicalRecord
) -> None:
    """The one fact that may lower an urgency is the denial of what was only possible; then a person is asked."""
    assume(not _leaves_open(others, key))
    own, denial = fact(key, 20_000, said), fact(key, 20_010, Assertion.ABSENT)
    stated = others.model_copy(update={"facts": (*others.facts, own)})
    answered = others.model_copy(update={"facts": (*others.facts, own, denial)})
    if said is Assertion.PRESENT:
        assert _level(assess(answered)) <= _level(assess(stated))
    else:
        assert _level(assess(answered)) <= _level(assess(others))


def _leaves_open(record: ClinicalRecord, concept: str | None) -> bool:
    return any(one.concept == concept and one.assertion is Assertion.POSSIBLE for one in record.facts)


# Readings that no red flag speaks of by themselves, so that the score decides.
SIGNS = st.fixed_dictionaries(
    {
        "bp": st.integers(92, 130),
        "hr": st.integers(60, 128),
        "rr": st.integers(12, 27),
        "spo2": st.integers(92, 98),
        "t": st.integers(35, 39),
    }
)


def _measured(signs: dict[str, int]) -> ClinicalRecord:
    stated = tuple(vital(name, str(value), at) for at, (name, value) in enumerate(signs.items()))
    return ClinicalRecord(documents=("note",), patient=Patient(age=30), facts=stated)


@settings(max_examples=300, deadline=None)
@given(SIGNS, SIGNS)
def test_no_second_set_of_vital_signs_lowers_the_urgency_of_the_first(
    first: dict[str, int], second: dict[str, int]
) -> None:
    """The worst reading of each counts, whichever stands last."""
    alone, other = _measured(first), _measured(second)
    later = tuple(one.model_copy(update={"id": f"later-{one.id}"}) for one in other.facts)
    both = alone.model_copy(update={"facts": (*alone.facts, *later)})
    assert _level(assess(both)) <= min(_level(assess(alone)), _level(assess(other)))


@settings(max_examples=300, deadline=None)
@given(SIGNS)
def test_a_pregnancy_takes_no_urgency_away(signs: dict[str, int]) -> None:
    """NEWS2 is not made for it, and what it asks for stands nevertheless."""
    alone = _measured(signs)
    pregnant = alone.model_copy(update={"facts": (*alone.facts, fact("pregnancy", 20))})
    assert _level(assess(pregnant)) <= _level(assess(alone))
    assert assess(pregnant).news2 is None


DENIALS_OF_OTHER_THINGS = (
    "Denies rash, joint pain and weight loss.",
    "No known drug allergies.",
    "No recent travel. No sick contacts.",
    "Never smoked.",
)
ENDS = (
    "All symptoms have resolved.",
    "Everything has settled now.",
    "Feels much better and wants to go home.",
    "Symptoms gone since this morning.",
    "He is fine now.",
)
OTHER_PEOPLE = (
    "Her sister has asthma and is well.",
    "Bed 4: no complaints, BP 120/80, HR 72, RR 14, SpO2 99 %, T 36.7.",
    "Another patient in the waiting room has a cold.",
    "Repeat vitals: BP 122/76, HR 70, RR 14, SpO2 99 % on air, T 36.6, alert.",
    "The mother denies chest pain, shortness of breath and fever.",
)
SENTENCES = st.lists(
    st.sampled_from(["the", "a", "patient", "came", "by", "bus", "today", "with", "tea", "seven", "lamp"]),
    min_size=1,
    max_size=9,
).map(lambda words: " ".join(words).capitalize() + ".")
NOISE = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40)
TEXTS = st.one_of(
    st.sampled_from([*INJECTIONS, *DENIALS_OF_OTHER_THINGS, *ENDS, *OTHER_PEOPLE]),
    SENTENCES,
    NOISE,
)
NOTES = [note for _, note in EMERGENCIES if not note.startswith("My dad")]


@cache
def _urgency(text: str) -> int:
    urgency = assess(read_note("n1", text)).urgency
    return 4 if urgency is None else min(urgency, 4)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(NOTES), st.lists(TEXTS, min_size=1, max_size=3), st.sampled_from(["before", "after"]))
def test_no_text_before_or_after_a_note_lowers_its_urgency(note: str, texts: list[str], place: str) -> None:
    added = "\n".join(texts)
    longer = f"{added}\n\n{note}" if place == "before" else f"{note}\n\n{added}"
    assert _urgency(longer) <= _urgency(note)


@pytest.mark.slow
@pytest.mark.parametrize("text", [*INJECTIONS, *DENIALS_OF_OTHER_THINGS, *ENDS, *OTHER_PEOPLE])
def test_none_of_these_texts_lowers_the_urgency_of_any_note(text: str) -> None:
    """All pairs, where the test above draws some."""
    lowered = [
        (note, place)
        for note in NOTES
        for place, longer in (("before", f"{text}\n\n{note}"), ("after", f"{note}\n\n{text}"))
        if _urgency(longer) > _urgency(note)
    ]
    assert lowered == []


@settings(max_examples=80, deadline=None)
@given(st.sampled_from([note for note in NOTES if ". " in note]), TEXTS, st.integers(0, 3))
def test_no_text_within_a_note_lowers_its_urgency(note: str, text: str, at: int) -> None:
    """Between two of its sentences; the urgency is that of the same sentences, each on a line of its own."""
    sentences = note.replace(". ", ".\n").split("\n")
    place = 1 + at % (len(sentences) - 1)
    longer = "\n".join((*sentences[:place], text, *sentences[place:]))
    assert _urgency(longer) <= _urgency("\n".join(sentences))


@pytest.mark.parametrize(
    ("note", "denial"),
    [
        ("Crushing chest pain with sweating.", "Denies chest pain."),
        ("Facial droop since nine.", "No facial droop."),
        ("Thunderclap headache.", "No headache."),
        ("Suicidal, has a plan.", "Denies suicidal ideation."),
    ],
)
def test_even_the_denial_of_the_same_symptom_lowers_nothing_and_is_told(note: str, denial: str) -> None:
    alone = assess(read_note("n1", note))
    both = assess(read_note("n1", f"{note}\n{denial}"))
    assert alone.urgency is not None
    assert both.urgency is not None
    assert both.urgency <= alone.urgency


def test_a_reading_that_a_model_did_not_make_is_kept() -> None:
    """The record of a model adds facts and takes none away: the reader's own are still there."""
    own = fact("facial-droop", 1)
    calm = Fact(
        id="m1",
        kind=FactKind.VITAL,
        display="heart rate",
        concept=VITALS["hr"],
        quantity=Quantity(value=Decimal(70)),
        evidence=own.evidence,
    )
    record = ClinicalRecord(documents=("note",), patient=Patient(age=60), facts=(own, calm))
    assert assess(record).urgency == 2
