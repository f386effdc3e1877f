"""Fields of messages: HL7 version 2 segments and FHIR as JSON, pasted into a note."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from bedside.boundary.detection import Detection, Identifier
from bedside.boundary.detectors.rules import CUED, TIMEOUT, Seen, TextRecognizer, result
from bedside.tables import table_rows

__all__ = ["Messages"]

SEGMENTS: dict[str, dict[int, Identifier]] = {}
"""Segments of HL7 version 2, each with its fields by their number in the standard."""
_KEYS: dict[str, Identifier] = {}
"""Keys of FHIR, and of similar JSON and CSV exports."""
for _row in table_rows("bedside.boundary", "message_fields"):
    if _row["segment"]:
        SEGMENTS.setdefault(_row["segment"], {})[int(_row["field"])] = Identifier(_row["kind"])
    else:
        _KEYS[_row["field"]] = Identifier(_row["kind"])
_SEGMENT = regex.compile(rf"(?<![\w|])(?P<name>{'|'.join(SEGMENTS)})\|(?P<rest>[^\n\r]{{0,4000}})")

_KEYED = regex.compile(
    rf'(?i)["\'](?P<key>{"|".join(_KEYS)})["\']\s*:\s*\[?\s*(?P<values>"(?:[^"\\\n]{{1,200}})"(?:\s*,\s*"(?:[^"\\\n]{{1,200}})"(?!\s*:)){{0,6}})'
)
_FOLDED_KEYS = {key.casefold(): kind for key, kind in _KEYS.items()}
_QUOTED = regex.compile(r'"([^"\\\n]{1,200})"')


class Messages(TextRecognizer):
    """A recognizer of the identifying fields of HL7 segments and FHIR elements."""

    def __init__(self) -> None:
        super().__init__("messages")

    def find(self, text: str, seen: Seen | None = None) -> Iterator[Detection]:
        """Yield each identifying field."""
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
