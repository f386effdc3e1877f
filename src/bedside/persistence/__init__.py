"""Where cases are kept: notes, vault, the list of what left, and the checkpoints of their graphs."""

from bedside.persistence.cases import CaseStore, Document, MemoryCaseStore
from bedside.persistence.keys import StoreKey, keyring_key, load_key
from bedside.persistence.sealed_saver import STATE_VERSION, SealedSqliteSaver, Standing
from bedside.persistence.serializer import serializer
from bedside.persistence.sqlite_cases import SqliteCaseStore, StoredCase

__all__ = [
    "STATE_VERSION",
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
