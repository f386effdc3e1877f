"""The audit trail: one chain of entries for a whole store, which outlives the cases that it records.

An entry names what left by its SHA-256 and holds none of its words. Each entry holds the digest of the one before
it, so that nobody can change, add or drop one in the middle; a sealed head holds number and digest of the last. Who
can put an older copy of the whole store back can still make the end disappear: an auditor who keeps a printed head
(`AuditTrail.head`) elsewhere notices that too.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from bedside.boundary import Egress, Refusal
from bedside.errors import PersistenceError
from bedside.records import CaseId

__all__ = ["AuditEntry", "AuditTrail"]

NOTHING = "0" * 64
"""The digest that the first entry holds in place of an earlier one."""

Event = Literal["left", "held", "refused", "deleted", "accessed"]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One event in the audit trail.

    Attributes:
        number: Its place in the chain, from 1.
        at: The time, UTC, ISO 8601.
        event: A prompt `left`, or was `held` because no endpoint was configured; the boundary `refused` a text; a
            case was `deleted`; somebody `accessed` the service.
        case: The random handle of the case.
        destination: The destination, as sealed; empty for a deletion.
        inside: Whether that host was declared as the hospital's own.
        template: Id of the prompt template.
        template_sha256: The version of the template, by its hash.
        text_sha256: SHA-256 of the prompt's UTF-8 text, in hex; empty where nothing was rendered.
        reason: Why the boundary refused, as a name of `RefusalReason`; empty otherwise.
        previous: Digest of the entry before it.
        who: Of an access: id of the key or user, as the service knows it.
        action: Of an access: what was done, such as `run.start` or `case.read`.
    """

    number: int
    at: str
    event: Event
    case: CaseId
    destination: str
    inside: bool
    template: str
    template_sha256: str
    text_sha256: str
    reason: str
    previous: str
    who: str = ""
    action: str = ""

    @property
    def digest(self) -> str:
        """The SHA-256 of the entry in canonical JSON (sorted keys, no spaces), in hex."""
        return hashlib.sha256(self.dump()).hexdigest()

    def dump(self) -> bytes:
        """Return the entry in canonical JSON."""
        values = asdict(self)
        if self.event != "accessed":
            # Entries that were written before there was a service have neither, and keep their digest.
            del values["who"], values["action"]
        return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()

    @classmethod
    def of_egress(cls, case: CaseId, egress: Egress, number: int, previous: str) -> AuditEntry:
        """Return the entry for a prompt at the boundary."""
        return cls(
            number=number,
            at=egress.at.isoformat(),
            event="left" if egress.left else "held",
            case=case,
            destination=egress.destination,
            inside=egress.inside,
            template=egress.template,
            template_sha256=egress.template_sha256,
            text_sha256=hashlib.sha256(egress.text.encode()).hexdigest(),
            reason="",
            previous=previous,
        )

    @classmethod
    def of_deletion(cls, case: CaseId, number: int, previous: str) -> AuditEntry:
        """Return the entry for a case that was deleted."""
        return cls(number, datetime.now(UTC).isoformat(), "deleted", case, "", False, "", "", "", "", previous)

    @classmethod
    def of_access(cls, case: CaseId, who: str, action: str, number: int, previous: str) -> AuditEntry:
        """The entry for an access over the service; `case` is empty where it concerns none."""
        at = datetime.now(UTC).isoformat()
        return cls(number, at, "accessed", case, "", False, "", "", "", "", previous, who, action)

    @classmethod
    def of_refusal(cls, case: CaseId, refusal: Refusal, destination: str, number: int, previous: str) -> AuditEntry:
        """Return the entry for a text that was refused: the reason, and nothing of the text."""
        at, why = datetime.now(UTC).isoformat(), refusal.reason.name
        return cls(number, at, "refused", case, destination, False, refusal.template, "", "", why, previous)


class AuditTrail:
    """A chain that was checked from its first entry to its head.

    Args:
        entries: The entries in order.
        head: The number and the digest of the last entry, as they were kept.

    Attributes:
        entries: The same, checked.
        head: Number and digest of the last entry: `12:9f3c…`, or `0:000…` of an empty trail.

    Raises:
        PersistenceError: An entry is missing or was changed, or the chain ends before or after its head.
    """

    def __init__(self, entries: Sequence[AuditEntry], head: str) -> None:
        previous = NOTHING
        for place, entry in enumerate(entries, 1):
            if entry.number != place or entry.previous != previous:
                raise PersistenceError(f"audit trail: entry {place} does not follow the one before it")
            previous = entry.digest
        self.entries, self.head = tuple(entries), f"{len(entries)}:{previous}"
        if self.head != head:
            kept = head.partition(":")[0]
            raise PersistenceError(f"audit trail: it has {len(entries)} entries, and its head speaks of {kept}")

    def require(self, head: str) -> None:
        """Check that this trail still contains an earlier head.

        Args:
            head: The value of `head` at that time.

        Raises:
            PersistenceError: It does not: entries that were there then are gone or replaced.
        """
        number, _, digest = head.partition(":")
        known = [NOTHING, *(entry.digest for entry in self.entries)]
        if not number.isdecimal() or int(number) >= len(known) or known[int(number)] != digest:
            raise PersistenceError(
                "audit trail: the head that you kept is not in it: entries were lost, or an older store put back"
            )

    def fhir(self) -> dict[str, Any]:
        """Return the trail as a FHIR R4 `Bundle` (collection) of `AuditEvent`.

        What was held or refused is left out: it did not leave. Codes: DICOM PS3.16 audit event ids and roles, which
        FHIR's value sets `audit-event-type` and `object-lifecycle-events` name.
        """
        events = (
            self._access(entry) if entry.event == "accessed" else self._event(entry)
            for entry in self.entries
            if entry.event in ("left", "deleted", "accessed")
        )
        return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": event} for event in events]}

    def _event(self, entry: AuditEntry) -> dict[str, Any]:
        deleted = entry.event == "deleted"
        agents = [_agent("110153", "Source Role ID", "Bedside", requestor=True)]
        if not deleted:
            agents.append(_agent("110152", "Destination Role ID", entry.destination, requestor=False))
        details = {"number": str(entry.number), "digest": entry.digest, "previous": entry.previous}
        if not deleted:
            details |= {"text-sha256": entry.text_sha256, "template": entry.template}
            details |= {"template-sha256": entry.template_sha256}
        return {
            "resourceType": "AuditEvent",
            "type": _dicom("110110", "Patient Record") if deleted else _dicom("110106", "Export"),
            "action": "D" if deleted else "R",
            "recorded": entry.at,
            "outcome": "0",
            "agent": agents,
            "source": {"observer": {"display": "Bedside"}},
            "entity": [
                {
                    "what": {"identifier": {"system": CASE_SYSTEM, "value": entry.case}},
                    "lifecycle": _lifecycle("15", "Permanent erasure / Physical destruction")
                    if deleted
                    else _lifecycle("6", "Access / Use")
                    if entry.inside
                    else _lifecycle("11", "Disclosure"),
                    "detail": [{"type": name, "valueString": value} for name, value in details.items()],
                }
            ],
        }

    def _access(self, entry: AuditEntry) -> dict[str, Any]:
        details = {"number": str(entry.number), "digest": entry.digest, "previous": entry.previous}
        details |= {"action": entry.action}
        entity: dict[str, Any] = {"detail": [{"type": name, "valueString": one} for name, one in details.items()]}
        if entry.case:
            entity["what"] = {"identifier": {"system": CASE_SYSTEM, "value": entry.case}}
        verb = entry.action.rpartition(".")[2]
        return {
            "resourceType": "AuditEvent",
            "type": _dicom("110110", "Patient Record") if entry.case else _dicom("110100", "Application Activity"),
            "action": {"read": "R", "list": "R", "start": "C", "make": "C", "delete": "D"}.get(verb, "E"),
            "recorded": entry.at,
            "outcome": "0",
            "agent": [{"who": {"display": entry.who}, "requestor": True}],
            "source": {"observer": {"display": "Bedside"}},
            "entity": [entity],
        }


CASE_SYSTEM = "urn:uuid:fb4f8cfd-38b6-4f6d-ab6a-69705919f5d3"
"""The system of a case's random handle as an identifier. A random UUID, made once."""


def _agent(code: str, display: str, who: str, *, requestor: bool) -> dict[str, Any]:
    agent: dict[str, Any] = {"type": {"coding": [_dicom(code, display)]}, "who": {"display": who}}
    if host := urlsplit(who.partition(":")[2]).hostname:
        agent["network"] = {"address": host, "type": "2" if _is_address(host) else "1"}
    return agent | {"requestor": requestor}


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _dicom(code: str, display: str) -> dict[str, str]:
    return {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": code, "display": display}


def _lifecycle(code: str, display: str) -> dict[str, str]:
    system = "http://terminology.hl7.org/CodeSystem/dicom-audit-lifecycle"
    return {"system": system, "code": code, "display": display}
