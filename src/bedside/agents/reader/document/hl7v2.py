"""Opens HL7 version 2: messages, files and batches of them, and segments that somebody cut out of one.

Parsed by python-hl7. A message is a case. Fields that identify (`SEGMENTS` of the boundary) go to its vault; of
them only name, sex, birth date and record number are in the text. Segments that say nothing of a patient's health
are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import hl7

from bedside.agents.reader.document.fields import Fields
from bedside.agents.reader.document.inside import base64_text
from bedside.agents.reader.document.outline import EntryStatus, Item, Outline
from bedside.boundary.detectors.hl7_fields import SEGMENTS
from bedside.errors import InputError
from bedside.persistence import NotOpened, Opened, text_of

__all__ = ["open_file", "recognises"]

_NAMES = "MSH|PID|FHS|BHS|PV1|EVN|OBR|OBX|ORC|DG1|AL1|NTE|NK1|TXA|IN1|PR1|RXE|RXA|RXO|RXD|SCH|IAM|PD1|GT1"
_FIRST = re.compile(rf"(?:{_NAMES})(?P<bar>[|^~&!#])")
_SEGMENT = re.compile(r"[A-Z][A-Z0-9]{2}(?=[^\w\s])")
_ENVELOPE = ("FHS", "BHS", "BTS", "FTS")
_MARKS = "\x0b\x1c\ufeff \t\r\n"
_HEAD = "MSH|^~\\&|||||||ZZZ^Z00|1|P|2.5"
"""The head given to segments that came without that of their message."""
_NEW_LINE = re.compile(r"\\\.(?:br|sp|ce|ti|sk)[+\-\d]*\\")
_LAYOUT = re.compile(r"\\(?:H|N|\.(?:in|fi|nf)[+\-\d]*)\\")

_FLAGS = {
    "L": "low", "H": "high", "LL": "critically low", "HH": "critically high", "<": "below the range",
    ">": "above the range", "A": "abnormal", "AA": "critically abnormal", "N": "", "POS": "positive", "NEG":
    "negative",
}  # fmt: skip
_NO_RESULT = {"D": "deleted", "W": "wrong", "X": "", "N": ""}
"""OBX-11 values of what was never a result of this patient, or is none now."""
_SEVERITY = {"SV": "severe", "MO": "moderate", "MI": "mild"}
_CANCELLED = frozenset({"CA", "DC", "OC", "OD", "RP", "CR", "DR", "HD", "HR", "OH"})
"""ORC-1 and ORC-5 values: cancelled, discontinued or held."""
_PROSE = frozenset({"TX", "FT"})


def recognises(data: bytes, suffix: str) -> bool:
    """True if it begins as a message, a batch or a segment does."""
    start = data[:400].removeprefix(b"\xef\xbb\xbf").lstrip(_MARKS.encode()).decode("utf-8", "replace")
    return _FIRST.match(start) is not None or suffix in (".hl7", ".er7")


def open_file(data: bytes, suffix: str) -> Iterator[Opened | NotOpened]:
    """The messages of a file, one case each."""
    messages = list(_messages(text_of(data)))
    for number, lines in enumerate(messages, start=1):
        place = f"message {number}"
        try:
            yield from list(_Reading(hl7.parse("\r".join(lines) + "\r")).cases(place))
        except (hl7.HL7Exception, IndexError, ValueError) as error:
            yield NotOpened(place, f"it is no HL7 v2 that can be parsed ({type(error).__name__}); export it again")


def _messages(text: str) -> Iterator[list[str]]:
    """The segments of each message. A line that begins no segment goes on with the field before it."""
    lines: list[str] = []
    for line in re.split(r"\r\n|\r|\n", text):
        line = line.strip(_MARKS)
        if not line or line.startswith(_ENVELOPE):
            continue
        if _SEGMENT.match(line) is None and not lines:
            raise InputError("is no HL7 v2: it does not begin with a segment, such as MSH|")
        if line.startswith("MSH") and lines:
            yield lines
            lines = []
        if _SEGMENT.match(line) is None and lines:
            lines[-1] += "\\.br\\" + line
        else:
            lines += [line] if line.startswith("MSH") or lines else [_HEAD, line]
    if not lines:
        raise InputError("is HL7 v2 without a message: there is no MSH segment in it")
    yield lines


@dataclass(slots=True)
class _Reading:
    """One message on its way to a text."""

    message: hl7.Message
    outline: Outline = field(default_factory=Outline)
    fields: Fields = field(default_factory=Fields)
    kind: str = ""
    control: str = ""
    panel: str = ""
    drug: Item | None = None
    texts: list[str] = field(default_factory=list)
    text_of: str = ""
    odd: list[NotOpened] = field(default_factory=list)

    def cases(self, place: str) -> Iterator[Opened | NotOpened]:
        self._head()
        for segment in self.message:
            name = str(segment[0])
            self._identifying(name, segment)
            if name != "OBX":
                self._close_text()
            if (read := _READ.get(name)) is not None:
                read(self, segment)
            elif name.startswith("RX") and name[2:] in _DRUGS:
                self._drug(segment, *_DRUGS[name[2:]])
        self._close_text()
        self._close_drug()
        if self.outline.blocks:
            yield Opened("", self.outline.text(), self.fields.known)
        else:
            yield NotOpened(place, "the message names no patient and holds no statement")
        yield from (NotOpened(f"{place}, {one.place}", one.message) for one in self.odd)

    def raw(self, segment: hl7.Segment, number: int) -> str:
        """Return a field of the message unchanged."""
        return str(segment[number]) if number < len(segment) else ""

    def text(self, value: str) -> str:
        """A value with its escapes resolved; `""` is HL7's null."""
        if value == '""':
            return ""
        return str(self.message.unescape(_LAYOUT.sub("", _NEW_LINE.sub("\n", value))))

    def repeats(self, segment: hl7.Segment, number: int) -> list[list[str]]:
        """A field as repetitions of components."""
        bars = self.message.separators
        component, repetition, sub = bars[3], bars[2], bars[4]
        return [
            [self.text(part.replace(sub, " ")) for part in one.split(component)]
            for one in self.raw(segment, number).split(repetition)
            if one
        ]

    def first(self, segment: hl7.Segment, number: int) -> list[str]:
        """The components of the first repetition, at least six."""
        found = self.repeats(segment, number)
        return [*(found[0] if found else []), "", "", "", "", "", ""]

    def named(self, segment: hl7.Segment, number: int) -> str:
        """Return the name of a coded field: its text, the original text, the alternate, the bare code."""
        code, words, _, other, alternate, *_ = self.first(segment, number)
        original = self.first(segment, number)[8] if len(self.first(segment, number)) > 8 else ""
        return words or original or alternate or code or other

    def day(self, segment: hl7.Segment, number: int) -> str:
        return _time(self.first(segment, number)[0])

    def _identifying(self, name: str, segment: hl7.Segment) -> None:
        for number, kind in SEGMENTS.get(name, {}).items():
            for parts in self.repeats(segment, number):
                self.fields.learn(kind, parts, is_person_first=(name, number) in _BARE_NAMES)

    def _head(self) -> None:
        head = self.message.segment("MSH")
        self.kind = "_".join(self.first(head, 9)[:2])
        self.outline.head("Date", self.day(head, 7)[:10])
        for patient in (one for one in self.message if str(one[0]) == "PID"):
            family, given, middle, *_ = self.first(patient, 5)
            name = " ".join(part for part in (given, f"{middle}." if len(middle) == 1 else middle, family) if part)
            sex, born = self.first(patient, 8)[0].upper(), self.day(patient, 7)
            number = self.first(patient, 3)[0] or self.first(patient, 2)[0]
            self.outline.head("Name", name)
            self.outline.head("Born", born)
            self.outline.age(born, self.day(head, 7))
            self.outline.head("Sex", {"F": "female", "M": "male"}.get(sex, ""))
            self.outline.head("Medical record number", number)
            if self.first(patient, 30)[0] == "Y":
                self.outline.head("Deceased", self.day(patient, 29) or "yes")
            return

    def observation(self, segment: hl7.Segment) -> None:
        """OBX: a value, a line of a text, or a document."""
        kind, status = self.raw(segment, 2).upper(), self.raw(segment, 11).upper()
        if status in _NO_RESULT:
            if status in ("D", "W"):
                self.outline.left_out += 1
            return
        name, values = self.named(segment, 3), self.repeats(segment, 5)
        if kind in ("ED", "RP"):
            self._attached(segment, name, kind)
        elif kind in _PROSE or (kind in ("ST", "") and self.is_note):
            self._line_of_text(name, values)
        else:
            self._close_text()
            said = ", ".join(_value(kind, one) for one in values)
            self.outline.items(self._heading, [self._result(segment, name, said)] if said else [])

    @property
    def is_note(self) -> bool:
        """True if the message carries a document and no results."""
        return self.kind.startswith("MDM")

    @property
    def _heading(self) -> str:
        return f"Results, {self.panel}" if self.panel else "Results"

    def _result(self, segment: hl7.Segment, name: str, said: str) -> Item:
        flags = [_FLAGS.get(one[0].upper(), one[0]) for one in self.repeats(segment, 8) if one[0]]
        status = {"P": "preliminary"}.get(self.raw(segment, 11).upper(), "")
        unit = self.first(segment, 6)
        return Item(
            name,
            value=said,
            unit=unit[0] or unit[1],
            range=self.text(self.raw(segment, 7)),
            flag=", ".join(part for part in (*flags, status) if part),
            when=self.day(segment, 14),
        )

    def _line_of_text(self, name: str, values: list[list[str]]) -> None:
        if name != self.text_of:
            self._close_text()
        self.text_of = name
        self.texts += [" ".join(part for part in one if part) for one in values] or [""]

    def _close_text(self) -> None:
        """Write the lines of a text that came in several OBX: one short line is a value of its test."""
        lines, name = self.texts, self.text_of
        self.texts, self.text_of = [], ""
        if not any(line.strip() for line in lines):
            return
        whole = "\n".join(lines)
        if len(lines) == 1 and len(whole.split()) < 5 and "\n" not in whole and not self.is_note:
            self.outline.items(self._heading, [Item(name, value=whole)])
        else:
            self.outline.prose(name or "Text", whole)

    def _attached(self, segment: hl7.Segment, name: str, kind: str) -> None:
        parts = self.first(segment, 5)
        where = f"OBX {self.raw(segment, 1) or '?'}"
        if kind == "RP":
            self.odd.append(NotOpened(where, "it points to a file that is not here; give the file itself"))
            return
        try:
            self.outline.prose(name or "Text", base64_text(parts[4], f"{parts[1]}/{parts[2]}".lower(), parts[3]))
        except InputError as error:
            self.odd.append(NotOpened(where, f"the document in it {error}"))

    def allergy(self, segment: hl7.Segment) -> None:
        """AL1 and IAM."""
        if str(segment[0]) == "IAM" and (
            self.first(segment, 6)[0].upper() == "D" or self.first(segment, 17)[0].upper() in ("I", "E")
        ):
            self.outline.left_out += 1
            return
        reactions = [" ".join(part for part in one[:2] if part) for one in self.repeats(segment, 5)]
        severity = _SEVERITY.get(self.first(segment, 4)[0].upper(), "")
        remark = ", ".join(reactions) + (f" ({severity})" if severity else "")
        self.outline.items("Allergies", [Item(self.named(segment, 3), remark=remark.strip())])

    def diagnosis(self, segment: hl7.Segment) -> None:
        """DG1."""
        if self.raw(segment, 21).upper() == "D":
            self.outline.left_out += 1
            return
        name = self.text(self.raw(segment, 4)) or self.named(segment, 3)
        self.outline.items("Diagnoses", [Item(name)])

    def procedure(self, segment: hl7.Segment) -> None:
        """PR1."""
        name = self.text(self.raw(segment, 4)) or self.named(segment, 3)
        self.outline.items("Procedures", [Item(name, when=self.day(segment, 5)[:10])])

    def comment(self, segment: hl7.Segment) -> None:
        """NTE."""
        said = "\n".join(" ".join(part for part in one if part) for one in self.repeats(segment, 3))
        self.outline.prose("Comments", said)

    def order(self, segment: hl7.Segment) -> None:
        """Read OBR: the panel whose results follow, or what is requested."""
        self.panel = self.named(segment, 4)
        self.outline.prose("Clinical information", self.text(self.raw(segment, 13)))
        self.outline.prose("Reason for visit", self.named(segment, 31))
        if self.kind.startswith(("ORM", "OML", "OMG", "OMI")):
            self.outline.items("Plan", [Item(self.panel, EntryStatus.PLANNED)])
            self.panel = ""

    def reason(self, segment: hl7.Segment) -> None:
        """PV2 and SCH: why the patient comes."""
        for number in (3,) if str(segment[0]) == "PV2" else (7,):
            self.outline.prose("Reason for visit", self.named(segment, number))

    def appointment(self, segment: hl7.Segment) -> None:
        """AIS: the service that is booked."""
        self.outline.items(
            "Plan", [Item(self.named(segment, 3), EntryStatus.PLANNED, when=self.day(segment, 4)[:10])]
        )

    def control_order(self, segment: hl7.Segment) -> None:
        """ORC: whether what follows goes on."""
        self._close_drug()
        codes = {self.first(segment, number)[0].upper() for number in (1, 5)}
        self.control = "stopped" if codes & _CANCELLED else ""

    def _drug(self, segment: hl7.Segment, name: int, amount: int, unit: int) -> None:
        """RXE, RXO, RXD and RXA: a drug that is ordered, dispensed or given; in RXA a vaccine as well."""
        self._close_drug()
        called = self.named(segment, name) or self.named(segment, name + 1)  # some senders are off by one
        dose = " ".join(part for part in (self.first(segment, amount)[0], self.named(segment, unit)) if part)
        often = self.first(segment, 1)[1] if str(segment[0]) == "RXE" else ""
        detail = " ".join(part for part in ("" if re.search(r"\d", called) else dose, often) if part)
        standing = EntryStatus.STOPPED if self.control else EntryStatus.PRESENT
        remark, day = "", ""
        if str(segment[0]) == "RXA":
            day, detail = self.day(segment, 3)[:10], ""
            if self.raw(segment, 20).upper() in ("RE", "NA") or called.lower().startswith("no vaccine"):
                standing, remark = EntryStatus.NOT_GIVEN, self.named(segment, 18)
        self.drug = Item(called, standing, detail=detail, remark=remark, when=day)

    def route(self, segment: hl7.Segment) -> None:
        """Read RXR, which follows its drug."""
        if self.drug is not None and self.kind[:3] != "VXU":
            words = self.named(segment, 1).lower()
            self.drug = replace(self.drug, detail=f"{self.drug.detail} {words}".strip())

    def _close_drug(self) -> None:
        drug, self.drug = self.drug, None
        if drug is not None:
            self.outline.items("Immunizations" if self.kind.startswith("VXU") else "Medications", [drug])


def _value(kind: str, parts: list[str]) -> str:
    """Return a value in words, by its type: a structured number, a coded answer, a date, anything else verbatim."""
    if kind == "SN":
        comparator, number, sign, other = [*parts, "", "", "", ""][:4]
        return f"{comparator}{number}{sign}{other}"
    if kind in ("CE", "CWE", "CF", "CNE", "IS"):
        return next((part for part in (*parts[1:2], *parts[4:5], *parts[:1]) if part), "")
    if kind in ("DT", "TS", "DTM", "TM"):
        return _time(parts[0])
    return " ".join(part for part in parts if part)


def _time(value: str) -> str:
    """YYYY[MM[DD[HHMM]]] as ISO 8601 writes it; anything else says nothing."""
    found = re.match(r"(\d{4})(\d{2})?(\d{2})?(?:(\d{2})(\d{2}))?", value)
    if found is None:
        return ""
    day = "-".join(part for part in found.groups()[:3] if part)
    return f"{day} {found[4]}:{found[5]}" if found[3] and found[4] else day


_BARE_NAMES = {("PID", 5), ("PID", 6), ("PID", 9), ("NK1", 2), ("NK1", 30), ("GT1", 3), ("GT1", 4), ("IN1", 16)}
"""Fields that hold a name without an id before it (XPN; the others are XCN)."""
_DRUGS = {"E": (2, 3, 5), "O": (1, 2, 4), "D": (2, 4, 5), "A": (5, 6, 7)}
"""The fields of name, amount and unit in each segment of a drug."""
_READ: dict[str, Callable[[_Reading, hl7.Segment], None]] = {
    "OBX": _Reading.observation,
    "AL1": _Reading.allergy,
    "IAM": _Reading.allergy,
    "DG1": _Reading.diagnosis,
    "PR1": _Reading.procedure,
    "NTE": _Reading.comment,
    "OBR": _Reading.order,
    "PV2": _Reading.reason,
    "SCH": _Reading.reason,
    "AIS": _Reading.appointment,
    "ORC": _Reading.control_order,
    "RXR": _Reading.route,
}
