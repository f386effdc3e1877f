"""Grounding: a model's claims become facts only where the note supports them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from bedside.agents.reader.document.sections import is_heading
from bedside.agents.reader.extract.measurements import code_of, implausible, unit_behind
from bedside.agents.reader.model.claim import Claim
from bedside.records import (
    ClinicalRecord,
    Evidence,
    Fact,
    FactKind,
    Issue,
    Quantity,
    Source,
    Unverified,
)
from bedside.tools.terminology import Concept, Domain, concept, find_concepts
from bedside.tools.terminology.ucum import is_valid

__all__ = ["DOMAINS", "ground"]

DOMAINS = {
    FactKind.PROBLEM: {Domain.PROBLEM, Domain.SYMPTOM},
    FactKind.MEDICATION: {Domain.MEDICATION},
    FactKind.ALLERGY: {Domain.MEDICATION, Domain.ALLERGEN},
    FactKind.VITAL: {Domain.VITAL},
    FactKind.LAB: {Domain.LAB},
    FactKind.PROCEDURE: {Domain.PROCEDURE},
    FactKind.IMMUNIZATION: {Domain.IMMUNIZATION},
    FactKind.FAMILY: {Domain.PROBLEM, Domain.SYMPTOM},
}
"""The tables in which a thing of each kind is looked up."""

_ONLY_KNOWN = (FactKind.VITAL, FactKind.FAMILY)
"""Kinds that are closed: small models call any finding a vital sign, and a restaurant a relative."""

MOST_WORDS = 10
"""Longest quote that can name one thing: a weak model quotes whole sentences, and they support nothing."""

_OF_A_SENTENCE = re.compile(
    r"(?i)\b(?:am|are|is|was|were|be|been|has|have|had|do|does|did|can(?:not)?|could|should|will|would|not?|no-one|nobody"
    r"|to|if|than|that|this|who|i|me|my|you|your|he|him|his|she|her|we|our|they|them|their|patient|pt|understands)\b"
)
"""Words that no name of a thing has, where no table knows it: "No-one at home with patient" is no problem."""

_PRESSURE = re.compile(r"\d{2,3}\s?/\s?\d{2,3}\b")

_STEM = 5
"""The number of first letters by which two words count as one: "pains" and "pain", "diabetic" and "diabetes"."""


def ground(record: ClinicalRecord, claims: Sequence[Claim], texts: dict[str, str]) -> ClinicalRecord:
    """Add a model's claims to a record.

    A claim whose quote stands in the part that the model was shown becomes a fact; its code comes from a table
    and never from the model. It becomes `Unverified` when its quote stands nowhere, is a heading, a sentence or
    too long to name one thing, or does not hold the number that the model gives: values are never rewritten. The
    model's name for a thing counts where the quote says it too; else it is called as in the note. Where the record
    already has a fact at those characters, that one stays; it is marked as agreed if the model says the same, and
    an `Issue` says so if the two disagree. What the record has elsewhere gets the characters as a further place.
    """
    facts, unverified, issues = list(record.facts), list(record.unverified), list(record.issues)
    for claim in claims:
        evidence = _locate(claim, texts[claim.document])
        if evidence is None:
            unverified.append(_unverified(claim, "its quote does not stand in the note"))
            continue
        quoted = texts[claim.document][evidence.start : evidence.end]
        if (doubt := _doubt(claim, quoted)) is not None:
            unverified.append(_unverified(claim, doubt))
            continue
        new = _fact(claim, evidence, texts[claim.document], f"m{len(facts) + 1}")
        known = [
            at for at, fact in enumerate(facts) if _same_place(fact, evidence) and not _other_number(fact, new)
        ]
        same = [at for at in known if _agree(facts[at], claim)] or (
            # Said again elsewhere in the note: one statement with two places.
            [at for at, fact in enumerate(facts) if not known and _same_thing(fact, new)]
        )
        for at in same:
            facts[at] = _confirmed(facts[at], evidence)
        if same:
            continue
        if not known and (doubt := _no_thing(new, quoted)) is not None:
            unverified.append(_unverified(claim, doubt))
        elif not known:
            facts.append(new)
        elif new.concept is not None or all(facts[at].assertion is not claim.assertion for at in known):
            issues.append(_disagreement(claim, [facts[at] for at in known], evidence))
        # Else only the kind differs, and the tables know the thing as what the record has it for.
    return record.model_copy(
        update={"facts": tuple(facts), "unverified": tuple(unverified), "issues": tuple(issues)}
    )


def _doubt(claim: Claim, quoted: str) -> str | None:
    """Return the reason why a claim's quote, which is in the note, does not support it."""
    if len(quoted.split()) > MOST_WORDS:
        return f"its quote has more than {MOST_WORDS} words"
    if is_heading(quoted):
        return "its quote is a heading"
    if claim.value is not None and not _number(claim.value).search(quoted):
        return "its value does not stand in its quote"
    return None


def _no_thing(fact: Fact, quoted: str) -> str | None:
    """Return the reason why a claim of the model alone cannot be a thing of its kind; `None` where it can."""
    if implausible(fact):
        return "its value lies outside the plausible range"
    if fact.kind is FactKind.VITAL and fact.concept is not None and fact.quantity is None:
        return "it gives no number that the tables can use"
    if fact.concept is not None:
        return None
    if fact.kind in _ONLY_KNOWN:
        return f"the tables know no {fact.kind.value} of this name"
    if _OF_A_SENTENCE.search(quoted):
        return "its quote is a sentence and names no one thing"
    return None


def _same_place(fact: Fact, evidence: Evidence) -> bool:
    return any(_overlap(place, evidence) for place in (fact.evidence, *fact.also))


def _other_number(fact: Fact, new: Fact) -> bool:
    """True if two facts are the two numbers of one blood pressure."""
    pressures = {"systolic-blood-pressure", "diastolic-blood-pressure"}
    return {fact.concept, new.concept} == pressures


def _agree(fact: Fact, claim: Claim) -> bool:
    """True if a claim at the same characters agrees in kind, assertion and number."""
    if fact.kind is not claim.kind or fact.assertion is not claim.assertion:
        return False
    return claim.value is None or fact.quantity is None or fact.quantity.value == claim.value


def _same_thing(fact: Fact, new: Fact) -> bool:
    """True if a fact of the tables states the same as another. Two measurements differ, even of the same value."""
    if new.concept is None or new.kind in (FactKind.VITAL, FactKind.LAB):
        return False
    return (fact.kind, fact.concept, fact.assertion) == (new.kind, new.concept, new.assertion)


def _confirmed(fact: Fact, evidence: Evidence) -> Fact:
    """A fact that the model states as well. What the model alone found is not confirmed by its saying it twice."""
    also = fact.also if _same_place(fact, evidence) else (*fact.also, evidence)
    return fact.model_copy(update={"agreed": fact.agreed or fact.source is Source.BUILTIN, "also": also})


def _disagreement(claim: Claim, known: Sequence[Fact], evidence: Evidence) -> Issue:
    first = known[0]
    message = (
        f"the readers disagree on {first.display}: {_read_as(first)} (kept) or, by the model, {_read_as(claim)}"
    )
    return Issue(
        code="readers-disagree", message=message, facts=tuple(fact.id for fact in known), evidence=evidence
    )


def _read_as(said: Fact | Claim) -> str:
    return ", ".join(dict.fromkeys((said.kind.value, said.assertion.value)))  # of a relative both are "family"


def _locate(claim: Claim, text: str) -> Evidence | None:
    """Find the quote in its part of the note: verbatim first, then ignoring white space and letter case."""
    words = claim.quote.split()
    if not words:
        return None
    part = text[claim.start : claim.end]
    flexible = r"\s+".join(re.escape(word) for word in words)
    for flags in (re.NOFLAG, re.IGNORECASE):
        # Whole words: "art" does not stand in "heart".
        if found := re.search(rf"(?<!\w){flexible}(?!\w)", part, flags):
            return Evidence(
                document=claim.document, start=claim.start + found.start(), end=claim.start + found.end()
            )
    return None


def _number(value: Decimal) -> re.Pattern[str]:
    """Find this number, but not inside a longer one: 38 is not in "138"."""
    return re.compile(rf"(?<![\d.]){re.escape(str(value))}(?!\.?\d)")


def _says(quoted: str, name: str) -> bool:
    """True if a quote supports the model's name for it: each word of the name is in it, or abbreviated there."""
    words = re.findall(r"\w+", name.lower())
    said = {word[:_STEM] for word in re.findall(r"\w+", quoted.lower())}
    return all(word[:_STEM] in said for word in words) or "".join(word[0] for word in words) in said


def _overlap(one: Evidence, other: Evidence) -> bool:
    return one.document == other.document and one.start < other.end and other.start < one.end


def _unverified(claim: Claim, reason: str) -> Unverified:
    return Unverified(kind=claim.kind, statement=f"{claim.name} ({claim.assertion.value})", reason=reason)


def _fact(claim: Claim, evidence: Evidence, text: str, identity: str) -> Fact:
    quoted = text[evidence.start : evidence.end]
    known = next(
        (
            found.concept
            for words in (quoted, claim.name)
            for found in find_concepts(words)
            if found.concept.domain in DOMAINS[claim.kind]
            and (words is quoted or _says(quoted, words[found.start : found.end]))
        ),
        None,
    )
    fact = Fact(
        id=identity,
        kind=claim.kind,
        display=known.display if known else " ".join(quoted.lower().split()),
        evidence=evidence,
        assertion=claim.assertion,
        source=Source.MODEL,
        concept=known.key if known else None,
        code=known.code if known else None,
        medication=claim.medication,
    )
    return fact if claim.value is None else _measured(fact, known, claim.value, text)


def _measured(fact: Fact, known: Concept | None, value: Decimal, text: str) -> Fact:
    """Return a fact with its number, and the unit that follows it in the note: a model gives none.

    The code is that of the unit: creatinine in µmol/L has another one than in mg/dL. What no table knows keeps its
    number as text where its unit is no UCUM unit.
    """
    place, line = fact.evidence, text.find("\n", fact.evidence.end)
    window = text[: line if line >= 0 else len(text)]
    number = _number(value).search(window, place.start, place.end)
    assert number is not None  # a claim whose quote does not hold its number came to nothing before
    end = number.end()
    if known is not None and known.key == "blood-pressure":
        pair = _PRESSURE.search(window, place.start)
        if pair is None or not pair.start() <= number.start() < pair.end():
            return fact
        which = "systolic" if number.start() == pair.start() else "diastolic"
        known, end = concept(Domain.VITAL, f"{which}-blood-pressure"), pair.end()
    if known is None:
        word = re.compile(r"[ \t]?([^\s,;()]+)").match(window, end)
        ucum = word[1].rstrip(".") if word and is_valid(word[1].rstrip(".")) else None
        said = Quantity(value=value, unit=ucum) if ucum else None
        return fact.model_copy(update={"quantity": said, "text_value": None if said else str(value)})
    unit, end = unit_behind(known, window, end)
    return fact.model_copy(
        update={
            "display": known.display,
            "concept": known.key,
            "code": code_of(known, value, unit),
            "quantity": Quantity(value=value, unit=unit.ucum if unit else None),
            "evidence": place.model_copy(update={"end": max(end, place.end)}),
        }
    )
