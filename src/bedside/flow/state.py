"""The state that every clinical graph starts from."""

from __future__ import annotations

from typing import Annotated

from typing_extensions import TypedDict

from bedside.errors import GraphError
from bedside.flow.labels import Private
from bedside.records import CaseId

__all__ = ["CaseState"]


def _same_case(known: CaseId, given: CaseId) -> CaseId:
    """One thread carries one case: another's leftovers would be released under this one's vault."""
    if known != given:
        raise GraphError("this thread carries another case; give each case a thread of its own")
    return known


class CaseState(TypedDict, total=False):
    """Derive your state from this: it brings the handle of the case, and the case store has the rest."""

    case: Annotated[Private[CaseId], _same_case]
