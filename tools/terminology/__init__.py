"""Names and codes of clinical concepts, and the search for them in free text.

The tables stand in `data/`, one concept a line; `concepts.py` reads them, `find.py` finds their names in a text
with the search of `phrases.py`.
"""

from bedside.tools.terminology import check_digits, ucum
from bedside.tools.terminology.ambiguous import Meaning, Senses, find_ambiguous, senses
from bedside.tools.terminology.concepts import Concept, Domain, Unit, concept, concepts, further_concepts
from bedside.tools.terminology.find import Match, find_concepts
from bedside.tools.terminology.phrases import PhraseIndex, Span, Token, tokenize

__all__ = [
    "Concept",
    "Domain",
    "Match",
    "Meaning",
    "PhraseIndex",
    "Senses",
    "Span",
    "Token",
    "Unit",
    "check_digits",
    "concept",
    "concepts",
    "find_ambiguous",
    "find_concepts",
    "further_concepts",
    "senses",
    "tokenize",
    "ucum",
]
