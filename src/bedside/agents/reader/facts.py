"""The one factory of facts: from a mention and what the note says of it, to a fact with its characters.

Where a note says the same thing several times, the facts that say least are dropped here as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from bedside.agents.reader.document.note import Note
from bedside.agents.reader.modify.assertions import Stance
from bedside.records import Assertion, Coding, Evidence, Fact, FactKind
from bedside.tools.terminology import Concept, is_chronic

__all__ = ["best_of_each", "distinct", "fact", "first_of_each", "numbered", "settled", "without_general"]

_OF_THE_CONCEPT = Coding(system="", code="", display="")


def fact(
    note: Note,
    kind: FactKind,
    start: int,
    end: int,
    said: Stance,
    *,
    known: Concept | None = None,
    name: str | None = None,
    concept: str | None = None,
    code: Coding | None = _OF_THE_CONCEPT,
    **value: Any,
) -> Fact:
    """Make a fact of a mention. No other place of the built-in reader makes one.

    Args:
        note: The note.
        kind: What it is about.
        start: Where the mention begins in the note.
        end: One past its last character.
        said: What the note says of it, as a module of `modify` found.
        known: What the tables know of it.
        name: Its display, where that is not the concept's; of what no table knows it is the note's own words.
        concept: The key of its concept, where no table holds that.
        code: Its code, where that is not the concept's.
        value: Further fields of the fact.
    """
    if code is _OF_THE_CONCEPT:
        code = known.code if known else None
    display = name or (known.display if known else " ".join(note.text[start:end].lower().split()))
    return Fact(
        id="f0",
        kind=kind,
        display=display,
        concept=(known.key or None) if known else concept,
        code=code,
        assertion=said.assertion,
        why=said.why,
        evidence=Evidence(document=note.document, start=start, end=end),
        **value,
    )


def numbered(facts: list[Fact]) -> tuple[Fact, ...]:
    """The facts in the order of the note, each with an id."""
    ordered = sorted(facts, key=lambda each: (each.evidence.start, each.evidence.end, each.kind))
    return tuple(each.model_copy(update={"id": f"f{at}"}) for at, each in enumerate(ordered, start=1))


_EMPTY_WORDS = frozenset({"mellitus", "of", "the", "and"})
_DOUBTS = frozenset({"suspected", "history", "risk"})
_GENERAL_TESTS = frozenset({"x-ray", "ct-scan", "mri", "ultrasound", "biopsy", "endoscopy", "blood-tests"})
"""Kinds of tests: named alone they repeat the one that was named in full. Any other two procedures are two."""


def _name(fact: Fact) -> tuple[FactKind, str, str]:
    """A composed finding shares its concept with others ("weakness"), so the display belongs to the name."""
    return fact.kind, fact.concept or "", fact.display


def first_of_each(facts: Iterable[Fact]) -> list[Fact]:
    """The first mention of each concept and assertion; of two that are over, the one with an end.

    Since when and how long, where only a later mention tells it, is kept with the characters of that mention.
    """
    kept: dict[tuple[tuple[FactKind, str, str], Assertion, str | None], Fact] = {}
    for fact in facts:
        relative = (fact.text_value or "").lower() if fact.kind is FactKind.FAMILY else None
        key = (_name(fact), fact.assertion, relative)
        known = kept.setdefault(key, fact)
        if known.abatement is None and fact.abatement is not None:
            kept[key] = fact
        elif known.onset is None and known.lasted is None and (fact.onset or fact.lasted):
            times = {"onset": fact.onset, "lasted": fact.lasted}
            kept[key] = known.model_copy(update={**times, "also": (*known.also, fact.evidence)})
    return list(kept.values())


def without_general(facts: list[Fact]) -> list[Fact]:
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


def settled(facts: list[Fact]) -> list[Fact]:
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


def distinct(facts: Iterable[Fact]) -> list[Fact]:
    """Each value of each measurement once: of equal ones the first, or the first that has its place in time."""
    kept: dict[object, Fact] = {}
    for fact in facts:
        key = (_name(fact), fact.quantity, fact.text_value, fact.assertion, fact.measured)
        if kept.setdefault(key, fact).order is None and fact.order is not None:
            kept[key] = fact
    return list(kept.values())


def best_of_each(facts: Iterable[Fact], text: str) -> list[Fact]:
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
