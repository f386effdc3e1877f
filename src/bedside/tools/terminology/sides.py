"""ICD-10-CM codes of one side, for codes that leave the side open."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from bedside.records import Coding
from bedside.tables import table_rows
from bedside.tools.terminology.systems import ICD10CM, ICD10CM_VERSION

__all__ = ["code_of_side"]


def code_of_side(code: Coding, side: str) -> Coding | None:
    """Return the code that states the side of a condition.

    Args:
        code: A code of the tables.
        side: `left`, `right` or `bilateral`.

    Returns:
        The code of that side; the same code where it says nothing of sides; `None` where it calls the side
        unspecified and there is none for this one: with a known side that would be wrong.
    """
    sides = _sides().get(code.code)
    if sides is None:
        return code
    return sides.get(side)


@lru_cache(maxsize=1)
def _sides() -> Mapping[str, Mapping[str, Coding]]:
    found: dict[str, dict[str, Coding]] = {}
    for row in table_rows("bedside.tools.terminology", "icd10cm_sides"):
        coding = Coding(system=ICD10CM, code=row["sided"], display=row["display"], version=ICD10CM_VERSION)
        found.setdefault(row["code"], {})[row["side"]] = coding
    return found
