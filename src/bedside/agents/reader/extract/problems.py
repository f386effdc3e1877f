"""Problems and family history: what the tables name, and in a problem list also what they do not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bedside.agents.reader.document.items import items
from bedside.agents.reader.document.note import Note, Sentence
from bedside.agents.reader.document.sections import Part
from bedside.agents.reader.extract.allergies import ALLERGIC_DISEASES, is_no_reaction, known_reactions
from bedside.agents.reader.extract.attributes import described, is_site
from bedside.agents.reader.extract.other_things import is_other_thing
from bedside.agents.reader.extract.procedures import lists_vaccines, procedure_lists
from bedside.agents.reader.facts import fact
from bedside.agents.reader.lexicon import PERSON
from bedside.agents.reader.modify.assertions import STATED, Context, Stance, assertion_at
from bedside.agents.reader.modify.family_scope import patients_again
from bedside.agents.reader.modify.problem import is_event, of_problem, of_relative, over_by
from bedside.agents.reader.modify.subject import relative_near
from bedside.agents.reader.modify.temporality import goes_on, is_known_reaction, past_lists
from bedside.records import Fact, FactKind, Moment
from bedside.tools.terminology import Concept, Domain, Match

__all__ = ["read_problems"]

_LATERALITY = re.compile(r"\b(?:left|right|bilateral|b/l|(?<!b/)l|r|lt|rt)(?:[ -]sided)?[ -]\Z", re.I)
# Reasons to come, no problems; the rules know them, a problem list does not.
_REASONS = frozenset({"routine-examination", "medication-refill", "suture-removal", "vaccination-request"})
# "paracetamol for pain" names what a drug is for.
_INDICATION = re.compile(
    r"\b(?:for|prn|as needed for|relief of|treat)\s+(?:the\s+|any\s+|his\s+|her\s+|your\s+)?\Z", re.I
)
_OF = frozenset({"of", "to", "from", "after", "by"})
_NEXT = 60
"""Characters behind a sentence in which the next one may tell how long a thing lasted."""
_SEVERAL = re.compile(r"[A-Za-z](?:\s?[/&+]\s?[A-Za-z]){1,2}")
_LONGEST_ITEM = 8
_NO_DIAGNOSIS = re.compile(
    r":|\b(?:follow|visit|status\s+post|s/p|maintenance|exam\w*|screening|refill\w*|counsel\w*"
    r"|education|continue|patient"
    r"|agreements?|plan|discussed|stable|improv\w+|normal|check|annual|physical|evaluation|review\w*"
    r"|return|call)\b",
    re.I,
)
# A record that lists SNOMED CT terms gives each its semantic tag.
_TAG = re.compile(r"[ ]\((?:disorder|finding|situation)\)")
_ITEM_START = re.compile(
    r".*(?:\)[,;]?[ ]|[,;:\n][ ]|[ ]history[ ]of[ ]|[ ]presenting[ ]with[ ]|^[-*•][ ])", re.DOTALL | re.I
)
_LEAD = re.compile(r"[\w ]{0,60}\b(?:history of|presenting with)\s+", re.I)
_NOT_A_PROBLEM = re.compile(
    r"\b(?:nil|none|no|not|resolved|resolving|cured|removed|controlled|stable|treated|repaired"
    r"|remission|n/?a|nkda|denies|otherwise|unknown|unremarkable|noncontributory|patient|pt|see"
    r"|reviewed|is|are|was|were|has|had"
    r"|have|he|she|they|his|her|note|healthy|fit and well|born|well|reports?|states?|takes?|history"
    r"|significant|above|below|seen|years?"
    r"|ago|since|diagnosed|last|recent|smok\w+|alcohol|lives|works|for|as|per|allerg\w*|use|on"
    r"|working|diagnosis|procedures?|gynecologic\w*|obstetric\w*|hospitali[sz]ations?)\b"
    r"|(?<!stage )(?<!grade )(?<!type )(?<!class )\d",
    re.I,
)
# A sentence that speaks to somebody is no list.
_CLAUSE = re.compile(r"\b(?:you|your|if|please|we|will)\b", re.I)
_BULLETED = re.compile(r"[-*•]\s")
_PLANNED = frozenset({Part.PLAN, Part.INSTRUCTIONS})


def read_problems(note: Note) -> Iterator[Fact]:
    """Yield a fact for each mention of a disease, symptom or sign."""
    listed = frozenset(past_lists(note))
    own = frozenset(patients_again(note))
    tests = procedure_lists(note)
    for sentence in note.sentences:
        if sentence.start in tests and _BULLETED.match(note.words(sentence)):
            continue
        yield from _unknown(note, sentence)
        found = [m for m in sentence.matches if m.concept.domain in (Domain.SYMPTOM, Domain.PROBLEM)]
        for start, end in _tagged(note, sentence):
            whole = [m for m in found if (m.start, m.end) == (start, end)]
            yield _named(note, start, end, whole[0].concept if whole else None)
            found = [m for m in found if m.end <= start or end <= m.start]
        for match in _first_each(_of_this_list(note, sentence, found), note.text):
            yield from _read(
                note, sentence, match, family=sentence.start not in own, listed=sentence.start in listed
            )


def _of_this_list(note: Note, sentence: Sentence, found: list[Match]) -> list[Match]:
    """Those of the mentions that are problems in a list of allergies or of vaccines; elsewhere all."""
    if sentence.part is Part.ALLERGIES and not is_no_reaction(note, sentence):
        return [m for m in found if m.concept.key in ALLERGIC_DISEASES]
    if sentence.part is Part.IMMUNIZATIONS and not any(
        match.concept.domain is Domain.IMMUNIZATION for match in sentence.matches
    ):
        # A symptom is no vaccine, as the name of a disease may be.
        return [m for m in found if m.concept.domain is Domain.SYMPTOM]
    return [] if lists_vaccines(note, sentence) else found


def _read(note: Note, sentence: Sentence, match: Match, *, family: bool, listed: bool) -> Iterator[Fact]:
    """The fact of one mention, if it is one."""
    around = note.sentence_context(sentence)
    start, end = match.start - sentence.start, match.end - sentence.start
    said = assertion_at(around, start, end, event=is_event(sentence, match))
    if said.other or not _is_statement(sentence, around.words, match, start):
        return
    if sentence.part is Part.ALLERGIES and match.concept.key in ALLERGIC_DISEASES and not said.absent:
        return
    if any(first <= start < last for (first, last), _ in known_reactions(around.words)):
        # "Rash with penicillin in 2010": an allergy that tells its reaction.
        return
    if is_known_reaction(around.words, start) and not (match.concept.event or goes_on(around.words, start, end)):
        # "Allergic to penicillin (hives)": the reaction is part of the allergy.
        return
    relatives = said.family or (sentence.part is Part.FAMILY and family)
    # A denied symptom after a family history in one line is the patient's.
    if relatives and not (said.absent and match.concept.domain is Domain.SYMPTOM):
        yield _relatives(note, sentence, match, around, said)
    else:
        yield _problem(note, sentence, match, around, said, listed=listed)


def _first_each(found: list[Match], text: str) -> Iterator[Match]:
    """One match for each span: the tables' order decides between homonyms. "N/V" names two things."""
    last = -1
    for match in found:
        if match.start > last or _SEVERAL.fullmatch(text, match.start, match.end):
            last = match.start
            yield match


def _is_statement(sentence: Sentence, words: str, match: Match, start: int) -> bool:
    key = match.concept.key
    after = match.end - sentence.start
    if is_other_thing(key, words, start, after):
        return False
    if key in _REASONS:
        return sentence.part in (Part.COMPLAINT, Part.UNHEADED)
    if sentence.part in _PLANNED or sentence.part is Part.MEDICATIONS:
        return not _INDICATION.search(words[max(0, start - 30) : start])
    return True


def _relatives(note: Note, sentence: Sentence, match: Match, around: Context, said: Stance) -> Fact:
    start, end = match.start - sentence.start, match.end - sentence.start
    first, last = _with_side(note, match)
    who = relative_near(around.words, around.relatives, start, end)
    return fact(note, FactKind.FAMILY, first, last, of_relative(said), known=match.concept, text_value=who)


def _problem(note: Note, sentence: Sentence, match: Match, around: Context, said: Stance, *, listed: bool) -> Fact:
    first, last = _with_side(note, match)
    start, end = max(0, first - sentence.start), last - sentence.start
    said = of_problem(sentence, around.words, match, said, listed=listed)
    sited = match.concept.domain is Domain.SYMPTOM
    told = described(
        match.concept.code,
        around.words + note.text[sentence.end : sentence.end + _NEXT],
        start,
        end,
        note.visit,
        sited=sited,
        denied=not said.was,
        until=_own_words_end(note, sentence, match),
    )
    over = over_by(sentence, around.words, match, start, end, said)
    if over is not None and "abatement" not in told:
        told["abatement"] = Moment(text=over)
    return fact(note, FactKind.PROBLEM, first, last, said, known=match.concept, **told)


def _own_words_end(note: Note, sentence: Sentence, match: Match) -> int | None:
    """Return the beginning of a lasting disease, drug or procedure behind a problem: later times are its own.

    "Headache, diabetes for 10 years" tells nothing of the headache; in "cough and fever for 6 days" both lasted so,
    and in "overdose of codeine 4 hours ago" the drug belongs to the name.
    """
    starts = (
        one.start - sentence.start
        for one in sentence.matches
        if one.start >= match.end
        and one.concept.domain not in (Domain.VITAL, Domain.LAB)
        and (one.concept.chronic or one.concept.domain not in (Domain.SYMPTOM, Domain.PROBLEM))
        and note.text[match.end : one.start].strip().lower() not in _OF
    )
    return min(starts, default=None)


def _with_side(note: Note, match: Match) -> tuple[int, int]:
    """Return start and end of the name of a problem with the side before it."""
    side = _LATERALITY.search(note.text[max(0, match.start - 16) : match.start])
    return match.start - (len(side.group()) if side else 0), match.end


def _unknown(note: Note, sentence: Sentence) -> Iterator[Fact]:
    """Short items of a problem list that no table knows."""
    words = note.words(sentence)
    assessed = sentence.part is Part.ASSESSMENT and _is_assessed(note, sentence)
    if not (sentence.part is Part.PAST or assessed) or _CLAUSE.search(words):
        return
    for item in items(note.text, sentence.start, sentence.end):
        body = note.text[item.start : item.end]
        lead = _LEAD.match(body)
        first = item.start + (lead.end() if lead else 0)
        name = note.text[first : item.end]
        known = any(item.start < match.end and match.start < item.end for match in sentence.matches)
        if not known and not _TAG.search(name) and _reads_as_problem(name):
            yield _named(note, first, first + len(name), None)


def _is_assessed(note: Note, sentence: Sentence) -> bool:
    """True if a sentence is a line of its own in the assessment: a diagnosis, not a remark."""
    first = note.text.rfind("\n", 0, sentence.start) + 1
    lead = note.text[first : sentence.start].strip(" \t•*-–0123456789.)#")
    last = note.text.find("\n", sentence.end)
    rest = note.text[sentence.end : last if last >= 0 else len(note.text)].strip(" \t.")
    return not lead and not rest and _NO_DIAGNOSIS.search(note.words(sentence)) is None


def _tagged(note: Note, sentence: Sentence) -> Iterator[tuple[int, int]]:
    """Return the places of items with a SNOMED CT semantic tag: "victim of intimate partner abuse (finding)"."""
    for found in _TAG.finditer(note.text, sentence.start, sentence.end):
        cut = _ITEM_START.search(note.text, sentence.start, found.start())
        yield (cut.end() if cut else sentence.start), found.start()


def _named(note: Note, start: int, end: int, known: Concept | None) -> Fact:
    """A problem under its own name, with the concept where a table knows exactly this one."""
    return fact(note, FactKind.PROBLEM, start, end, STATED, known=known)


_MERE_WORDS = frozenset(
    {
        "mild",
        "moderate",
        "severe",
        "acute",
        "chronic",
        "compensated",
        "decompensated",
        "likely",
        "probable",
        "possible",
        "unchanged",
        "improved",
        "improving",
        "worsening",
        "new",
        "recurrent",
        "active",
        "inactive",
        "ongoing",
        "overall",
        "left",
        "right",
        "bilateral",
        "both",
        "side",
        "upper",
        "lower",
        "medial",
        "lateral",
    }
)


def _reads_as_problem(name: str) -> bool:
    return (
        name[:1].isalpha()
        and not is_site(name, _MERE_WORDS)
        and len(name) > 3
        and len(name.split()) <= _LONGEST_ITEM
        and _NOT_A_PROBLEM.search(name) is None
        and PERSON.search(name) is None
    )
