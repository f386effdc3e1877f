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

# Where a swapped-back value would not be read but used: addresses, link and image targets, tags, code.
_NOT_PLAIN = re.compile(r"\w+:\S+|www\.\S+|\]\([^)\n]*\)?|<[^>\n]*>?|`[^`]*`?|\bdata:\S+")


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
    _issued: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
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
                if found.kind is Identifier.AGE:
                    continue  # a number that other values share: the detectors look for its form, the guard cannot
                self._known.setdefault(text[found.start : found.end], found.kind)

    def remember(self, sealed: SealedText, draft: Draft, issued: frozenset[str]) -> None:
        """Keep the private original of what was released, and the placeholders that went into it."""
        with self._lock:
            self._drafts[sealed.id] = draft
            self._issued[sealed.id] = issued

    def original(self, question: str) -> Draft | None:
        """The draft behind a released text, by `SealedText.id`."""
        return self._drafts.get(question)

    def swaps(self, question: str) -> dict[str, str]:
        """What each placeholder of a released text stands for, by `SealedText.id`."""
        return {placeholder: self._originals[placeholder] for placeholder in sorted(self._issued.get(question, ()))}

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

    def restore(self, text: str, *, question: str) -> tuple[str, tuple[str, ...]]:
        """Swap placeholders back into the answer to a question.

        Only a placeholder that this very question was released with is swapped, and only in plain text: inside a
        link, an image, a tag or code the value could travel on. Any other is left as it is.

        Args:
            question: `SealedText.id` of the question.

        Returns:
            The restored text, private from here on, and the placeholders that were left.
        """
        allowed = self._issued.get(question, frozenset())
        closed = [match.span() for match in _NOT_PLAIN.finditer(text)]
        strangers: list[str] = []

        def swap(match: re.Match[str]) -> str:
            placeholder = match.group()
            inside = any(start <= match.start() < end for start, end in closed)
            if placeholder in allowed and not inside:
                return self._originals[placeholder]
            strangers.append(placeholder)
            return placeholder

        return PLACEHOLDER.sub(swap, text), tuple(dict.fromkeys(strangers))
