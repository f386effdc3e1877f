"""The second check and the guard: what runs after the detectors, and knows other things than they do.

The detectors look for what identifies. The second check asks the opposite: is every word of the outgoing text
known to be harmless? The guard knows the case's vault and looks for those very values.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from bedside.boundary.detection import Identifier
from bedside.boundary.vault import PLACEHOLDER
from bedside.boundary.vocabulary import WORD, Vocabulary

__all__ = ["leaks_known_value", "unknown_words"]

# No clinical value needs more than five digits in a row; a longer run is an identifier until shown otherwise.
_LONG_NUMBER = re.compile(r"\d[\d\s./-]{5,}\d|\d{6,}")
# A word, or letters and digits in one token.
_TOKEN = re.compile(rf"\b(?=\w*\d)(?=\w*[^\W\d_])\w+\b|{WORD.pattern}")


def unknown_words(text: str, vocabulary: Vocabulary) -> int:
    """How many tokens of an outgoing text are not known to be harmless. Nought is the only good answer."""
    bare = PLACEHOLDER.sub(" ", text)
    tokens = (match.group() for match in _TOKEN.finditer(bare))
    return len(_LONG_NUMBER.findall(bare)) + sum(not vocabulary.has_word(token) for token in tokens)


def leaks_known_value(text: str, known: Mapping[str, Identifier], vocabulary: Vocabulary) -> bool:
    """Whether a text holds a value that the vault knows, as written or lightly disguised.

    Letter case, accents, spacing and punctuation do not hide a value. A part of a name that is also a plain
    word ("White", "May") counts only where it is capitalised as a name is.
    """
    plain = _fold(text)
    squeezed = _squeeze(plain)
    words = {_fold(word) for word in WORD.findall(text)}
    capitalised = {_fold(word) for word in WORD.findall(text) if word[0].isupper()}
    for value, kind in known.items():
        folded = _fold(value)
        if kind in (Identifier.PERSON, Identifier.UNKNOWN_NAME):
            for part in WORD.findall(folded):
                pool = capitalised if vocabulary.has_word(part) else words
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
