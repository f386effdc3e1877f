"""Levels of drugs in the blood: "lithium 2.8 mmol/L" is a result, and "lithium 400 mg" a dose."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from bedside.tools.terminology import Concept, Domain, Match, concepts

__all__ = ["as_level"]


def as_level(match: Match, behind: str) -> Match:
    """The mention as a laboratory value, where a drug has a number and the unit of its level behind it.

    Args:
        match: The mention, of any domain.
        behind: The text behind it.

    Returns:
        The same characters under the concept of the level, or `match` as it is.
    """
    level = _levels().get(match.concept.key) if match.concept.domain is Domain.MEDICATION else None
    if level is None or not level[1].match(behind):
        return match
    return replace(match, concept=level[0])


@lru_cache(maxsize=1)
def _levels() -> dict[str, tuple[Concept, re.Pattern[str]]]:
    """The level of each drug that has one, and what its number looks like."""
    return {
        each.key.removesuffix("-level"): (each, _measured(each))
        for each in concepts()
        if each.domain is Domain.LAB and each.key.endswith("-level")
    }


def _measured(level: Concept) -> re.Pattern[str]:
    units = "|".join(re.escape(spelling) for unit in level.units for spelling in unit.spellings)
    return re.compile(rf"\s*(?:[:=]|was\b|is\b|of\b)?\s*[<>]?\s*\d[\d.]*\s?(?:{units})(?!\w)", re.I)
