"""Values after a label: "Patient Name: …", "CHART|…", "D0CTOR . . …", "fecha de nacimiento: …".

The most certain source of all: notes, letters and forms say in their headers who is who. The rule finds a separator,
looks the words before it up in a table, and takes after it what that kind of label announces.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from enum import Enum

import regex

from bedside.boundary.detection import Detection, Identifier
from bedside.boundary.detectors.grammar import CREDENTIAL, NAME, NUMBER, TITLE, words
from bedside.boundary.detectors.rules import CUED, TIMEOUT, Seen, TextRecognizer, result
from bedside.boundary.vocabulary import WORD, Vocabulary
from bedside.tables import table_rows

__all__ = ["Headers"]


class Field(Enum):
    """The kind of value after a label."""

    NAMED = "the name of a person, whatever its words"
    PERSON = "a person, or something else: believed where a word is not known to be harmless"
    FACILITY = "a named house"
    PLACE = "an address or a part of one"
    DATE = "a date"
    AGE = "an age, which counts from 90 on"
    PHONE = "a telephone number"
    RECORD = "a record number"
    SSN = "a social security number"
    NUMBER = "another number"
    VISIT = "a date or a number"


# What a form says where it has no value.
NO_VALUE = words("""
    none unknown n/a na nil see same not no yes deferred self denies unavailable declined pending above
    below as per the an is was has with and or left right male female normal stable good poor fair today
    he she they well alert unable unassigned refused reports states presents alone single married
    divorced widowed retired it
""")

_FOLDED = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "_": " ", "’": "'"})


def _fold(label: str) -> str:
    """Return a label without case and accents, and with letters for a scanner's digits: "D0CTOR", "PAT1ENT"."""
    plain = label.casefold()
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return " ".join(plain.translate(_FOLDED).split())


_FIELDS = {_fold(row["label"]): Field[row["field"]] for row in table_rows("bedside.boundary", "labels")}
# A single such word ends other phrases too ("drug name", "lower extremity ext:"), so it must be the whole label.
_WHOLE_ONLY = frozenset({Field.NAMED, Field.PERSON, Field.FACILITY})
_WHOLE_WORDS = frozenset(
    map(
        _fold,
        words("""
            home work call text key add date data exp tag case record device lot reg ext mr mac sn social id
            reported received collected implanted started effective sin ur har fin ort age first last seen admit
        """),
    )
)

# Each run of blanks is tried once, from its start: a page of blanks takes no longer than one of words.
_SEPARATOR = regex.compile(
    r"(?<![ \t])[ \t]*+(?:[:=|>]|#(?=[ \t]*[:=])|(?:[.·…_][ \t]?){2,}+|(?<=[ \t])[–—\-](?=[ \t])|(?<=\t|[ ]{2})(?=\S))"
    r"[ \t:=|.·…_*#\"'(\[>]*+(?:\n[ \t]*+)?"
)
_SEGMENT_END = regex.compile(r"[\n\r;,|:=•·*(\[{<>\"\t–—]|[ ]{2}|[ \t]-[ \t]|[.?!][ \t]|\.\.")
_LONGEST_LABEL = 48

_END = r"(?=[ \t]*(?:[;|,\n\r)\]<\"/•·–—]|[ \t]-[ \t]|[ ]{2}|\t|\.(?:[ \t\n]|$)|$))"
_PERSON = regex.compile(
    rf"(?:{TITLE}\.?[ \t]+)?(?P<id>{NAME}(?:,[ \t]*(?!{CREDENTIAL}\b){NAME})?(?:[ \t]+(?:and|&|y|et|und|e|/)[ \t]+{NAME})?)(?P<end>{_END})?"
)
_LOWER_PERSON = regex.compile(
    rf"(?:(?:mr|mrs|ms|miss|dr)\.?[ \t]+)?(?P<id>\p{{L}}[\p{{L}}\p{{M}}'’\-.]+(?:,?[ \t]+[\p{{L}}\p{{M}}'’\-.]+){{0,3}}){_END}",
    regex.IGNORECASE,
)
_HOUSE = regex.compile(
    r"(?P<id>(?:the[ \t]+)?(?:\p{Lu}|St\.)[\p{L}\p{M}'’\-.&]*(?:[ \t]+(?:(?:of|for|the|and|de|du|des|la|del|&)[ \t]+){0,2}[\p{Lu}\d][\p{L}\p{M}\d'’\-.]*){0,7})"
)
_ADDRESS = regex.compile(
    r"(?P<id>[\p{Lu}\p{N}#][^\n\r;|\t<>\"]{1,110}?)"
    r"(?=[ \t]*(?:[\n\r;|\t<>\"]|[ ]{2}|$|(?<!\b(?:St|Ste|Mt|Ft|Ave|Rd|Dr|Ln|Blvd|Apt|No|P|O|Hwy|Sq|Pl|Ct))\.(?:[ \t]|$)"
    r"|,?[ \t]+(?:[Tt]el|[Pp]hone|PHONE|TEL|[Ee]-?mail|[Ff]ax|DOB|MRN|[Tt]éléphone)\b|[ \t]+[–—-][ \t]))"
)
_DATE = regex.compile(
    r"(?i)(?P<id>[\dol]{1,4}[ ]?[./\-][ ]?[\dol]{1,4}(?:[ ]?[./\-][ ]?[\dol]{1,4})?"
    r"|[\dol]{1,2}[ ][\dol]{1,2}[ ][\dol]{2,4}|[\dol]{1,4}[ ./\-]*\p{L}{3,9}\.?[ ./\-]*'?[\dol]{2,4}"
    r"|\p{L}{3,9}\.?[ \-][\dol]{1,2}(?:st|nd|rd|th)?,?[ \-]+'?[\dol]{2,4}|\d{6,8})(?![\p{L}\d])(?![ \t]*(?:of|doses|mg|ml|%|days|weeks|hours|times))"
)
_AGE = regex.compile(
    r"(?i)(?:[MF][ \t]*/[ \t]*)?(?P<id>9\d|1[0-2]\d)(?![\d.%])(?![ \t]*(?:days?|weeks?|months?|hours?|mo\b))"
)
_PHONE = regex.compile(
    r"(?i)(?P<id>[+(]{0,2}\d(?:[ ().\-/–]{0,3}\d){2,17}(?:[ ,]*(?:x|ext\.?|extension|poste|durchwahl)[ .:]*\d{1,6})?)(?![\d/%]|[ \t]*(?:degrees|°|mg|ml|cm|mm))"
)
_NUMBER = regex.compile(rf"(?:(?i:no|number|nr|id)\b[.:#]*[ \t]*)?(?P<id>{NUMBER})")
_HANDLE = regex.compile(r"(?P<id>[\p{L}][\w.\-]{2,40})(?![\w ])")


class Headers(TextRecognizer):
    """A recognizer of values after labels.

    Args:
        vocabulary: The words known to be harmless: "Patient: Denies pain" names nobody.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        super().__init__("headers")

    def find(self, text: str, seen: Seen | None = None) -> Iterator[Detection]:
        """Yield each value after a label that the table contains."""
        for separator in _SEPARATOR.finditer(text, timeout=TIMEOUT):
            field = self._field(text[max(separator.start() - _LONGEST_LABEL, 0) : separator.start()])
            if field is None:
                continue
            span = self._value(text, separator.end(), field)
            if span is not None:
                yield result(self._called, _KINDS[field], span, CUED, f"behind the label of {field.value}")

    def _field(self, before: str) -> Field | None:
        """Return the field of the longest known label that ends here."""
        start = 0
        for end in _SEGMENT_END.finditer(before):
            start = end.end()
        # A label with a comma or a dash in it is in no table: the segment is the label, or its last words are.
        words = _fold(before[start:].strip(" \t-*#.")).split()[-6:]
        for first in range(len(words)):
            label = " ".join(words[first:])
            field = _FIELDS.get(label)
            if field is None:
                continue
            if first and len(words) - first == 1 and (field in _WHOLE_ONLY or label in _WHOLE_WORDS):
                continue
            return field
        return None

    def _value(self, text: str, at: int, field: Field) -> tuple[int, int] | None:
        if field in (Field.NAMED, Field.PERSON):
            return self._person(text, at, named=field is Field.NAMED)
        if field is Field.FACILITY:
            match = _HOUSE.match(text, at)
            if match is None:
                return None
            words = WORD.findall(match["id"])
            telling = len(words) > 2 or not all(self._vocabulary.has_word(word) for word in words)
            return match.span("id") if telling and words and words[0].casefold() not in NO_VALUE else None
        if field is Field.PLACE:
            match = _ADDRESS.match(text, at)
            first = WORD.match(text, at)
            if match is None or (first and first.group().casefold() in NO_VALUE):
                return None
            return match.span("id")
        for expression in _VALUES[field]:
            match = expression.match(text, at)
            if match is not None and (expression is not _NUMBER or _telling(match["id"])):
                return match.span("id")
        return None

    def _person(self, text: str, at: int, *, named: bool) -> tuple[int, int] | None:
        match = _PERSON.match(text, at)
        if match is not None:
            words = WORD.findall(match["id"])
            if words and words[0].casefold() in NO_VALUE:
                return None
            known = all(self._vocabulary.has_word(word) for word in words)
            if (
                not known
                or regex.search(r"\b\p{Lu}\.|^\p{Lu} ", match["id"])
                or (match["end"] is not None and (named or self._two_plain_words(match["id"], words)))
            ):
                return match.span("id")
            return None
        lower = _LOWER_PERSON.match(text, at)
        if lower is None or any(word.casefold() in NO_VALUE for word in WORD.findall(lower["id"])):
            return None
        names = [
            self._vocabulary.is_name(word) or not self._vocabulary.has_word(word)
            for word in WORD.findall(lower["id"])
        ]
        return lower.span("id") if names and (named or all(names) or (names[0] and len(names) == 2)) else None

    def _two_plain_words(self, value: str, words: list[str]) -> bool:
        """True if a value is two or three capitalised words and no medical term: "Patient: Velvet Harbor"."""
        return 1 < len(words) < 4 and all(map(str.istitle, words)) and not self._vocabulary.is_term(value)


def _telling(number: str) -> bool:
    """True if a number can identify somebody: one digit is a count."""
    return sum(character.isdigit() for character in number) >= 2 and len(number) >= 3


_KINDS = {
    Field.NAMED: Identifier.PERSON,
    Field.PERSON: Identifier.PERSON,
    Field.FACILITY: Identifier.FACILITY,
    Field.PLACE: Identifier.PLACE,
    Field.DATE: Identifier.DATE,
    Field.AGE: Identifier.AGE,
    Field.PHONE: Identifier.PHONE,
    Field.RECORD: Identifier.RECORD_NUMBER,
    Field.SSN: Identifier.SSN,
    Field.NUMBER: Identifier.OTHER_NUMBER,
    Field.VISIT: Identifier.DATE,
}
_VALUES = {
    Field.DATE: (_DATE,),
    Field.AGE: (_AGE,),
    Field.PHONE: (_PHONE,),
    Field.RECORD: (_DATE, _NUMBER),
    Field.SSN: (_NUMBER,),
    Field.NUMBER: (_NUMBER,),
    Field.VISIT: (_DATE, _NUMBER),
}
