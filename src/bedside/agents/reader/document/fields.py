"""Identifying fields of messages, documents and tables, for the vault of the case to learn.

Only values that can be told from other words are taught: whatever the vault knows is never released again, and a
ward called "Cardiology", a state "MI" or a set id "1" would hold back the very questions that a case is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bedside.boundary import Identifier, Vocabulary

__all__ = ["Fields"]

_LEAST = 4
"""Characters of a value that is no name: below, too much else is spelled so."""
_WORD = re.compile(r"[^\W\d_]+")
_NUMBERS = frozenset({Identifier.PHONE, Identifier.RECORD_NUMBER, Identifier.OTHER_NUMBER, Identifier.SSN})


@dataclass(slots=True)
class Fields:
    """Collects them.

    Attributes:
        known: Each value with its kind.
    """

    known: dict[str, Identifier] = field(default_factory=dict)

    def learn(self, kind: Identifier, parts: Sequence[str], *, is_person_first: bool = True) -> None:
        """A field by its components, as HL7 orders them.

        Args:
            kind: What it identifies.
            parts: A name is family, given, middle; an address or anything else is taken part by part.
            is_person_first: Whether a name begins with the family name, and not with an id before it.
        """
        parts = [" ".join(part.split()) for part in parts]
        if kind is Identifier.PERSON:
            if not is_person_first:
                self.value(Identifier.OTHER_NUMBER, parts[0] if parts else "")
                parts = parts[1:]
            family, given, middle = [*parts, "", "", ""][:3]
            self.person(given, middle, family)
        elif kind is Identifier.DATE:
            self.date(parts[0] if parts else "")
        elif kind is Identifier.FACILITY:
            self.value(kind, parts[0] if parts else "")
        else:
            for part in parts:
                self.value(kind, part)

    def person(self, *names: str) -> None:
        """A name by its parts, in the order in which it is spoken."""
        if any(len(word) > 1 for name in names for word in _WORD.findall(name)):
            self.known.setdefault(" ".join(name for name in names if name), Identifier.PERSON)

    def date(self, value: str) -> None:
        """A date, `YYYYMMDD…` or ISO 8601."""
        if found := re.match(r"(\d{4})-?(\d{2})-?(\d{2})", value):
            self.known.setdefault("-".join(found.groups()), Identifier.DATE)

    def value(self, kind: Identifier, value: str) -> None:
        """Add any other value that differs from plain words and from small numbers."""
        value = " ".join(value.split())
        letters = re.sub(r"[\W_]", "", value)
        has_digits = any(character.isdigit() for character in letters)
        if len(letters) < _LEAST or (kind in _NUMBERS and (not has_digits or len(letters) < _LEAST + 1)):
            return
        if not has_digits and _are_plain(_WORD.findall(value)):
            return
        self.known.setdefault(value, kind)


def _are_plain(words: Iterable[str]) -> bool:
    vocabulary = Vocabulary.installed()
    return all(vocabulary.has_word(word.lower()) and not vocabulary.is_name(word) for word in words)
