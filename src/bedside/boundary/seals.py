"""Texts that carry proof of where they have been.

`SealedText` is what the boundary released; `RemoteText` is what came back, untouched. Both are plain data, so
that they survive a checkpoint; the proof is an HMAC under a key of their case. There is no public way to make
a `SealedText`: `Boundary.release` is the only caller of `SealKey.seal`.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar, cast

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bedside.answers import parse_json
from bedside.errors import InvalidAnswerError, SealError
from bedside.records import CaseId

__all__ = ["Outcome", "RemoteText", "SealKey", "SealedText"]

T = TypeVar("T")


class Outcome(StrEnum):
    """The outcome of a remote call. Only `ANSWERED` carries text."""

    ANSWERED = "answered"
    EMPTY = "empty"
    """The model answered with nothing."""
    UNREACHABLE = "unreachable"
    """No connection came about, so nothing was sent."""
    BROKEN_OFF = "broken_off"
    """The connection ended, or a gateway gave up, after the prompt was sent: its fate is not known."""
    TIMED_OUT = "timed_out"
    """No answer came in time. Whether the prompt was processed is not known."""
    REJECTED = "rejected"
    """The endpoint answered with an error status."""
    KEY_REFUSED = "key_refused"
    """The endpoint does not accept the key: status 401 or 403."""
    NOT_SERVED = "not_served"
    """The endpoint has no such model, or nothing at this address: status 404."""
    BUSY = "busy"
    """The endpoint has no capacity for this call: status 429 or 503."""
    UNTRUSTED = "untrusted"
    """The endpoint's certificate does not verify, so nothing was sent."""
    TRUNCATED = "truncated"
    """The answer was cut off at its budget of tokens."""
    LOOPED = "looped"
    """The model repeated itself and was stopped."""
    TOO_LONG = "too_long"
    """The prompt and the longest answer do not fit the model's context: it was not called, or rejected them."""
    NONSENSE = "nonsense"
    """The answer is too long to be one, breaks off, or is not of the protocol."""
    NOT_CONFIGURED = "not_configured"
    INTERRUPTED = "interrupted"
    """The prompt was handed to the transport before, and its outcome is not known: not sent again."""
    ALREADY_ASKED = "already_asked"
    """The prompt was sent before and answered, for another run of the step: not sent again."""
    NOT_APPROVED = "not_approved"
    """The prompt needs a person's approval and has none, or its template has changed since, so nothing was sent."""
    GUARDED = "guarded"
    """The whole prompt holds a value that the vault knows, so nothing was sent."""
    OVER_BUDGET = "over_budget"
    """The case's tokens for remote models were used up, so nothing was sent."""
    NO_TEMPLATE = "no_template"
    """No prompt template of this name was frozen, or it has other fields, so nothing was sent."""
    KEPT_BACK = "kept_back"
    """A person decided that the prompt must not leave."""
    NOT_SEALED = "not_sealed"
    """The seal did not verify, so nothing was sent."""


@dataclass(frozen=True, slots=True)
class SealedText:
    """A text that the boundary released for one case, one destination and one prompt template.

    Attributes:
        text: The text that may leave, word for word. Empty in a voided seal.
        template: Id of the prompt template it was released for.
        case: The case it was released from.
        destination: The destination: `consult:<endpoint>`, `search`, `terminology`.
        key_id: The id of the key that sealed it.
        mac: HMAC-SHA256 over all the others, hexadecimal.
        narrative: Whether free text is in it. It is sent only with the record of an approval (`Vault.approval`).
        wording: `PromptTemplate.sha256` of the template when the text was released; empty where it was not
            known. An approval is of the text in this wording: with another one in the template, it does not count.
    """

    text: str
    template: str
    case: CaseId
    destination: str
    key_id: str
    mac: str
    narrative: bool = False
    wording: str = ""

    @property
    def id(self) -> str:
        """A short handle of this very release, for logs and for pairing answers with questions."""
        return self.mac[:16]

    def voided(self) -> SealedText:
        """Return an empty seal of the same type, which replaces one that fails for a remote node.

        Nothing of it was authenticated, so no field of it may be shown.
        """
        return SealedText("", "", CaseId(""), "", "", "")


@dataclass(frozen=True, slots=True)
class RemoteText:
    """The answer that a remote node returned, unchanged.

    Attributes:
        text: The answer, untouched; empty unless `outcome` is `ANSWERED`. It is untrusted data.
        outcome: The outcome of the call.
        question: `SealedText.id` of the question it answers.
        origin: The destination that answered.
        case: The case it belongs to.
        key_id: The id of the key that minted it.
        mac: HMAC-SHA256 over all of the above, hexadecimal.
    """

    text: str
    outcome: Outcome
    question: str
    origin: str
    case: CaseId
    key_id: str
    mac: str

    def parse(self, schema: type[T]) -> T:
        """Parse the answer as an instance of a schema, in the local node that reads it. Still untrusted.

        Placeholders in it stay placeholders: `Advice.parse` of a consultation has them swapped back.

        Args:
            schema: A pydantic model, a dataclass or a `TypedDict`.

        Raises:
            InvalidAnswerError: There was no answer, or it does not fit. The message holds no word of it.
        """
        if self.outcome is not Outcome.ANSWERED:
            raise InvalidAnswerError(f"there is no answer: {self.outcome.value}")
        return parse_json(self.text, schema)

    def voided(self) -> RemoteText:
        """Return an empty answer of the same type."""
        return RemoteText("", Outcome.NOT_SEALED, "", "", CaseId(""), "", "")


class SealKey:
    """The key of one case, derived from its vault's secret.

    Args:
        secret: 32 random bytes of the vault.
        case: The case; it is bound into the derived key, so that one case's key never verifies another's seal.
    """

    def __init__(self, secret: bytes, case: CaseId) -> None:
        self.case = case
        info = b"bedside seal v1\x00" + case.encode()
        self._key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(secret)
        self.key_id = hmac.new(self._key, b"key id", hashlib.sha256).hexdigest()[:16]

    def seal(
        self, text: str, *, template: str, destination: str, narrative: bool = False, wording: str = ""
    ) -> SealedText:
        """Seal a text. Called by `Boundary.release` only."""
        mac = self._mac(_sealed(narrative), text, template, destination, wording)
        return SealedText(text, template, self.case, destination, self.key_id, mac, narrative, wording)

    def mint(self, text: str, *, outcome: Outcome, question: str, origin: str) -> RemoteText:
        """Mark an answer before any local code touches it. Called by remote clients only."""
        mac = self._mac("remote", text, outcome.value, question, origin)
        return RemoteText(text, outcome, question, origin, self.case, self.key_id, mac)

    def verify(self, value: SealedText | RemoteText) -> None:
        """Check that a value is what this case's boundary released, or its client minted.

        Raises:
            SealError: It is of another case or key, or was changed. The message holds no text of it.
        """
        if not _is_plain(value):
            raise SealError("the seal holds something else than plain text")
        if value.case != self.case:
            raise SealError("the seal belongs to another case")
        if value.key_id != self.key_id:
            raise SealError("the seal was made with an unknown key")
        if isinstance(value, SealedText):
            said = (value.text, value.template, value.destination, value.wording)
            expected = self._mac(_sealed(value.narrative), *said)
        else:
            expected = self._mac("remote", value.text, value.outcome.value, value.question, value.origin)
        if not hmac.compare_digest(expected, value.mac):
            raise SealError("the seal does not fit its text: forged or changed")

    def _mac(self, *parts: str) -> str:
        # Each part goes in with its length, so that no two different tuples give the same bytes.
        message = b"".join(
            len(data).to_bytes(8, "big") + data
            # A lone surrogate, which JSON can smuggle in, must not stop the sealing.
            for data in (part.encode("utf-8", "surrogatepass") for part in (*parts, self.case, self.key_id))
        )
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()


def _sealed(narrative: bool) -> str:
    return "sealed narrative" if narrative else "sealed"


def _is_plain(value: object) -> bool:
    """True if a seal and its fields are of exactly their declared classes.

    What is checked must be what is sent: a class of one's own may say another thing each time it is asked.
    """
    if type(value) not in (SealedText, RemoteText):
        return False
    kinds = {"narrative": bool, "outcome": Outcome}
    return all(type(getattr(value, one.name)) is kinds.get(one.name, str) for one in fields(cast(Any, value)))
