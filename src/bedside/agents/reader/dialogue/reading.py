"""A dialogue becomes a record turn by turn: each turn is read as a note is, an answer in the light of its question.

A question alone states nothing. Where the answer does not name what was asked ("no", "a little bit"), the fact
stands on the asked words, which name the thing, and holds the answering words in `also`: a reader of the page sees
what it is about, and both places are in the bundle's Provenance.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bedside.agents.reader.dialogue.answers import tells_of_another
from bedside.agents.reader.dialogue.question import Question, Told
from bedside.agents.reader.dialogue.turns import Speaker, Turn, split_turns, telling, tidied
from bedside.records import MEASURED_KINDS, Assertion, ClinicalRecord, Fact, FactKind, Issue, Patient

__all__ = ["is_unclear", "joined", "read_dialogue", "read_turn"]

_WEAK = frozenset({Assertion.POSSIBLE, Assertion.HYPOTHETICAL})
_PRONOUN = re.compile(r"(?:s?he|his|him|himself|hers?|herself)", re.IGNORECASE)


def read_dialogue(document: str, text: str) -> ClinicalRecord:
    """Read a whole dialogue. Deterministic, offline, and never raises on a text, as `read_note`.

    Args:
        document: The id under which the text is kept.
        text: Turns with the marks of their speakers, one a line.
    """
    record = ClinicalRecord(documents=(document,))
    turns = split_turns(text)
    for at in range(len(turns)):
        record = joined(record, read_turn(document, text, turns, at))
    return record


def read_turn(document: str, text: str, turns: Sequence[Turn], at: int) -> ClinicalRecord:
    """Return the facts that one turn adds; of the others only the question before it is looked at.

    Args:
        document: The id under which the text is kept.
        text: The whole dialogue.
        turns: As `split_turns` gives them.
        at: Which of them.
    """
    turn = turns[at]
    tidy = tidied(text[turn.start : turn.end])
    told = Told(document, text)
    question = None
    if turn.speaker is Speaker.PATIENT and at and turns[at - 1].speaker is Speaker.CLINICIAN:
        question = Question.of(document, text, turns[at - 1])
    words, heading = telling(turn.speaker, tidy), ""
    if question is not None and question.topic is not None and not question.topic.measured:
        heading, words = question.topic.heading, question.topic.answer(words)
    first = all(one.speaker is Speaker.CLINICIAN for one in turns[:at])
    opens = turn.speaker is Speaker.PATIENT and first and (question is None or question.is_open)
    record = told.read(heading, words, turn.start, opens=opens)
    if turn.speaker is Speaker.PATIENT:
        record = _without_other_peoples(record, text)
    if question is not None:
        again = Question.of(document, text, turns[at + 1]) if at + 2 < len(turns) else None
        record = question.settled(record, tidy, turn.start, again)
    patient = _known_patient(record.patient, text, turn.speaker, asked=bool(heading))
    return record.model_copy(update={"patient": patient})


_TAKEN = frozenset({FactKind.MEDICATION, FactKind.ALLERGY})
_SENTENCE_BEFORE = re.compile(r"[^.?!;\n]*\Z")


def _without_other_peoples(record: ClinicalRecord, text: str) -> ClinicalRecord:
    """Without the drugs of others: "my husband takes metformin". Whose a problem is, the reader tells itself."""
    kept = []
    for fact in record.facts:
        before = _SENTENCE_BEFORE.search(text, max(0, fact.evidence.start - 80), fact.evidence.start)
        if fact.kind not in _TAKEN or before is None or not tells_of_another(before.group()):
            kept.append(fact)
    return record.model_copy(update={"facts": tuple(kept)})


def is_unclear(document: str, text: str) -> bool:
    """True if the last answer, a bare yes or a doubt, leaves open which of several things it means."""
    turns = split_turns(text)
    if len(turns) < 2 or turns[-1].speaker is Speaker.CLINICIAN or turns[-2].speaker is Speaker.PATIENT:
        return False
    question = Question.of(document, text, turns[-2])
    tidy = tidied(text[turns[-1].start : turns[-1].end])
    own = Told(document, text).read("", telling(Speaker.PATIENT, tidy), turns[-1].start)
    return question.is_unclear(own.facts, tidy)


def joined(record: ClinicalRecord, more: ClinicalRecord) -> ClinicalRecord:
    """Return a record with the facts of a later turn. Nothing stated goes: a later denial is kept beside it.

    What was only possible goes where the same is now stated; what is told again keeps its first place, and the
    later characters are in `also`. The order of values holds within a turn: of two turns that each tell one of the
    same thing the first one's stays.
    """
    facts = list(record.facts)
    placed = {fact.concept for fact in facts if fact.order is not None}
    names: dict[str, str] = {}
    for fact in more.facts:
        at = next((at for at, known in enumerate(facts) if _is_same(known, fact)), None)
        if at is None:
            names[fact.id] = f"f{len(facts) + 1}"
            order = None if fact.concept in placed else fact.order
            facts.append(fact.model_copy(update={"id": names[fact.id], "order": order}))
        else:
            names[fact.id] = facts[at].id
            facts[at] = _told_again(facts[at], fact)
    issues = [_renamed(issue, names) for issue in more.issues]
    return record.model_copy(
        update={
            "visited": record.visited or more.visited,
            "patient": _filled(record.patient, more.patient),
            "facts": tuple(facts),
            "issues": (*record.issues, *issues),
        }
    )


def _is_same(known: Fact, fact: Fact) -> bool:
    if (known.kind, known.concept, known.display) != (fact.kind, fact.concept, fact.display):
        return False
    if fact.kind in MEASURED_KINDS:
        return (known.quantity, known.text_value) == (fact.quantity, fact.text_value)
    if fact.kind is FactKind.FAMILY and (known.text_value or "").lower() != (fact.text_value or "").lower():
        return False
    stronger = known.assertion in _WEAK and fact.assertion is Assertion.PRESENT
    weaker = known.assertion is Assertion.PRESENT and fact.assertion in _WEAK
    return known.assertion is fact.assertion or stronger or weaker


_FILLED = ("onset", "lasted", "abatement", "severity", "laterality", "body_site", "text_value", "code")


def _told_again(known: Fact, fact: Fact) -> Fact:
    """A fact with what a later turn tells of it."""
    places = (known.evidence, *known.also, fact.evidence, *fact.also)
    update: dict[str, object] = {"also": tuple(dict.fromkeys(places))[1:]}
    update |= {name: getattr(fact, name) for name in _FILLED if getattr(known, name) is None}
    if fact.assertion is Assertion.PRESENT:
        update["assertion"] = Assertion.PRESENT
    use, more = known.medication, fact.medication
    if use is not None and more is not None:
        told = {name: value for name, value in more.model_dump().items() if value not in (None, False, "active")}
        update["medication"] = use.model_copy(update=told)
    return known.model_copy(update=update)


def _renamed(issue: Issue, names: dict[str, str]) -> Issue:
    return issue.model_copy(update={"facts": tuple(names[fact] for fact in issue.facts if fact in names)})


def _filled(known: Patient, more: Patient) -> Patient:
    """The first word on each thing counts: ages and sexes named later are mostly those of others."""
    update: dict[str, object] = {}
    if known.age is None and more.age is not None:
        update |= {"age": more.age, "age_unit": more.age_unit, "age_evidence": more.age_evidence}
    if known.sex is None and more.sex is not None:
        update |= {"sex": more.sex, "sex_evidence": more.sex_evidence}
    if known.pregnant is None:
        update["pregnant"] = more.pregnant
    update["names"] = (*known.names, *more.names)
    update["birth_date"] = known.birth_date or more.birth_date
    update["identifiers"] = (*known.identifiers, *more.identifiers)
    return known.model_copy(update=update)


_OWN_AGE = re.compile(r"\b(?:i'm|i am|i was|age[d:]?)\W+(?:\w+\W+){0,2}\Z", re.IGNORECASE)


def _known_patient(patient: Patient, text: str, speaker: Speaker, *, asked: bool) -> Patient:
    """Without what a turn says of other people: "she" in a patient's mouth is never the patient."""
    update: dict[str, object] = {}
    sex, age = patient.sex_evidence, patient.age_evidence
    if sex is not None and _PRONOUN.fullmatch(text[sex.start : sex.end]):
        update |= {"sex": None, "sex_evidence": None}
    own = age is None or _OWN_AGE.search(text[max(0, age.start - 40) : age.start])
    if speaker is Speaker.PATIENT and not asked and not own:
        update |= {"age": None, "age_evidence": None}
    return patient.model_copy(update=update)
