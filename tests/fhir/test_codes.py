"""Codes, units, formats and narratives: what passes, and what nearly does."""

from __future__ import annotations

import pytest

from bedside.tools.fhir.validation.clinical import is_ucum
from bedside.tools.fhir.validation.codes import FORMATS_OF_CODES, LOINC, SNOMED
from bedside.tools.fhir.validation.narrative import is_narrative
from bedside.tools.fhir.validation.primitives import FORMATS

ICD, RXNORM, CVX = (
    "http://hl7.org/fhir/sid/icd-10-cm",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://hl7.org/fhir/sid/cvx",
)


@pytest.mark.parametrize(
    ("system", "code", "possible"),
    [
        (LOINC, "8867-4", True),
        (LOINC, "85354-9", True),
        (LOINC, "LA6568-5", True),
        (LOINC, "8867-5", False),
        (LOINC, "88674", False),
        (LOINC, "8867-4 ", False),
        (SNOMED, "271649006", True),
        (SNOMED, "1104051000000101", True),
        (SNOMED, "73211009 |Diabetes mellitus|", True),
        (SNOMED, "271649005", False),
        (SNOMED, "27164", False),
        (SNOMED, "0271649006", False),
        (ICD, "R07.9", True),
        (ICD, "U07.1", True),
        (ICD, "S72.001A", True),
        (ICD, "r07.9", False),
        (ICD, "R079", False),
        (ICD, "R07.", False),
        (RXNORM, "243670", True),
        (RXNORM, "RX243670", False),
        (CVX, "08", True),
        (CVX, "flu", False),
    ],
)
def test_codes(system: str, code: str, possible: bool) -> None:
    assert FORMATS_OF_CODES[system][1](code) is possible


@pytest.mark.parametrize(
    "unit", ["mm[Hg]", "/min", "Cel", "%", "{score}", "10*3/uL", "kg/m2", "[lb_av]", "{beats}/min"]
)
def test_units(unit: str) -> None:
    assert is_ucum(unit)


@pytest.mark.parametrize("text", ["mmHg", "bpm", "lbs", "mEq", "", "m g", "degF", "breaths/minute", "{a b}"])
def test_what_is_no_unit(text: str) -> None:
    assert not is_ucum(text)


@pytest.mark.parametrize(
    ("kind", "value", "valid"),
    [
        ("date", "2024", True),
        ("date", "2024-02-29", True),
        ("date", "2023-02-29", False),
        ("date", "2024-2-9", False),
        ("date", "0000", False),
        ("dateTime", "2024-02-29T23:59:60Z", True),
        ("dateTime", "2024-02-29T10:00:00", False),
        ("dateTime", "2024-02-29T10:00Z", False),
        ("dateTime", "2024-02-29T24:00:00Z", False),
        ("instant", "2024-02-29T10:00:00.1+14:00", True),
        ("instant", "2024-02-29", False),
        ("time", "08:00:00", True),
        ("time", "8:00", False),
        ("code", "a b", True),
        ("code", " a", False),
        ("code", "a  b", False),
        ("id", "a-1.B", True),
        ("id", "a_1", False),
        ("id", "x" * 65, False),
        ("uri", "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", True),
        ("uri", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520", False),
        ("uri", "urn:oid:2.16.840", True),
        ("uri", "urn:oid:2.16.08", False),
        ("uri", "https://example.org/a b", False),
        ("boolean", True, True),
        ("boolean", "true", False),
        ("integer", 0, True),
        ("integer", True, False),
        ("integer", 1.0, False),
        ("integer", 2**31, False),
        ("positiveInt", 0, False),
        ("unsignedInt", -1, False),
        ("decimal", 1.5, True),
        ("decimal", "1.5", False),
        ("string", "two\nlines", True),
        ("string", " ", True),
        ("string", "a\x00", False),
        ("base64Binary", "aGVs\nbG8=", True),
        ("base64Binary", "aGVsbG8", False),
        ("oid", "urn:oid:1.2", True),
        ("uuid", "urn:uuid:1", False),
    ],
)
def test_formats(kind: str, value: object, valid: bool) -> None:
    assert FORMATS[kind](value) is valid


DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        (DIV.format("<p>Ann&nbsp;B. &amp; <b>C</b></p>"), True),
        (DIV.format('<img src="#a" alt=""/>'), True),
        (DIV.format(" "), False),
        (DIV.format("<p>Ann"), False),
        (DIV.format("<script>x</script>"), False),
        (DIV.format('<p onclick="x">Ann</p>'), False),
        ("<div>Ann</div>", False),
        ("Ann", False),
        ('<!DOCTYPE d [<!ENTITY a "b">]>' + DIV.format("&a;"), False),
        (None, False),
    ],
)
def test_narratives(text: object, valid: bool) -> None:
    assert is_narrative(text) is valid
