"""Words that several parts of the reader look for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bedside.tools.terminology import Domain, Match

__all__ = ["KIN", "PERSON", "tells_no_reaction"]

KIN = re.compile(
    r"\b(?:mother|father|m[uo]m|dad|sisters?|brothers?|siblings?|aunts?|uncles?|grand\w+|cousins?|parents?|sons?"
    r"|daughters?|child(?:ren)?|niece|nephew|twin|relatives?|family|famil\w+|maternal|paternal"
    r"|hereditary|FHx?|runs)\b",
    re.I,
)
"""Words for relatives."""

PERSON = re.compile(
    r"\b(?:dr|mr|mrs|prof(?:essor)?)\b\.?\s+[a-z]|(?-i:\b(?:Ms|Miss|Sister|Nurse|Matron)\s+[A-Z])", re.I
)
"""A person by a title: no drug, no disease and no allergen is named so."""

_OF_A_REACTION = re.compile(
    r"[:(=–→]|->|\s-\s|\b(?:reactions?|caus\w+|allerg\w+|intoleran\w+|side\s+effects?|g[ei]ves?|gets?"
    r"|gave|develop\w*"
    r"|severity|type|onset|with|from|to|after)\b",
    re.I,
)
_NOT_OF_A_REACTION = frozenset({"overdose"})
_FINDINGS = (Domain.SYMPTOM, Domain.PROBLEM)
_ALLERGENS = (Domain.ALLERGEN, Domain.MEDICATION)


def tells_no_reaction(words: str, found: Sequence[Match]) -> bool:
    """True if words in an allergy list name a finding, but no substance and before it nothing of a reaction."""
    named = [match for match in found if match.concept.domain in _FINDINGS]
    taken = any(match.concept.key in _NOT_OF_A_REACTION for match in named)
    if not named or (not taken and any(match.concept.domain in _ALLERGENS for match in found)):
        return False
    return _OF_A_REACTION.search(words[: min(match.start for match in named)].lstrip(" \t-–*•")) is None
