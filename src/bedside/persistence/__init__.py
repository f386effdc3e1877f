"""Where cases are kept: notes, images, vault, what left, the audit trail, and the checkpoints of their graphs."""

from bedside.persistence.audit import AuditEntry, AuditTrail
from bedside.persistence.cases import CaseStore, Document, ImageFile, MemoryCaseStore
from bedside.persistence.keys import StoreKey, keyring_key, load_key
from bedside.persistence.postgres import is_postgres
from bedside.persistence.rotation import new_key_file, rotate_key, rotate_key_file
from bedside.persistence.sealed_cases import PostgresCaseStore, SealedCaseStore, SqliteCaseStore, StoredCase
from bedside.persistence.sealed_saver import (
    STATE_VERSION,
    SealedPostgresSaver,
    SealedSaver,
    SealedSqliteSaver,
    Standing,
)
from bedside.persistence.serializer import serializer

__all__ = [
    "STATE_VERSION",
    "AuditEntry",
    "AuditTrail",
    "CaseStore",
    "Document",
    "ImageFile",
    "MemoryCaseStore",
    "PostgresCaseStore",
    "SealedCaseStore",
    "SealedPostgresSaver",
    "SealedSaver",
    "SealedSqliteSaver",
    "SqliteCaseStore",
    "Standing",
    "StoreKey",
    "StoredCase",
    "is_postgres",
    "keyring_key",
    "load_key",
    "new_key_file",
    "rotate_key",
    "rotate_key_file",
    "serializer",
]
