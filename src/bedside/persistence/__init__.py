"""Where cases are kept: notes, vault and the list of what left."""

from bedside.persistence.cases import CaseStore, Document, Egress, MemoryCaseStore
from bedside.persistence.serializer import serializer

__all__ = ["CaseStore", "Document", "Egress", "MemoryCaseStore", "serializer"]
