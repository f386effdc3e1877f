"""The language of a note, by its script and its commonest words (`languages.tsv`).

The tables of the reader are English: in another language "no" may mean "in the", and a pain has no name. A name, a
drug or an eponym from elsewhere is no other language: it takes several of its small words, and more of them than
English ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from bedside.agents.reader.tables import rows
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["ENGLISH", "UNKNOWN", "Language", "language_of"]

ENGLISH = "English"
UNKNOWN = "a language that is not known here"
_LETTERS = re.compile(r"[^\W\d_]+(?:['’\-][^\W\d_]+)*")
_PASSAGE = re.compile(r"[^\n.!?:;]+")
_MOST = 20_000
_LEAST = 2
"""The least different words of a language, and more than of English, that make a text one of it; in a passage of
an English note one more."""
_KNOWN = 0.65
"""The share of words on an English list that makes a text English: notes lie above 0.7 even where half of it
is names from elsewhere, other languages below 0.6."""
_STRANGE, _ENOUGH = 0.5, 5
"""Below this share of known words, among at least so many, a text is no English prose, whatever else it is."""
# "Mrs De la Cruz", "Gilles de la Tourette": particles of a name.
_PARTICLE = r"(?i:de|la|las|los|del|da|do|dos|das|di|du|des|le|les|van|von|der|den|el|al)"
_OF_A_NAME = re.compile(rf"\b{_PARTICLE}(?:\s+{_PARTICLE})*\s+(?=[A-ZÀ-Þ][a-zà-þ])")
_SCRIPTS = {"CYRILLIC": "Cyrillic", "ARABIC": "Arabic", "CJK": "Chinese or Japanese", "HANGUL": "Korean",
            "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "GREEK": "Greek", "HEBREW": "Hebrew", "THAI": "Thai",
            "DEVANAGARI": "Devanagari", "BENGALI": "Bengali", "TAMIL": "Tamil"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Language:
    """The language of a text.

    Attributes:
        name: `English`, or the likeliest other one: a language, or a script.
        start: Where the first passage of it begins.
        end: Where that passage ends.
        whole: Whether the text as a whole is written in it; else only passages are.
    """

    name: str
    start: int = 0
    end: int = 0
    whole: bool = True


def language_of(text: str) -> Language:
    """The language of a note, as far as its first 20,000 characters tell."""
    text = text[:_MOST]
    if _is_plainly_english(text):
        return Language(ENGLISH, 0, len(text))
    whole = _other(text)
    if whole:
        return Language(whole, 0, len(text))
    for passage in _PASSAGE.finditer(text):
        name = _other(passage.group(), least=_LEAST + 1)
        if name:
            start = passage.start() + len(passage.group()) - len(passage.group().lstrip())
            return Language(name, start, start + len(passage.group().strip()), whole=False)
    return Language(ENGLISH, 0, len(text))


def _is_plainly_english(text: str) -> bool:
    """True if nearly no word suggests another language: then no passage needs to be looked at."""
    words = {word.lower() for word in _LETTERS.findall(text.replace("’", "'"))}
    telling = len(words & _telling()) + sum(not word.isascii() for word in words - _telling())
    return len(words) >= _ENOUGH and telling < _LEAST <= len(words & _tables()[ENGLISH])


@cache
def _telling() -> frozenset[str]:
    """Words of other languages that are no English words at all."""
    vocabulary = Vocabulary.installed()
    words = frozenset().union(*(table for name, table in _tables().items() if name != ENGLISH))
    return frozenset(word for word in words if not vocabulary.has_word(word))


def _other(text: str, least: int = _LEAST) -> str:
    """The language other than English in which a text is written; empty where it is English or says too little."""
    words = [word.lower() for word in _LETTERS.findall(_OF_A_NAME.sub(" ", unicodedata.normalize("NFC", text)))]
    if len(words) < least:
        return ""
    if script := _script(words):
        return script
    found = Counter(words)
    english = sum(found[word] for word in _tables()[ENGLISH] & found.keys())
    vocabulary = Vocabulary.installed()
    known = sum(count for word, count in found.items() if vocabulary.has_word(word)) / len(words)
    best, most, share = "", 0, 0
    for name, table in _tables().items():
        own = (table - _tables()[ENGLISH]) & found.keys()
        if name != ENGLISH and len(own) > most:
            best, most, share = name, len(own), sum(found[word] for word in own)
    if known < _KNOWN and most >= least and share > english:
        return best
    return UNKNOWN if least == _LEAST and known < _STRANGE and len(words) >= _ENOUGH else ""


def _script(words: list[str]) -> str:
    """The script of most letters, where it is not Latin."""
    names = Counter(unicodedata.name(word[0], "").split(" ")[0].split("-")[0] for word in words)
    name, count = names.most_common(1)[0]
    return _SCRIPTS.get(name, "") if count > len(words) / 2 else ""


@cache
def _tables() -> Mapping[str, frozenset[str]]:
    return {row["language"]: frozenset(row["words"].split()) for row in rows("languages")}
