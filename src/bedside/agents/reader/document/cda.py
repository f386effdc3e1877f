"""Opens CDA documents, C-CDA among them: the narrative that was signed, and of its entries what says more.

An entry knows what a narrative only shows: that a problem is negated, a drug completed, an allergy refuted. So
where a row of the narrative and an entry are about the same thing, the entry is told. Other XML is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from bedside.agents.reader.document.blocks import block_lines, local, words_of
from bedside.agents.reader.document.entries import Entries
from bedside.agents.reader.document.fields import Fields
from bedside.agents.reader.document.inside import base64_text
from bedside.agents.reader.document.outline import Outline
from bedside.agents.reader.document.tables import Topic, topic_of
from bedside.boundary import Identifier
from bedside.errors import InputError
from bedside.persistence import NotOpened, Opened

__all__ = ["open_file", "recognises"]

_XML = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<(?:\?xml\b|[\w.-]+:?ClinicalDocument\b|ClinicalDocument\b)")
_WIDE = (b"\xff\xfe<\x00", b"\xfe\xff\x00<")
_TOPICS = {
    "11450-4": Topic.PROBLEMS, "11348-0": Topic.PROBLEMS, "48765-2": Topic.ALLERGIES, "10160-0": Topic.MEDICATIONS,
    "10183-2": Topic.MEDICATIONS, "42346-7": Topic.MEDICATIONS, "29549-3": Topic.MEDICATIONS,
    "11369-6": Topic.IMMUNIZATIONS, "47519-4": Topic.PROCEDURES, "30954-2": Topic.RESULTS, "8716-3": Topic.VITALS,
    "10157-6": Topic.FAMILY, "29762-2": Topic.SOCIAL, "18776-5": Topic.PLAN, "46240-8": None,
}  # fmt: skip
"""LOINC codes of sections whose titles each system words in its own way."""
_HEADS = {"11348-0": "Past medical history"}
_WITH_NAMES = frozenset(
    {"assignedPerson", "associatedPerson", "relatedPerson", "guardianPerson", "informationRecipient"}
)


def recognises(data: bytes, suffix: str) -> bool:
    """True if it is XML and no FHIR."""
    if data[:4] in _WIDE:
        return True
    start = data[:2_000]
    return _XML.match(start) is not None and b"http://hl7.org/fhir" not in start and b"<html" not in start.lower()


def open_file(data: bytes, suffix: str) -> Iterator[Opened | NotOpened]:
    """The one case of a document."""
    root = _parsed(data)
    if local(root) != "ClinicalDocument":
        raise InputError(
            "is XML, and neither a CDA document nor a FHIR resource; give the text of the note, or export it as "
            "C-CDA, FHIR or plain text"
        )
    outline, fields = Outline(), Fields()
    odd = []
    _head(root, outline, fields)
    for section in (one for one in root.iter() if local(one) == "section"):
        _section(section, outline)
    body = next((one for one in root.iter() if local(one) == "nonXMLBody"), None)
    if body is not None:
        odd += _unstructured(body, outline)
    if not outline.holds_more and not odd:
        raise InputError("is a CDA document without a section that holds anything")
    yield Opened("", outline.text(), fields.known)
    yield from odd


def _parsed(data: bytes) -> Any:
    """The root. No entity is resolved and nothing outside is read; prefixes that nobody declared are forgiven."""
    try:
        tree = etree.fromstring(data, _parser(recover=False))
    except etree.XMLSyntaxError as error:
        if any(one.domain_name != "NAMESPACE" for one in error.error_log):
            line = error.lineno or 1
            raise InputError(
                f"is XML that breaks off or is not well-formed, at line {line}; export it again"
            ) from None
        tree = etree.fromstring(data, _parser(recover=True))
    if tree.getroottree().docinfo.doctype:
        raise InputError("is XML with a DOCTYPE, which can draw in other files; take it out")
    return tree


def _parser(*, recover: bool) -> Any:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=recover, remove_pis=True
    )


def first(element: Any, *path: str) -> Any:
    """The first element down a path of local names, or `None`."""
    for name in path:
        element = next((one for one in element if local(one) == name), None) if element is not None else None
    return element


def _head(root: Any, outline: Outline, fields: Fields) -> None:
    """Read the head: into the text what a reader needs, to the vault all that identifies."""
    role = first(root, "recordTarget", "patientRole")
    day = _day(first(root, "effectiveTime"))
    outline.head("Date", day)
    if role is not None:
        patient = first(role, "patient")
        ids = [one.get("extension") or "" for one in role if local(one) == "id"]
        if patient is not None:
            given = [words_of(one) for one in _all(first(patient, "name"), "given")]
            family = " ".join(words_of(one) for one in _all(first(patient, "name"), "family"))
            born, sex = _day(first(patient, "birthTime")), first(patient, "administrativeGenderCode")
            outline.head("Name", " ".join([*given, family]))
            outline.head("Born", born)
            outline.age(born, day)
            outline.head("Sex", {"F": "female", "M": "male"}.get("" if sex is None else sex.get("code", ""), ""))
            fields.date(born)
        outline.head("Medical record number", next((one for one in ids if any(map(str.isdigit, one))), ""))
        for one in ids:
            fields.value(Identifier.RECORD_NUMBER, one)
    for element in root.iter():
        _identifying(element, fields)


def _identifying(element: Any, fields: Fields) -> None:
    name = local(element)
    if name == "name" and len(element) and element.getparent() is not None:
        parts = {kind: [words_of(one) for one in _all(element, kind)] for kind in ("given", "family")}
        fields.person(*parts["given"], *parts["family"])
    elif name == "name" and local(element.getparent()) in _WITH_NAMES:
        fields.person(words_of(element))
    elif name == "name" and "Organization" in local(element.getparent()):
        fields.value(Identifier.FACILITY, words_of(element))
    elif name == "addr":
        for part in element:
            if local(part) in ("streetAddressLine", "city", "postalCode", "county"):
                fields.value(Identifier.PLACE, words_of(part))
    elif name == "telecom":
        value = (element.get("value") or "").partition(":")
        kind = Identifier.EMAIL if value[0] == "mailto" else Identifier.PHONE
        fields.value(kind, value[2] or value[0])


def _section(section: Any, outline: Outline) -> None:
    """One section; the sections in it come by themselves."""
    code, titled = first(section, "code"), first(section, "title")
    number = "" if code is None else code.get("code", "")
    title = words_of(titled) if titled is not None else (code.get("displayName", "") if code is not None else "")
    topic = _TOPICS[number] if number in _TOPICS else topic_of(title)
    if section.get("nullFlavor"):
        return
    narrative = first(section, "text")
    entries = Entries(topic, narrative)
    for entry in _all(section, "entry"):
        entries.read(entry)
    heading = _HEADS.get(number) or (topic.value if topic else title.strip().rstrip(":").capitalize()) or "Text"
    outline.left_out += entries.left_out
    outline.items(heading, entries.items)
    if narrative is not None:
        outline.add(heading, block_lines(narrative, without=entries.told, title=heading))


def _unstructured(body: Any, outline: Outline) -> list[NotOpened]:
    """A body that is a file of another format."""
    inside = first(body, "text")
    if inside is None:
        return []
    words = "".join(inside.itertext())
    if inside.get("representation") != "B64":
        outline.prose("Text", words)
        return []
    try:
        outline.prose("Text", base64_text(words, inside.get("mediaType", "")))
    except InputError as error:
        return [NotOpened("nonXMLBody", f"the document in it {error}")]
    return []


def _all(element: Any, name: str) -> list[Any]:
    return [] if element is None else [one for one in element if local(one) == name]


def _day(element: Any) -> str:
    """The day of a time, ISO 8601."""
    found = re.match(r"(\d{4})(\d{2})?(\d{2})?", "" if element is None else element.get("value", ""))
    return "-".join(part for part in found.groups() if part) if found else ""
