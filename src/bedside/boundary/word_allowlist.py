"""The second check: the detectors look for identifiers; it asks whether every word is known to be harmless."""

from __future__ import annotations

import re
from collections.abc import Collection

from bedside.boundary.vault import PLACEHOLDER
from bedside.boundary.vocabulary import WORD, Vocabulary

__all__ = ["COUNTED_NOUN", "unknown_words"]

# No clinical value needs more than five digits in a row or in groups; more is an identifier until shown otherwise.
# Pressures, decimals, percentages and years are taken out first: they occur in rows.
_LONG_NUMBER = re.compile(r"\d(?:(?:[^\w\n]|_){0,3}\d){5,}")
_PLAIN_NUMBER = re.compile(
    r"(?<![\d/.])(?:\d{2,3}/\d{2,3}|\d{1,4}\.\d{1,3}|\d{1,3} ?%|(?:19|20)\d\d)(?![\d/]|\.\d)"
)
COUNTED_NOUN = re.compile(
    r"(?i)\b(?:platelets?|plts?|wbc|rbc|white (?:blood )?(?:cells?|count)|leukocytes?|leucocytes?|cd4|viral load|vl|copies|(?:nt[- ]?pro)?bnp|"
    r"ferritin|ck|cpk|colonies|cfu|hcg|bhcg|sperm count)(?:[ \t]+(?:count|of|is|was|at|to|from|level))*[ \t:=~<>]*\d{1,7}(?![\w\-./]*\d)"
    r"|\bpmid[ \t:#]*\d{7,8}(?![\w\-./]*\d)"
    r"|(?<![\w.\-/])\d{1,7}[ ]?(?:colonies|cfu|copies|organisms|platelets|cells)\b"
)
"""A count that a laboratory gives in full, or a published article: "platelets 250000" is nobody's number."""

# A word, or letters and digits in one token.
_TOKEN = re.compile(rf"\b(?=\w*\d)(?=\w*[^\W\d_])\w+\b|{WORD.pattern}")
# "at mercy hospital": a house with a name, unless the word says what kind of house it is.
_HOUSE = re.compile(
    r"(?i)\b(?:at|to|from|in|of|near)\s+(?!(?:the|an?|our|this|that|his|her|their|my|any|another|one|some|same|other|local|"
    r"general|community|county|city|state|district|regional|rural|teaching|university|private|public|nearby|outside|home|"
    r"day|night|acute|tertiary|trauma|psychiatric|mental|children'?s|pa?ediatric|maternity|women'?s|eye|heart|cancer|"
    r"rehab|rehabilitation|orthop\w+|veterans|va|field|small|large|different|previous|next|new|old)\b)"
    r"[a-z'’]+\s+(?:hospital|infirmary|hospice)\b"
)


def unknown_words(text: str, issued: Collection[str], vocabulary: Vocabulary, *, narrative: bool) -> int:
    """Return how many tokens of an outgoing text are not known to be harmless. Only zero is a pass.

    Args:
        issued: The placeholders that the boundary put in. Anything else in brackets is text like any other.
        narrative: Whether free text is in it. Coded words are in a table: "low back" is no name there.
    """
    for start, end in reversed(vocabulary.eponyms(text)):
        text = f"{text[:start]} ; {text[end:]}"
    bare = PLACEHOLDER.sub(lambda match: " ; " if match.group() in issued else match.group(), text)
    tokens = [match.group() for match in _TOKEN.finditer(bare)]
    # "john smith": each is a plain word, but two words in a row that are names are a name, whatever the case.
    names = narrative and len(vocabulary.name_pairs(bare))
    houses = narrative and len(_HOUSE.findall(bare))
    numbers = len(_LONG_NUMBER.findall(_PLAIN_NUMBER.sub(" ; ", COUNTED_NOUN.sub(" ; ", bare))))
    # A coded word is in a table, whatever its case: "Bell palsy" names no patient.
    spoken = tokens if narrative else [token.casefold() for token in tokens]
    return numbers + names + houses + sum(not vocabulary.has_word(token) for token in spoken)
