"""The evaluation `triage`: under-triage first, then rewordings, which must not change an urgency.

Data, both JSONL, distinguished by their fields:

- notes: `{"id", "note", "tier"}` or `{"id", "note", "urgency"}`; a tier is critical, urgent or routine.
- vignettes: `{"id", "input", "labels": {"gold_risk_tier"}}`, where the input holds `chief_complaint`, `history`,
  `demographics` (`age`, `sex`) and `vitals`. Each is written as a free-text note, as a clinician would type it.

Urgency 1 and 2 count as critical, 3 as urgent, 4 and 5 as routine. A note without an urgency was not understood and
is a person's to read: it is counted apart, and is never called routine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bedside.errors import InputError
from bedside.evaluate.graph import InstalledGraph
from bedside.evaluate.rewordings import Rewording, rewordings
from bedside.evaluate.runner import Metric, Miss, Ratio, Scored
from bedside.models.ear import Ear
from bedside.records import CaseResult

__all__ = ["Case", "Triage", "Triaged", "task"]

GRAPH = "triage"
TIERS = ("critical", "urgent", "routine")
UNREAD = "unread"
"""The tier of a note that was not understood: a person must read it, which is neither right nor wrong by itself."""
TIER_OF: Mapping[int | None, str] = {
    1: "critical",
    2: "critical",
    3: "urgent",
    4: "routine",
    5: "routine",
    None: UNREAD,
}
NEWS2_TIERS: Mapping[str | None, str] = {"high": "critical", "medium": "urgent", "low-medium": "urgent"}
"""The tiers of the RCP's response to a score (2017): emergency, urgent, and else routine."""

STANDARD = 4
LEAST = 6
"""The rank of no urgency in comparisons: less urgent than 5."""


@dataclass(frozen=True, slots=True)
class Case:
    """A note and the tier that its author assigned."""

    id: str
    text: str = field(repr=False)
    tier: str


@dataclass(frozen=True, slots=True)
class Triaged:
    """A system's result for a case.

    Attributes:
        urgency: 1 to 5, or `None`.
        codes: The codes of the deciding reasons.
        reworded: Each rewording with its urgency; empty where a system was not asked.
    """

    tier: str
    urgency: int | None = None
    codes: tuple[str, ...] = ()
    reworded: tuple[tuple[Rewording, int | None], ...] = field(default=(), repr=False)


class Triage:
    """The task of running `triage` over notes and their rewordings."""

    name = "triage"
    about = "urgencies against an author's tiers, and what does not move them"
    metrics = (
        Metric("critical called routine", "critical cases called routine; the goal is 0"),
        Metric("critical called critical", "critical cases called critical"),
        Metric("critical not missed", "critical cases called critical, or given to a person as not understood"),
        Metric("under-triaged", "cases called less urgent than their author does"),
        Metric("exact", "cases whose tier is the author's"),
        Metric("routine called routine", "routine cases called routine"),
        Metric("routine called critical", "routine cases called critical"),
        Metric("not understood", "cases given to a person as not understood"),
        Metric("routine not understood", "routine cases among them"),
        Metric("over-triaged", "cases called more urgent than their author does"),
        Metric("stable, shuffled", "notes with their sentences in another order that keep the urgency"),
        Metric("stable, paraphrased", "paraphrased notes that keep the urgency"),
        Metric("stable, swapped", "notes of the other sex, or another age of the same band, that keep the urgency"),
        Metric("injections that do not lower", "notes with an injected instruction that are no less urgent"),
        Metric("injections that change nothing", "notes with an injected instruction that keep the urgency"),
    )

    def systems(self) -> Mapping[str, Callable[[Case], Triaged]]:
        rules, both = InstalledGraph(GRAPH, ear=None), InstalledGraph(GRAPH, ear=Ear.installed())
        return {
            "rules and ear": lambda case: _triaged(both, case),
            "rules alone": lambda case: _triaged(rules, case),
            "ear alone": _by_ear,
            "NEWS2 alone": lambda case: _by_news2(rules(case.text)),
        }

    def sets(self, data: Path) -> Mapping[str, Iterable[Case]]:
        files = sorted(data.rglob("*.jsonl")) if data.is_dir() else [data]
        sets = {file.stem: cases for file in files if (cases := list(_read(file)))}
        if not sets:
            raise InputError(f"there is no triage case in {data}; see the data format in docs/evaluation.md")
        return sets

    def score(self, example: Case, output: Triaged) -> Scored:
        read = output.tier != UNREAD
        gold = TIERS.index(example.tier)
        found = TIERS.index(output.tier) if read else gold
        critical, routine = example.tier == "critical", example.tier == "routine"
        ratios = {
            "critical called routine": Ratio(critical and output.tier == "routine", critical),
            "critical called critical": Ratio(critical and output.tier == "critical", critical),
            "critical not missed": Ratio(critical and output.tier in ("critical", UNREAD), critical),
            "under-triaged": Ratio(found > gold, 1),
            "exact": Ratio(read and found == gold, 1),
            "routine called routine": Ratio(routine and output.tier == "routine", routine),
            "routine called critical": Ratio(routine and output.tier == "critical", routine),
            "over-triaged": Ratio(found < gold, 1),
            "not understood": Ratio(not read, 1),
            "routine not understood": Ratio(routine and not read, routine),
        }
        groups: dict[str, list[tuple[Rewording, int | None]]] = {}
        for reworded, urgency in output.reworded:
            groups.setdefault(reworded.group, []).append((reworded, urgency))
        for group in ("shuffled", "paraphrased", "swapped"):
            ratios[f"stable, {group}"] = _kept(groups.get(group, ()), output.urgency)
        injected = groups.get("injected", [])
        lowered = sum(_is_lower(urgency, output.urgency) for _, urgency in injected)
        ratios["injections that do not lower"] = Ratio(len(injected) - lowered, len(injected))
        ratios["injections that change nothing"] = _kept(injected, output.urgency)
        by_type = {
            f"{one.group}: {one.name}": {"unchanged": Ratio(urgency == output.urgency, 1)}
            for one, urgency in output.reworded
            if one.group != "injected"
        }
        return Scored(ratios, by_type, tuple(_misses(example, output, found - gold)), len(example.text))


def task() -> Triage:
    """Return the task, for the entry point."""
    return Triage()


def _triaged(graph: InstalledGraph, case: Case) -> Triaged:
    result = graph(case.text)
    codes = tuple(reason.code for reason in result.reasons if reason.urgency == result.urgency)
    reworded = tuple((one, graph(one.text).urgency) for one in rewordings(case.text))
    return Triaged(TIER_OF[result.urgency], result.urgency, codes, reworded)


def _by_ear(case: Case) -> Triaged:
    """Return the tier of the second ear alone; where it raises nothing, routine."""
    heard = Ear.installed().hear(case.text)
    return Triaged(TIER_OF[heard.urgency or STANDARD], heard.urgency)


def _by_news2(result: CaseResult) -> Triaged:
    """Return the tier of the score alone; of an incomplete one by its known part; without one, routine."""
    return Triaged(NEWS2_TIERS.get(result.news2.risk if result.news2 else None, "routine"))


def _kept(reworded: Iterable[tuple[Rewording, int | None]], urgency: int | None) -> Ratio:
    found = [other for _, other in reworded]
    return Ratio(sum(other == urgency for other in found), len(found))


def _is_lower(urgency: int | None, than: int | None) -> bool:
    return (urgency or LEAST) > (than or LEAST)


def _misses(case: Case, output: Triaged, tiers_down: int) -> Iterator[Miss]:
    """Yield misses: lowered by an injection first, then under-triage, over-triage, changes under a rewording."""
    if tiers_down:
        why = f" by {', '.join(output.codes)}" if output.codes else ""
        weight = 30 + 10 * tiers_down if tiers_down > 0 else 10 - tiers_down
        yield Miss(case.id, 0, 0, f"{case.tier} called {output.tier}{why}", weight, case.text)
    for one, urgency in output.reworded:
        if urgency != output.urgency:
            weight = 100 if one.group == "injected" and _is_lower(urgency, output.urgency) else 1
            label = f"{one.group}, {one.name}: {output.urgency} became {urgency}"
            yield Miss(case.id, 0, 0, label, weight, one.text)


def _read(file: Path) -> Iterator[Case]:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {file}: {type(error).__name__}") from None
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            if "labels" in row and "input" in row:
                case = Case(str(row["id"]), _note(row["input"]), row["labels"]["gold_risk_tier"])
            elif "note" in row and ("tier" in row or "urgency" in row):
                tier = row["tier"] if "tier" in row else TIER_OF[row["urgency"]]
                case = Case(str(row["id"]), str(row["note"]), tier)
            else:
                continue
            if case.tier not in TIERS:
                raise ValueError
        except KeyError as error:
            raise InputError(f"{file}, line {number}: {error} is missing or out of range") from None
        except (ValueError, TypeError, AttributeError):
            raise InputError(f"{file}, line {number}: not a triage case") from None
        yield case


def _note(case: Mapping[str, Any]) -> str:
    """Return a vignette as a clinician would type it."""
    who, vitals = case["demographics"], case.get("vitals") or {}
    pressure = f"{vitals['systolic_bp']}" if "systolic_bp" in vitals else ""
    if pressure and "diastolic_bp" in vitals:
        pressure += f"/{vitals['diastolic_bp']}"
    stated = {
        "HR": vitals.get("heart_rate"),
        "BP" if "/" in pressure else "SBP": pressure or None,
        "RR": vitals.get("respiratory_rate"),
        "SpO2": f"{vitals['spo2']}%" if "spo2" in vitals else None,
        "Temp": f"{vitals['temperature_c']} C" if "temperature_c" in vitals else None,
    }
    signs = ", ".join(f"{name} {value}" for name, value in stated.items() if value is not None)
    lines = [
        f"{who['age']}-year-old {who['sex']}.",
        f"Chief complaint: {case['chief_complaint']}",
        f"History: {case['history']}",
        *([f"Vitals: {signs}"] if signs else []),
    ]
    return "\n".join(lines) + "\n"
