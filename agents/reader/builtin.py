"""The built-in reader: a note becomes a record by tables and rules alone, without a model."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bedside.agents.reader.document.note import Note, prepare
from bedside.agents.reader.extract.allergies import read_allergies
from bedside.agents.reader.extract.measurements import implausible, read_measurements
from bedside.agents.reader.extract.medications import read_medications
from bedside.agents.reader.extract.patient import age_disagrees, read_patient
from bedside.agents.reader.extract.problems import read_problems
from bedside.agents.reader.extract.procedures import read_procedures
from bedside.agents.reader.extract.social import read_social
from bedside.agents.reader.modify.measured import with_days
from bedside.agents.reader.unread import unread_sentences
from bedside.records import Assertion, ClinicalRecord, Evidence, Fact, FactKind, Issue, Patient
from bedside.tools.terminology import is_chronic

__all__ = ["read_note"]

SPOKEN_OF = "caller-speaks-of-another"
UNCLEAR_DATE = "unclear-date"


def read_note(document: str, text: str, *, opens: bool = True) -> ClinicalRecord:
    """Read a clinical note into facts, each with its characters in the note.

    Deterministic and offline: the same note gives the same record. It never raises on a text, whatever the text
    is, and takes time linear in its length. A thing that the tables do not know becomes a fact only where it is an
    item of a problem, medication or allergy list.

    Args:
        document: The id under which the text is kept.
        text: The note.
        opens: Whether the text opens a case. Only there can a caller say of whom all of it speaks: in the middle of
            a dialogue "my father had a stroke" is a family history.
    """
    note = prepare(document, text, opens=opens)
    facts = [
        *_settled(_without_general(_first_of_each(read_problems(note)))),
        *_best_of_each(read_medications(note), note.text),
        *_first_of_each(read_allergies(note)),
        *_without_general(_first_of_each(read_procedures(note))),
        *_distinct(with_days(read_measurements(note), note)),
        *read_social(note),
    ]
    facts.sort(key=lambda fact: (fact.evidence.start, fact.evidence.end, fact.kind))
    numbered = tuple(fact.model_copy(update={"id": f"f{at}"}) for at, fact in enumerate(facts, start=1))
    patient = read_patient(note)
    unread, clinical = unread_sentences(note, numbered)
    return ClinicalRecord(
        documents=(document,),
        visited=note.visit.isoformat() if note.visit else None,
        patient=patient,
        facts=numbered,
        issues=tuple(_issues(note, patient, numbered)),
        unread=unread,
        clinical_sentences=clinical,
    )


_EMPTY_WORDS = frozenset({"mellitus", "of", "the", "and"})
_DOUBTS = frozenset({"suspected", "history", "risk"})
_GENERAL_TESTS = frozenset({"x-ray", "ct-scan", "mri", "ultrasound", "biopsy", "endoscopy", "blood-tests"})
"""Kinds of tests: named alone they repeat the one that was named in full. Any other two procedures are two."""


def _name(fact: Fact) -> tuple[FactKind, str, str]:
    """A composed finding shares its concept with others ("weakness"), so the display belongs to the name."""
    return fact.kind, fact.concept or "", fact.display


def _first_of_each(facts: Iterable[Fact]) -> list[Fact]:
    """The first mention of each concept and assertion; of two that are over, the one with an end."""
    kept: dict[tuple[tuple[FactKind, str, str], Assertion, str | None], Fact] = {}
    for fact in facts:
        relative = (fact.text_value or "").lower() if fact.kind is FactKind.FAMILY else None
        key = (_name(fact), fact.assertion, relative)
        known = kept.setdefault(key, fact)
        if known.abatement is None and fact.abatement is not None:
            kept[key] = fact
    return list(kept.values())


def _without_general(facts: list[Fact]) -> list[Fact]:
    """Without what a fuller name of the same thing says already: "heart failure" beside "congestive heart failure".

    Only things of the same assertion are compared, and a name must be part of the fuller one word by word. A
    symptom stays beside a fuller one with a concept of its own: red flags match on concepts, and pleuritic chest
    pain must not take the chest pain away.
    """
    words = [frozenset(fact.display.replace("-", " ").split()) - _EMPTY_WORDS for fact in facts]
    holding: dict[str, list[int]] = {}
    for at, own in enumerate(words):
        for word in own:
            holding.setdefault(word, []).append(at)
    return [
        fact
        for fact, own in zip(facts, words, strict=True)
        if not own
        or not any(
            own < words[at] and not words[at] & _DOUBTS and _says_the_same(fact, facts[at])
            # Only names that hold its rarest word can be fuller.
            for at in min((holding[word] for word in own), key=len)
        )
    ]


def _says_the_same(general: Fact, fuller: Fact) -> bool:
    if general.kind is not fuller.kind or general.assertion is not fuller.assertion:
        return False
    if general.kind is FactKind.PROCEDURE:
        return general.concept in _GENERAL_TESTS
    same = general.concept in (None, fuller.concept)
    return same or (is_chronic(general.concept) and is_chronic(fuller.concept))


_WEAKER = (Assertion.POSSIBLE, Assertion.HYPOTHETICAL)


def _settled(facts: list[Fact]) -> list[Fact]:
    """Without doubts about a problem that the note elsewhere says is present, and without bare pain beside a pain
    with its place."""
    present = {
        _name(fact) for fact in facts if fact.assertion is Assertion.PRESENT and fact.kind is FactKind.PROBLEM
    }
    pains = any(_PAIN.search(fact.display) for fact in facts if fact.display != "pain")
    return [
        fact
        for fact in facts
        if not (fact.assertion in _WEAKER and fact.kind is FactKind.PROBLEM and _name(fact) in present)
        and not (pains and fact.display == "pain")
    ]


_PAIN = re.compile(r"\w(?:ache|algia)\b|pain\b|soreness|tenderness|cramp")


def _distinct(facts: Iterable[Fact]) -> list[Fact]:
    """Each value of each measurement once."""
    kept: dict[object, Fact] = {}
    for fact in facts:
        kept.setdefault((_name(fact), fact.quantity, fact.text_value, fact.assertion, fact.measured), fact)
    return list(kept.values())


def _best_of_each(facts: Iterable[Fact], text: str) -> list[Fact]:
    """The mention of each drug that says most; a drug in use is not planned as well."""

    def _named(fact: Fact) -> str:
        return text[fact.evidence.start : fact.evidence.end].casefold()

    kept: dict[tuple[str, Assertion], Fact] = {}
    for fact in facts:
        key = (fact.concept or fact.display, fact.assertion)
        known = kept.get(key)
        # Of two that say as much the later one is the current one: "Prozac 20 mg daily … increase to 40 mg daily".
        if known is None or _detail(fact) >= max(_detail(known), 1):
            kept[key] = fact
        elif known.medication and fact.medication and fact.medication.status == "stopped":
            # A drug that is stopped in the plan is no longer active, whatever the list above says.
            use = known.medication.model_copy(update={"status": "stopped"})
            kept[key] = fact.model_copy(update={"medication": use})
    for (name, assertion), planned in list(kept.items()):
        taken = kept.get((name, Assertion.PRESENT))
        # Under another name it is a prescription of its own: he takes Mobic, and meloxicam is prescribed.
        if assertion is Assertion.HYPOTHETICAL and taken is not None and _named(planned) == _named(taken):
            del kept[name, assertion]
    return list(kept.values())


def _detail(fact: Fact) -> int:
    use = fact.medication
    return sum(part is not None for part in (use.dose, use.route, use.frequency)) if use else 0


def _issues(note: Note, patient: Patient, facts: tuple[Fact, ...]) -> Iterable[Issue]:
    for doubt in note.doubts:
        read = [f.id for f in facts if f.evidence.start <= doubt.start and doubt.end <= f.evidence.end]
        if read:
            meanings = ", ".join(doubt.meanings)
            yield Issue(
                code="ambiguous-abbreviation",
                message=f"An abbreviation can mean {meanings}. Its usual meaning was read, without a code.",
                facts=tuple(read),
                evidence=Evidence(document=note.document, start=doubt.start, end=doubt.end),
            )
    told = tuple(fact.id for fact in facts if fact.kind is FactKind.PROBLEM)
    if note.spoken_of and told:
        start, end = note.spoken_of
        yield Issue(
            code=SPOKEN_OF,
            message="A caller speaks of somebody else: what is told was read as the patient's.",
            facts=told,
            evidence=Evidence(document=note.document, start=start, end=end),
        )
    if note.calendar.unclear is not None:
        start, end = note.calendar.unclear
        yield Issue(
            code=UNCLEAR_DATE,
            message="The day of the note can be two days: nothing in it shows whether the month comes first.",
            evidence=Evidence(document=note.document, start=start, end=end),
        )
    if (disagreement := age_disagrees(patient, note)) is not None:
        yield disagreement
    for fact in facts:
        if implausible(fact):
            yield Issue(
                code="implausible-value",
                message=f"The value of {fact.display} lies outside the plausible range.",
                facts=(fact.id,),
                evidence=fact.evidence,
            )
