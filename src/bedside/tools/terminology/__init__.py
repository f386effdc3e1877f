"""Names and codes of clinical concepts, the search for them in free text, and sources of codes.

The curated tables and the name tables are in `data/`; `concepts.py` reads them, `find.py` finds their names in a
text with the search of `phrases.py`, `ambiguous.py` lists what an abbreviation can mean. Sources of codes have one
protocol (`protocol.py`): the installed tables, ICD-10-CM in a full-text index, the user's own RxNorm and SNOMED CT
files, a FHIR terminology server.
"""

from bedside.tools.terminology import check_digits, ucum
from bedside.tools.terminology.ambiguous import Meaning, Senses, find_ambiguous, senses
from bedside.tools.terminology.code_index import CodeIndex
from bedside.tools.terminology.concepts import (
    Concept,
    Domain,
    Unit,
    concept,
    concepts,
    further_concepts,
    is_chronic,
)
from bedside.tools.terminology.find import Match, find_concepts
from bedside.tools.terminology.icd import icd10cm
from bedside.tools.terminology.ingredients import classes_of, ingredients_of
from bedside.tools.terminology.installed import InstalledTables
from bedside.tools.terminology.phrases import PhraseIndex, Span, Token, tokenize
from bedside.tools.terminology.protocol import (
    Expansion,
    FirstAnswer,
    Hit,
    Lookup,
    Terminology,
    Translation,
    Validation,
    Verdict,
)
from bedside.tools.terminology.server import FhirServer
from bedside.tools.terminology.user_files import rxnorm, snomed, snomed_list

__all__ = [
    "CodeIndex",
    "Concept",
    "Domain",
    "Expansion",
    "FhirServer",
    "FirstAnswer",
    "Hit",
    "InstalledTables",
    "Lookup",
    "Match",
    "Meaning",
    "PhraseIndex",
    "Senses",
    "Span",
    "Terminology",
    "Token",
    "Translation",
    "Unit",
    "Validation",
    "Verdict",
    "check_digits",
    "classes_of",
    "concept",
    "concepts",
    "find_ambiguous",
    "find_concepts",
    "further_concepts",
    "icd10cm",
    "ingredients_of",
    "is_chronic",
    "rxnorm",
    "senses",
    "snomed",
    "snomed_list",
    "tokenize",
    "ucum",
]
