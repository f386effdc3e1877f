"""Words and phrases that say nothing about a person's identity.

Phrases, further names and units come from the installed code tables (entry points `bedside.vocabularies`, each a
function that returns `Terms`). Words are those of phrases and names, and of `data/safelist.txt`. `data/names.txt`
lists the safelisted words that are also people's or places' names ("brown", "rose"). Some conditions are so rare
that they help to identify somebody; the budget of a case counts them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import pairwise
from types import MappingProxyType

from bedside.boundary.eponyms import Eponyms
from bedside.boundary.unicode_folding import words
from bedside.plugins import load_all

__all__ = ["Terms", "Vocabulary"]

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
"""A run of letters, with one inner apostrophe: `Crohn's` is one word."""

_NOT_FIRST = frozenset(
    words("""
        brown white black green gray grey red blue young long short strong good best high low may can day
        head son friend driver miss
    """)
)
_NOT_SECOND = frozenset(
    words("""
        brown white black green gray grey red blue long short high low may will can day head case colon
        stone post monday thursday friday sunday
    """)
)
_AFTER_WILL = frozenset(
    words("""
        grant bill call rush chase mark pat hope rob sue pierce cook wade lance cross post march may best
        page close
    """)
)

_PLAIN = re.compile(r"[ \-]")
_CAPITALISED_BEFORE = re.compile(r"\b([A-ZÀ-ÖØ-Þ][^\W\d_'’]*)[ \t]+\Z")

# Letters and digits in one token ("S-987654", "1EG4") identify until shown otherwise. Harmless are a dose or a unit
# after a number, one or two letters with a small number (B12, L4, T2, O2), and these abbreviations.
_HARMLESS_MIXED = re.compile(
    r"(?i)\d{1,4}(?:mg|mcg|g|kg|ml|l|mmol|units?|iu|h|hr|hrs|d|wk|mo|yo|cm|mm|bpm|x|st|nd|rd|th|f|m)"
    r"|[a-z]{1,2}\d{1,2}|hba1c|a1c|sp?ao2|spo2|fio2|p[ao]?co2|pa?o2|news2|t[12]dm|x\d{1,2}"
    r"|sglt[12]|her2|cha2?ds2|das28|curb65|phq[29]|gad7|brca[12]|cox2|il\d{1,2}|cyp\d[a-z]\d{1,2}|covid19|sars2|h\dn\d"
    r"|abcd2|p53|ca125|ca19|c[345]d?|cd\d{1,3}|tsh3|glp1|dpp4|pcsk9|5ht\d|ft[34]|gcs\d{1,2}|asa[1-6]|nyha[1-4]"
    # Stages and grades, how often, the parts of a coma scale, of a tumour's stage.
    r"|\d[a-d]|[qx]\d{1,2}(?:h|hr|hrs|min)|e[1-4]v[1-5t]m[1-6]|hco3|t[0-4][abc]?n[0-3]m[01x]"
)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms that a code table adds to the vocabulary.

    Attributes:
        phrases: Displays; they may be released as they are.
        names: Other names of the same concepts; each word of them is harmless.
        units: UCUM codes of its quantities.
        candidates: Displays of tables that were built from other people's lists. One of them may be released only
            where each of its words is harmless without it, and none is a name: an eponym or a brand in a long list
            must not open the boundary for a patient who bears it.
        rare: Phrases of lasting conditions that few people have, each with N of "one person in N".
    """

    phrases: tuple[str, ...]
    names: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    rare: Mapping[str, int] = field(default_factory=dict)


class Vocabulary:
    """A closed list of phrases, units and words.

    Args:
        phrases: Displays of code tables; they may be released as they are.
        words: Further single words that may occur in narrative text.
        names: Words that are also names: not safe when capitalised, nor two in a row.
        units: UCUM codes that may follow a value.
        eponyms: Names that are harmless in a phrase of medicine.
        candidates: Phrases that may be released where all their words are known already; they add no word.
        rare: Lasting conditions with N of "one person in N".
        terms: Further words that medicine writes with a capital: drugs, parts of the body.
        house_words: Words that a hospital writes with a capital and that name no house: departments, roles.
        abbreviations: Words that are names where they are written as one, and none in capitals: "Ana", "ANA".
        towns: Towns whose names are plain words, in lower case.
    """

    def __init__(
        self,
        phrases: Iterable[str],
        words: Iterable[str] = (),
        names: Iterable[str] = (),
        units: Iterable[str] = (),
        eponyms: Iterable[str] = (),
        candidates: Iterable[str] = (),
        rare: Mapping[str, int] = MappingProxyType({}),
        terms: Iterable[str] = (),
        house_words: Iterable[str] = (),
        abbreviations: Iterable[str] = (),
        towns: Iterable[str] = (),
    ) -> None:
        self._rare = {phrase.casefold(): one_in for phrase, one_in in rare.items()}
        self._longest_rare = max((len(WORD.findall(phrase)) for phrase in self._rare), default=0)
        self._phrases = frozenset(phrase.casefold() for phrase in phrases)
        self._names = frozenset(name.casefold() for name in names)
        self._eponyms = Eponyms(eponyms, self._names)
        self._units = frozenset(units)
        self._words = frozenset().union(
            "\n".join(words).casefold().split(), _words_of(self._phrases), _words_of(self._units)
        )
        self._abbreviations = frozenset(abbreviations)
        self._towns = frozenset(towns)
        candidates = list(candidates)
        self._terms = _words_of((*self._phrases, *terms, *candidates))
        self._house_words = frozenset(house_words)
        self._phrases |= {phrase.casefold() for phrase in candidates if self._is_plain(phrase)}

    def _is_plain(self, phrase: str) -> bool:
        """True if a phrase consists of known words alone, none of them a name."""
        words = _PLAIN.split(phrase.casefold())
        return all(word in self._words and word not in self._names for word in words)

    @classmethod
    def installed(cls) -> Vocabulary:
        """Return the vocabulary of all installed packages, built once."""
        return _installed()

    def has_phrase(self, phrase: str) -> bool:
        """True if the phrase is in a code table, letter case aside."""
        return phrase.casefold() in self._phrases

    def rarity(self, phrase: str) -> int:
        """Return N of "one person in N" for a lasting rare condition, or 0."""
        return self._rare.get(phrase.casefold(), 0)

    def rare_in(self, text: str) -> dict[str, int]:
        """Return the rare conditions named in a text as the code tables name them, each with its N."""
        words = [match.span() for match in WORD.finditer(text)]
        folded = text.casefold() if len(text.casefold()) == len(text) else text.lower()
        spans = {
            folded[start:end]
            for first, (start, _) in enumerate(words)
            for _, end in words[first : first + self._longest_rare]
        }
        return {phrase: self._rare[phrase] for phrase in sorted(spans & self._rare.keys())}

    def has_unit(self, unit: str) -> bool:
        """True if a code table uses this unit."""
        return unit in self._units

    def is_name(self, word: str) -> bool:
        """True if a word is also a name of people."""
        return word.casefold() in self._names

    def name_pairs(self, text: str) -> list[tuple[int, int]]:
        """Return where two neighbours, also with a comma between, are both names: "john smith", "baker, tom".

        Each is a plain word, but two in a row are a name, whatever the case. Colours and verbs among them are not
        enough: "brown or green", "white young adult".
        """
        found: list[tuple[int, int]] = []
        words = list(WORD.finditer(text))
        for one, other in pairwise(words):
            between = text[one.end() : other.start()]
            if between.strip(" \t\n") in ("", ",") and all(self.is_name(word.group()) for word in (one, other)):
                first, second = one.group().casefold(), other.group().casefold()
                if first in _NOT_FIRST or second in _NOT_SECOND or (first == "will" and second in _AFTER_WILL):
                    continue
                joined = found and found[-1][1] == one.end()
                found[-1:] = [(found[-1][0], other.end())] if joined else [*found[-1:], (one.start(), other.end())]
        return found

    def is_town(self, words: str) -> bool:
        """True if words in lower case are a town's name, or unknown: what follows "lives in"."""
        return words in self._towns or not all(map(self.has_word, WORD.findall(words)))

    def is_known_town(self, words: str) -> bool:
        """True if words in lower case are the name of a town that consists of plain words."""
        return words in self._towns and not self.is_house_word(words)

    def is_term(self, words: str) -> bool:
        """True if capitalised words are medical terms and no name: a capital makes no person or place of
        "Cardiology".

        Any other words of a dictionary are one where they are capitalised in the place of a name: "lives in
        Bath". Several words must be a phrase of a code table, a hospital's words aside: "Heart Failure Clinic".
        """
        bare = [word.casefold().replace("’", "'").removesuffix("'s") for word in WORD.findall(words)]
        rest = [word for word in bare if word not in self._house_words]
        if any(map(self._is_written_as_name, words.split())) or not self._names.isdisjoint(rest):
            return False
        if len(rest) < 2:
            return self._terms.issuperset(rest) and self._towns.isdisjoint(rest)
        return " ".join(rest) in self._phrases

    def is_house_word(self, word: str) -> bool:
        """True if a word is a hospital's own: a department, a role, a room."""
        return word.casefold() in self._house_words

    def _is_written_as_name(self, word: str) -> bool:
        return word.istitle() and word.casefold() in self._abbreviations

    def eponyms(self, text: str) -> list[tuple[int, int]]:
        """Return where names occur that are part of a medical phrase: "Wells score", "negative Lachman".

        Not after another name: "John Wilson's disease" speaks of John Wilson.
        """
        found = []
        for start, end in self._eponyms.spans(text):
            before = _CAPITALISED_BEFORE.search(text, max(start - 40, 0), start)
            if before is None or self.has_word(before.group(1)):
                found.append((start, end))
        return found

    def has_word(self, word: str) -> bool:
        """True if the word is known to be harmless as it is written.

        A capitalised word that is also a name is not: "brown sputum" is harmless, "Brown" may be the patient.
        """
        if any(character.isdigit() for character in word):
            return _HARMLESS_MIXED.fullmatch(word) is not None
        folded = word.casefold().replace("’", "'")
        if folded not in self._words and folded.removesuffix("'s") not in self._words:
            return False
        return word[0].islower() or not (folded.removesuffix("'s") in self._names or self._is_written_as_name(word))


def _words_of(phrases: Iterable[str]) -> frozenset[str]:
    """Return the words of phrases in lower case, found in one pass: there are tens of thousands."""
    return frozenset(WORD.findall("\n".join(phrases).casefold()))


@cache
def _installed() -> Vocabulary:
    tables: list[Terms] = [make() for make in load_all("bedside.vocabularies").values()]
    names = _words_of(name for table in tables for name in table.names)
    return Vocabulary(
        (phrase for table in tables for phrase in table.phrases),
        (*_data("safelist.txt"), *names),
        _data("names.txt"),
        (unit for table in tables for unit in table.units),
        _data("eponyms.txt"),
        (phrase for table in tables for phrase in table.candidates),
        {phrase: one_in for table in tables for phrase, one_in in table.rare.items()},
        names,
        _data("departments.txt"),
        _data("abbreviations.txt"),
        _data("towns.txt"),
    )


def _data(name: str) -> list[str]:
    text = files("bedside.boundary").joinpath("data", name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]
