"""The state that every clinical graph starts from."""

from __future__ import annotations

from typing_extensions import TypedDict

from bedside.flow.labels import Private
from bedside.records import CaseId

__all__ = ["CaseState"]


class CaseState(TypedDict, total=False):
    """Derive your state from this: it brings the handle of the case, and the case store has the rest."""

    case: Private[CaseId]
