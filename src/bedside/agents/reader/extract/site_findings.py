"""Findings that a note composes of a body site and a complaint: "elbow swelling", "pain to palpation of the spine".

The tables list the frequent pairs; nobody can list all of them. A composed finding has the concept of its complaint
where the tables know that ("weakness"), so that rules see it as before; its name says where.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from bedside.agents.reader.tables import rows
from bedside.records import Coding
from bedside.tools.terminology import Concept, Domain, Match, PhraseIndex, Span, Token, find_concepts

__all__ = ["SIDE", "with_composed"]

SIDE = r"(?:left|right|bilateral|both|b/l|lt|rt|(?<!b/)(?<!B/)L|R)(?:[ -]sided)?"
_WHERE = (
    rf"(?:(?:{SIDE}|upper|lower|mid|medial|lateral|distal|proximal|anterior|posterior|inner|outer|superior"
    r"|inferior|dorsal|volar|central|first|second|third|fourth|fifth)[ -]+)"
)
_BEFORE_SITE = re.compile(rf"{_WHERE}+\Z", re.I)
_TO_SITE = re.compile(
    r"[ \t]*(?:(?:to|on|with)[ ](?:deep[ ]|light[ ])?(?:palpation|touch|percussion)[ ]*)?(?:(?:noted|present|seen"
    r"|located|localized|radiating)[ ])?(?:of|in|on|over|around|at|to|near|along|across|throughout|down|under"
    rf"|behind|with)[ ](?:(?:the|his|her|their|my|your|a|an|each|either|all|both|base|tip|aspect"
    rf"|side|area|region|of)[ ])*"
    rf"{_WHERE}*",
    re.I,
)
_AND_SITE = re.compile(rf"[ ](?:and|or)[ ](?:(?:the|his|her|their|my)[ ])?{_WHERE}*|/", re.I)
_MOVED = re.compile(
    r"[ ](?:with|on|to)[ ](?:(?:passive|active|any|full|forced|resisted)[ ])?(?:flexion|extension|movement|motion"
    r"|rotation|abduction|adduction|palpation|walking|ambulation|weight[- ]?bearing|standing|squatting|bending"
    r"|lifting|gripping|range of motion|ROM|inversion|eversion|supination|pronation|dorsiflexion|plantarflexion)"
    r"(?:(?:[ ]?/[ ]?|,?[ ]and[ ]|,?[ ]or[ ]|,[ ])(?:flexion|extension|movement|rotation|abduction|adduction"
    r"|bending|inversion|eversion|supination|pronation|twisting))*\b",
    re.I,
)
_SHARED = re.compile(r"[ ]?/[ ]?|[ ](?:and|or)[ ]|,[ ]", re.I)
_IS = re.compile(
    r"[ ](?:(?:is|are|was|were|feels?|felt|looks?|appears?|remains?|became|becomes|has|have|had|been)[ ]){1,2}"
    r"(?:(?:still|very|quite|a|bit|little|slightly|mildly|moderately|somewhat|also|now|so|really|pretty|not"
    r"|increasingly|extremely)[ ]){0,3}\Z",
    re.I,
)
# Words before a bare complaint that make it something else: "pain medication" is none, nor is "blood pressure".
_OTHER_AFTER = re.compile(
    r"[ -](?:medications?|medicine|killers?|relie\w+|relievers?|scores?|scale|level|clinic|management|specialist"
    r"|prevention|control|ulcer|dressing|care|center|threshold|surgery|ward|log|diary|gradient|screening)\b",
    re.I,
)
_COMPLAINTS = (Domain.SYMPTOM, Domain.PROBLEM)
_FUNCTIONS = frozenset({"problem", "difficulty", "symptom", "disturbance", "change", "loss"})


@dataclass(frozen=True, slots=True)
class _Head:
    name: str
    alone: bool
    adjective: bool


@lru_cache(maxsize=1)
def _heads() -> PhraseIndex[_Head]:
    return PhraseIndex(
        (row["phrase"], _Head(row["name"], row["alone"] == "y", row["form"] == "adjective"))
        for row in rows("heads")
    )


@lru_cache(maxsize=1)
def _sites() -> PhraseIndex[str]:
    return PhraseIndex((row["phrase"], row["use"]) for row in rows("sites"))


def with_composed(text: str, tokens: list[Token], found: Sequence[Match]) -> list[Match]:
    """The matches of the tables with the findings composed of site and complaint; the longer one stays.

    `tokens` are the words of the text.
    """
    sites = list(_sites().find(text, tokens))
    composed = list(_Composer(text, sites, found).findings(_heads().find(text, tokens)))
    kept = [match for match in found if match.concept.domain not in _COMPLAINTS or not _is_covered(match, composed)]
    return sorted([*kept, *composed], key=lambda match: (match.start, match.end))


def _is_covered(match: Match, composed: list[Match]) -> bool:
    at = bisect_left(composed, match.end, key=lambda each: each.start)
    return any(each.start < match.end and match.start < each.end for each in composed[max(0, at - 2) : at])


def _code_at(known: Concept, site: str) -> Coding | None:
    """A code that says that the site is not known is wrong where the site is."""
    if known.code is None or not site:
        return known.code
    display = known.code.display.lower()
    return None if "unspecified" in display or "not elsewhere classified" in display else known.code


@dataclass(slots=True)
class _Composer:
    text: str
    sites: list[Span[str]]
    found: Sequence[Match]

    def findings(self, heads: Iterable[Span[_Head]]) -> Iterator[Match]:
        """Yield the finding around each head, from left to right, without overlap."""
        taken, previous = -1, None
        for span in heads:
            head = span.values[0]
            if span.start < taken or _OTHER_AFTER.match(self.text, span.end):
                continue
            known = self._known(span)
            if known is not None and (known.end > span.end or known.start < span.start):
                # The tables know this very pair.
                previous, taken = known, known.end
                continue
            start, end, site, moved = self._described(span, head)
            if not site and previous is not None and not head.adjective:
                site = self._shared_site(previous, span)
            if not site and start == span.start and end == span.end and (known is not None or not head.alone):
                previous = known
                continue
            match = Match(start, end, self._concept(head, site, known, moved))
            previous, taken = match, end
            yield match

    def _known(self, span: Span[_Head]) -> Match | None:
        """The table's match that holds a head."""
        at = bisect_left(self.found, span.end, key=lambda match: match.start)
        for match in reversed(self.found[max(0, at - 4) : at]):
            inside = match.start <= span.start and span.end <= match.end
            if inside and match.concept.domain in _COMPLAINTS:
                return match
        return None

    def _described(self, span: Span[_Head], head: _Head) -> tuple[int, int, str, str]:
        """Start and end of a head with its site, the site's words, and what brings it on ("with flexion")."""
        brought = ""
        start, end, names = span.start, span.end, []
        left = self._site_ending(span.start)
        if left is not None and self._suits(left, head) and not head.adjective:
            start = left.start
            names.append(self.text[left.start : left.end])
            while (other := self._joined_left(start)) is not None:
                start = other.start
                names.insert(0, self.text[other.start : other.end])
            start = self._widened(start)
        elif head.adjective:
            start, end, names = self._of_adjective(span)
        if not head.adjective and not names:
            moved = _MOVED.match(self.text, end)
            end, brought = (moved.end(), moved.group().lower()) if moved else (end, brought)
            end, more = self._after(end, head)
            names += more
        return start, end, " and ".join(dict.fromkeys(name.lower() for name in names)), brought

    def _after(self, end: int, head: _Head) -> tuple[int, list[str]]:
        """The sites that a preposition gives."""
        names: list[str] = []
        gap, also = _TO_SITE.match(self.text, end), None
        while gap is not None:
            # The words of place before a site may belong to its name: "of the lower extremities".
            site = self._site_starting(end, gap.end())
            if site is None or not self._suits(site, head) or self._belongs_to_more(site):
                break
            if names and not also:
                # "The medial aspect of the knee" is the knee.
                names.pop()
            names.append(self.text[site.start : site.end])
            end = site.end
            also = _AND_SITE.match(self.text, end)
            gap = also or _TO_SITE.match(self.text, end)
        return end, names

    def _belongs_to_more(self, site: Span[str]) -> bool:
        """True if a site begins the name of another thing: "symptoms of prostate cancer"."""
        at = bisect_left(self.found, site.start, key=lambda match: match.start)
        return any(
            match.start <= site.start and site.end < match.end for match in self.found[max(0, at - 1) : at + 2]
        )

    def _of_adjective(self, span: Span[_Head]) -> tuple[int, int, list[str]]:
        """ "Swollen left knee", and "the knee is swollen"."""
        lead = re.compile(rf"[ ](?:(?:the|his|her|my|their)[ ])?{_WHERE}*", re.I).match(self.text, span.end)
        site = self._site_starting(span.end, lead.end()) if lead else None
        if site is not None and site.values[0] == "body":
            return span.start, site.end, [self.text[site.start : site.end]]
        copula = _IS.search(self.text, max(0, span.start - 40), span.start)
        site = self._site_ending(copula.start() + 1) if copula else None
        if site is not None and site.values[0] == "body" and "not " not in self.text[site.end : span.start]:
            return self._widened(site.start), span.end, [self.text[site.start : site.end]]
        return span.start, span.end, []

    def _site_ending(self, start: int) -> Span[str] | None:
        """The site right before a place in the text."""
        at = bisect_left(self.sites, start, key=lambda site: site.start) - 1
        if at < 0:
            return None
        site = self.sites[at]
        return (
            site if self.text[site.end : start] in (" ", "-", " joint ", " muscle ", " wall ", " area ") else None
        )

    def _site_starting(self, low: int, high: int) -> Span[str] | None:
        """A site that begins between two places, reaching beyond the second."""
        at = bisect_left(self.sites, low, key=lambda site: site.start)
        while at < len(self.sites) and self.sites[at].start <= high:
            if self.sites[at].end > high or self.sites[at].start == high:
                return self.sites[at]
            at += 1
        return None

    def _joined_left(self, start: int) -> Span[str] | None:
        at = bisect_left(self.sites, start, key=lambda site: site.start) - 1
        if at < 0:
            return None
        gap = self.text[self.sites[at].end : start]
        return self.sites[at] if gap in (" ", "/", "-", " or ", " and ", " / ") else None

    def _widened(self, start: int) -> int:
        """Left over side and place words."""
        low = max(0, start - 40)
        before = _BEFORE_SITE.search(self.text, low, start)
        if before is None or (before.start() > low and self.text[before.start() - 1].isalnum()):
            return start
        return before.start()

    def _suits(self, site: Span[str], head: _Head) -> bool:
        return site.values[0] == "body" or head.name in _FUNCTIONS

    def _shared_site(self, previous: Match, span: Span[_Head]) -> str:
        """The site of the finding before, where the two share it: "neck pain/stiffness"."""
        if (
            not _SHARED.fullmatch(self.text[previous.end : span.start])
            or "," in self.text[previous.end : span.start]
        ):
            return ""
        at = bisect_left(self.sites, previous.start, key=lambda site: site.start)
        inside = [site for site in self.sites[at : at + 2] if site.end < previous.end]
        return self.text[inside[0].start : inside[0].end].lower() if inside else ""

    def _concept(self, head: _Head, site: str, known: Match | None, moved: str) -> Concept:
        name = " ".join(f"{site} {head.name}{moved}".split())
        exact = [m.concept for m in find_concepts(name) if (m.start, m.end) == (0, len(name))] if site else []
        if known is not None:
            # Rules look for the complaint that stands there; where it is adds no new one.
            same = next((each for each in exact if each.key == known.concept.key), None)
            return same or replace(known.concept, display=name, code=_code_at(known.concept, site))
        return exact[0] if exact else Concept(key="", display=name, domain=Domain.SYMPTOM)
