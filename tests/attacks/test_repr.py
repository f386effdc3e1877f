"""What a debugger, a log line or an assertion prints of an object holds no text of a patient and no key."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from bedside.boundary import Deidentified, Egress, Vault
from bedside.boundary.headers import HeaderWords
from bedside.flow import Services
from bedside.persistence import Document, ImageFile, StoreKey
from bedside.persistence.openers import Opened

HIDDEN: dict[Any, set[str]] = {
    Egress: {"text"},
    Deidentified: {"spans"},
    HeaderWords: {"identifiers", "texts"},
    Document: {"text", "fields"},
    ImageFile: {"data"},
    Opened: {"text", "fields", "further"},
    StoreKey: {"secret"},
    Services: {"prompts", "saver"},
    Vault: {
        "secret",
        "on_change",
        "_placeholders",
        "_originals",
        "_known",
        "_drafts",
        "_issued",
        "_approvals",
        "_surrogates",
        "_shift",
        "_lock",
    },
}


@pytest.mark.parametrize("kind", HIDDEN, ids=lambda kind: kind.__name__)
def test_private_fields_are_not_printed(kind: Any) -> None:
    assert {one.name for one in fields(kind) if not one.repr} == HIDDEN[kind]
