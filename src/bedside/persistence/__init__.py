"""Where cases are kept: notes, vault and the list of what left."""

from bedside.persistence.cases import CaseStore, Document, MemoryCaseStore
from bedside.persistence.serializer import serializer

__all__ = ["CaseStore", "Document", "MemoryCaseStore", "serializer"]
