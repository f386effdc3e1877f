"""A note prepared for reading: sections, sentences, and the concepts in each."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from bedside.agents.reader.document.caller import spoken_of
from bedside.agents.reader.document.day import Calendar, calendar_of
from bedside.agents.reader.document.letter_case import in_both_cases
from bedside.agents.reader.document.sections import Part, Section, split_sections
from bedside.agents.reader.extract.abbreviations import Doubt, further, settle
from bedside.agents.reader.extract.discontinuous_mentions import with_pairs
from bedside.agents.reader.extract.labels import find_labels
from bedside.agents.reader.extract.site_findings import with_composed
from bedside.agents.reader.extract.special_patterns import with_spelled
from bedside.agents.reader.modify.assertions import Context, context
from bedside.agents.reader.modify.frames import Frame, frames_in
from bedside.tools.terminology import Domain, Match, find_concepts, tokenize

__all__ = ["Note", "Sentence", "prepare"]

# A full stop ends a sentence before a capital or digit, unless it closes a title or an abbreviation. A question
# mark ends one only after a word: "? UTI" is a query, not an end; an answer to it still belongs to it. A line break
# ends one unless the next line goes on in lower case.
_END = re.compile(
    r"(?<!\bDr)(?<!\bMr)(?<!\bMrs)(?<!\bMs)(?<!\bvs)(?<!\bSt)(?<!e\.g)(?<!i\.e)(?<!\bapprox)(?<!\bd)(?<!\b[A-Z])"
    r"[.!](?=\s+[A-Z0-9•(?+*\-]|\s*\Z)"
    # "hepatitis C. The patient": a single letter that ends a sentence, unlike an initial before a name.
    r"|(?<=\b[A-Z])\.(?=\s+(?:The|This|That|He|She|They|It|His|Her|Their|Patient|Pt|We|On|In|At|There|No|Denies)\b)"
    r"|(?<=\w\?)(?=\s+[A-Z])(?!\s+Yes\b)(?!\s+(?:[Yy]es|[Nn]o|[Nn]il|[Nn]one|[Nn]ever|[YN])[ \t]*(?:[.,;!\n]|\Z))"
    r"|;"
    r"|\n(?=[ \t]*(?:[^a-z \t]|[a-z][.)] |\Z))"
    r"|\n(?=[ \t]*\n)"
    r"|(?=•)"
)
# And where people write in small letters: after a word that is no abbreviation, after a line that was not full.
_SMALL = re.compile(r"(?<=[a-z]{4})\.(?=\s+[a-z])|\n(?=[ \t]*[a-z])")
_ABBREVIATED = re.compile(
    r"\b(?:approx|appt|temp|resp|resps|hosp|dept|diab|diag|diff|meds|prob|poss|susp|prev|prob|freq|incl|excl"
    r"|assoc|bilat"
    r"|cont|abdo|vacc|transf|hist|phys|surg|neuro|gastro|cardio|tabs|caps|puffs|wks|mths|mins|secs|hrs|yrs|ext"
    r"|info)\Z",
    re.I,
)
_GOES_ON = re.compile(
    r"[ \t]*(?:and|or|nor|but|with|of|to|in|on|at|for|from|by|than|that|which|who|as|is|was|are|were|has|had"
    r"|have|due"
    r"|secondary|because|despite|without|including|radiating|associated|[)\],;.])\b",
    re.I,
)
_UNFINISHED = re.compile(
    r"(?:[,:(/&+–-]|\b(?:and|or|nor|of|with|had|has|have|from|at|in|on|the|an?|to|no|nil|denies|denied|for|is"
    r"|was|by|any"
    r"|his|her|their|my|some|mild|severe|acute|chronic|left|right))\s*\Z",
    re.I,
)
_STARTS_WITH_NUMBER = re.compile(r"\d+(?:[./]\d+)?(?![.)]\s|\w)")
_NARROWEST_COLUMN = 50
_LONGEST_SENTENCE = 1500
# In a short list a bar, a spaced slash or a wide gap before a word parts what follows from the list.
_CELL = re.compile(r"[ \t]{1,4}[|/][ \t]{1,4}(?=[A-Za-z])|(?<=[\w).])(?: {2,}|\t+)(?=[A-Z])")
_SHORT = frozenset({Part.ALLERGIES, Part.FAMILY, Part.PAST, Part.SURGICAL, Part.SOCIAL})
# Line ends of other systems become plain ones of the same length, so that offsets stay.
_LINE_ENDS = re.compile(r"\r(?!\n)|[\v\f\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One statement of a note: `text[start:end]`, with the concepts that it names."""

    start: int
    end: int
    part: Part
    matches: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """A text with its structure.

    Attributes:
        document: The id of the document.
        text: The whole text.
        sentences: In order; blanks between them belong to none.
        calendar: The day of the visit, where the head of the note states it, and how its dates are read.
        doubts: Abbreviations that stay open.
        frames: The modifiers that it can hold.
        contexts: What was found around a sentence, by its start: several extractors ask for it.
        spoken_of: Where a caller names the relative or friend who is the patient.
    """

    document: str
    text: str
    sentences: tuple[Sentence, ...]
    calendar: Calendar = field(default_factory=Calendar)
    doubts: tuple[Doubt, ...] = ()
    spoken_of: tuple[int, int] | None = None
    frames: tuple[Frame, ...] = ()
    contexts: dict[int, Context] = field(default_factory=dict, repr=False, compare=False)

    @property
    def visit(self) -> date | None:
        """The day of the visit, where the head of the note states it."""
        return self.calendar.day

    @property
    def relative(self) -> str | None:
        """The word for the relative or friend who is the patient."""
        return self.text[slice(*self.spoken_of)].lower() if self.spoken_of else None

    def words(self, sentence: Sentence) -> str:
        """The text of a sentence."""
        return self.text[sentence.start : sentence.end]

    def sentence_context(self, sentence: Sentence) -> Context:
        """All in a sentence that tells how it speaks of things."""
        known = self.contexts.get(sentence.start)
        if known is not None:
            return known
        mentions = [(match.start - sentence.start, match.end - sentence.start) for match in sentence.matches]
        findings = [
            span
            for span, match in zip(mentions, sentence.matches, strict=True)
            if match.concept.domain in (Domain.SYMPTOM, Domain.PROBLEM)
        ]
        return self.contexts.setdefault(
            sentence.start,
            context(
                self.words(sentence),
                patient=self.relative,
                mentions=mentions,
                findings=findings,
                frames=self.frames,
            ),
        )


def prepare(document: str, text: str, *, opens: bool = True) -> Note:
    """Split a text into sections and sentences and find its concepts; `opens` as in `read_note`."""
    text = _LINE_ENDS.sub("\n", text).replace("\r\n", " \n")
    sections = split_sections(text)
    spans = [span for section in sections for span in _sentences(text, section)]
    starts = [start for start, _, _ in spans]
    inside: list[list[Match]] = [[] for _ in spans]
    doubts = []
    cased = in_both_cases(text)
    tokens = tokenize(text)
    named = list(find_concepts(cased, tokens if cased == text else None))
    named = sorted([*named, *further(cased, named)], key=lambda match: (match.start, match.end))
    for match in with_composed(text, tokens, with_pairs(text, tokens, with_spelled(text, named))):
        at = bisect_right(starts, match.start) - 1
        if at >= 0 and match.end <= spans[at][1]:
            meant, doubt = settle(cased, match, spans[at][2])
            doubts += [doubt] if doubt else []
            inside[at] += [meant] if meant else []
    for label in find_labels(text):
        at = bisect_right(starts, label.start) - 1
        if at >= 0 and label.end <= spans[at][1]:
            inside[at] = _with_label(inside[at], label)
    sentences = tuple(
        Sentence(start, end, part, tuple(found)) for (start, end, part), found in zip(spans, inside, strict=True)
    )
    return Note(
        document,
        text,
        sentences,
        calendar=calendar_of(text),
        doubts=tuple(doubts),
        spoken_of=spoken_of(text) if opens else None,
        frames=frames_in(text),
    )


def _with_label(found: list[Match], label: Match) -> list[Match]:
    """Return the matches of a sentence with a label before its number, in place of its other meanings."""
    if any(
        one.concept.key == label.concept.key and one.start < label.end and label.start < one.end for one in found
    ):
        return found
    kept = [one for one in found if one.end <= label.start or label.end <= one.start]
    return sorted([*kept, label], key=lambda match: (match.start, match.end))


def _sentences(text: str, section: Section) -> Iterator[tuple[int, int, Part]]:
    start = section.start
    ends = [
        (found.start(), found.end())
        for found in _END.finditer(text, section.start, section.end)
        if found.group() != "\n" or not _goes_on_with_a_number(text, found.start())
    ]
    ends += [
        (found.start(), found.end())
        for found in _SMALL.finditer(text, section.start, section.end)
        if _ends_small(text, found)
    ]
    ends.sort()
    if section.part in _SHORT:
        ends += [(found.start(), found.end()) for found in _CELL.finditer(text, section.start, section.end)]
        ends.sort()
    for end, following in ends:
        yield from _trimmed(text, start, max(start, end), section.part)
        start = max(start, following)
    yield from _trimmed(text, start, section.end, section.part)


def _ends_small(text: str, found: re.Match[str]) -> bool:
    """True if a statement ends before a small letter.

    A line that is full goes on in the next one: the writer's column is wide, and the next word had no room.
    """
    if found.group() == ".":
        return _ABBREVIATED.search(text, max(0, found.start() - 12), found.start()) is None
    line, below = _lines(text, found.start())
    if _UNFINISHED.search(line) or _GOES_ON.match(below):
        return False
    return not _is_full(line, below)


def _goes_on_with_a_number(text: str, at: int) -> bool:
    """True if a full line ends before a number of its statement: "HR" and "118", "0.4 in March," and "3.1"."""
    line, below = _lines(text, at)
    open_ended = line[-1:].isalpha() or line[-1:] == ","
    return _STARTS_WITH_NUMBER.match(below) is not None and open_ended and _is_full(line, below)


def _lines(text: str, at: int) -> tuple[str, str]:
    """The lines before and after the line break at a position."""
    following = text.find("\n", at + 1)
    below = text[at + 1 : following if following >= 0 else len(text)]
    return text[text.rfind("\n", 0, at) + 1 : at].rstrip(), below.strip()


def _is_full(line: str, below: str) -> bool:
    column = max(len(line), len(below))
    first = below.split(maxsplit=1)[0] if below else ""
    return column >= _NARROWEST_COLUMN and len(line) + 1 + len(first) > column


def _trimmed(text: str, start: int, end: int, part: Part) -> Iterator[tuple[int, int, Part]]:
    """The span without outer blanks; an overlong one is cut, so that work on a sentence stays bounded."""
    while end - start > _LONGEST_SENTENCE:
        blank = text.rfind(" ", start, start + _LONGEST_SENTENCE)
        cut = blank if blank > start else start + _LONGEST_SENTENCE
        yield from _trimmed(text, start, cut, part)
        start = cut
    body = text[start:end]
    if body.strip():
        lead = len(body) - len(body.lstrip())
        yield start + lead, start + len(body.rstrip()), part
