"""What a case must not give away, and the placeholders that stand for it."""

from __future__ import annotations

import re
import secrets
import threading
from dataclasses import dataclass, field

from bedside.boundary.detection import Detection, Identifier
from bedside.boundary.drafts import Draft
from bedside.boundary.seals import SealedText, SealKey
from bedside.records import CaseId

__all__ = ["PLACEHOLDER", "Vault"]

PLACEHOLDER = re.compile(r"\[([A-Z][A-Z_]*)_(\d+)\]")


@dataclass
class Vault:
    """The identifiers of one case, with a random secret from which its seal key is derived.

    A placeholder is a running number, never a function of the value: 45 CFR 164.514(c) forbids a code derived
    from the individual's data. Placeholders count per kind in the order of first use, so that one value keeps
    one placeholder over the whole case.
    """

    case: CaseId
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    learned: bool = False
    _placeholders: dict[tuple[Identifier, str], str] = field(default_factory=dict, repr=False)
    _originals: dict[str, str] = field(default_factory=dict, repr=False)
    _known: dict[str, Identifier] = field(default_factory=dict, repr=False)
    _drafts: dict[str, Draft] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def key(self) -> SealKey:
        """The key that seals and verifies this case's texts."""
        return SealKey(self.secret, self.case)

    @property
    def known(self) -> dict[str, Identifier]:
        """Each identifier that is known to stand in the case's documents, with its kind."""
        with self._lock:
            return dict(self._known)

    def learn(self, text: str, detections: list[Detection]) -> None:
        """Remember the identifiers found in a document of this case."""
        with self._lock:
            for found in detections:
                self._known.setdefault(text[found.start : found.end], found.kind)

    def remember(self, sealed: SealedText, draft: Draft) -> None:
        """Keep the private original of what was released."""
        with self._lock:
            self._drafts[sealed.id] = draft

    def original(self, question: str) -> Draft | None:
        """The draft behind a released text, by `SealedText.id`."""
        return self._drafts.get(question)

    def placeholder(self, kind: Identifier, value: str) -> str:
        """The placeholder of a value, made on first use."""
        key = (kind, " ".join(value.casefold().split()))
        with self._lock:
            if key not in self._placeholders:
                number = 1 + sum(1 for known_kind, _ in self._placeholders if known_kind is kind)
                placeholder = f"[{kind.value}_{number}]"
                self._placeholders[key] = placeholder
                self._originals[placeholder] = value
            return self._placeholders[key]

    def restore(self, text: str, *, sent: str) -> tuple[str, tuple[str, ...]]:
        """Swap placeholders back into an answer.

        Only a placeholder that stood in the very question (`sent`) is swapped; any other is left as it is.

        Returns:
            The restored text, private from here on, and the placeholders that were not known or not sent.
        """
        allowed = {match.group() for match in PLACEHOLDER.finditer(sent)}
        strangers: list[str] = []

        def swap(match: re.Match[str]) -> str:
            placeholder = match.group()
            if placeholder in allowed and placeholder in self._originals:
                return self._originals[placeholder]
            strangers.append(placeholder)
            return placeholder

        return PLACEHOLDER.sub(swap, text), tuple(dict.fromkeys(strangers))
