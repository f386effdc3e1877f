"""A structured document as the text that a clinician would write of it: headings, and an item a line.

Each format says its statuses and negations in codes of its own. Here they become the words that notes use, so that
the reader needs to know no format: "Resolved: pneumonia", "No myocardial infarction (ruled out)", "Stopped:
metformin".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

__all__ = ["EntryStatus", "Item", "Outline", "one_line"]

_BLANKS = re.compile(r"\s+")
# LOINC's long names: "Potassium [Moles/volume] in Serum or Plasma". What is measured in blood goes without saying;
# what is measured in urine does not.
_PROPERTY = re.compile(r"\s*\[(?:[^\[\]]*/[^\[\]]*|Presence|Type|Identifier|pH|Titer|Entitic [^\[\]]*|Ratio)\]")
_IN_BLOOD = re.compile(
    r"\s+in (?:(?:Serum|Plasma|Blood|Venous|Arterial|Capillary|Platelet poor|Mixed venous|or|and|,)\s*)+"
    r"(?=\Z|\s|\()(?:by .*\Z)?",
)
_METHOD = re.compile(r"(?<=\w)\s+by (?:Automated|Manual|Test strip|Immunoassay|NAA|Probe|Culture|Estimat)[^()]*\Z")
# "GLUCOSE^POST 12H CFST:MCNC:PT:SER/PLAS:QN", LOINC's fully specified name.
_FULL_NAME = re.compile(r"\A([^:]+):[^:]*:[^:]*:([^:]*):[^:]*(?::[^:]*)?\Z")
_BLOOD_SYSTEMS = frozenset({"ser", "plas", "ser/plas", "bld", "bldv", "blda", "bldc", "ser/plas/bld", "ppp", "rbc"})
_PRINTED = {"mm[Hg]": "mmHg", "mm(Hg)": "mmHg", "Cel": "°C", "[degF]": "°F", "{score}": "", "1": ""}
_NEGATIVE = frozenset(
    {
        *("not detected", "none detected", "undetected", "not present", "absent"),
        *("nonreactive", "non-reactive", "non reactive"),
    }
)
"""Results that say in other words what "negative" says."""
_POWER = re.compile(r"\b10[*](\d{1,2})")


class EntryStatus(StrEnum):
    """The status of an item, whatever code its format has for it."""

    PRESENT = "present"
    OVER = "over"
    RULED_OUT = "ruled out"
    POSSIBLE = "possible"
    PLANNED = "planned"
    STOPPED = "stopped"
    NOT_DONE = "not done"
    NOT_GIVEN = "not given"


_WORDS = {
    EntryStatus.PRESENT: "{}",
    EntryStatus.OVER: "Resolved: {}",
    EntryStatus.RULED_OUT: "No {} (ruled out)",
    EntryStatus.POSSIBLE: "Possible {}",
    EntryStatus.PLANNED: "Planned: {}",
    EntryStatus.STOPPED: "Stopped: {}",
    EntryStatus.NOT_DONE: "Not done: {}",
    EntryStatus.NOT_GIVEN: "Not given: {}",
}


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a list, from the parts that formats and tables have.

    Attributes:
        name: What it is.
        value: What was measured or found; with `unit`, the usual `range` and a `flag`.
        detail: What goes with the name without a comma: a dose, a route, how often.
        remark: What was seen with it: a reaction, a comment.
        when: Its date or time, as written.
        since: When it began, of what lasts.
    """

    name: str
    standing: EntryStatus = EntryStatus.PRESENT
    value: str = ""
    unit: str = ""
    range: str = ""
    flag: str = ""
    detail: str = ""
    remark: str = ""
    when: str = ""
    since: str = ""

    def line(self) -> str:
        """The item in words."""
        name = " ".join(part for part in (_plain_name(self.name), one_line(self.detail)) if part)
        said = _WORDS[self.standing].format(name)
        if self.value:
            usual = f"reference {one_line(self.range)}" if self.range else ""
            notes = ", ".join(part for part in (usual, one_line(self.flag)) if part)
            unit = _printed(self.unit)
            value = one_line(self.value)
            if value.casefold().rstrip(".") in _NEGATIVE:
                value = f"negative ({value})"
            said += f": {value}" + (f" {unit}" if unit else "") + (f" ({notes})" if notes else "")
        if self.remark:
            said += f"{', ' if self.value else ': '}{one_line(self.remark)}"
        since = f", since {one_line(self.since)}" if self.since else ""
        return f"- {said}{since}" + (f" on {one_line(self.when)}" if self.when else "")


@dataclass(slots=True)
class Outline:
    """Collects what a document holds and writes it.

    Attributes:
        blocks: Headings with their lines, in order; of one heading that comes again the lines follow the earlier
            ones.
        left_out: Statements that the document itself takes back: entered in error, deleted, a refuted allergy.
    """

    blocks: dict[str, list[str]] = field(default_factory=dict)
    left_out: int = 0

    def head(self, label: str, value: str) -> None:
        """A labelled line at the top: who the patient is, and when it was."""
        if value := one_line(value):
            self.add("", [f"{label}: {value}"])

    def add(self, heading: str, lines: Iterable[str]) -> None:
        """Lines under a heading; empty ones are left out."""
        if said := [line for line in lines if line.strip()]:
            self.blocks.setdefault(heading, []).extend(said)

    def items(self, heading: str, items: Iterable[Item]) -> None:
        """Add items under a heading. What is only planned goes under the plan."""
        for item in items:
            if item.name.strip():
                self.add("Plan" if item.standing is EntryStatus.PLANNED else heading, [item.line()])

    def prose(self, heading: str, text: str) -> None:
        """A text as it was written, with its own lines."""
        self.add(heading, [line.rstrip() for line in text.splitlines()])

    def age(self, born: str, today: str) -> None:
        """The age in full years or months at a day, both ISO 8601: what a birth date says to a reader of notes."""
        try:
            first, last = date.fromisoformat(born[:10]), date.fromisoformat(today[:10])
        except ValueError:
            return
        months = (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)
        if 0 <= months < 24:
            days = (last - first).days
            self.head(
                "Age", f"{months} months" if months else f"{days // 7} weeks" if days > 13 else f"{days} days"
            )
        elif 24 <= months <= 125 * 12:
            self.head("Age", f"{months // 12} years")

    @property
    def holds_more(self) -> bool:
        """True if there is anything but the head."""
        return any(heading for heading in self.blocks)

    def text(self) -> str:
        """All of it; a blank line between blocks."""
        blocks = sorted(self.blocks.items(), key=lambda block: block[0] != "")
        said = ["\n".join([f"{heading}:", *lines] if heading else lines) for heading, lines in blocks]
        if self.left_out:
            said.append(f"Remarks:\nStatements that the document itself takes back, left out here: {self.left_out}")
        return "\n\n".join(said) + "\n"


def one_line(text: str) -> str:
    """A text as a part of a line."""
    return _BLANKS.sub(" ", text).strip()


def _plain_name(name: str) -> str:
    """The name of a test without what a laboratory's system adds to it, and of a disease without "unspecified"."""
    name = one_line(name)
    if (full := _FULL_NAME.match(name)) is not None:
        system = full[2].lower()
        name = full[1].replace("^", " ").replace(".total", "") + ("" if system in _BLOOD_SYSTEMS else f" {full[2]}")
    name = _IN_BLOOD.sub("", _METHOD.sub("", _PROPERTY.sub("", name)))
    return re.sub(r",\s*(unspecified|not otherwise specified|NOS)\b", r" (\1)", name, flags=re.IGNORECASE)


def _printed(unit: str) -> str:
    """A unit of UCUM as it is printed."""
    unit = one_line(unit)
    return _PRINTED.get(unit, _POWER.sub(r"10^\1", unit).replace("{", "").replace("}", "") or unit)
