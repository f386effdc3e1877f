"""Resources from JSON, NDJSON and XML: the same as they were, and what is none is named. All is invented."""

from __future__ import annotations

import json
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bedside.errors import InputError
from bedside.tools.fhir import errors, to_json, validate
from bedside.tools.fhir.r4 import model_of
from bedside.tools.fhir.reading import read_resource
from tests.fhir.seeded_defects import BUNDLES

TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)")
EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.json"))


def xml(body: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{body}'.encode()


def as_xml(resource: dict[str, Any]) -> bytes:
    """XML as fhir.resources writes it."""
    model: Any = model_of(resource["resourceType"])
    text: str | bytes = model.model_validate(resource).model_dump_xml()
    return text if isinstance(text, bytes) else text.encode()


def moments(value: Any) -> Any:
    """The same with each time as a time: the other library writes +00:00 for Z, and more digits."""
    if isinstance(value, dict):
        return {key: moments(one) for key, one in value.items()}
    if isinstance(value, list):
        return [moments(one) for one in value]
    return datetime.fromisoformat(value) if isinstance(value, str) and TIME.fullmatch(value) else value


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_xml_that_another_library_wrote_is_the_json_that_it_was_written_from(path: Path) -> None:
    pytest.importorskip("lxml")
    resource = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    found = read_resource(as_xml(resource))
    for one in (resource, found):
        one.get("text", {}).pop("div", None)
    assert moments(found) == moments(resource)


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_of_xml_is_as_valid_as_of_json(name: str) -> None:
    pytest.importorskip("lxml")
    bundle = json.loads(to_json(BUNDLES[name]()), parse_float=Decimal)
    assert errors(validate(read_resource(as_xml(bundle)))) == []


PATIENT_XML = """Patient xmlns="http://hl7.org/fhir">
  <id value="p1"/>
  <text><status value="generated"/>
    <div xmlns="http://www.w3.org/1999/xhtml"><p>A &amp; <b class="a">b</b><br/></p></div>
  </text>
  <contained><Organization><id value="o1"/><name value="Clinic"/></Organization></contained>
  <extension url="https://example.org/colour"><valueDecimal value="1.50"/></extension>
  <active value="true"/>
  <name><given value="Ann"/>
    <given><extension url="https://example.org/x"><valueCode value="u"/></extension></given></name>
  <birthDate id="b" value="1958-03-14"/>
  <multipleBirthInteger value="2"/>
  <managingOrganization><reference value="#o1"/></managingOrganization>
</Patient>"""


def test_each_part_of_xml_has_its_place_in_json() -> None:
    found = read_resource(xml(PATIENT_XML))
    assert found == {
        "resourceType": "Patient",
        "id": "p1",
        "text": {
            "status": "generated",
            "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>A &amp; <b class="a">b</b><br/></p></div>',
        },
        "contained": [{"resourceType": "Organization", "id": "o1", "name": "Clinic"}],
        "extension": [{"url": "https://example.org/colour", "valueDecimal": Decimal("1.50")}],
        "active": True,
        "name": [
            {
                "given": ["Ann", None],
                "_given": [None, {"extension": [{"url": "https://example.org/x", "valueCode": "u"}]}],
            }
        ],
        "birthDate": "1958-03-14",
        "_birthDate": {"id": "b"},
        "multipleBirthInteger": 2,
        "managingOrganization": {"reference": "#o1"},
    }
    assert str(found["extension"][0]["valueDecimal"]) == "1.50"
    assert errors(validate(found)) == []


@pytest.mark.parametrize(
    ("inside", "place"),
    [
        ('<active value="yes"/>', "Patient.active"),
        ('<gender value="F"/>', "Patient.gender"),
        ('<Zebulon value="1"/>', "Patient"),
        ('<active value="true"/><active value="true"/>', "Patient.active"),
        ('<multipleBirthInteger value="1e3"/>', "Patient.multipleBirthInteger"),
        ("<name/>", "Patient.name[0]"),
        ('<birthDate value="1958-02-30"/>', "Patient.birthDate"),
    ],
)
def test_what_is_wrong_in_xml_is_a_finding_at_its_place(inside: str, place: str) -> None:
    found = errors(validate(read_resource(xml(f'Patient xmlns="http://hl7.org/fhir">{inside}</Patient>'))))
    assert [one.location for one in found] == [place]


BOMB = '<!DOCTYPE p [<!ENTITY a "Zebulon"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
REFUSED = [
    (f'{BOMB}<Patient xmlns="http://hl7.org/fhir"><id value="&b;"/></Patient>', "DOCTYPE"),
    ('<!DOCTYPE p SYSTEM "file:///etc/hostname"><Patient xmlns="http://hl7.org/fhir"/>', "DOCTYPE"),
    ('<Patient xmlns="http://hl7.org/fhir"><id value="&Zebulon;"/></Patient>', "line 1: it is not XML"),
    ('<Patient xmlns="http://hl7.org/fhir">\n<name>Zebulon</name></Patient>', "line 2: there is text"),
    ('<Patient xmlns="http://hl7.org/fhir"><name>', "it is not XML"),
    ("<Patient/>", "no resource of R4"),
    ("<html><body>Zebulon</body></html>", "no resource of R4"),
    ('<Bundle xmlns="http://hl7.org/fhir"><entry><resource/></entry></Bundle>', "exactly one resource"),
    ('<Patient xmlns="http://hl7.org/fhir">' + "<extension>" * 100_000, "nested too deep"),
    ('<?xml version="1.0" encoding="x-Zebulon"?><Patient/>', "encoding"),
    ("<", "it is not XML"),
    ('<Patient xmlns="http://hl7.org/fhir" resourceType="Zebulon"/>', "a name is there as attribute and"),
    ('<Patient xmlns="http://hl7.org/fhir"><resourceType value="Group"/></Patient>', "a name is there as"),
    ('<Patient xmlns="http://hl7.org/fhir" id="Zebulon"><id value="1"/></Patient>', "as attribute and as element"),
    ('<Patient xmlns="http://hl7.org/fhir"><gender value="male"/><_gender id="a"/></Patient>', "FHIR's JSON only"),
    ('<Patient xmlns="http://hl7.org/fhir"><id xmlns="urn:x" value="7"/></Patient>', "another namespace"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_xml_that_is_no_resource_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as refused:
        read_resource(text.encode())
    assert "Zebulon" not in str(refused.value)


LINES = [
    {"resourceType": "Patient", "id": "1"},
    {"resourceType": "Condition", "subject": {"reference": "Patient/1"}},
]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_ndjson_is_a_collection_of_its_lines(mark: str) -> None:
    data = mark + "\r\n".join(json.dumps(one) for one in LINES) + "\n\n"
    found = read_resource(data.encode())
    assert [entry["resource"] for entry in found["entry"]] == LINES
    assert (found["resourceType"], found["type"]) == ("Bundle", "collection")
    assert errors(validate(found)) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Zebulon", "line 3: column 1 is not JSON"),
        ('{"resourceType": "Patient", "name": Zebulon}', "line 3: column 37 is not JSON"),
        ("[1]", "line 3: it holds no JSON object"),
        ('{"id": 1, "id": 2}', "line 3: a key is there twice in the outermost object: id"),
    ],
)
def test_a_line_that_is_no_resource_is_named(line: str, message: str) -> None:
    data = "\n".join([*(json.dumps(one) for one in LINES), line])
    with pytest.raises(InputError, match=message) as refused:
        read_resource(data.encode())
    assert "Zebulon" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"resourceType": "Patient", "id": "1", "id": "2"}', "Patient: id"),
        ('{"resourceType": "Patient", "resourceType": "Group"}', "resourceType"),
        (
            '{"resourceType": "Patient", "name": [{"family": "a"}, {"family": "a", "family": "a"}]}',
            r"name\[1\]: family",
        ),
        ('{"resourceType": "Patient", "Zebulon": {"id": 1, "id": 1}}', "name of 7 characters"),
        ('{"resourceType": "Patient", "id": {"Zebulon": 1, "Zebulon": 2}}', "name of 7 characters"),
        ('{"resourceType": "Patient", "id": "1", "\\u0069d": "2"}', "Patient: id"),
    ],
)
def test_a_key_that_is_there_twice_is_named_with_its_object(text: str, place: str) -> None:
    with pytest.raises(InputError, match=f"twice in .*{place}") as refused:
        read_resource(text.encode())
    assert "Zebulon" not in str(refused.value)


def test_the_same_key_in_two_objects_is_none_too_many() -> None:
    text = b'{"resourceType": "Patient", "name": [{"family": "a"}, {"family": "b"}]}'
    assert len(read_resource(text)["name"]) == 2
