"""Tables of documents, a row a line: the head of a column says what its cells are, and is no cell itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from bedside.agents.reader.document.outline import EntryStatus, Item, one_line

__all__ = ["Topic", "standing", "table_lines", "topic_of"]


class Topic(StrEnum):
    """The subject of a list, on which the meaning of its status words depends."""

    PROBLEMS = "Problems"
    MEDICATIONS = "Medications"
    ALLERGIES = "Allergies"
    PROCEDURES = "Procedures"
    IMMUNIZATIONS = "Immunizations"
    RESULTS = "Results"
    VITALS = "Vital signs"
    FAMILY = "Family history"
    SOCIAL = "Social history"
    PLAN = "Plan"


_TITLES: Mapping[Topic, tuple[str, ...]] = {
    Topic.FAMILY: ("family",),
    Topic.SOCIAL: ("social", "tobacco", "smoking"),
    Topic.IMMUNIZATIONS: ("immuni", "vaccin"),
    Topic.ALLERGIES: ("allerg", "intoleranc", "adverse reaction"),
    Topic.MEDICATIONS: ("medication", "medicine", "drug", "prescription"),
    Topic.VITALS: ("vital",),
    Topic.RESULTS: ("result", "laborator", "lab "),
    Topic.PLAN: ("plan", "upcoming", "appointment"),
    Topic.PROCEDURES: ("procedure", "surger", "operation"),
    Topic.PROBLEMS: ("problem", "diagnos", "condition", "past medical", "past illness"),
}

_ROLES: Mapping[str, tuple[str, ...]] = {
    "name": (
        *(
            "problem",
            "diagnosis",
            "condition",
            "description",
            "medication",
            "drug",
            "medicine",
            "name",
            "substance",
        ),
        *("allergen", "allergy", "allergy/intolerance", "test", "analyte", "component", "procedure", "vaccine"),
        *("immunization", "immunisation", "item", "parameter", "measurement", "observation", "vital sign", "vital"),
        *(
            "test name",
            "medication name",
            "drug name",
            "lab test",
            "investigation",
            "concern",
            "agent",
            "result name",
        ),
    ),
    "value": ("value", "result", "results", "reading", "result value", "observed value", "finding"),
    "unit": ("unit", "units", "uom"),
    "range": (
        "reference",
        "reference range",
        "ref range",
        "normal range",
        "range",
        "ref. range",
        "reference interval",
    ),
    "flag": ("flag", "abnormal", "abnormal flag", "interpretation", "h/l"),
    "status": ("status", "state", "clinical status", "verification", "verification status", "problem status"),
    "reaction": ("reaction", "reactions", "manifestation", "type of reaction"),
    "severity": ("severity", "criticality"),
    "relative": ("relation", "relative", "relationship", "family member"),
    "detail": (
        "dose",
        "dosage",
        "strength",
        "route",
        "frequency",
        "sig",
        "directions",
        "instructions",
        "how often",
    ),
    "when": (
        *("date", "time", "collected", "date given", "date performed"),
        *("date/time", "effective date", "effective dates", "effective time", "performed", "administered", "dates"),
    ),
    "since": ("onset", "onset date", "start", "start date", "started", "date of onset", "since", "noted"),
    "end": ("end", "end date", "stop", "stop date", "stopped", "resolved", "resolution date", "date resolved"),
}
_ROLE_OF = {word: role for role, words in _ROLES.items() for word in words}

_STATUS: Mapping[str, tuple[str, ...]] = {
    "over": ("resolved", "inactive", "remission", "in remission", "historical", "past", "abated"),
    "ended": (
        "completed",
        "complete",
        "discontinued",
        "stopped",
        "suspended",
        "aborted",
        "on hold",
        "on-hold",
        "held",
    ),
    "refuted": ("refuted", "ruled out", "negated", "absent", "denied"),
    "doubtful": ("suspected", "possible", "probable", "provisional", "differential", "unconfirmed", "query"),
    "ahead": ("planned", "ordered", "requested", "scheduled", "proposed", "pending", "intended", "draft"),
    "undone": ("not done", "not-done", "cancelled", "canceled", "refused", "declined", "not given", "not taken"),
    "error": ("entered in error", "entered-in-error", "nullified", "deleted"),
}
_STATUS_OF = {word: meaning for meaning, words in _STATUS.items() for word in words}


def topic_of(title: str) -> Topic | None:
    """Return the subject of a list under a title."""
    low = f"{title.casefold()} "
    return next((topic for topic, words in _TITLES.items() if any(word in low for word in words)), None)


def standing(status: str, topic: Topic | None) -> EntryStatus | None:
    """Return the status of an item; `None` where the document takes it back."""
    meaning = _STATUS_OF.get(one_line(status).casefold().rstrip("."), "")
    drug = topic is Topic.MEDICATIONS
    if meaning == "error" or (topic is Topic.ALLERGIES and meaning in ("over", "refuted", "ended")):
        return None
    if meaning == "undone":
        return {Topic.MEDICATIONS: EntryStatus.STOPPED, Topic.IMMUNIZATIONS: EntryStatus.NOT_GIVEN}.get(
            topic or Topic.PROBLEMS, EntryStatus.NOT_DONE
        )
    if meaning == "ended":
        return EntryStatus.STOPPED if drug else EntryStatus.PRESENT
    return {
        "over": EntryStatus.STOPPED if drug else EntryStatus.OVER,
        "refuted": EntryStatus.RULED_OUT,
        "doubtful": EntryStatus.POSSIBLE,
        "ahead": EntryStatus.PLANNED,
    }.get(meaning, EntryStatus.PRESENT)


def table_lines(rows: Sequence[Sequence[str]], *, headed: bool, title: str = "") -> list[str]:
    """The rows of a table as lines.

    Args:
        rows: Cells of one line each.
        headed: Whether the first row is marked as the heads of the columns; else its words decide.
        title: What stands above the table.
    """
    filled = [[one_line(cell) for cell in row] for row in rows if any(cell.strip() for cell in row)]
    if not filled:
        return []
    heads = [_ROLE_OF.get(cell.casefold().rstrip(":*"), "") for cell in filled[0]]
    if headed or (len(filled) > 1 and "name" in heads and len(set(heads) - {""}) > 1):
        topic = topic_of(title) or next((topic_of(cell) for cell in filled[0] if topic_of(cell)), None)
        return [line for row in filled[1:] if (line := _row(filled[0], heads, row, topic))]
    if all(len(row) == 2 for row in filled):
        return [": ".join(part.rstrip(":") for part in row if part) for row in filled]
    return [" | ".join(cell for cell in row if cell) for row in filled]


def _row(names: Sequence[str], roles: Sequence[str], row: Sequence[str], topic: Topic | None) -> str:
    """One row, by the roles of its columns; the first column is the name where no head says so."""
    cells: dict[str, list[str]] = {}
    rest = []
    if "name" not in roles and roles:
        roles = (
            ["name" if at == roles.index("") else role for at, role in enumerate(roles)] if "" in roles else roles
        )
    for head, role, cell in zip(names, roles, row, strict=False):
        if not cell or cell in ("-", "–", "n/a", "N/A"):
            continue
        if role:
            cells.setdefault(role, []).append(cell)
        else:
            rest.append(f"{head}: {cell}" if head else cell)

    def one(role: str, between: str = " ") -> str:
        return between.join(cells.get(role, ()))

    if not cells.get("name"):
        return "- " + ", ".join([*(cell for found in cells.values() for cell in found), *rest])
    how = standing(one("status"), topic)
    if how is None:
        return ""
    if topic is Topic.PROBLEMS and cells.get("end") and how is EntryStatus.PRESENT:
        how = EntryStatus.OVER
    severity = f"({one('severity')})" if cells.get("severity") else ""
    item = Item(
        one("name"),
        how,
        value=one("value"),
        unit=one("unit"),
        range=one("range"),
        flag=one("flag"),
        detail=one("detail"),
        remark=", ".join(part for part in (f"{one('reaction')} {severity}".strip(), *rest) if part),
        when=one("when"),
        since=one("since"),
    )
    line = item.line()
    return f"- {one('relative')}: {line.removeprefix('- ')}" if cells.get("relative") else line
