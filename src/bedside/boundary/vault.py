"""The identifiers that a case must not reveal, and the placeholders for them."""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from bedside.boundary.closed_text import closed_spans
from bedside.boundary.date_resolution import resolve
from bedside.boundary.detection import Detection, Identifier
from bedside.boundary.drafts import Draft
from bedside.boundary.people import name_parts, same_person
from bedside.boundary.seals import SealedText, SealKey
from bedside.boundary.vocabulary import WORD
from bedside.errors import BoundaryError
from bedside.records import CaseId

__all__ = ["PLACEHOLDER", "Approval", "Vault"]

PLACEHOLDER = re.compile(r"\[([A-Z][A-Z_]*)_(\d+)\]")

NAMES = (Identifier.PERSON, Identifier.UNKNOWN_NAME)

MOST_DAYS = 3_650
"""The longest interval between two dates that is stated, in days."""

# Words that surrogates of different values share.
_COMMON = {"https", "example", "road", "hospital", "medical", "center", "centre", "clinic", "health", "institute"}
_COMMON |= {"infirmary", "hospice", "practice", "surgery", "pharmacy", "school", "college", "university", "nursing"}
_COMMON |= {"home", "care", "rehabilitation", "pediatrics", "associates"}

# After a name that may mean more than one person of the case.
_SEVERAL = "(several)"

# As a model may write it: "[Person 1]", "PERSON_1", "[PERSON-1", "Person 1".
_VARIANT = re.compile(
    rf"(?i)(?P<open>\[\s?)?(?<!\w)(?P<kind>{'|'.join(kind.value.replace('_', '[ _-]') for kind in Identifier)})"
    r"[ _-]?(?P<number>\d{1,4})(?P<close>\s?\])?(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Approval:
    """The record of a person's approval of one released text.

    Attributes:
        reviewer: The person who approved it, as they want to be named.
        at: The time, UTC, ISO 8601.
    """

    reviewer: str
    at: str


@dataclass
class Vault:
    """The identifiers of one case, with a random secret from which its seal key is derived.

    A placeholder is a running number, never a function of the value: 45 CFR 164.514(c) forbids a code derived
    from the individual's data. Placeholders count per kind in the order of first use: one value keeps one
    placeholder over the whole case, one person one over all mentions, and two people never share one.

    Attributes:
        case: The case.
        secret: 32 random bytes.
        on_change: Called after each change, outside the vault's lock: a store keeps the vault from here.
    """

    case: CaseId
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    on_change: Callable[[Vault], None] | None = field(default=None, repr=False, compare=False)
    _learned: int = 0
    _knows_headers: bool = False
    _placeholders: dict[tuple[Identifier, str], str] = field(default_factory=dict, repr=False)
    _originals: dict[str, str] = field(default_factory=dict, repr=False)
    _known: dict[str, Identifier] = field(default_factory=dict, repr=False)
    _drafts: dict[str, Draft] = field(default_factory=dict, repr=False)
    _issued: dict[str, frozenset[str]] = field(default_factory=dict, repr=False)
    _approvals: dict[str, Approval] = field(default_factory=dict, repr=False)
    _surrogates: dict[str, str] = field(default_factory=dict, repr=False)
    _shift: int = field(default=0, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def key(self) -> SealKey:
        """The key that seals and verifies this case's texts."""
        return SealKey(self.secret, self.case)

    @property
    def known(self) -> dict[str, Identifier]:
        """The identifiers known to occur in the case's documents, with their kinds."""
        with self._lock:
            return dict(self._known)

    @property
    def learned(self) -> int:
        """The characters of the case's documents read so far: documents only grow."""
        return self._learned

    @learned.setter
    def learned(self, learned: int) -> None:
        self._learned = learned
        self._changed()

    @property
    def knows_headers(self) -> bool:
        """True if the headers of the case's images have been read; a case is opened with all its images."""
        return self._knows_headers

    def learn_headers(self, values: Mapping[str, Identifier]) -> None:
        """Remember the identifiers in the headers of all images of this case."""
        self._knows_headers = True
        self.learn_fields(values)

    def learn_fields(self, values: Mapping[str, Identifier]) -> None:
        """Remember the identifiers in the fields of the message or table that became a document of this case."""
        with self._lock:
            for value, kind in values.items():
                if kind is not Identifier.AGE:
                    self._known.setdefault(value, kind)
        self._changed()

    def learn(self, text: str, detections: list[Detection]) -> None:
        """Remember the identifiers found in a text of this case."""
        with self._lock:
            before = len(self._known)
            for found in detections:
                if found.kind is Identifier.AGE:
                    continue  # a number that other values share: the detectors look for its form, the guard cannot
                self._known.setdefault(text[found.start : found.end], found.kind)
            is_more = len(self._known) > before
        if is_more:
            self._changed()

    def remember(self, sealed: SealedText, draft: Draft, issued: frozenset[str]) -> None:
        """Keep the private original of what was released, and the placeholders that went into it."""
        with self._lock:
            self._drafts[sealed.id] = draft
            self._issued[sealed.id] = issued
        self._changed()

    def approve(self, questions: Iterable[str], reviewer: str) -> None:
        """Record a person's approval of released texts, by `SealedText.id`. Called by a review step.

        Raises:
            BoundaryError: One of them was never released for this case, or nobody is named.
        """
        if not reviewer.strip():
            raise BoundaryError("a yes needs the name of the person who said it")
        now = datetime.now(UTC).isoformat()
        with self._lock:
            wanted = dict.fromkeys(questions)
            if strangers := [one for one in wanted if one not in self._drafts]:
                raise BoundaryError(f"{len(strangers)} of the texts to approve were never released for this case")
            self._approvals |= {one: Approval(reviewer, now) for one in wanted if one not in self._approvals}
        self._changed()

    def approval(self, question: str) -> Approval | None:
        """Return the record of a person's approval of a released text, by `SealedText.id`."""
        return self._approvals.get(question)

    def original(self, question: str) -> Draft | None:
        """Return the draft of a released text, by `SealedText.id`."""
        return self._drafts.get(question)

    @property
    def originals(self) -> tuple[Draft, ...]:
        """The drafts that were released for this case."""
        with self._lock:
            return tuple(self._drafts.values())

    def swaps(self, question: str) -> dict[str, str]:
        """Return the original of each placeholder in a released text, by `SealedText.id`."""
        return {placeholder: self._originals[placeholder] for placeholder in sorted(self._issued.get(question, ()))}

    def placeholder(self, kind: Identifier, value: str) -> str:
        """Return the placeholder of a value, made on first use. A name of several possible people gets its own."""
        folded = " ".join(value.casefold().split())
        with self._lock:
            people = self._people(value) if kind in NAMES else []
            if people:
                kind = Identifier.PERSON
            key = (kind, folded if len(people) < 2 else f"{folded} {_SEVERAL}")
            placeholder = self._placeholder_of(people[0]) if len(people) == 1 else self._placeholders.get(key)
            placeholder = placeholder or self._next(kind)
            fuller = len(value) > len(self._originals.get(placeholder, ""))
            if self._placeholders.get(key) == placeholder and not fuller:
                return placeholder
            self._placeholders[key] = placeholder
            if fuller:
                self._originals[placeholder] = value
        self._changed()
        return placeholder

    def original_of(self, placeholder: str) -> str:
        """Return the fullest value of a placeholder."""
        return self._originals[placeholder]

    def surrogate(self, placeholder: str, make: Callable[[], str], text: str) -> str:
        """Return the surrogate for a placeholder's value in exports, drawn on first use.

        Nothing that the case knows, that is in the text or that stands for another value is taken. Where a
        hundred draws give nothing that is free, the placeholder stands for itself.
        """
        with self._lock:
            if placeholder in self._surrogates:
                return self._surrogates[placeholder]
            taken = " ".join([*self._surrogates.values(), *self._known, *self._originals.values(), text]).casefold()
            for _ in range(100):
                made = make()
                if not any(word in taken for word in re.findall(r"\w{4,}", made.casefold()) if word not in _COMMON):
                    break
            else:
                made = placeholder
            self._surrogates[placeholder] = made
        self._changed()
        return made

    @property
    def shift(self) -> int:
        """The days by which all dates of this case move in exports: random whole weeks, up to two years, not 0."""
        if self._shift == 0:
            with self._lock:
                self._shift = self._shift or 7 * secrets.choice([-1, 1]) * (secrets.randbelow(104) + 1)
            self._changed()
        return self._shift

    def _people(self, name: str) -> list[str]:
        """Return the people to whom a name may refer, each by the fullest name in the case."""
        names = {value for value, kind in self._known.items() if kind is Identifier.PERSON}
        names |= set(self._named().values())
        parts = {one: name_parts(one) for one in sorted(names, key=lambda one: (-len(name_parts(one)), one))}
        fullest: list[str] = []
        for one in parts:
            if parts[one] and not any(same_person(parts[one], parts[full]) for full in fullest):
                fullest.append(one)
        return [one for one in fullest if same_person(name_parts(name), parts[one])]

    def _placeholder_of(self, person: str) -> str | None:
        """Return the placeholder that this person already has."""
        parts = name_parts(person)
        return next((one for one, name in self._named().items() if same_person(name_parts(name), parts)), None)

    def _named(self) -> dict[str, str]:
        """Return the placeholders of one person each, with the fullest name hidden by it."""
        several = {one for (_, value), one in self._placeholders.items() if value.endswith(_SEVERAL)}
        return {
            placeholder: original
            for placeholder, original in self._originals.items()
            if placeholder.startswith(f"[{Identifier.PERSON}_") and placeholder not in several
        }

    def _next(self, kind: Identifier) -> str:
        return f"[{kind}_{1 + sum(placeholder.startswith(f'[{kind}_') for placeholder in self._originals)}]"

    def mentions(self, text: str) -> list[Detection]:
        """Return where values of the case's documents occur in a text, names by any of their parts.

        Letter case and the kind of white space do not matter; what is disguised more than that is the guard's.
        """
        found = []
        for value, kind in self.known.items():
            wholes = [value, *(part for part in WORD.findall(value) if len(part) > 1)] if kind in NAMES else [value]
            for whole in wholes:
                words = r"\s+".join(map(re.escape, whole.split()))
                for match in re.finditer(rf"(?<!\w){words}(?!\w)", text, re.IGNORECASE):
                    why = "stands in the case's documents"
                    found.append(Detection(*match.span(), kind, 1.0, "vault", why))
        return found

    def notes(self, issued: Collection[str], today: date) -> list[str]:
        """Return the permitted remarks on hidden values: days between two dates, and that an age is over 89.

        Intervals of more than ten years are left out: one of them ends in a birth.
        """
        days = resolve(
            [value for value, kind in self.known.items() if kind is Identifier.DATE]
            + [self._originals[one] for one in sorted(issued) if one.startswith(f"[{Identifier.DATE}_")],
            today,
        )
        dated = {one: days[self._originals[one]] for one in sorted(issued) if self._originals[one] in days}
        latest = max(dated, key=lambda one: dated[one], default="")
        notes = [f"{one} is over 89" for one in sorted(issued) if one.startswith(f"[{Identifier.AGE}_")]
        for one, day in dated.items():
            before = (dated[latest] - day).days
            if one != latest and before <= MOST_DAYS:
                notes.append(
                    f"{one} is {before} days before {latest}" if before else f"{one} is the day of {latest}"
                )
        return notes

    def restore(self, text: str, *, question: str) -> tuple[str, tuple[str, ...]]:
        """Replace placeholders by their originals in the answer to a question.

        Only a placeholder that this very question was released with is swapped, and only in plain text: inside a
        link, an image, a tag or code the value could travel on, and inside another word it is none. A model may
        have changed its letter case, lost a bracket or written "Person 1". Any other is left as it is.

        Args:
            question: `SealedText.id` of the question.

        Returns:
            The restored text, private from here on, and the placeholders that were left.
        """
        return self._swapped(text, self._issued.get(question, frozenset()))

    def restore_export(self, text: str) -> tuple[str, tuple[str, ...]]:
        """Replace every placeholder and surrogate of the case by its original, in a text that never left.

        Returns:
            As `restore`.
        """
        for placeholder, made in sorted(self._surrogates.items(), key=lambda item: -len(item[1])):
            if made == placeholder:
                continue
            original = self._originals[placeholder]
            parts = WORD.findall(original)
            is_name = bool(parts) and placeholder.startswith(f"[{Identifier.PERSON}_")
            text = _replaced(made, original, text, in_its_case=is_name)
            if is_name:
                given, _, family = made.partition(" ")
                text = _replaced(family, parts[-1], text, in_its_case=True)
                text = _replaced(given, parts[0], text, in_its_case=True)
        return self._swapped(text, frozenset(self._originals))

    def _swapped(self, text: str, allowed: Collection[str]) -> tuple[str, tuple[str, ...]]:
        closed = closed_spans(text)
        strangers: list[str] = []

        def swap(match: re.Match[str]) -> str:
            kind = re.sub(r"[\s\-]", "_", match["kind"]).upper()
            placeholder = f"[{kind}_{int(match['number'])}]"
            loose = not (match["open"] or match["close"] or "_" in match.group())
            if loose and (placeholder not in allowed or not match["kind"][0].isupper()):
                return match.group()  # "place 1" is prose until it is a placeholder that was sent
            inside = any(start <= match.start() < end for start, end in closed)
            if placeholder in allowed and not inside:
                return self._originals[placeholder]
            strangers.append(match.group())
            return match.group()

        return _VARIANT.sub(swap, text), tuple(dict.fromkeys(strangers))

    def dump(self) -> bytes:
        """Return the whole vault as bytes, for a store that seals it."""
        with self._lock:
            content = {
                "secret": self.secret.hex(),
                "learned": self._learned,
                "knows_headers": self._knows_headers,
                "placeholders": [
                    [kind, value, placeholder, self._originals[placeholder]]
                    for (kind, value), placeholder in self._placeholders.items()
                ],
                "known": self._known,
                "surrogates": self._surrogates,
                "shift": self._shift,
                "approvals": {question: [one.reviewer, one.at] for question, one in self._approvals.items()},
                "released": [
                    [question, draft.model_dump(mode="json"), sorted(self._issued[question])]
                    for question, draft in self._drafts.items()
                ],
            }
        return json.dumps(content).encode()

    @classmethod
    def load(cls, case: CaseId, data: bytes) -> Vault:
        """Return the vault from the bytes of `dump`, with the same key: what it sealed verifies again.

        Raises:
            ValueError: The data is not what `dump` gives. The message may quote it: do not show it.
        """
        content = json.loads(data)
        vault = cls(case, bytes.fromhex(content["secret"]), _learned=content["learned"])
        # A vault of before there were images has seen no header.
        vault._knows_headers = content.get("knows_headers", False)
        for kind, value, placeholder, original in content["placeholders"]:
            vault._placeholders[Identifier(kind), value] = placeholder
            vault._originals[placeholder] = original
        vault._known = {value: Identifier(kind) for value, kind in content["known"].items()}
        vault._surrogates, vault._shift = content["surrogates"], content["shift"]
        vault._approvals = {question: Approval(*one) for question, one in content.get("approvals", {}).items()}
        for question, draft, issued in content["released"]:
            vault._drafts[question] = Draft.model_validate(draft)
            vault._issued[question] = frozenset(issued)
        return vault

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change(self)


def _replaced(made: str, value: str, text: str, *, in_its_case: bool) -> str:
    """Return a text with whole words replaced by a value; a name takes the letter case of the words it replaces."""

    def written(match: re.Match[str]) -> str:
        word = match.group()
        if not in_its_case:
            return value
        return value.upper() if word.isupper() else value.lower() if word.islower() else value

    return re.sub(rf"(?<!\w){re.escape(made)}(?!\w)", written, text, flags=re.IGNORECASE) if made else text
