"""Fields of messages: HL7 version 2 segments and FHIR as JSON, pasted into a note."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import regex

from bedside.boundary.detection import Detection, Identifier
from bedside.boundary.detectors.rules import CUED, TIMEOUT, Seen, TextRecognizer, result

__all__ = ["Messages"]

_PERSON, _PLACE, _DATE = Identifier.PERSON, Identifier.PLACE, Identifier.DATE
_PHONE, _RECORD, _NUMBER = Identifier.PHONE, Identifier.RECORD_NUMBER, Identifier.OTHER_NUMBER
_FACILITY = Identifier.FACILITY

# Fields by their number in the standard.
SEGMENTS: Mapping[str, Mapping[int, Identifier]] = {
    "MSH": {3: _FACILITY, 4: _FACILITY, 5: _FACILITY, 6: _FACILITY, 7: _DATE, 10: _NUMBER},
    "EVN": {2: _DATE, 3: _DATE, 5: _PERSON, 6: _DATE, 7: _FACILITY},
    "PID": {
        **{
            2: _RECORD,
            3: _RECORD,
            4: _RECORD,
            5: _PERSON,
            6: _PERSON,
            7: _DATE,
            9: _PERSON,
            11: _PLACE,
            12: _PLACE,
        },
        **{
            13: _PHONE,
            14: _PHONE,
            18: _NUMBER,
            19: Identifier.SSN,
            20: _NUMBER,
            21: _RECORD,
            23: _PLACE,
            29: _DATE,
        },
    },
    "PD1": {3: _FACILITY, 4: _PERSON},
    "NK1": {
        2: _PERSON,
        4: _PLACE,
        5: _PHONE,
        6: _PHONE,
        12: _NUMBER,
        13: _FACILITY,
        16: _DATE,
        30: _PERSON,
        31: _PHONE,
    },
    "PV1": {
        **{
            3: _PLACE,
            5: _NUMBER,
            6: _PLACE,
            7: _PERSON,
            8: _PERSON,
            9: _PERSON,
            17: _PERSON,
            19: _RECORD,
            39: _FACILITY,
        },
        **{44: _DATE, 45: _DATE, 50: _NUMBER, 52: _PERSON},
    },
    "GT1": {
        2: _NUMBER,
        3: _PERSON,
        4: _PERSON,
        5: _PLACE,
        6: _PHONE,
        7: _PHONE,
        8: _DATE,
        12: Identifier.SSN,
        16: _FACILITY,
    },
    "IN1": {
        8: _NUMBER,
        10: _NUMBER,
        11: _FACILITY,
        12: _DATE,
        13: _DATE,
        14: _NUMBER,
        16: _PERSON,
        18: _DATE,
        19: _PLACE,
        36: _NUMBER,
        49: _NUMBER,
    },
    "ORC": {2: _NUMBER, 3: _NUMBER, 4: _NUMBER, 9: _DATE, 10: _PERSON, 11: _PERSON, 12: _PERSON, 14: _PHONE},
    "OBR": {
        2: _NUMBER,
        3: _NUMBER,
        6: _DATE,
        7: _DATE,
        8: _DATE,
        10: _PERSON,
        14: _DATE,
        16: _PERSON,
        17: _PHONE,
        22: _DATE,
        28: _PERSON,
        32: _PERSON,
    },
    "OBX": {14: _DATE, 16: _PERSON, 18: _NUMBER},
    "DG1": {5: _DATE, 16: _PERSON},
    "AL1": {6: _DATE},
    "ACC": {1: _DATE, 3: _PLACE},
    "TXA": {4: _DATE, 5: _PERSON, 6: _DATE, 9: _PERSON, 12: _NUMBER},
    "SCH": {1: _NUMBER, 2: _NUMBER, 11: _DATE, 12: _PERSON, 16: _PERSON},
}
_SEGMENT = regex.compile(rf"(?<![\w|])(?P<name>{'|'.join(SEGMENTS)})\|(?P<rest>[^\n\r]{{0,4000}})")

# Keys of FHIR, and of the JSON and CSV exports that are like it.
_KEYS: Mapping[str, Identifier] = {
    **dict.fromkeys(
        ["family", "given", "firstName", "lastName", "patientName", "patient_name", "first_name"], _PERSON
    ),
    **dict.fromkeys(["last_name", "middle_name", "middleName", "fullName", "full_name", "maidenName"], _PERSON),
    **dict.fromkeys(["line", "city", "district", "postalCode", "street", "zip", "address", "zipCode"], _PLACE),
    **dict.fromkeys(
        ["birthDate", "deceasedDateTime", "birth_date", "dob", "authoredOn", "issued", "lastUpdated"], _DATE
    ),
    **dict.fromkeys(["phone", "telephone", "mobile", "fax"], _PHONE),
    **dict.fromkeys(["mrn", "patientId", "patient_id", "reference", "subjectId"], _RECORD),
    **dict.fromkeys(["ssn", "accountNumber", "memberId", "serialNumber", "lotNumber", "deviceIdentifier"], _NUMBER),
    "value": _NUMBER,
}
_KEYED = regex.compile(
    rf'(?i)["\'](?P<key>{"|".join(_KEYS)})["\']\s*:\s*\[?\s*(?P<values>"(?:[^"\\\n]{{1,200}})"(?:\s*,\s*"(?:[^"\\\n]{{1,200}})"(?!\s*:)){{0,6}})'
)
_FOLDED_KEYS = {key.casefold(): kind for key, kind in _KEYS.items()}
_QUOTED = regex.compile(r'"([^"\\\n]{1,200})"')


class Messages(TextRecognizer):
    """Reports the fields of HL7 segments and of FHIR elements that say who somebody is."""

    def __init__(self) -> None:
        super().__init__("messages")

    def find(self, text: str, seen: Seen | None = None) -> Iterator[Detection]:
        """Give each identifying field."""
        if "|" in text:
            for segment in _SEGMENT.finditer(text, timeout=TIMEOUT):
                yield from self._fields(segment)
        if '"' in text:
            for keyed in _KEYED.finditer(text, timeout=TIMEOUT):
                kind = _FOLDED_KEYS[keyed["key"].casefold()]
                for value in _QUOTED.finditer(text, keyed.start("values"), keyed.end("values")):
                    # The value of a coded answer is a word; that of an identifier or a telephone has digits or an @.
                    if keyed["key"] != "value" or regex.search(r"\d{2}|@|://", value[1]):
                        yield result(self._called, kind, value.span(1), CUED, "element of FHIR")

    def _fields(self, segment: regex.Match[str]) -> Iterator[Detection]:
        kinds = SEGMENTS[segment["name"]]
        start = segment.start("rest")
        # In MSH the separator is itself the first field.
        for number, field in enumerate(segment["rest"].split("|"), start=2 if segment["name"] == "MSH" else 1):
            if number in kinds and any(character.isalnum() for character in field):
                yield result(
                    self._called, kinds[number], (start, start + len(field)), CUED, "field of an HL7 segment"
                )
            start += len(field) + 1
