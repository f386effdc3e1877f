"""Comparison of two names of people: "Logan Walker", "Mr. Walker" and "WALKER, L." can be one."""

from __future__ import annotations

import re

from bedside.boundary.unicode_folding import fold
from bedside.boundary.vocabulary import WORD

__all__ = ["name_parts", "same_person"]

_TITLES = {"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "doctor", "sir", "dame", "rev", "nurse"}
_TITLES |= {"sister", "md", "do", "rn", "np", "pa", "phd", "jr", "sr"}


def name_parts(name: str) -> tuple[str, ...]:
    """Return the parts of a name, folded, without titles and possessives; an initial is one letter."""
    words = (re.sub(r"['’]s?$", "", word) for word in WORD.findall(fold(name)))
    return tuple(word for word in words if word not in _TITLES)


def same_person(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """True if the shorter name can be another mention of the longer.

    Each of its parts must be a part of the longer, or the initial of one; at least one part is shared in full.
    """
    short, long = sorted((one, other), key=len)
    left, shared = list(long), False
    # Full parts first: of "J. John" the initial must not take what the name needs.
    for part in sorted(short, key=len, reverse=True):
        match = next((whole for whole in left if whole == part), None)
        shared |= match is not None and len(part) > 1
        if match is None:
            match = next((whole for whole in left if whole[0] == part[0] and 1 in (len(whole), len(part))), None)
        if match is None:
            return False
        left.remove(match)
    return shared
