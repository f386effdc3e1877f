"""Confusion table of the triager over a folder of triage vignettes, under-triage first.

Usage:
    python benchmarks/triage_vignettes.py FOLDER

Each vignette is written as a free-text note, read by the built-in reader and assessed by the rules alone. Urgency 1
and 2 count as critical, 3 as urgent, 4 and 5 as routine. Format of a line: `id`, `input` (`chief_complaint`,
`history`, `demographics`, `vitals`), `labels.gold_risk_tier`. Ids are printed, texts never.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from bedside.agents.reader import read_note
from bedside.agents.triager import assess

TIERS = ("critical", "urgent", "routine")
TIER_OF = {1: "critical", 2: "critical", 3: "urgent", 4: "routine", 5: "routine", None: "routine"}


def note(case: dict[str, Any]) -> str:
    """The vignette as a clinician would type it."""
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


def main(folder: Path) -> None:
    """Print the table and the lists."""
    counts: Counter[tuple[str, str]] = Counter()
    under, over = [], []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            vignette = json.loads(line)
            gold = vignette["labels"]["gold_risk_tier"]
            found = TIER_OF[assess(read_note(vignette["id"], note(vignette["input"]))).urgency]
            counts[gold, found] += 1
            if TIERS.index(found) > TIERS.index(gold):
                under.append(f"{vignette['id']} ({gold} -> {found})")
            elif found != gold:
                over.append(f"{vignette['id']} ({gold} -> {found})")
    total = sum(counts.values())
    print("gold \\ found".ljust(14) + "".join(tier.rjust(10) for tier in TIERS))
    for gold in TIERS:
        print(gold.ljust(14) + "".join(str(counts[gold, found]).rjust(10) for found in TIERS))
    exact = sum(counts[tier, tier] for tier in TIERS)
    print(f"\nexact {exact}/{total}, under-triage {len(under)}/{total}, over-triage {len(over)}/{total}")
    print("\nunder-triage:", *under, sep="\n  ")
    print("\nover-triage:", *over, sep="\n  ")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
