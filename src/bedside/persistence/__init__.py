"""Where cases are kept: notes, vault, what left, the audit trail, and the checkpoints of their graphs."""

from bedside.persistence.audit import AuditEntry, AuditTrail
from bedside.persistence.cases import CaseStore, Document, MemoryCaseStore
from bedside.persistence.keys import StoreKey, keyring_key, load_key
from bedside.persistence.sealed_saver import STATE_VERSION, SealedSqliteSaver, Standing
from bedside.persistence.serializer import serializer
from bedside.persistence.sqlite_cases import SqliteCaseStore, StoredCase

__all__ = [
    "STATE_VERSION",
    "AuditEntry",
    "AuditTrail",
    "CaseStore",
    "Document",
    "MemoryCaseStore",
    "SealedSqliteSaver",
    "SqliteCaseStore",
    "Standing",
    "StoreKey",
    "StoredCase",
    "keyring_key",
    "load_key",
    "serializer",
]
