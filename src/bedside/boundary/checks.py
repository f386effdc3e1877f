"""The second check and the guard: what runs after the detectors, and knows other things than they do.

The detectors look for what identifies. The second check asks the opposite: is every word of the outgoing text
known to be harmless? The guard knows the case's vault and looks for those very values.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from itertools import pairwise

from bedside.boundary.detection import Identifier
from bedside.boundary.vault import PLACEHOLDER
from bedside.boundary.vocabulary import WORD, Vocabulary

__all__ = ["leaks_known_value", "unknown_words"]

# No clinical value needs more than five digits in a row or in groups; more is an identifier until shown otherwise.
# Pressures, decimals, percentages and years are taken out first: they stand in rows.
_LONG_NUMBER = re.compile(r"\d(?:(?:[^\w\n]|_){0,3}\d){5,}")
_PLAIN_NUMBER = re.compile(
    r"(?<![\d/.])(?:\d{2,3}/\d{2,3}|\d{1,4}\.\d{1,3}|\d{1,3} ?%|(?:19|20)\d\d)(?![\d/]|\.\d)"
)
# A word, or letters and digits in one token.
_TOKEN = re.compile(rf"\b(?=\w*\d)(?=\w*[^\W\d_])\w+\b|{WORD.pattern}")


def unknown_words(text: str, issued: Collection[str], vocabulary: Vocabulary, *, narrative: bool) -> int:
    """How many tokens of an outgoing text are not known to be harmless. Nought is the only good answer.

    Args:
        issued: The placeholders that the boundary put in. Anything else in brackets is text like any other.
        narrative: Whether free text is in it. Coded words stand in a table: "low back" is no name there.
    """
    for start, end in reversed(vocabulary.eponyms(text)):
        text = f"{text[:start]} ; {text[end:]}"
    bare = PLACEHOLDER.sub(lambda match: " ; " if match.group() in issued else match.group(), text)
    tokens = [match.group() for match in _TOKEN.finditer(bare)]
    # "john smith": each is a plain word, but two words in a row that are names are a name, whatever the case.
    names = narrative and sum(
        vocabulary.is_name(one) and vocabulary.is_name(other) for one, other in pairwise(tokens)
    )
    numbers = len(_LONG_NUMBER.findall(_PLAIN_NUMBER.sub(" ; ", bare)))
    # A coded word stands in a table, whatever its case: "Bell palsy" names no patient.
    spoken = tokens if narrative else [token.casefold() for token in tokens]
    return numbers + names + sum(not vocabulary.has_word(token) for token in spoken)


def leaks_known_value(
    text: str, known: Mapping[str, Identifier], vocabulary: Vocabulary, *, narrative: bool
) -> bool:
    """Whether a text holds a value that the vault knows, as written or lightly disguised.

    Letter case, accents, spacing and punctuation do not hide a value.

    Args:
        narrative: In narrative every part of a name counts. In coded text, whose words stand in a table, a part
            that is also a plain word ("White", "May") counts only where it is capitalised as a name is.
    """
    plain = _fold(text)
    squeezed = _squeeze(plain)
    words = {_fold(word) for word in WORD.findall(text)}
    capitalised = {_fold(word) for word in WORD.findall(text) if word[0].isupper()}
    for value, kind in known.items():
        folded = _fold(value)
        if kind in (Identifier.PERSON, Identifier.UNKNOWN_NAME):
            for part in WORD.findall(folded):
                pool = words if narrative or not vocabulary.has_word(part) else capitalised
                if len(part) > 1 and part in pool:
                    return True
        elif len(_squeeze(folded)) >= 5:
            if _squeeze(folded) in squeezed:
                return True
        elif re.search(rf"(?<!\w){re.escape(folded)}(?!\w)", plain):
            return True
    return False


def _fold(text: str) -> str:
    """Lower case without accents, zero-width characters and compatibility forms."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")


def _squeeze(text: str) -> str:
    return "".join(character for character in text if character.isalnum())
