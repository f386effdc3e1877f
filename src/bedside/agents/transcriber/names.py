"""The test behind a printed name, by the tables."""

from __future__ import annotations

import re
from functools import lru_cache

from bedside.tools.terminology import Concept, Domain, find_concepts

__all__ = ["concept_of", "folded"]

# What may stand beside the name of a test without changing what is measured. "Urine" and "free" do.
_NO_MATTER = frozenset({"serum", "plasma", "blood", "level", "venous", "s", "p"})


@lru_cache(maxsize=1_000)
def concept_of(analyte: str) -> Concept | None:
    """The laboratory concept of a name that the tables know as a whole; `None` for "glucose, urine"."""
    matches = [match for match in find_concepts(analyte) if match.concept.domain is Domain.LAB]
    if len({match.concept.key for match in matches}) != 1:
        return None
    rest = analyte
    for match in sorted(matches, key=lambda one: -one.start):
        rest = f"{rest[: match.start]} {rest[match.end :]}"
    words = re.findall(r"\w+", rest.casefold())
    return matches[0].concept if all(word in _NO_MATTER for word in words) else None


def folded(analyte: str) -> str:
    """Return the key by which rows of two pictures are of one test: the concept, or the name without its signs."""
    known = concept_of(analyte)
    return known.key if known else re.sub(r"[\W_]+", " ", analyte).casefold().strip()
