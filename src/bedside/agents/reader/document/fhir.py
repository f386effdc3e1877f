"""Opens FHIR R4 given as a note: a resource, a bundle or lines of resources, as JSON or XML, and a CDS Hooks
request.

A case for each patient. What a resource says of itself is honoured: refuted and entered-in-error statements are
told as that or left out, drugs that ended as stopped. Of a measurement that was taken often the newest counts.
Texts that are attached (DocumentReference, DiagnosticReport) become documents of the case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bedside.agents.reader.document.fields import Fields
from bedside.agents.reader.document.inside import base64_text
from bedside.agents.reader.document.outline import Outline
from bedside.agents.reader.document.resources import STATEMENTS, say
from bedside.boundary import Identifier
from bedside.errors import InputError, safe_name
from bedside.persistence import NotOpened, Opened
from bedside.tools.fhir.reading import read_json, read_resource
from bedside.tools.fhir.wording import concept, mapping, mappings, text

__all__ = ["open_file", "recognises"]

_ABOUT_NOBODY = "is a FHIR {}, which says nothing of a patient; give a Bundle or a resource of a patient"
_PEOPLE = ("Patient/", "Practitioner/", "RelatedPerson/", "Person/", "PractitionerRole/")
_CARRIERS = ("DocumentReference", "DiagnosticReport")


def recognises(data: bytes, suffix: str) -> bool:
    """True if it is JSON or XML that names a resource, or the request of a hook."""
    start = data[:400].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] == b"<":
        return b"http://hl7.org/fhir" in data[:2_000] and b"<html" not in data[:2_000].lower()
    if start[:1] not in (b"{", b"["):
        return False
    return b'"resourceType"' in data or (b'"hook"' in data[:5_000] and b'"hookInstance"' in data)


def open_file(data: bytes, suffix: str) -> Iterator[Opened | NotOpened]:
    """The patients of a file, one case each."""
    bundle = _read(data)
    told = [group for group in bundle.patients() if any(one["resourceType"] in STATEMENTS for one in group)]
    if not told:
        kinds = sorted({safe_name(one["resourceType"]) for one in bundle.resources}) or [
            "Bundle without a resource"
        ]
        raise InputError(_ABOUT_NOBODY.format(", ".join(kinds[:3])))
    for group in told:
        yield from _Case(group, bundle).opened()


@dataclass(slots=True)
class _Bundle:
    """The resources of a file, and whom each address in it means."""

    resources: list[Mapping[str, Any]] = field(default_factory=list)
    known: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def take(self, resource: Mapping[str, Any], url: object = None) -> None:
        """A resource, or those of a bundle."""
        if resource.get("resourceType") == "Bundle":
            for entry in mappings(resource.get("entry")):
                self.take(mapping(entry.get("resource")), entry.get("fullUrl"))
        elif isinstance(resource.get("resourceType"), str):
            self.resources.append(resource)
            if isinstance(resource.get("id"), str):
                self.known.setdefault(f"{resource['resourceType']}/{resource['id']}", resource)
            if isinstance(url, str):
                self.known.setdefault(_short(url), resource)

    def nested(self, value: object) -> None:
        """The resources anywhere in a request of a hook: its context and what was fetched for it."""
        if isinstance(value, Mapping) and "resourceType" in value:
            self.take(value)
        elif isinstance(value, Mapping | list):
            for one in value.values() if isinstance(value, Mapping) else value:
                self.nested(one)

    def at(self, reference: object) -> Mapping[str, Any]:
        """Return the target of a reference or an address, if it is here."""
        return self.known.get(_short(reference), {}) if isinstance(reference, str) else {}

    def patients(self) -> list[list[Mapping[str, Any]]]:
        """The resources of each patient, in order; those of nobody go with the patient where there is only one."""
        groups: dict[str, list[Mapping[str, Any]]] = {}
        for one in self.resources:
            groups.setdefault(self._patient(one), []).append(one)
        return [self.resources] if sum(map(bool, groups)) < 2 else list(groups.values())

    def _patient(self, resource: Mapping[str, Any]) -> str:
        """Return the patient of a resource; empty where it names nobody."""
        if resource.get("resourceType") == "Patient":
            return f"{id(resource)}"
        for name in ("subject", "patient", "individual", "for", "beneficiary"):
            target = mapping(resource.get(name)).get("reference")
            if isinstance(target, str):
                found = self.at(target)
                if found.get("resourceType", "Patient") == "Patient":
                    return f"{id(found)}" if found else _short(target)
        return ""


def _short(address: str) -> str:
    """`Type/id` of an address of any version, or the whole of a URN."""
    return address if address.startswith("urn:") else "/".join(address.split("/_history/")[0].split("/")[-2:])


def _read(data: bytes) -> _Bundle:
    found = _Bundle()
    try:
        if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[":
            found.nested(read_json(data))
            return found
        whole = read_resource(data)
    except InputError as error:
        raise InputError(f"is FHIR and cannot be read: {error}") from None
    found.nested(whole)
    return found


@dataclass(slots=True)
class _Case:
    """One patient's resources on their way to a text."""

    group: list[Mapping[str, Any]]
    bundle: _Bundle
    outline: Outline = field(default_factory=Outline)
    fields: Fields = field(default_factory=Fields)
    further: list[Opened] = field(default_factory=list)
    odd: list[NotOpened] = field(default_factory=list)
    elsewhere: int = 0

    def opened(self) -> Iterator[Opened | NotOpened]:
        say(self.outline, self.group, self._named)
        for resource in self.group:
            _identifying(resource, self.fields)
            if resource["resourceType"] in _CARRIERS and resource.get("status") != "entered-in-error":
                for attachment in _attachments(resource):
                    self._attachment(attachment, f"a document of {resource['resourceType']}")
        if self.elsewhere:
            said = f"Documents that are named and whose text is not in this file: {self.elsewhere}"
            self.outline.add("Remarks", [said])
        if self.outline.blocks or self.further:
            main = Opened("", self.outline.text(), self.fields.known, tuple(self.further))
            yield main if main.text.strip() else _first(main)
        yield from self.odd

    def _named(self, reference: object) -> str:
        """Return the drug that a reference leads to, by name."""
        code = mapping(self.bundle.at(mapping(reference).get("reference")).get("code"))
        return concept(code) or text(mapping(reference), "display")

    def _attachment(self, attachment: Mapping[str, Any], place: str) -> None:
        data, url = attachment.get("data"), attachment.get("url")
        kind = attachment.get("contentType")
        if not isinstance(data, str) and isinstance(url, str):
            binary = self.bundle.at(url)
            data, kind = binary.get("data"), binary.get("contentType", kind)
        if not isinstance(data, str):
            self.elsewhere += 1
            return
        try:
            words = base64_text(data, str(kind))
        except InputError as error:
            self.odd.append(NotOpened(place, f"the document in it {error}"))
            return
        if words.strip():
            self.further.append(Opened(f"document-{len(self.further) + 1}", words))


def _first(case: Opened) -> Opened:
    """A case that holds nothing but attached texts."""
    one, *others = case.further
    return Opened("", one.text, case.fields, tuple(others))


def _attachments(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for one in mappings(resource.get("content")):
        yield mapping(one.get("attachment"))
    yield from mappings(resource.get("presentedForm"))


def _identifying(value: Any, fields: Fields, key: str = "") -> None:
    """All that identifies in a resource, by the names of FHIR's elements and the shapes of its types."""
    if isinstance(value, list):
        for one in value:
            _identifying(one, fields, key)
    elif isinstance(value, Mapping):
        _names(value, fields, key)
        _contacts(value, fields, key)
        _referred(value, fields)
        for name, one in value.items():
            if name not in ("text", "data"):
                _identifying(one, fields, name)
    elif key in ("birthDate", "deceasedDateTime"):
        fields.date(str(value))


def _names(value: Mapping[str, Any], fields: Fields, key: str) -> None:
    if "family" in value or ("given" in value and key == "name"):
        given = value.get("given")
        fields.person(*map(str, given if isinstance(given, list) else []), str(value.get("family") or ""))
    elif key in ("name", "contact") and isinstance(value.get("text"), str):
        fields.person(value["text"])
    if value.get("resourceType") == "Organization":
        fields.value(Identifier.FACILITY, str(value.get("name") or ""))


def _contacts(value: Mapping[str, Any], fields: Fields, key: str) -> None:
    """Addresses, telephones and numbers."""
    if key == "address":
        for part in ("line", "city", "district", "postalCode"):
            said = value.get(part)
            for one in said if isinstance(said, list) else [said]:
                fields.value(Identifier.PLACE, str(one or ""))
    elif key == "telecom":
        kind = Identifier.EMAIL if value.get("system") == "email" else Identifier.PHONE
        fields.value(kind, str(value.get("value") or ""))
    elif key == "identifier":
        fields.value(Identifier.RECORD_NUMBER, str(value.get("value") or ""))


def _referred(value: Mapping[str, Any], fields: Fields) -> None:
    """Return the name that a reference shows."""
    reference, display = value.get("reference"), value.get("display")
    if not (isinstance(reference, str) and isinstance(display, str)):
        return
    if any(who in reference for who in _PEOPLE):
        fields.person(re.sub(r"^(?:Dr|Mr|Mrs|Ms|Prof)\.?\s+", "", display))
    elif "Organization/" in reference:
        fields.value(Identifier.FACILITY, display)
