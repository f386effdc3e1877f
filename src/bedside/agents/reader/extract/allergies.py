"""Allergies: what a patient reacts to, how, and the statement that nothing is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from bedside.agents.reader.document.items import items
from bedside.agents.reader.document.note import Note, Sentence
from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.facts import fact
from bedside.agents.reader.lexicon import PERSON, tells_no_reaction
from bedside.agents.reader.modify.allergy import of_substance
from bedside.agents.reader.modify.assertions import STATED, Stance
from bedside.agents.reader.modify.temporality import LONG_PAST
from bedside.records import Fact, FactKind
from bedside.tools.terminology import Concept, Domain, find_concepts

__all__ = [
    "ALLERGIC_DISEASES",
    "allergy_starts",
    "is_no_reaction",
    "known_reactions",
    "lists_substances",
    "read_allergies",
]

ALLERGIC_DISEASES = frozenset(
    {"seasonal-allergies", "hay-fever", "allergic-rhinitis", "seasonal-allergic-rhinitis"}
)
"""Problems that an allergy list may hold: stated they are allergies there, denied they are problems denied."""

NO_KNOWN = "no known allergies"

_NONE_KNOWN = re.compile(
    r"\bNKD?A\b|\bNKFA\b|\b(?:do(?:es)?\s*n[o']t"
    r"|do(?:es)?n’t)\s+have\s+any\s+(?:known\s+)?(?:drug\s+)?allerg(?:ies|y)\b"
    r"|\b(?:no\s+(?:known\s+)?(?:(?:medication|drug|food|environmental|medicine"
    r"|medical)\s+(?:or\s+\w+\s+)?)?"
    r"|nil\s+(?:known\s+)?(?:drug\s+)?|denies\s+(?:any\s+)?(?:known\s+)?(?:drug\s+"
    r"|medication\s+)?)allerg(?:ies|y)\b(?!\s+test)"
    # "No allergy to penicillin" says nothing of others; "no allergies to any medicine" does.
    r"(?!\s+to\s+(?!(?:any|all|anything|medications?|medicines?|drugs?|foods?|substances?|environmental)\b))",
    re.I,
)
_NONE_LISTED = re.compile(
    r"\s*(?:nil|none|no|none known|nil known|nil of note|n/?a|not known|denies|negative)\s*\.?\s*\Z", re.I
)
# "allergic to X", "allergy to X and Y"; what follows up to the end of the statement is the allergen.
_TO = re.compile(
    r"\b(?:allerg(?:ic|y|ies)|anaphyla\w+|hypersensitiv\w+|intoleran(?:t|ce))(?:\s+reactions?)?\s+to\b:?", re.I
)
# "DH: allergies aspirin": the bare word counts only right before a known substance.
_BARE = re.compile(r"\ballerg(?:(?:ies|y)\s*[-–:]?|ic\s*[-–:])\s+(?!to\b)", re.I)
# A child, a son, a daughter may be the patient; "mother says: allergic to eggs" speaks of the patient too.
_KINS = re.compile(
    r"\b(?:mother|father|m[uo]m|dad|sister|brother|aunt|uncle|grand(?:mother|father|m[uo]m|dad|ma|pa)|cousin|niece"
    r"|nephew|wife|husband)s?\s+(?:(?:is|was|are|were|has|have|had|also|both|severely|an?|known)\s+)*\Z",
    re.I,
)
_KIND = re.compile(r"\b([A-Za-z][\w-]{2,20}) allergy\b(?!\s+to)", re.I)
_STOP = re.compile(r"\.\s|\.\Z|;|\n|\bbut\b|\bwhich\b|\bdue to\b|\bsince\b|\bwith no\b", re.I)
_REACTION = re.compile(
    r"\s*(?:\(\s*(?P<paren>[^)\n]{2,60})\)|(?:[-–:=]|->|→)\s*(?P<dash>[^,;.\n]{2,60})"
    r"|,?\s*(?:which\s+)?(?:causes?|caused|causing|reaction(?:\s+is)?:?|gets?|develops?|results? in"
    r"|resulting in|leading to)\s+(?P<verb>[^,;.\n]{2,60}))",
    re.I,
)
_LEAD = re.compile(
    r"(?:mild\s+|severe\s+)?(?:(?:allerg(?:ic|y)|intoleran(?:t|ce))\s+to|drug:|food:"
    r"|patient is presenting with)\s*",
    re.I,
)
_SNOMED = re.compile(r"\((?:substance|organism|product|disorder|finding)\)", re.I)
# What a drug does to one who is allergic to it. "Rash with penicillin" is that where it is told of another time,
# "penicillin gives her a rash" whenever it is told.
_REACTS = (
    r"(?:rash(?:es)?|hives|urticaria|nettle\s*rash|wheals|angio-?oedema|angio-?edema|anaphyla\w+|itch\w*"
    r"|(?:lips?|tongue|face|facial|throat|eyes?)\s+(?:swelling|swelled|swell(?:ed)?\s+up|swollen)"
    r"|swelling\s+of\s+(?:the\s+|his\s+|her\s+)?(?:lips?|tongue|face|throat)|swollen\s+(?:lips?|tongue|face))"
)
_REACTS_AT_ALL = re.compile(_REACTS, re.I)
_REACTED = re.compile(
    rf"\b(?!anaphyla\w+\s+(?:\w+\s+)?to\b)(?P<reaction>{_REACTS})\s+(?:\w+\s+)?(?:with|after|to|from|following|on|due\s+to|caused\s+by)\s+"
    r"(?:(?:taking|starting|having|being\s+given|a|the|dose|course|of|iv|oral|his|her)\s+){0,4}(?=\w)",
    re.I,
)
_GAVE = re.compile(
    r"\s+(?:(?:has|always|once)\s+)?(?:g[ai]ves?|caus(?:es|ed)|brings?|brought)\s+(?:(?:him|her|me|them|pt|patient|the"
    rf"|a|an|bad|out|in|on|severe|his|my)\s+){{0,5}}(?P<reaction>{_REACTS})\b",
    re.I,
)
_LONGEST_ALLERGEN = 4
_LONGEST_STATEMENT = 150
_FILLER = re.compile(
    r"\b(?:patient|pt|he|she|they|reviewed|known|allerg\w*|update|see|list|drug|unknown|no|not|is|was|has"
    r"|the|yes|history|medication|medications|food|side|effects?"
    r"|today|now|stung|bitten)\b",
    re.I,
)


def allergy_starts(words: str) -> list[tuple[int, int]]:
    """Return the places where a sentence lists the patient's allergies; drugs there are not taken."""
    spans = []
    for found in _TO.finditer(words):
        spans.append((found.end(), _statement_end(words, found.end())))
    spans.extend((found.start(), found.end()) for found in _KIND.finditer(words))
    spans.extend(_bare(words))
    spans.extend(substance for _, substance in known_reactions(words))
    return spans


def known_reactions(words: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Return the places of reactions to a substance: the characters of the reaction and of the substance."""
    named = [match for match in find_concepts(words) if match.concept.domain in _ALLERGENS]
    told = []
    if named and LONG_PAST.search(words):
        for found in _REACTED.finditer(words):
            told += [(found.span("reaction"), (one.start, one.end)) for one in named if one.start == found.end()]
    for one in named:
        if gave := _GAVE.match(words, one.end):
            told.append((gave.span("reaction"), (one.start, one.end)))
    return told


def _bare(words: str) -> Iterator[tuple[int, int]]:
    """Return the places of a substance right after the bare word "allergies"."""
    for found in _BARE.finditer(words):
        end = _statement_end(words, found.end())
        name = words[found.end() : end]
        if any(match.start == 0 and match.concept.domain in _ALLERGENS for match in find_concepts(name)):
            yield found.end(), end


def is_no_reaction(note: Note, sentence: Sentence) -> bool:
    """True if a sentence in an allergy list names no substance and no sign of one before its finding.

    "Allergies: none. Chest pain since noon" is a complaint; "penicillin: rash" and "sulfa gives hives" are not.
    """
    words = note.words(sentence)
    line = note.text[note.text.rfind("\n", 0, sentence.start) + 1 : sentence.start]
    if line.strip(" ") == "" and line and len(words.split()) <= _FEW:
        # What is indented below a substance is what it did.
        return False
    found = [
        replace(match, start=match.start - sentence.start, end=match.end - sentence.start)
        for match in sentence.matches
    ]
    return tells_no_reaction(words, found)


_FEW = 2


def lists_substances(words: str) -> bool:
    """True if a sentence lists substances with their SNOMED CT tag: a record's form of an allergy list."""
    return "(substance)" in words or "(organism)" in words


def read_allergies(note: Note) -> Iterator[Fact]:
    """Yield a fact for each allergen, and one where the note says that no allergy is known."""
    for sentence in note.sentences:
        words = note.words(sentence)
        if (
            "llerg" not in words
            and sentence.part is not Part.ALLERGIES
            and not re.search(r"(?i:NKD?A)|ALLERG|ntoleran|naphyla|\((?:substance|organism)\)", words)
            and not _REACTS_AT_ALL.search(words)
        ):
            continue
        none = _NONE_KNOWN.search(words)
        if none is not None:
            yield _none_known(note, sentence.start + none.start(), sentence.start + none.end())
        elif sentence.part is Part.ALLERGIES and _NONE_LISTED.match(words):
            yield _none_known(note, sentence.start, sentence.end)
        elif sentence.part is Part.ALLERGIES or lists_substances(words):
            yield from _listed(note, sentence, sentence.start, sentence.end)
        else:
            yield from _told(note, sentence, words)


def _is_kins(words: str, start: int) -> bool:
    """True if an allergy is a relative's: the words right before it name its owner, and not the patient."""
    return _KINS.search(words[max(0, start - 60) : start]) is not None


def _told(note: Note, sentence: Sentence, words: str) -> Iterator[Fact]:
    """Allergies that a sentence tells of outside an allergy list."""
    if sentence.part is Part.FAMILY:
        return
    around = note.sentence_context(sentence)
    for found in _TO.finditer(words):
        said = of_substance(around, found.start(), found.end())
        if said is None:
            continue
        if _is_kins(words, found.start()):
            continue
        end = _statement_end(words, found.end())
        listed = _listed(note, sentence, sentence.start + found.end(), sentence.start + end)
        yield from _refuted(listed, said) if said.absent else listed
    for start, end in _bare(words):
        yield from _listed(note, sentence, sentence.start + start, sentence.start + end)
    for reaction, (first, last) in known_reactions(words):
        said = of_substance(around, first, last)
        if said is not None and not said.absent and not _is_kins(words, reaction[0]):
            start, end = sentence.start + first, sentence.start + last
            yield _fact(note, start, end, words[slice(*reaction)].lower(), said)
    for found in _KIND.finditer(words):
        said = of_substance(around, found.start(), found.end())
        if _allergen(found[1]) is not None and said is not None and not _is_kins(words, found.start()):
            yield _fact(note, sentence.start + found.start(1), sentence.start + found.end(1), None, said)


def _refuted(facts: Iterator[Fact], said: Stance) -> Iterator[Fact]:
    """Return what is taken back, as far as the tables know it: "not allergic to anything" has no substance."""
    for one in facts:
        if one.concept is not None:
            yield one.model_copy(update={"assertion": said.assertion, "why": said.why})


def _statement_end(words: str, start: int) -> int:
    end = min(len(words), start + _LONGEST_STATEMENT)
    stop = _STOP.search(words, start, end)
    return stop.start() if stop else end


def _listed(note: Note, sentence: Sentence, start: int, end: int) -> Iterator[Fact]:
    for item in items(note.text, start, end):
        body = note.text[item.start : item.end]
        told = _TO.search(body)
        if told is not None and _is_kins(body, told.start()):
            continue
        lead = _LEAD.match(body)
        first = item.start + (lead.end() if lead else 0)
        yield from _item(note, sentence, first, note.text[first : item.end], end)


def _item(note: Note, sentence: Sentence, first: int, body: str, end: int) -> Iterator[Fact]:
    """The allergies of one item of a list: substances, an allergic disease, or a name that no table has.

    Args:
        first: Where the item begins in the note.
        body: Its text.
        end: Where the list ends.
    """
    found = list(find_concepts(body))
    known = [m for m in found if m.concept.domain in _ALLERGENS]
    disease = next((m for m in found if m.concept.key in ALLERGIC_DISEASES), None)
    for match in known or ([disease] if disease else []):
        start, last = first + match.start, first + match.end
        said = of_substance(note.sentence_context(sentence), start - sentence.start, last - sentence.start)
        if said is not None and (known or not said.absent):
            after = _SNOMED.sub("", note.text[last : _line_end(note.text, last, end)]) if known else ""
            yield _fact(note, start, last, _reaction(after), said)
    if known or disease:
        return
    name = re.split(r"\s*[(:=–]|\s-|\bcaus|\breaction\b", body, maxsplit=1)[0].strip()
    if _reads_as_allergen(name) and not (_is_reaction(name) or _is_measurement(body)):
        yield _fact(note, first, first + len(name), _reaction(body[len(name) :]))


def _reads_as_allergen(name: str) -> bool:
    return (
        name[:1].isalpha()
        and len(name.split()) <= _LONGEST_ALLERGEN
        and not _FILLER.search(name)
        and not PERSON.search(name)
    )


_ALLERGENS = (Domain.ALLERGEN, Domain.MEDICATION)


def _is_reaction(name: str) -> bool:
    """True if an item is the reaction to the item before it ("penicillin, rash")."""
    return any(m.concept.domain in (Domain.SYMPTOM, Domain.PROBLEM) for m in find_concepts(name))


def _is_measurement(body: str) -> bool:
    """True if an item is a vital sign or a result that follows the list in the same line ("NKDA. BP 112/68")."""
    measured = (Domain.VITAL, Domain.LAB)
    return bool(re.search(r"\d", body)) and (
        any(m.concept.domain in measured for m in find_concepts(body)) or re.search(r"\s\d", body) is not None
    )


def _line_end(text: str, start: int, end: int) -> int:
    stop = text.find("\n", start, end)
    return min(stop if stop >= 0 else end, start + 90)


def _reaction(after: str) -> str | None:
    found = _REACTION.match(after)
    return next((part.strip() for part in found.groups() if part), None) if found else None


def _allergen(name: str) -> Concept | None:
    return next((m.concept for m in find_concepts(name) if m.concept.domain in _ALLERGENS), None)


def _fact(note: Note, start: int, end: int, reaction: str | None, said: Stance = STATED) -> Fact:
    known = _allergen(note.text[start:end])
    return fact(note, FactKind.ALLERGY, start, end, said, known=known, code=None, text_value=reaction)


def _none_known(note: Note, start: int, end: int) -> Fact:
    return fact(note, FactKind.ALLERGY, start, end, STATED, name=NO_KNOWN)
