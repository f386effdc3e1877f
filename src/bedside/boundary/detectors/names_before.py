"""Names revealed by the words after them: a credential, a relation, an age, a birth."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from bedside.boundary.detection import Detection, Identifier
from bedside.boundary.detectors.grammar import CREDENTIAL, NAME, RELATION
from bedside.boundary.detectors.people_words import OLD_OR_BORN
from bedside.boundary.detectors.rules import CUED, TIMEOUT, Seen, TextRecognizer, in_capitals, result
from bedside.boundary.vocabulary import WORD, Vocabulary

__all__ = ["NamesBefore"]

# What follows a name and shows that it is one. The words of the name are checked: "Patient, aged 30" names nobody.
_BEHIND = regex.compile(
    rf"(?P<relation>[ \t]*\((?:(?:his|her|their|pt['’]s|patient['’]s)[ \t]+)?(?i:{RELATION})\b"
    rf"|,[ \t]*(?:who is[ \t]+)?(?:his|her|their|the patient['’]s|the pt['’]s|pt['’]s|a|the)[ \t]+(?i:{RELATION})\b)"
    rf"|(?P<credential>(?:,[ \t]*{CREDENTIAL}|[ \t]+(?:M\.?D\.?|RN|D\.O\.|NP|PA-C|LPN|CRNA|MBBS|MBChB|PharmD|Ph\.?D\.?|LCSW|FRC[PS]|MRC(?:P|GP|S)|"
    r"DDS|Jr\.?|Sr\.))(?![\p{L}\p{N}]))"
    rf"|(?P<age>[ \t]*[,(—–\-|•\[]*[ \t]*{OLD_OR_BORN})"
    r"|(?P<description>[ \t]*,?\s+(?:is|was)\s+an?\s+(?:[\w\-]+\s+){0,2}\d{1,3}[ \-]?(?:year|yr|y/?o|month|week|day))"
)
_WHY = {
    "relation": "relation behind the name",
    "credential": "credential behind the name",
    "age": "name before an age or a birth",
    "description": "name before its description",
}
_NAME = regex.compile(rf"(?<![\p{{L}}\p{{M}}\p{{N}}]){NAME}")
_INITIALS_ALONE = regex.compile(r"(?:\p{Lu}\.[ \t]?){2,3}")
_PART_END = regex.compile(r"(?<=[\p{L}\p{M}\p{N}.])(?=[ \t])")


class NamesBefore(TextRecognizer):
    """A recognizer of names by the words after them: a credential, a relation, an age, a birth."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        super().__init__("names")

    def find(self, text: str, seen: Seen | None = None) -> Iterator[Detection]:
        """Yield each name."""
        for name in _NAME.finditer(text, timeout=TIMEOUT):
            start, end = name.span()
            if not self._telling(text, start, end):
                continue
            # The longest beginning of the capitalised words that something revealing follows.
            for stop in (end, *(match.start() for match in reversed(list(_PART_END.finditer(text, start, end))))):
                behind = _BEHIND.match(text, stop, timeout=TIMEOUT)
                if behind is None:
                    continue
                if self._telling(text, start, stop):
                    why = _WHY[str(behind.lastgroup)]
                    yield result(self._called, Identifier.PERSON, (start, stop), CUED, why)
                break

    def _telling(self, text: str, start: int, end: int) -> bool:
        """True if a word is not known to be harmless, or is only initials."""
        words = WORD.findall(text, start, end)
        if not all(map(self._vocabulary.has_word, words)) or _INITIALS_ALONE.fullmatch(text, start, end):
            return True
        # "Meadow Lark, MD", "Pine Ridge, 6 wk old": two plain words with capitals that medicine does not write so.
        plain = (
            1 < len(words) < 4 and all(map(str.istitle, words)) and not self._vocabulary.is_term(text[start:end])
        )
        return plain and not in_capitals(text, start, end)
