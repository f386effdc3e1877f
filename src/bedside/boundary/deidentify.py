"""De-identification of whole texts, and its reversal.

This is for exports and for measuring. What it gives is a plain `str`: no remote node can read it, and nothing of it
is sealed. Only `Boundary.release` makes text that may leave.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bedside.boundary.date_resolution import resolve, rewrite
from bedside.boundary.detection import Identifier
from bedside.boundary.release import Boundary, merged
from bedside.boundary.surrogates import surrogate
from bedside.boundary.vault import Vault
from bedside.errors import BoundaryError
from bedside.records import CaseId

__all__ = ["Deidentified", "Hidden", "Style", "deidentify", "export_check", "reidentify"]


class Style(StrEnum):
    """The kind of replacement for a value."""

    PLACEHOLDERS = "placeholders"
    """`[PERSON_1]`, `[DATE_2]`: easy to verify and to map back."""
    SURROGATES = "surrogates"
    """Made-up values that read like real ones; dates as placeholders."""
    SHIFTED = "shifted"
    """Surrogates, and dates moved by the case's own number of weeks. A moved date is still a full date: this is no
    Safe Harbor, and needs an expert's determination (45 CFR 164.514(b)(1))."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A replaced span, the characters `original[start:end]`."""

    start: int
    end: int
    label: Identifier
    replacement: str


@dataclass(frozen=True, slots=True)
class Deidentified:
    """A text in which the identifiers that were found are replaced.

    Attributes:
        text: The text, which may be exported.
        spans: The replaced spans, in order, by their place in the original.
    """

    text: str
    spans: tuple[Hidden, ...] = field(repr=False)


def deidentify(boundary: Boundary, case: CaseId, text: str, style: Style = Style.PLACEHOLDERS) -> Deidentified:
    """Replace the identifiers in a text of a case: those the detectors find, and those in the case's documents.

    Raises:
        BoundaryError: A detector failed, so nothing is known about the text; or a value that the case's documents
            name is left in it, in disguise.
        CaseError: The case is unknown.
    """
    vault = boundary.learned(case)
    found = merged(boundary.find(text, vault))
    # The second lock, as for what leaves: what stays of the text may hold no value in disguise.
    kept = _replaced(text, [Hidden(one.start, one.end, one.kind, " ; ") for one in found])
    if boundary.holds_known_value(case, kept, narrative=True):
        raise BoundaryError("a value that the case knows stands in the text in disguise; look at it by hand")
    days = {}
    if style is Style.SHIFTED:
        dates = [text[one.start : one.end] for one in found if one.kind is Identifier.DATE]
        known = [value for value, kind in vault.known.items() if kind is Identifier.DATE]
        days = resolve([*known, *dates], datetime.now(UTC).date())
    # Full names first: the referent of a short one must not depend on what came before it.
    for one in sorted(found, key=lambda one: one.start - one.end):
        if one.kind is Identifier.PERSON:
            vault.placeholder(one.kind, text[one.start : one.end])
    spans = []
    for one in found:
        value = text[one.start : one.end]
        moved = None
        if value in days:
            moved = rewrite(value, days[value], days[value] + timedelta(days=vault.shift))
        if style is Style.PLACEHOLDERS or (one.kind is Identifier.DATE and moved is None):
            moved = vault.placeholder(one.kind, value)
        replacement = moved if moved is not None else surrogate(vault, one.kind, value, text)
        spans.append(Hidden(one.start, one.end, one.kind, replacement))
    return Deidentified(_replaced(text, spans), tuple(spans))


def reidentify(boundary: Boundary, case: CaseId, text: str) -> tuple[str, tuple[str, ...]]:
    """Return the original of a de-identified text of this case, and the placeholders that are not of this case.

    A text that nobody changed gives its document again, character for character. In a changed one each placeholder
    and surrogate becomes the fullest value that it stands for, and each moved date moves back.

    Returns:
        The text, and the placeholders in it that are none of this case.

    Raises:
        BoundaryError: A detector failed.
        CaseError: The case is unknown.
    """
    vault = boundary.learned(case)
    for document in boundary.documents(case).values():
        if any(deidentify(boundary, case, document, style).text == text for style in Style):
            return document, ()
    shift = timedelta(days=vault.shift)
    known = resolve(
        [value for value, kind in vault.known.items() if kind is Identifier.DATE], datetime.now(UTC).date()
    )
    for value, day in known.items():
        moved = rewrite(value, day, day + shift)
        if moved is not None:
            text = re.sub(rf"(?<!\w){re.escape(moved)}(?!\w)", lambda _, value=value: value, text)  # type: ignore[misc]
    return vault.restore_export(text)


def export_check(vault: Vault, name: str) -> str:
    """Return the HMAC-SHA256 of a line's name in hex, the checksum that binds a line of an export to its case.

    Only who has the case's vault can make it. A line that is given another case, by mistake or on purpose, would
    get the names of another patient.

    Args:
        vault: The vault of the case.
        name: The id of the line.
    """
    info = b"bedside export v1\x00" + vault.case.encode()
    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(vault.secret)
    return hmac.digest(key, name.encode("utf-8", "surrogatepass"), "sha256").hex()


def _replaced(text: str, spans: Sequence[Hidden]) -> str:
    pieces: list[str] = []
    position = 0
    for one in spans:
        pieces += text[position : one.start], one.replacement
        position = one.end
    return "".join([*pieces, text[position:]])
