"""The storage of cases: notes, images, vault, what left, the audit trail, and the checkpoints of their graphs."""

from bedside.persistence.access import Access, Scope
from bedside.persistence.addresses import is_postgres, store_address
from bedside.persistence.audit import AuditEntry, AuditTrail
from bedside.persistence.cases import CaseStore, Document, ImageFile, MemoryCaseStore
from bedside.persistence.key_files import KeyFile, KeyHolder, KeyringEntry, key_file_of, new_key_file, sealed_with
from bedside.persistence.keys import StoreKey, keyring_key, load_key
from bedside.persistence.openers import NotOpened, Opened, Opener, installed_openers, text_of
from bedside.persistence.rotation import rotate_key, rotate_key_file
from bedside.persistence.runs import Run, RunState
from bedside.persistence.sealed_cases import PostgresCaseStore, SealedCaseStore, SqliteCaseStore, StoredCase
from bedside.persistence.sealed_saver import (
    STATE_VERSION,
    CheckpointHead,
    SealedPostgresSaver,
    SealedSaver,
    SealedSqliteSaver,
)
from bedside.persistence.serializer import serializer
from bedside.persistence.stores import default_key_file, open_store, own_key_file

__all__ = [
    "STATE_VERSION",
    "Access",
    "AuditEntry",
    "AuditTrail",
    "CaseStore",
    "CheckpointHead",
    "Document",
    "ImageFile",
    "KeyFile",
    "KeyHolder",
    "KeyringEntry",
    "MemoryCaseStore",
    "NotOpened",
    "Opened",
    "Opener",
    "PostgresCaseStore",
    "Run",
    "RunState",
    "Scope",
    "SealedCaseStore",
    "SealedPostgresSaver",
    "SealedSaver",
    "SealedSqliteSaver",
    "SqliteCaseStore",
    "StoreKey",
    "StoredCase",
    "default_key_file",
    "installed_openers",
    "is_postgres",
    "key_file_of",
    "keyring_key",
    "load_key",
    "new_key_file",
    "open_store",
    "own_key_file",
    "rotate_key",
    "rotate_key_file",
    "sealed_with",
    "serializer",
    "store_address",
    "text_of",
]
