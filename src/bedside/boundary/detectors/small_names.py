"""Names that are written in lower case: "mr smith", "pt john doe", "d/w moon"."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from bedside.boundary.detection import Detection, Identifier
from bedside.boundary.detectors.grammar import words
from bedside.boundary.detectors.rules import CUED, GUESSED, TIMEOUT, Seen, TextRecognizer, result
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["LowerCaseNames"]


class LowerCaseNames(TextRecognizer):
    """A recognizer of lower-case names after a cue ("mr smith", "pt john doe", "d/w moon") or as a pair.

    A word counts as a name where the vocabulary marks it as one, or does not know it. After a doctor's or a lady's
    title any word does that is no term of medicine and no verb.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        super().__init__("names in lower case")

    def find(self, text: str, seen: Seen | None = None) -> Iterator[Detection]:
        """Yield each name."""
        for match in _LOWER_CUE.finditer(text, timeout=TIMEOUT):
            taken = self._behind(text, match.end(), sure=match["sure"] is not None)
            needed = 2 if match["weak"] else 1
            if (
                match["weak"]
                and (aged := _LOWER_AGED.match(text, match.end()))
                and self._vocabulary.is_name(aged["first"])
            ):
                yield result(self._called, Identifier.PERSON, aged.span("id"), CUED, "in lower case before an age")
            ends = taken and _LOWER_END.match(text, taken[-1].end())
            if len(taken) >= needed or (ends and self._vocabulary.is_name(taken[0]["word"])):
                span = taken[0].start("word"), taken[-1].end("word")
                yield result(self._called, Identifier.PERSON, span, CUED, "in lower case behind a cue")
        for span in self._vocabulary.name_pairs(text):
            yield result(self._called, Identifier.PERSON, span, GUESSED, "two names in lower case")

    def _behind(self, text: str, at: int, *, sure: bool) -> list[regex.Match[str]]:
        taken: list[regex.Match[str]] = []
        for word in _LOWER_WORD.finditer(text, at, at + 60):
            joined = word.start() == (taken[-1].end() if taken else at)
            first = sure and not taken
            if (
                not joined
                or len(taken) == 3
                or not (self._nameish(word["word"]) or (first and self._free(word["word"])))
            ):
                break
            taken.append(word)
        return taken

    def _nameish(self, word: str) -> bool:
        if word.casefold() in _VERBS:
            return False
        return self._vocabulary.is_name(word) or not self._vocabulary.has_word(word)

    def _free(self, word: str) -> bool:
        """True if a plain word may be a surname: "dr storm", and not "dr notified"."""
        return not (self._vocabulary.is_house_word(word) or _NO_SURNAME.search(word) or word in _VERBS)


_SMALL_RELATION = (
    r"wife|husband|spouse|son|daughter|mother|mom|mum|father|dad|brother|sister|aunt|uncle|cousin|niece|nephew|grandson|"
    r"granddaughter|grandmother|grandma|grandfather|grandpa|friend|neighbou?r|roommate|boyfriend|girlfriend|partner|carer|"
    r"caregiver|twin|ex|bf|gf|hubby|fianc[eé]e?"
)
_LOWER_CUE = regex.compile(
    r"(?<![\p{L}/])(?:(?P<sure>(?i:mrs|miss|dr|prof|sra|herr|frau|mme)\.?|nurse|baby (?:girl|boy)|infant (?:girl|boy))|(?i:mr\.?|ms\.?|d/w|f/b|discussed with|discussed w/|spoke (?:with|to)|spoke w/|"
    r"cc|attn|paged|pcp|rn|coach|pastor|deputy|"
    r"(?:neuro|cardi|nephr|ur|onc|rheumat|endocrin|dermat|gastroenter|pulmon|hemat|psych)ologist|psychiatrist|pediatrician|surgeon|seen by|signed|named|name is|"
    rf"name:|re:)|(?P<weak>(?i:patient|pt|client|{_SMALL_RELATION})))(?=[ \t:,]+\p{{Ll}})[:,]?"
)
_LOWER_WORD = regex.compile(r"[ \t]+(?P<word>\p{Ll}[\p{L}\p{M}'’\-]+)")
_LOWER_END = regex.compile(
    r"[ \t]*(?:[,;:.!?()\n]|$|(?:at|is|was|has|had|in|on|from|with|who|states?|says?|said|reports?|denies|called|came|c/o|needs?|dob|here|drove|driving|rang|rings|visiting|visits|brought|found|gave|gives|helps|works|lives|to|and|would|will|wants|says|asks|asked|told|drives|saw|thinks|worried|present)\b|[ \t]*\d)"
)
_LOWER_AGED = regex.compile(
    r"[ \t]+(?P<id>(?P<first>\p{Ll}{2,})[ \t]+(?!(?:is|was|has|had|be|have|with|not|for|at|to|and|or|in|on)\b)\p{Ll}[\p{L}'’\-]+)(?=,[ \t]*\d{1,3}(?![\d/.]))"
)
_NO_SURNAME = regex.compile(
    r"^.{1,2}$|(?:ed|ing|ly)$|^(?:office|order|orders|aware|for|from|with|and|or|the|that|this|who|note|notes|visit|appt|call|calls|said|says|states|"
    r"told|saw|will|can|would|should|has|had|have|was|were|did|does|not|asked|also|then|now|here|there|today|about|regarding|re|in|on|to|at)$"
)
_VERBS = words("""
    may will can must long short young good head high low call cook ward strong back day rush hope case
""")
