"""Drugs: what the tables know, and in a medication list also what they do not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bedside.agents.reader.document.items import Item, items
from bedside.agents.reader.document.note import Note, Sentence
from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.extract.allergies import allergy_starts, lists_substances
from bedside.agents.reader.extract.dosing import dosing, has_form, own_words
from bedside.agents.reader.extract.levels import as_level
from bedside.agents.reader.facts import fact
from bedside.agents.reader.lexicon import PERSON
from bedside.agents.reader.modify.assertions import STATED, Stance
from bedside.agents.reader.modify.status import use_of, uses_in
from bedside.boundary import Vocabulary
from bedside.records import Fact, FactKind, Medication, Moment
from bedside.tools.terminology import Concept, Domain, Match

__all__ = ["read_medications"]

_WINDOW = 90
_NOT_A_DRUG = re.compile(
    r"\b(?:nil|none|no|not|smok\w*|vap\w*|drinks?|alcohol|lives|works?|exercises?|denies|otherwise"
    r"|unknown|patient|pt|she|he|they|takes?|taking|see|reviewed|list"
    r"|as|above|below|forgot"
    r"|allerg\w*|clinic|history|regular|medications?|meds|unremarkable|reconciled|compliant|is|are|was|will"
    r"|n/a|nkda|normal|levels?|today|bp|sugars?)\b",
    re.I,
)
_LONGEST_NAME = 9


def read_medications(note: Note) -> Iterator[Fact]:
    """Yield a fact for each mention of a drug, and for each unknown item of a medication list."""
    for sentence in note.sentences:
        if sentence.part in (Part.ALLERGIES, Part.FAMILY):
            continue
        drugs = [match for match in sentence.matches if match.concept.domain is Domain.MEDICATION]
        products = (
            list(_products(note, sentence)) if sentence.part is Part.MEDICATIONS or _listed(note, sentence) else []
        )
        for start, end in products:
            yield _product(note, start, end, [match for match in drugs if start <= match.start < end])
        drugs = [match for match in drugs if not any(start <= match.start < end for start, end in products)]
        if products and not drugs:
            continue
        yield from _known(note, sentence, drugs)
        if sentence.part is Part.MEDICATIONS:
            yield from _unknown(note, sentence, drugs)
        else:
            yield from _prescribed(note, sentence)


def _known(note: Note, sentence: Sentence, drugs: list[Match]) -> Iterator[Fact]:
    words = note.words(sentence)
    if not drugs or lists_substances(words):
        return
    allergic = allergy_starts(words)
    uses = uses_in(words)
    for at, match in enumerate(drugs):
        start, end = match.start - sentence.start, match.end - sentence.start
        an_allergen = any(first <= start <= last for first, last in allergic)
        if an_allergen or _is_class_of_neighbour(drugs, at, note.text) or _is_measured(words, sentence, match):
            continue
        following = drugs[at + 1].start - sentence.start if at + 1 < len(drugs) else len(words)
        previous = drugs[at - 1].end - sentence.start if at else -1
        said_before = any(use.end <= start for use in uses)
        behind = following if said_before else _behind_list(words, sentence, drugs, at)
        used = use_of(note.sentence_context(sentence), uses, (start, end), (previous, behind), sentence.part)
        if used is not None:
            said, status = used
            parts = _dosing(words, sentence, drugs, at, (previous, following))
            yield _fact(note, match.start, match.end, said, status, parts, known=match.concept)


def _dosing(
    words: str, sentence: Sentence, drugs: list[Match], at: int, neighbours: tuple[int, int]
) -> dict[str, str]:
    """Dose, route and frequency around a drug, between its neighbours."""
    start, end = drugs[at].start - sentence.start, drugs[at].end - sentence.start
    previous, following = neighbours
    after = own_words(_statement(words[end : min(following, end + _WINDOW)]))
    parts = dosing(words[max(previous, start - 30, 0) : start], after)
    if "frequency" not in parts and _COORDINATED.fullmatch(after) and at + 1 < len(drugs):
        # "Paracetamol/ibuprofen regularly": both are.
        following = drugs[at + 1].end - sentence.start
        shared = dosing("", _statement(words[following : following + _WINDOW]))
        parts |= {name: shared[name] for name in ("frequency", "as_needed") if name in shared}
    return parts


def _statement(words: str) -> str:
    return re.split(r"\n|\.\s", words, maxsplit=1)[0]


def _behind_list(words: str, sentence: Sentence, drugs: list[Match], at: int) -> int:
    """Return the beginning of the next drug outside this phrase: not so in "furosemide and ramipril held"."""
    while at + 1 < len(drugs):
        if not _COORDINATED.fullmatch(words, drugs[at].end - sentence.start, drugs[at + 1].start - sentence.start):
            return drugs[at + 1].start - sentence.start
        at += 1
    return len(words)


# "24 hr metformin hydrochloride 500 mg extended release oral tablet": a product as RxNorm names it, in a list.
_PRODUCT = re.compile(
    r"(?:\A|(?<=[;\n])|(?<=[-*•][ ])|(?<=:[ ]))[ ]*(?P<name>[^;\n:]{3,200}?"
    r"[ ](?:oral|injectable|injection|topical|ophthalmic|otic|nasal|inhal\w+|transdermal|rectal|vaginal"
    r"|mucosal|sublingual|metered|prefilled|auto-injector"
    r"|day)\b[^;\n:]{0,60}?(?:\[[^\]\n]{2,40}\])?)[ ]*(?=;|\n|\Z|\.\s*\Z)",
    re.I,
)
_PRODUCT_FORM = re.compile(
    r"\b(?:tablets?|capsules?|solution|suspension|injection|spray|inhaler|cream|ointment|gel|lotion"
    r"|patch|pack|drops?"
    r"|auto-injector|suppository|implant|system|powder|film|syringe|lozenge|granules)\b(?:[ ]\[[^\]]+\])?\Z",
    re.I,
)


# Words that a product's name never holds: the item is a sentence that tells of a drug.
_TOLD = re.compile(
    r"\b(?:mr|mrs|ms|miss|dr|he|she|they|his|her|their|patient|pt|report\w*|states?|takes?|taking|took|tak\w*|uses?"
    r"|using|denies|prescribed|started|stopped|continu\w*|given|was|were|has|had|have|is|are|will|on|for|to|and|the"
    r"|but|not|no|currently|today)\b",
    re.I,
)


def _listed(note: Note, sentence: Sentence) -> bool:
    """True if a sentence is an item of a list, whatever its heading."""
    line = note.text[note.text.rfind("\n", 0, sentence.start) + 1 : sentence.end]
    return _BULLET.match(line) is not None


_BULLET = re.compile(r"[ \t]*(?:[-*•▪]|\d{1,2}[.)])[ \t]")


def _products(note: Note, sentence: Sentence) -> Iterator[tuple[int, int]]:
    for found in _PRODUCT.finditer(note.words(sentence)):
        name = found["name"]
        if _PRODUCT_FORM.search(name) and re.search(r"\d", name) and not _TOLD.search(name):
            start = sentence.start + found.start("name")
            yield start, start + len(name)


def _product(note: Note, start: int, end: int, drugs: list[Match]) -> Fact:
    """A listed product under its whole name; its concept is its ingredient, if it has one that the tables know."""
    name = note.text[start:end]
    keys = {match.concept.key: match.concept for match in drugs}
    known = next(iter(keys.values())) if len(keys) == 1 and " / " not in name else None
    display = " ".join(name.lower().split())
    return _fact(note, start, end, STATED, "active", dosing("", name), known=known, name=display)


def _is_measured(words: str, sentence: Sentence, match: Match) -> bool:
    """True if a name that is also a laboratory test ("vitamin B12") is one here."""
    start, end = match.start - sentence.start, match.end - sentence.start
    if as_level(match, words[end:]) is not match or re.match(
        r"\s*(?:level|deficien|result|of\s\d|is\s\d|was\s\d|:\s*\d)", words[end : end + 16], re.I
    ):
        return True
    if sentence.part is Part.MEDICATIONS:
        return False
    homonym = any(other.start == match.start and other.concept.domain is Domain.LAB for other in sentence.matches)
    return homonym and (sentence.part is Part.RESULTS or "level" in words[max(0, start - 15) : end + 15].lower())


_COORDINATED = re.compile(r"\s*(?:/|&|\band\b|\bor\b)\s*", re.I)


def _is_class_of_neighbour(drugs: list[Match], at: int, text: str) -> bool:
    """True if a class of drugs only explains the drug beside it: "abx - nitrofurantoin"."""
    own = drugs[at]
    if own.concept.display.removesuffix("s") != own.concept.drug_class:
        return False
    return any(
        other.concept.drug_class == own.concept.drug_class
        and other.concept.key != own.concept.key
        and len(text[min(own.end, other.end) : max(own.start, other.start)].strip(" -–:(")) == 0
        for other in drugs[max(0, at - 1) : at + 2]
        if other is not own
    )


def _unknown(note: Note, sentence: Sentence, drugs: list[Match]) -> Iterator[Fact]:
    if drugs and _is_one_item(note, sentence):
        return
    for item in items(note.text, sentence.start, sentence.end):
        words = note.text[item.start : item.end]
        if any(item.start <= match.start < item.end for match in drugs) or not _reads_as_drug(words):
            continue
        if not has_form(words) and any(_names_other(match, item) for match in sentence.matches):
            continue
        name = _name(words)
        parts = dosing("", words[len(name) :])
        yield _fact(note, item.start, item.start + len(name), STATED, "active", parts, name=name.lower())


# A word that no table knows, with a dose and how often: nothing but a drug is told so.
_PRESCRIBED = re.compile(
    r"\b(?P<name>[A-Za-z][a-z]{4,24})\s+(?P<use>\d+(?:\.\d+)?\s?(?:mg|mcg|micrograms?|g|units?|ml)\b"
    r"(?:\s+(?:po|iv|im|sc|orally|tablets?|tabs?|caps?))?\s+"
    r"(?:od|bd|tds|qds|bid|tid|qid|daily|once|twice|nocte|mane|weekly|monthly|every|at\s+night)\b[^.;,\n]{0,20})",
    re.I,
)


# Word lists hold drugs as well as words ("increased 40 mg daily"): these end as WHO's stems of drug names do.
_STEM = re.compile(
    r"(?:mycin|cillin|azole|sartan|olol|statin|gliptin|flozin|parin|xaban|tidine|prazole|dipine|zosin|mab|nib|ciclib"
    r"|floxacin|cycline|vir|triptan|setron|dronate|profen|caine|barbital|azepam|pramine|oxetine|glutide|lukast"
    r"|terol|tropium|sone|solone|pril)\Z",
    re.I,
)


def _prescribed(note: Note, sentence: Sentence) -> Iterator[Fact]:
    """Drugs outside of a list that no table knows, by their dose and how often they are taken."""
    vocabulary = Vocabulary.installed()
    words = note.words(sentence)
    for found in _PRESCRIBED.finditer(words):
        start, end = (sentence.start + at for at in found.span("name"))
        named = any(match.start < end and start < match.end for match in sentence.matches)
        if named or (vocabulary.has_word(found["name"].lower()) and not _STEM.search(found["name"])):
            continue
        used = use_of(
            note.sentence_context(sentence), uses_in(words), found.span("name"), (-1, len(words)), sentence.part
        )
        if used is not None:
            said, status = used
            parts = dosing("", found["use"])
            yield _fact(note, start, end, said, status, parts, name=found["name"].lower())


def _names_other(match: Match, item: Item) -> bool:
    """True if an item names something else than a drug; a lab's whole name is a supplement here ("vitamin D")."""
    if match.concept.domain is Domain.LAB and (match.start, match.end) == (item.start, item.end):
        return False
    return match.start < item.end and item.start < match.end


def _is_one_item(note: Note, sentence: Sentence) -> bool:
    """True if semicolons part the list, so that a comma inside a sentence parts the words of one drug."""
    return ";" in (
        note.text[sentence.end : sentence.end + 1],
        note.text[max(0, sentence.start - 2) : sentence.start].strip(),
    )


def _reads_as_drug(words: str) -> bool:
    return (
        words[:1].isalpha()
        and len(words) > 3
        and len(words.split()) <= (_LONGEST_NAME if has_form(words) else 3)
        and _NOT_A_DRUG.search(words) is None
        and PERSON.search(words) is None
    )


def _name(words: str) -> str:
    """The item up to its strength or form."""
    cut = re.search(
        r"\s(?=\d|tablet|tab\b|capsule|cap\b|inject|oral\b|cream|ointment|PRN\b|OTC\b|BD\b|OD\b|daily\b|\()",
        words,
        re.I,
    )
    return words[: cut.start()] if cut else words


def _fact(
    note: Note,
    start: int,
    end: int,
    said: Stance,
    status: str,
    parts: dict[str, str],
    *,
    known: Concept | None = None,
    name: str | None = None,
) -> Fact:
    use = Medication(
        dose=parts.get("dose"),
        route=parts.get("route"),
        frequency=parts.get("frequency"),
        status=status,
        as_needed="as_needed" in parts,
        end=Moment(text=parts["end"]) if "end" in parts else None,
    )
    # A drug's code is the FHIR writer's affair: it depends on the terminology that the user has.
    return fact(note, FactKind.MEDICATION, start, end, said, known=known, name=name, code=None, medication=use)
