"""A patient's record from a FHIR server, page by page: bounded, under its base path, and of this patient alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

import httpx

from bedside.errors import FhirServerError
from bedside.tools.fhir.connection import Budget, Connection
from bedside.tools.fhir.ownership import Owner, Patient
from bedside.tools.fhir.statements import STATEMENTS

__all__ = ["read_record"]

_KIND = re.compile(r"[A-Z][A-Za-z]{1,40}")
_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9\-.]{1,64}")
_ANSWERS = ("searchset", "collection", None)
_ABSENT = frozenset({404, 405, 410, 501})
_SEARCHED = tuple(kind for kind in STATEMENTS if kind not in ("Patient", "OperationOutcome"))
"""The types that the prose shows; R4 has a search parameter `patient` for each of them."""
_MOST_MEDICATIONS = 200
_TOLD_AT_ONCE = 8


def read_record(connection: Connection, patient: str, most: int) -> dict[str, Any]:
    """Return a patient's whole record as one Bundle of type `searchset`.

    `$everything`, or where the server does not offer it a search for each type that `to_prose` shows. What is left
    out is an issue of an OperationOutcome, the last entry, and the Bundle keeps a link `next` to it.

    Args:
        connection: The connection to the server.
        patient: The id, in FHIR's form.
        most: Resources after which no further page is fetched.

    Raises:
        FhirServerError: See `FhirServer.everything`.
    """
    record = _Record(connection, patient, most, Budget(connection.limits.record_seconds))
    try:
        record.pages(f"{connection.base}Patient/{patient}/$everything")
    except FhirServerError as error:
        if record.fetched or not _is_not_offered(error):
            raise
        record.by_type()
    record.refuse_others()
    return record.bundle()


def _is_not_offered(error: FhirServerError) -> bool:
    return error.status in _ABSENT or any("not-supported" in issue.split() for issue in error.issues)


@dataclass(slots=True)
class _Record:
    """The part of a record fetched so far, and what was left out."""

    connection: Connection
    patient: str
    most: int
    budget: Budget
    entries: list[Mapping[str, Any]] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    """The place where each entry was met: the page, and the place in it."""
    fetched: int = 0
    empty: int = 0
    left_out: list[str] = field(default_factory=list)
    next: str | None = None

    def pages(self, url: str) -> None:
        """Fetch a page and those that follow it, as long as there is room."""
        seen: set[str] = set()
        following: str | None = url
        while following is not None:
            if full := self._full():
                self.next = following
                self.left_out.append(f"stopped after {full}; the server has more, which is not here")
                return
            seen.add(following)
            page = self.connection.ask("GET", following, budget=self.budget)
            self._take(page)
            following = self._following(page, following)
            if following in seen:
                raise FhirServerError("the server's pages lead in a circle; ask the server's operator")

    def _full(self) -> str:
        limits = self.connection.limits
        if len(self.entries) >= self.most:
            return f"{self.most} resources"
        if self.fetched >= limits.pages:
            return f"{limits.pages} pages"
        if self.budget.taken >= limits.record_bytes:
            return f"{limits.record_bytes} bytes"
        return ""

    def _take(self, page: Mapping[str, Any]) -> None:
        found = page.get("entry", [])
        listed = isinstance(found, list) and all(isinstance(one, dict) for one in found)
        if page.get("resourceType") != "Bundle" or page.get("type") not in _ANSWERS or not listed:
            raise FhirServerError("the server did not answer with a Bundle of what was asked for")
        self.fetched += 1
        self.empty = 0 if found else self.empty + 1
        if self.empty >= self.connection.limits.empty_pages and any(_links(page)):
            raise FhirServerError(
                f"the server gave {self.empty} pages in a row without a resource and names more; "
                "ask the server's operator"
            )
        self.entries += found
        self.places += [f"entry {place} of page {self.fetched}" for place in range(1, len(found) + 1)]

    def _following(self, page: Mapping[str, Any], url: str) -> str | None:
        """Return the address of the next page, on this server, under its base path, and of this patient."""
        target = next(_links(page), None)
        if target is None:
            return None
        base = self.connection.base
        try:
            target = urljoin(url, target).partition("#")[0]
            here, there = urlsplit(base), urlsplit(target)
            elsewhere = _origin(there) != _origin(here) or there.username is not None
            httpx.URL(target)
        except (ValueError, httpx.InvalidURL):
            raise FhirServerError("the server's next page has no address that can be read") from None
        if elsewhere:
            raise FhirServerError("the next page lies on another host; give the base URL that its links have")
        path = _decoded(there.path)
        root = _decoded(here.path)
        # Some servers cut what follows a semicolon before they resolve "..".
        steps = {step.partition(";")[0] for step in path.split("/")}
        climbs = "\\" in path or {".", ".."} & steps or "//" in path
        if climbs or not f"{path.rstrip('/')}/".startswith(root):
            raise FhirServerError("the next page lies outside of the base URL; give the one that its links have")
        if self._is_of_another(path, there.query):
            raise FhirServerError(
                "the next page is of another patient; nothing was read: ask the server's operator"
            )
        return target

    def _is_of_another(self, path: str, query: str) -> bool:
        steps = path.split("/")
        named = {after for step, after in pairwise(steps) if step == "Patient"}
        for name, value in parse_qsl(query):
            if name.partition(":")[0] in ("patient", "subject"):
                named |= {one.rpartition("/")[2] for one in value.split(",")}
        return bool(named - {self.patient, "", "$everything", "_search"})

    def by_type(self) -> None:
        """Search each type that the prose shows.

        Raises:
            FhirServerError: There is no such patient, or the server fails.
        """
        base = self.connection.base
        patient = self.connection.ask("GET", f"{base}Patient/{self.patient}", budget=self.budget)
        self.entries.append({"fullUrl": f"{base}Patient/{self.patient}", "resource": patient})
        self.places.append("the patient's own page")
        self.left_out.append("the server has no $everything: the types of the prose were searched one by one")
        unsearched = []
        for kind in _SEARCHED:
            before = self.fetched
            try:
                self.pages(f"{base}{kind}?patient={self.patient}&_count=100")
            except FhirServerError as error:
                if self.fetched > before or not (_is_not_offered(error) or error.status in (400, 403)):
                    raise
                unsearched.append(kind)
        for start in range(0, len(unsearched), _TOLD_AT_ONCE):
            kinds = ", ".join(unsearched[start : start + _TOLD_AT_ONCE])
            self.left_out.append(f"the server cannot or may not search by patient, so that it is not here: {kinds}")
        self._medications()

    def _medications(self) -> None:
        """Fetch the drugs that are named by reference: a search does not return them."""
        present, wanted = set(), set()
        for entry in self.entries:
            resource = _resource(entry)
            present.add(f"{resource.get('resourceType')}/{resource.get('id')}")
            reference = resource.get("medicationReference")
            target = reference.get("reference") if isinstance(reference, dict) else None
            if isinstance(target, str):
                wanted.add(target.removeprefix(self.connection.base).partition("/_history/")[0])
        missing = 0
        for address in sorted(wanted - present):
            kind, _, id = address.partition("/")
            if kind != "Medication" or not _ID.fullmatch(id):
                continue
            try:
                if self._full() or len(present) > self.most + _MOST_MEDICATIONS:
                    raise FhirServerError("no room", 404)
                found = self.connection.ask("GET", self.connection.base + address, budget=self.budget)
            except FhirServerError as error:
                if not (_is_not_offered(error) or error.status in (400, 403)):
                    raise
                missing += 1
                continue
            self.entries.append({"fullUrl": self.connection.base + address, "resource": found})
            self.places.append("a medication's own page")
        if missing:
            self.left_out.append(f"{missing} medications that are named by reference could not be read")

    def refuse_others(self) -> None:
        """Refuse the whole record if a resource of it is another patient's.

        Raises:
            FhirServerError: One is; it is named by type and place.
        """
        own = {f"Patient/{self.patient}", f"{self.connection.base}Patient/{self.patient}"}
        others: set[str] = set()
        for entry in self.entries:
            resource, url = _resource(entry), entry.get("fullUrl")
            if resource.get("resourceType") == "Patient" and isinstance(url, str):
                (own if resource.get("id") == self.patient else others).add(url)
        patient = Patient(self.patient, own, others - own)
        unnamed: dict[str, int] = {}
        for entry, place in zip(self.entries, self.places, strict=True):
            resource = _resource(entry)
            kind = str(resource.get("resourceType"))
            shown = kind if _KIND.fullmatch(kind) else "resource"
            owner = patient.owner(resource)
            if owner is Owner.OTHER:
                raise FhirServerError(
                    f"the server gave a {shown} of another patient ({place}); the whole answer is refused: "
                    "ask the server's operator"
                )
            if owner is Owner.UNNAMED and kind in _SEARCHED:
                unnamed[kind] = unnamed.get(kind, 0) + 1
        if unnamed:
            counts = ", ".join(f"{kind} {count}" for kind, count in sorted(unnamed.items()))
            self.left_out.append(f"whose it is is not named by: {counts}")
        if not any(_resource(entry).get("resourceType") == "Patient" for entry in self.entries):
            self.left_out.append("the patient's own resource is not in the answer")

    def bundle(self) -> dict[str, Any]:
        """Return the fetched entries as a Bundle, and what was left out."""
        whole: dict[str, Any] = {"resourceType": "Bundle", "type": "searchset", "entry": list(self.entries)}
        if self.left_out:
            issues = [
                {"severity": "warning", "code": "incomplete", "details": {"text": f"Bedside: {told}"}}
                for told in dict.fromkeys(self.left_out)
            ]
            outcome = {"resourceType": "OperationOutcome", "issue": issues}
            whole["entry"].append({"resource": outcome, "search": {"mode": "outcome"}})
        return whole | ({"link": [{"relation": "next", "url": self.next}]} if self.next else {})


def _links(page: Mapping[str, Any]) -> Iterator[str]:
    """Yield the addresses of the next page."""
    links = page.get("link", [])
    for one in links if isinstance(links, list) else ():
        if isinstance(one, dict) and one.get("relation") == "next":
            url = one.get("url")
            if not isinstance(url, str):
                raise FhirServerError("the server's next page has no address that can be read")
            yield url


def _resource(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    found = entry.get("resource")
    return found if isinstance(found, dict) else {}


def _decoded(path: str) -> str:
    """Return a path as the most lenient server would read it: what is encoded twice is decoded twice."""
    while (plain := unquote(path)) != path:
        path = plain
    return path


def _origin(parts: Any) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
