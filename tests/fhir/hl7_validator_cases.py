"""The kinds of HL7's own validator test cases that R4's definitions alone decide, each told anew.

The names and verdicts are those of the manifest of github.com/FHIR/fhir-test-cases (folder validator, read in
November 2026); some names have a word behind them, where a case has more than one fault or has a sibling here. What
depends on a terminology server, on another release or on a package of profiles is left out, and so are extensions
that HL7's validator refuses because it does not know them. The resources are our own and synthetic, with nothing
wrong in them but what the case is about.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

__all__ = ["CASES", "Case"]

Json = dict[str, Any]
XHTML = "http://www.w3.org/1999/xhtml"
CLINICAL = "http://terminology.hl7.org/CodeSystem"


class Case(NamedTuple):
    """A case: HL7's name for it, whether the resource is valid, and the resource as text."""

    name: str
    valid: bool
    text: str


def _list(**more: Any) -> Json:
    return {"resourceType": "List", "id": "l1", "status": "current", "mode": "working"} | more


def _patient(**more: Any) -> Json:
    return {"resourceType": "Patient", "id": "p1"} | more


def _text(div: str) -> Json:
    return {"status": "generated", "div": div}


def _div(inside: str, space: str = XHTML) -> Json:
    return _list(text=_text(f'<div xmlns="{space}">{inside}</div>'))


def _group(**more: Any) -> Json:
    return {"resourceType": "Group", "type": "person", "actual": True} | more


def _trait(**value: Any) -> Json:
    return _group(characteristic=[{"code": {"text": "smoker"}, "exclude": False} | value])


def _attached(**more: Any) -> Json:
    attachment = {"contentType": "text/plain", "data": "YmVkc2lkZQ=="} | more
    return {"resourceType": "Parameters", "parameter": [{"name": "file", "valueAttachment": attachment}]}


def _value(**value: Any) -> Json:
    return {"resourceType": "Parameters", "parameter": [{"name": "value"} | value]}


def _bundle(kind: str, *entries: Json, **more: Any) -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)} | more


def _vaccine(**more: Any) -> Json:
    return {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "207"}]},
        "patient": {"reference": "Patient/p1"},
        "occurrenceDateTime": "2021-01-01",
    } | more


def _observation(**more: Any) -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"text": "platelets"},
        "subject": {"reference": "Patient/p1"},
    } | more


def _coded(system: str) -> Json:
    return {"resourceType": "Basic", "code": {"coding": [{"system": system, "code": "accpet"}]}}


def _team(**participant: Any) -> Json:
    return {
        "resourceType": "CareTeam",
        "contained": [
            {"resourceType": "Practitioner", "id": "who"},
            {"resourceType": "Patient", "id": "pat"},
            {"resourceType": "Organization", "id": "org", "name": "Ward 3"},
        ],
        "subject": {"reference": "#pat"},
        "managingOrganization": [{"reference": "#org"}],
        "participant": [{"member": {"reference": "#who"}}, participant],
    }


def _value_set(url: str, inner: str) -> Json:
    return {
        "resourceType": "ValueSet",
        "status": "active",
        "name": "Example",
        "url": url,
        "contained": [
            {"resourceType": "CodeSystem", "id": "c1", "url": inner, "status": "active", "content": "complete"}
        ],
        "compose": {
            "include": [
                {
                    "system": "http://example.org/CodeSystem/c1",
                    "_system": {
                        "extension": [
                            {
                                "url": "http://hl7.org/fhir/StructureDefinition/valueset-system",
                                "valueCanonical": "#c1",
                            }
                        ]
                    },
                }
            ]
        },
    }


URNS = [f"urn:uuid:22222222-0000-4000-8000-00000000000{number}" for number in range(6)]


def _document(*more: Json, section: list[Json] | None = None) -> Json:
    composition: Json = {
        "resourceType": "Composition",
        "status": "final",
        "type": {"text": "summary"},
        "subject": {"reference": URNS[1]},
        "date": "2026-11-24",
        "author": [{"reference": URNS[2]}],
        "title": "Summary",
    } | ({"section": section} if section else {})
    return _bundle(
        "document",
        {"fullUrl": URNS[0], "resource": composition},
        {"fullUrl": URNS[1], "resource": _patient()},
        {"fullUrl": URNS[2], "resource": {"resourceType": "Device", "id": "d1"}},
        *more,
        identifier={"system": "urn:ietf:rfc:3986", "value": URNS[5]},
        timestamp="2026-11-24T12:30:00Z",
    )


def _message(*more: Json) -> Json:
    header = {
        "resourceType": "MessageHeader",
        "eventUri": "http://example.org/event",
        "source": {"endpoint": "http://example.org/source"},
        "focus": [{"reference": URNS[1]}],
    }
    return _bundle(
        "message", {"fullUrl": URNS[0], "resource": header}, {"fullUrl": URNS[1], "resource": _patient()}, *more
    )


def _search(resource: Json, mode: str | None) -> Json:
    entry: Json = {"fullUrl": "http://example.org/fhir/x", "resource": resource}
    return _bundle(
        "searchset",
        entry | ({"search": {"mode": mode}} if mode else {}),
        link=[{"relation": "self", "url": "http://example.org/fhir/Immunization?status=completed"}],
    )


def _questions(when: str) -> Json:
    return {
        "resourceType": "Questionnaire",
        "status": "active",
        "item": [
            {"linkId": "1", "text": "Do you smoke?", "type": "boolean"},
            {
                "linkId": "2",
                "text": "How many a day?",
                "type": "integer",
                "enableWhen": [{"question": when, "operator": "=", "answerBoolean": True}],
                "item": [{"linkId": "2.1", "text": "Since?", "type": "date"}],
            },
        ],
    }


OUTCOME: Json = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "code-invalid"}]}
ABSENT: Json = {
    "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
}
DOCUMENT_REFERENCE: Json = {
    "resourceType": "DocumentReference",
    "status": "current",
    "content": [{"attachment": {"contentType": "text/plain", "url": "http://example.org/a.txt"}}],
}
OF_JSON: list[tuple[str, bool, Json]] = [
    (
        "allergy",
        False,
        {
            "resourceType": "AllergyIntolerance",
            "patient": {"reference": "Patient/p1"},
            "clinicalStatus": {"coding": [{"system": f"{CLINICAL}/allergyintolerance-clinical", "code": "active"}]},
            "category": [None],
            "_category": [ABSENT],
        },
    ),
    ("attachment-with-invalid-binary", False, _attached(data="%%%2@()()")),
    ("attachment-with-wrong-size", False, _attached(size=100)),
    ("attachment-with-right-size", True, _attached(size=7)),
    (
        "bundle-good",
        True,
        _bundle("collection", {"fullUrl": "http://example.org/fhir/Patient/p1", "resource": _patient()}),
    ),
    ("bundle-bad-empty", False, _bundle("collection", {"fullUrl": "", "resource": _patient()})),
    ("group-choice-bad1", False, _trait(value=True)),
    ("group-choice-bad2", False, _trait(valueInteger=1)),
    ("group-choice-bad3", False, _trait(valueBoolean="true")),
    ("group-choice-good", True, _trait(valueBoolean=True)),
    (
        "contained",
        True,
        {
            "resourceType": "Questionnaire",
            "status": "draft",
            "name": "outer one",
            "contained": [{"resourceType": "Questionnaire", "id": "q", "status": "draft", "name": "inner one"}],
            "derivedFrom": ["#q"],
        },
    ),
    ("group-minimal", True, _group()),
    ("list-contained", True, _list(contained=[_patient(id="pat")], subject={"reference": "#pat"})),
    ("list-contained-bad", False, _list(contained=[_patient(id="pat2")], subject={"reference": "#pat"})),
    ("list-contained-unused", False, _list(contained=[_patient(id="pat2")], title="#pat2")),
    ("list-empty1", False, _list(entry=[{}])),
    ("list-empty2", False, _list(entry=[])),
    ("list-extension1", False, _list(fhir_comments=["a comment"])),
    (
        "list-extension2",
        False,
        _list(_status={"extension": [{"url": "http://example.org/x", "valueCodeX": "test"}]}),
    ),
    ("list-minimal", True, _list()),
    ("list-unknown-prop", False, _list(other="x")),
    ("list-wrong-code", False, _list(status="current1")),
    ("list-wrong-order", True, {"mode": "working", "status": "current", "id": "l1", "resourceType": "List"}),
    ("list-xhtml-attribute", False, _div('<p onClick="x()">text</p>')),
    ("list-xhtml-correct1", True, _div("<p>text &amp; <b>more</b></p>")),
    ("list-xhtml-correct2", True, _div('<table border="1"><tr><td>a</td></tr></table><p><i>text</i></p>')),
    ("list-xhtml-element", False, _div('<object value="x">text</object>')),
    ("list-xhtml-syntax", False, _div("<p>text</pa>")),
    ("list-xhtml-wrongns1", False, _div("<p>text</p>", f"{XHTML}x")),
    ("list-xhtml-wrongns2", False, _list(text=_text("<div><p>text</p></div>"))),
    ("list-xhtml-wrongns3", False, _div('<p xmlns="http://hl7.org/fhir">text</p>')),
    ("list-xhtml-wrongns-none", False, _div('<p xmlns="">text</p>')),
    ("list-xhtml-nested", False, _div("<p>one <p>two</p></p>")),
    ("list-xhtml-nested-list", False, _div("<p>one <b><ul><li>two</li></ul></b></p>")),
    ("list-xhtml-script", False, _div('<a href="javascript:alert(1)">text</a>')),
    ("list-xhtml-xxe", False, _list(text=_text(f'<!DOCTYPE x [<!ENTITY y "z">]><div xmlns="{XHTML}">&y;</div>'))),
    ("patient-url-good", True, _div('<a href="http://example.com/a/link.html?b=c#d">text</a> <a href="#e">f</a>')),
    ("patient-url-bad", False, _div('<a href="http://example.com/{[-}]/link.html">text</a>')),
    ("primitive-good-ws", True, _value(valueString="  ")),
    (
        "synthea",
        False,
        {
            "resourceType": "Encounter",
            "status": "completed",
            "class": {"system": f"{CLINICAL}/v3-ActCode", "code": "AMB"},
            "reasonCode": {"text": "cough"},
        },
    ),
    ("patient-good", True, _patient(active=True)),
    ("patient-lang1", True, _patient(language="en-AU", text=_text(f'<div xmlns="{XHTML}">text</div>'))),
    (
        "patient-lang2",
        True,
        _patient(language="en", text=_text(f'<div xmlns="{XHTML}" lang="en" xml:lang="en">t</div>')),
    ),
    ("medication-atc", True, {"resourceType": "Medication", "code": {"coding": [{"code": "N02AA"}]}}),
    ("fhirpath-good", True, _team(member={"reference": "#who"}, onBehalfOf={"reference": "#org"})),
    ("fhirpath-bad", False, _team(member={"reference": "#pat"}, onBehalfOf={"reference": "#org"})),
    ("fhirpath-null", False, _team(onBehalfOf={"reference": "#org"})),
    (
        "practictioner-role-example",
        True,
        {
            "resourceType": "PractitionerRole",
            "practitioner": {"reference": URNS[0]},
            "location": [{"reference": URNS[1]}],
        },
    ),
    ("bundle-id-1", True, _search(OUTCOME, None)),
    ("bundle-id-2", True, _search(OUTCOME, "outcome")),
    ("bundle-id-3", False, _search(_vaccine(), "match")),
    ("bundle-id-4a", False, _search(_vaccine(id="x"), "outcome")),
    ("bundle-id-4b", False, _search(OUTCOME, "match")),
    ("bundle-id-5", True, _bundle("collection", {"fullUrl": "http://example.org/nothing", "resource": _vaccine()})),
    (
        "hakan-se",
        False,
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "order",
            "subject": {"reference": "Patient/p1"},
            "medicationCodeableConcept": {"text": "x"},
            "authoredOn": "2020-11-11T10:58:14.768528",
        },
    ),
    (
        "hakan-se-requester",
        False,
        {
            "resourceType": "MedicationRequest",
            "status": "active",
            "intent": "order",
            "subject": {"reference": "Patient/p1"},
            "medicationCodeableConcept": {"text": "x"},
            "requester": {"reference": "#gone"},
        },
    ),
    ("us-docref", False, {k: v for k, v in DOCUMENT_REFERENCE.items() if k != "status"} | {"_status": ABSENT}),
    (
        "us-docref-type",
        False,
        DOCUMENT_REFERENCE | {"content": [{"attachment": {"_contentType": ABSENT, "url": "http://example.org/a"}}]},
    ),
    ("us-docref-good", True, DOCUMENT_REFERENCE),
    ("empty-array", False, DOCUMENT_REFERENCE | {"category": [{"coding": []}]}),
    ("cvx", True, _vaccine()),
    ("obs-code-bad1", False, _coded("http://build.fhir.org/assert-response-code-types")),
    ("obs-code-bad2", False, _coded("http://hl7.org/fhir/R4/codesystem-basic-resource-type.html")),
    ("code-wrong-system-vs", False, _coded("http://hl7.org/fhir/ValueSet/basic-resource-type")),
    ("code-wrong-system", False, _coded("http://snomed.info/sct/32506021000036107/version/20170403")),
    (
        "patient-example-ra4",
        False,
        _patient(
            identifier=[
                {
                    "type": {"coding": [{"system": "http://hl7.org/fhir/v2/0203", "code": "MR"}]},
                    "system": "http://example.org/mrn",
                    "value": "12",
                }
            ]
        ),
    ),
    ("vs-canonical-good", True, _value_set("http://example.org/ValueSet/v", "http://example.org/CodeSystem/c1")),
    ("vs-canonical-bad", False, _value_set("ValueSet/v", "http://example.org/CodeSystem/c1")),
    ("vs-canonical-bad-contained", False, _value_set("http://example.org/ValueSet/v", "c1")),
    ("vs-canonical-urn", True, _value_set(URNS[0], URNS[1])),
    ("vs-canonical-urn-bad", False, _value_set(URNS[0][:-1], URNS[1])),
    ("mr-m-simple-nossystem", False, {"resourceType": "Measure", "status": "active", "library": ["Library/x"]}),
    (
        "mr-covid-m",
        False,
        {
            "resourceType": "Measure",
            "status": "active",
            "group": [{"population": [{"criteria": {"language": "text/cql"}}]}],
        },
    ),
    ("cs-meta-profile", False, _patient(meta={"profile": "http://example.org/StructureDefinition/x"})),
    (
        "shc-bundle",
        True,
        _bundle(
            "collection",
            {"fullUrl": "resource:0", "resource": {"resourceType": "Patient"}},
            {"fullUrl": "resource:1", "resource": _vaccine(patient={"reference": "resource:0"})},
        ),
    ),
    (
        "med-dispense",
        False,
        {
            "resourceType": "MedicationDispense",
            "status": "completed",
            "medicationCodeableConcept": {"text": "x"},
            "whenHandedOver": None,
        },
    ),
    ("base64-ws-clean", True, _attached()),
    ("base64-ws-linebreaks", True, _attached(data="YmVk\r\nc2lkZQ==")),
    ("base64-ws-spaces", True, _attached(data="YmVk c2lkZQ== ")),
    ("base64-ws-bad-char", False, _attached(data="YmVk*2lkZQ==")),
    ("base64-ws-bad-length", False, _attached(data="YmVkc2lkZ")),
    ("base64-ws-bad-padding", False, _attached(data="YmVkc2lkZQ=")),
    ("base64-ws-wrong-hash", False, _attached(hash="LEZwlbCg5nvlH2vQD4DLIRiEbdw=")),
    ("base64-ws-right-hash", True, _attached(hash="3keb9xBLiX9c7ArPmfuyUyWbxP0=")),
    (
        "bad-markdown",
        True,
        {"resourceType": "Communication", "status": "completed", "note": [{"text": "<resource>\\<id>"}]},
    ),
    ("Observation-ex-pain", False, _observation(_valueInteger={"value": 0})),
    (
        "bundle-duplicate-ids-not",
        True,
        _bundle(
            "collection",
            {"fullUrl": "http://example.org/fhir/Patient/1", "resource": _patient(id="1")},
            {
                "fullUrl": "http://example.org/fhir/Organization/1",
                "resource": {"resourceType": "Organization", "id": "1", "name": "Ward 3"},
            },
        ),
    ),
    (
        "org-home-1",
        False,
        {"resourceType": "Organization", "name": "Ward", "address": [{"use": "home", "city": "X"}]},
    ),
    (
        "org-home-2",
        False,
        {
            "resourceType": "Organization",
            "name": "Ward",
            "telecom": [{"use": "home", "system": "phone", "value": "1"}],
        },
    ),
    (
        "duplicate-security-tags",
        False,
        _patient(
            meta={
                "security": [
                    {"system": "http://test.org", "code": "x"},
                    {"system": "http://test.org", "code": "y"},
                    {"system": "http://test.org", "code": "x"},
                ]
            }
        ),
    ),
    (
        "patient-dupl-id-1",
        False,
        _patient(text=_text(f'<div xmlns="{XHTML}">t</div>') | {"id": "a"}, active=False, _active={"id": "a"}),
    ),
    (
        "patient-dupl-id-2",
        True,
        _patient(text=_text(f'<div xmlns="{XHTML}">t</div>') | {"id": "p1"}, active=False, _active={"id": "b"}),
    ),
    (
        "bad-bundle-reference-type",
        False,
        _bundle(
            "collection",
            {
                "fullUrl": "http://example.org/fhir/Patient/p1",
                "resource": _patient(generalPractitioner=[{"reference": URNS[1]}]),
            },
            {"fullUrl": URNS[1], "resource": {"resourceType": "Location", "name": "Ward 3"}},
        ),
    ),
    (
        "reference-bad-typed",
        False,
        _bundle(
            "collection",
            {"fullUrl": URNS[0], "resource": _observation(subject={"reference": URNS[1], "type": "Group"})},
            {"fullUrl": URNS[1], "resource": _patient()},
        ),
    ),
    ("reference-good-logical", True, _observation(subject={"type": "Patient", "identifier": {"value": "1"}})),
    ("patient-extension-simple", True, _patient(extension=[{"url": "http://example.org/x", "valueBoolean": True}])),
    ("patient-extension-bad", False, _patient(extension=[{"url": "x", "valueBoolean": True}])),
    ("patient-extension-bad-modifier", False, _patient(modifierExtension=[{"url": "x", "valueBoolean": True}])),
    ("patient-extension-bad2", False, _patient(extension=[{"url": "", "valueBoolean": True}])),
    ("patient-extension-bad3", False, _patient(extension=[{"valueBoolean": True}])),
    ("message", True, _message()),
    ("message-empty-entry", False, _message({"fullUrl": URNS[2]})),
    (
        "containedToContainer",
        True,
        {
            "resourceType": "Patient",
            "contained": [
                {
                    "resourceType": "Provenance",
                    "id": "x",
                    "target": [{"reference": "#"}],
                    "recorded": "2026-11-24T12:30:00Z",
                    "agent": [{"who": {"display": "a"}}],
                }
            ],
        },
    ),
    ("questionnaire-enableWhen-test-good", True, _questions("1")),
    ("questionnaire-enableWhen-test-invalid", False, _questions("2.1")),
    ("questionnaire-enableWhen-test-unknown", False, _questions("9")),
    ("bundle-with-extensions", False, _bundle("collection", {"resource": _patient()})),
    ("document-good", True, _document()),
    ("bundle.document", False, _document(section=[{"title": "x", "entry": [{"reference": URNS[3]}]}])),
    ("bundle.document-section", False, _document(section=[{"title": "x"}])),
    ("japanese-utf8-ok-orphan", False, _document({"fullUrl": URNS[3], "resource": {"resourceType": "Location"}})),
    (
        "japanese-utf8-ok-relative",
        False,
        _observation(subject={"reference": "c282c3ec-6bd3-4826-b654-5a171776e296"}),
    ),
    (
        "japanese-utf8-ok-twice",
        False,
        _bundle(
            "collection", {"fullUrl": URNS[0], "resource": _patient()}, {"fullUrl": URNS[0], "resource": _patient()}
        ),
    ),
    ("japanese-utf8-ok-telecom", False, {"resourceType": "Organization", "name": "W", "telecom": [{"value": "1"}]}),
    ("patient-bad-gender", False, _patient(gender="asdf")),
    (
        "observation-ucum",
        False,
        _observation(valueQuantity={"value": 1, "system": "http://unitsofmeasure.org", "code": "tbl"}),
    ),
    (
        "tim-9",
        False,
        {
            "resourceType": "CarePlan",
            "status": "active",
            "intent": "plan",
            "subject": {"reference": "Patient/p1"},
            "activity": [{"detail": {"status": "scheduled", "scheduledTiming": {"repeat": {"offset": 30}}}}],
        },
    ),
    (
        "risk-assessment-probability-range",
        False,
        {
            "resourceType": "RiskAssessment",
            "status": "final",
            "subject": {"reference": "Patient/p1"},
            "prediction": [
                {
                    "probabilityRange": {
                        "low": {"value": 1},
                        "high": {"value": 0.2, "system": "http://unitsofmeasure.org", "code": "1"},
                    }
                }
            ],
        },
    ),
    ("identifier-uri", False, _patient(identifier=[{"system": "urn:ietf:rfc:3986", "value": "12"}])),
]
OF_PRIMITIVES: list[tuple[str, bool, Json]] = [
    *(
        (f"primitive-good {name}", True, _value(**{name: value}))
        for name, value in (
            ("valueBoolean", False),
            ("valueInteger", -5),
            ("valueDecimal", -0.00000000000000000000000023),
            ("valueInstant", "2015-02-07T13:28:17.239+02:00"),
            ("valueDate", "1973-06"),
            ("valueDate", "1900-02-28"),
            ("valueDateTime", "2013-01-01T12:32:45.123+13:00"),
            ("valueTime", "12:32:45.6"),
            ("valueCode", "a b"),
            ("valueOid", "urn:oid:1.2.3.40"),
            ("valueUri", "http://example.org/a?b=c"),
            ("valueUri", "urn:ietf:rfc:3986"),
            ("valueId", "A-1.b"),
            ("valueUnsignedInt", 0),
            ("valuePositiveInt", 1),
            ("valueMarkdown", "* a\n* b"),
        )
    ),
    *(
        (f"primitive-bad {name} {number}", False, _value(**{name: value}))
        for number, (name, value) in enumerate(
            (
                ("valueBoolean", "1"),
                ("valueBoolean", 1),
                ("valueInteger", 34534536346345345345),
                ("valueInteger", "$0"),
                ("valueBase64Binary", "YXNhcs2Rhc2Q="),
                ("valueInstant", "0000-01-01T12:32:45Z"),
                ("valueInstant", "1983-00-01T12:32:45Z"),
                ("valueInstant", "1983-01-00T12:32:45Z"),
                ("valueInstant", "1983-01-01T12:32"),
                ("valueInstant", "1983-01-01T12:32:45"),
                ("valueInstant", "1983-01-01T12:32:45-15:00"),
                ("valueString", ""),
                ("valueUri", "not a valid uri"),
                ("valueUri", "oid:1.2.3"),
                ("valueUri", "uuid:22222222-0000-4000-8000-000000000000"),
                ("valueDate", "1900-02-29"),
                ("valueDate", "1900-13-01"),
                ("valueDate", "2013-04-31"),
                ("valueDateTime", "2013-01-01T12:32:45+13:33.00"),
                ("valueDateTime", "-0001-01-01"),
                ("valueDateTime", "2013-01-01T24:00:00Z"),
                ("valueTime", "12:32"),
                ("valueTime", "25:00:00"),
                ("valueCode", " asdasd"),
                ("valueCode", "asd  asd"),
                ("valueCode", "asdasd "),
                ("valueOid", "oid:0.1.2.3"),
                ("valueOid", "urn:oid: 0.1.2.3"),
                ("valueOid", "urn:oid:3.1.2.3"),
                ("valueOid", "0.1.2.3"),
                ("valueId", ":12123-23"),
                ("valueId", "12123/23"),
                ("valueId", "a" * 65),
                ("valueUnsignedInt", -1),
                ("valuePositiveInt", 0),
                ("valueMarkdown", ""),
                ("valueString", "a" * 1_048_577),
            )
        )
    ),
]


def _xml(inside: str, kind: str = "List", space: str = "http://hl7.org/fhir") -> str:
    return f'<{kind} xmlns="{space}">{inside}</{kind}>'


STRANGE = '<name><text value="a"><script value="b"/></text></name>'
HEAD = '<status value="current"/><mode value="working"/>'
OF_TEXT: list[tuple[str, bool, str]] = [
    ("group-choice-empty", False, '{"resourceType": "Group", "characteristic": [{"code": {}, "valueBoolean": }]}'),
    ("list-bad-syntax", False, '{"resourceType": "List" "id": "a"}'),
    ("patient-duplicate", False, '{"resourceType": "Patient", "active": true, "active": false}'),
    (
        "observation-with-trailing-dot",
        False,
        json.dumps(_observation(valueQuantity={"value": 925})).replace("925", "925."),
    ),
    ("primitive-bad integer", False, json.dumps(_value(valueInteger=1234567)).replace("1234567", "1e4")),
    ("primitive-bad decimal", False, json.dumps(_value(valueDecimal=1234567)).replace("1234567", "00.1")),
    ("bad-json-close-1", False, json.dumps(_patient())[:-1]),
    ("bad-json-close-2", False, json.dumps(_patient()) + "}"),
    ("bad-json-close-3", False, json.dumps(_patient(name=[{"family": "A"}])).replace("]", "")),
    ("list-minimal.xml", True, _xml(HEAD)),
    ("pat-security-bad-string2.xml", False, _xml(STRANGE, "Patient")),
    ("list-wrong-order.xml", False, _xml('<mode value="working"/><status value="current"/>')),
    (
        "reference-bad-logical.xml",
        False,
        _xml(HEAD + '<subject><display value="a"/><type value="Patient"/></subject>'),
    ),
    ("list-text.xml", False, _xml('<id value="a">text</id>' + HEAD)),
    ("list-unknown-attr.xml", False, _xml('<id value="a" other="b"/>' + HEAD)),
    ("list-unknown-element.xml", False, _xml(HEAD + '<mode1 value="working"/>')),
    ("list-empty1.xml", False, _xml(HEAD + "<entry/>")),
    ("list-wrong-ns.xml", False, _xml(HEAD, space="http://hl7.org/fhir1")),
    ("list-wrong-ns1.xml", False, _xml('<id xmlns="http://hl7.org/fhir1" value="a"/>' + HEAD)),
    ("list-wrong-ns2.xml", False, _xml('<id xmlns="" value="a"/>' + HEAD)),
    ("list-xhtml-wrongns3.xml", False, _xml('<text><status value="generated"/><div><p>a</p></div></text>' + HEAD)),
    ("list-xhtml-xxe1.xml", False, '<!DOCTYPE List [<!ENTITY a "b">]>' + _xml('<id value="a"/>' + HEAD)),
    ("xml_v10.xml", False, _xml('<id value="a"/>' + HEAD + '<title value="a&#11;b"/>')),
    ("xml_UTF8_header_nobom.xml", True, '<?xml version="1.0" encoding="UTF-8"?>' + _xml(HEAD)),
    ("xml_UTF8_noheader_bom.xml", True, "\ufeff" + _xml(HEAD)),
    ("xml_UTF8_headerbad_nobom.xml", False, '<?xml version="1.0" encoding="UTF-16"?>' + _xml(HEAD)),
    ("primitive-bad-empty.xml", False, _xml(HEAD + '<title value=""/>')),
    ("primitive-bad boolean.xml", False, _xml('<active value="TRUE"/>', "Patient")),
    (
        "primitive-bad decimal.xml",
        False,
        _xml('<parameter><name value="a"/><valueDecimal value="00.1"/></parameter>', "Parameters"),
    ),
    (
        "primitive-bad integer.xml",
        False,
        _xml('<parameter><name value="a"/><valueInteger value="1e4"/></parameter>', "Parameters"),
    ),
]


def _when(count: int, **more: Any) -> Json:
    conditions = [{"question": "1", "operator": "=", "answerBoolean": value} for value in (True, False, True)]
    return {
        "resourceType": "Questionnaire",
        "status": "active",
        "item": [
            {"linkId": "1", "type": "boolean"},
            {"linkId": "2", "type": "integer", "enableWhen": conditions[:count]} | more,
        ],
    }


def _location(**more: Any) -> Json:
    return {"resourceType": "Location", "id": "foo-bar", "name": "A location"} | more


def _population(**more: Any) -> Json:
    return {"resourceType": "Measure", "status": "active", "group": [{"population": [more]}]}


def _includes(**include: Any) -> Json:
    return {"resourceType": "ValueSet", "status": "active", "compose": {"include": [include]}}


COVERAGE: Json = {
    "resourceType": "Coverage",
    "status": "active",
    "contained": [{"resourceType": "Organization", "id": "payer", "name": "A payer"}],
    "beneficiary": {"reference": "Patient/p1"},
    "payor": [{"reference": "#payer"}],
}
UNSEEN: list[tuple[str, bool, Json]] = [
    # Of pages of the manifest that were read when the others were mended.
    ("q-enablewhen-me-wrong", False, _when(2)),
    ("q-enablewhen-me", True, _when(2, enableBehavior="any")),
    ("q-enablewhen-one", True, _when(1)),
    (
        "cs-bad-oid",
        False,
        {
            "resourceType": "CodeSystem",
            "status": "active",
            "content": "not-present",
            "identifier": [{"system": "urn:ietf:rfc:3986", "value": "2.16.840.1.113883.6.57"}],
        },
    ),
    ("vs-no-system concepts", False, _includes(concept=[{"code": "a"}])),
    ("vs-no-system nothing", False, _includes(extension=[{"url": "http://example.org/x", "valueBoolean": True}])),
    ("vs-jurisdiction", True, _includes(system="http://example.org/s") | {"jurisdiction": [{"text": "world"}]}),
    ("pat-security-good2", True, _patient(name=[{"text": "A <b>bold</b> name"}])),
    ("pat-security-bad-xhtml", False, _patient(text=_text(f'<div xmlns="{XHTML}">a<script>b()</script></div>'))),
    ("resource-invalid-id-0", True, _location()),
    ("resource-invalid-id-1", False, _location(id="/foobar==")),
    ("resource-invalid-id-2", False, _location(id="foobar" * 16)),
    (
        "resource-invalid-id-3",
        False,
        _location(
            contained=[{"resourceType": "Organization", "id": "/foobar==", "name": "A"}],
            managingOrganization={"reference": "#/foobar=="},
        ),
    ),
    ("resource-invalid-eid-1", True, _location(position={"id": "/foobar==", "longitude": 3.24, "latitude": 3.24})),
    (
        "resource-invalid-eid-2",
        False,
        _location(position={"id": "a" * 1_048_577, "longitude": 3.24, "latitude": 3.24}),
    ),
    ("params-empty-r4", True, {"resourceType": "Parameters"}),
    ("shc-bad-1", False, _vaccine(status="Completed")),
    (
        "obs-temp",
        True,
        _observation(
            meta={"profile": ["http://example.org/StructureDefinition/temperature"]},
            category=[
                {"coding": [{"system": f"{CLINICAL}/observation-category", "code": "vital-signs"}]},
            ],
            code={"coding": [{"system": "http://loinc.org", "code": "8310-5"}]},
            effectiveDateTime="2026-11-24T12:30:00Z",
            valueQuantity={"value": 37.2, "unit": "C", "system": "http://unitsofmeasure.org", "code": "Cel"},
        ),
    ),
    (
        "mni-patientOverview-bundle-example1b",
        False,
        _bundle(
            "collection",
            {"id": "1a", "fullUrl": "http://example.org/fhir/Patient/p1", "resource": _patient()},
            {"id": "1a", "fullUrl": "http://example.org/fhir/Location/foo-bar", "resource": _location()},
        ),
    ),
    (
        "mni-patientOverview-bundle-example1b names",
        False,
        _patient(name=[{"id": "2", "family": "A"}, {"id": "2", "family": "B"}]),
    ),
    (
        "bundle-duplicate-id",
        True,
        _bundle(
            "collection",
            {
                "fullUrl": "http://example.org/fhir/Patient/p1",
                "resource": _patient(name=[{"id": "2", "text": "A"}]),
            },
            {
                "fullUrl": "http://example.org/fhir/Location/foo-bar",
                "resource": _location(position={"id": "2", "longitude": 1, "latitude": 1}),
            },
        ),
    ),
    (
        "parameters-reference",
        True,
        {"resourceType": "Parameters", "parameter": [{"name": "coverage", "resource": COVERAGE}]},
    ),
    ("parameters-reference unresolved", False, {k: v for k, v in COVERAGE.items() if k != "contained"}),
    (
        "canonical-url",
        True,
        {"resourceType": "Measure", "status": "active", "library": ["http://example.org/Library/x|1.0"]},
    ),
    ("mr-covid-m3", False, _population(code={"text": "numerator"})),
    ("mr-covid-m2", True, _population(criteria={"language": "text/cql", "expression": "all"})),
    (
        "mr-covid-m5",
        False,
        {
            "resourceType": "Measure",
            "status": "active",
            "subjectCodeableConcept": {"coding": [{"system": "Location", "code": "Location"}]},
        },
    ),
    (
        "document-manifest",
        True,
        {
            "resourceType": "DocumentManifest",
            "status": "current",
            "content": [{"reference": "DocumentReference/x"}],
        },
    ),
    (
        "us-cond",
        True,
        {
            "resourceType": "Condition",
            "clinicalStatus": {"coding": [{"system": f"{CLINICAL}/condition-clinical", "code": "active"}]},
            "subject": {"reference": "Patient/p1"},
        },
    ),
    ("dr-device", True, DOCUMENT_REFERENCE | {"subject": {"reference": "Device/foo"}}),
    ("dr-eh", False, DOCUMENT_REFERENCE | {"subject": {"reference": "Location/foo"}}),
    (
        "bundle-india",
        True,
        _document(
            {"fullUrl": URNS[3], "resource": _observation(subject={"reference": URNS[1]})},
            {
                "fullUrl": URNS[4],
                "resource": {"resourceType": "Binary", "contentType": "application/pdf", "data": "YQ=="},
            },
            section=[{"title": "Results", "entry": [{"reference": URNS[3]}]}],
        ),
    ),
    (
        "bundle-india-provenance",
        True,
        _document(
            {
                "fullUrl": URNS[3],
                "resource": {
                    "resourceType": "Provenance",
                    "target": [{"reference": URNS[0]}],
                    "recorded": "2026-11-24T12:30:00Z",
                    "agent": [{"who": {"reference": URNS[4]}}],
                },
            },
            {"fullUrl": URNS[4], "resource": {"resourceType": "Practitioner"}},
        ),
    ),
]
CASES: list[Case] = [
    *(Case(name, valid, json.dumps(resource)) for name, valid, resource in OF_JSON + OF_PRIMITIVES + UNSEEN),
    *(Case(name, valid, text) for name, valid, text in OF_TEXT),
]
