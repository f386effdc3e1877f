"""A FHIR terminology server as a source of codes: `$lookup`, `$validate-code`, `$expand`, `$translate` over R4.

What it is sent can reveal a patient, so little is sent. A server outside gets codes that have the shape and check
digit of their system, and search words only as `SealedText` that the boundary released for `terminology`. A server
on this machine or declared inside gets plain words too.

It never raises for what the server does: a time-out, an error status or nonsense is `UNKNOWN`, with the reason.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bedside.addresses import is_loopback
from bedside.boundary import Egress, SealedText, SealKey
from bedside.errors import EndpointError, SealError
from bedside.tools.terminology import check_digits
from bedside.tools.terminology.parameters import (
    expansion,
    issue_codes,
    lookup,
    translation,
    validation,
)
from bedside.tools.terminology.protocol import Expansion, Lookup, Translation, Validation, Verdict
from bedside.tools.terminology.systems import CVX, ICD10CM, LOINC, RXNORM, SNOMED

if TYPE_CHECKING:
    import httpx

__all__ = ["DESTINATION", "FhirServer"]

DESTINATION = "terminology"
"""The destination for which search words must have been sealed."""

_TRIES = 3
_RETRIED = frozenset({429, 503})
_LONGEST_WAIT = 2.0
_LARGEST_ANSWER = 2_000_000

_SHAPES: dict[str, Callable[[str], bool]] = {
    LOINC: check_digits.loinc,
    SNOMED: check_digits.snomed,
    ICD10CM: lambda code: re.fullmatch(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?", code) is not None,
    CVX: lambda code: re.fullmatch(r"[0-9]{2,3}", code) is not None,
    RXNORM: lambda code: re.fullmatch(r"[0-9]{1,8}", code) is not None,
}


class FhirServer:
    """A terminology server.

    Args:
        base: The FHIR base URL.
        inside: Hosts declared as the hospital's own; this machine always is.
        key: Verifies sealed search words. Without it nothing sealed is believed.
        record: Called with sealed words that are about to leave, before they do. Without it none leave.
        timeout: Seconds for one request; a question may take three.
        keep: The number of answers that are cached.
        seconds: The seconds for which an answer is cached.

    Raises:
        EndpointError: The URL is none, holds a user or a query, or is plain `http` to a server outside.
    """

    def __init__(
        self,
        base: str,
        *,
        inside: Collection[str] = (),
        key: SealKey | None = None,
        record: Callable[[Egress], None] | None = None,
        timeout: float = 5.0,
        keep: int = 2_000,
        seconds: float = 3_600.0,
    ) -> None:
        parts = urlsplit(base)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            raise EndpointError(
                "a terminology server is given as http(s)://HOST[:PORT]/BASE, without user or query"
            )
        self._inside = parts.hostname in inside or is_loopback(parts.hostname)
        if parts.scheme == "http" and not self._inside:
            raise EndpointError(
                f"{parts.hostname} is outside and would be asked without TLS; write https://, or declare it inside"
            )
        self._key = key
        self._record = record
        self._answers = _Remembered(keep, seconds)
        # A tenth of a second to import: only who asks a server pays for it.
        import httpx

        # No redirect is followed and no proxy setting read: a question goes to this host or nowhere.
        self._client = httpx.Client(
            base_url=base.rstrip("/") + "/",
            timeout=timeout,
            follow_redirects=False,
            trust_env=False,
            headers={"Accept": "application/fhir+json"},
        )

    @property
    def is_inside(self) -> bool:
        """True if the host is this machine or was declared inside: then queries may be plain words."""
        return self._inside

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def lookup(self, system: str, code: str) -> Lookup:
        """Look up a code, as in `Terminology`."""
        if (refused := self._refused(system, code)) is not None:
            return Lookup(Verdict.UNKNOWN, why=refused)
        answer, why = self._ask("CodeSystem/$lookup", {"system": system, "code": code})
        if answer is None:
            return Lookup(Verdict.UNKNOWN, why=why)
        if "code-invalid" in issue_codes(answer) or "not-found" in issue_codes(answer):
            # "Not found" is what servers say of an unknown code and of an unknown code system alike.
            checked = self.validate_code(system, code)
            known = checked.verdict is Verdict.NO
            return Lookup(Verdict.NO if known else Verdict.UNKNOWN, why=checked.why or "not found")
        return lookup(answer, system, code)

    def validate_code(self, system: str, code: str, display: str | None = None) -> Validation:
        """Validate a code. A display may be a note's own words: it is compared here and never sent."""
        if (refused := self._refused(system, code)) is not None:
            return Validation(Verdict.UNKNOWN, why=refused)
        answer, why = self._ask("CodeSystem/$validate-code", {"url": system, "code": code})
        if answer is None:
            return Validation(Verdict.UNKNOWN, why=why)
        return validation(answer, display)

    def expand(
        self,
        text: str | SealedText | None = None,
        *,
        system: str | None = None,
        value_set: str | None = None,
        count: int = 10,
    ) -> Expansion:
        """Search by words or list a value set. The order is the server's; a score below 1 is only the rank."""
        url = value_set or (_all_of(system) if system else None)
        if url is None or not re.fullmatch(r"(?:https?://|urn:)[\w.\-~:/?=&%|]{1,300}", url):
            return Expansion(Verdict.UNKNOWN, why="a server is asked for a value set or a code system, by its URL")
        words, refused = self._words(text)
        if refused:
            return Expansion(Verdict.UNKNOWN, why=refused)
        asked = {"url": url, "count": str(count), **({"filter": words} if words else {})}
        answer, why = self._ask("ValueSet/$expand", asked)
        return expansion(answer, words, count) if answer is not None else Expansion(Verdict.UNKNOWN, why=why)

    def translate(self, system: str, code: str, target: str) -> Translation:
        """Translate a code, as in `Terminology`."""
        refused = self._refused(system, code)
        if refused is not None or target not in _SHAPES:
            return Translation(Verdict.UNKNOWN, why=refused or "the target is no code system that Bedside knows")
        answer, why = self._ask("ConceptMap/$translate", {"system": system, "code": code, "targetsystem": target})
        return translation(answer, target) if answer is not None else Translation(Verdict.UNKNOWN, why=why)

    def _refused(self, system: str, code: str) -> str | None:
        """Return why a code is not sent, or `None`."""
        shape = _SHAPES.get(system)
        if shape is None:
            return "no code system that Bedside knows: nothing was sent"
        return None if shape(code) else "not of the shape of a code of this system: nothing was sent"

    def _words(self, text: str | SealedText | None) -> tuple[str, str]:
        """Return the words to search for, and why they are not sent."""
        if isinstance(text, SealedText):
            try:
                if self._key is None or self._record is None or text.destination != DESTINATION:
                    raise SealError("not sealed for a terminology server, or nobody to verify and record it")
                self._key.verify(text)
            except SealError:
                return "", "the seal does not hold for a terminology server: nothing was sent"
            left = Egress(text.id, DESTINATION, text.template, "", text.text, True, self._inside)
            self._record(left)
            return text.text, ""
        if text and not self._inside:
            return "", "a server outside takes sealed text only: nothing was sent"
        return text or "", ""

    def _ask(self, path: str, query: dict[str, str]) -> tuple[dict[str, Any] | None, str]:
        """Return the resource in the server's answer, or why there is none."""
        import httpx

        asked = (path, *sorted(query.items()))
        if (known := self._answers.get(asked)) is not None:
            return known, ""
        for attempt in range(1, _TRIES + 1):
            try:
                reply = self._send(path, query)
            except httpx.TimeoutException:
                return None, "the server did not answer in time"
            except httpx.HTTPError:
                why, wait = "the server cannot be reached", 0.1 * attempt
            else:
                if reply.status_code not in _RETRIED:
                    answer, why = _resource(reply)
                    if answer is not None:
                        self._answers.put(asked, answer)
                    return answer, why
                why, wait = f"the server answered with status {reply.status_code}", _wait(reply, attempt)
            if attempt < _TRIES:
                time.sleep(wait)
        return None, why

    def _send(self, path: str, query: dict[str, str]) -> httpx.Response:
        if "filter" not in query:
            return self._client.get(path, params=query)
        # Words go in the body: URLs are logged by every server and proxy on the way.
        types = {"url": "valueUri", "count": "valueInteger", "filter": "valueString"}
        named = [{"name": n, types[n]: int(value) if n == "count" else value} for n, value in query.items()]
        return self._client.post(path, json={"resourceType": "Parameters", "parameter": named})


class _Remembered:
    """A cache of answers that drops the least recently used first."""

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._kept: OrderedDict[tuple[object, ...], tuple[float, dict[str, Any]]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, asked: tuple[object, ...]) -> dict[str, Any] | None:
        with self._lock:
            at, answer = self._kept.get(asked, (0.0, None))
            if answer is None or time.monotonic() - at > self._seconds:
                self._kept.pop(asked, None)
                return None
            self._kept.move_to_end(asked)
            return answer

    def put(self, asked: tuple[object, ...], answer: dict[str, Any]) -> None:
        with self._lock:
            self._kept[asked] = time.monotonic(), answer
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


def _resource(reply: httpx.Response) -> tuple[dict[str, Any] | None, str]:
    if len(reply.content) > _LARGEST_ANSWER:
        return None, "the answer is too long to be one"
    try:
        answer = reply.json()
    except ValueError:
        answer = None
    kind = answer.get("resourceType") if isinstance(answer, dict) else None
    known = ("Parameters", "ValueSet") if reply.status_code == 200 else ("OperationOutcome", "Parameters")
    if kind not in known or reply.status_code >= 500:
        return None, f"status {reply.status_code} without an answer of the protocol"
    return answer, ""


def _wait(reply: httpx.Response, attempt: int) -> float:
    said = reply.headers.get("Retry-After", "")
    return min(float(said) if said.isdigit() else 0.2 * attempt, _LONGEST_WAIT)


def _all_of(system: str) -> str:
    """Return the value set of all codes of a system, as each system defines it."""
    return f"{LOINC}/vs" if system == LOINC else f"{system}?fhir_vs"
