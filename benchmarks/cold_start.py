"""What it costs to start: `bedside triage` on one note, cold, beside a bare import of Presidio.

    python benchmarks/cold_start.py

Five runs each, in turn; processor time and peak memory of the whole process, medians. The environment counts: spaCy
loads torch where it is installed. The README's first command makes the one that is meant.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

RUNS = 5
NOTE = str(Path(__file__).parents[1] / "examples" / "notes" / "chest_pain.txt")
BEDSIDE = str(Path(sys.executable).with_name("bedside"))
COMMANDS = {
    "`import presidio_analyzer`": [sys.executable, "-c", "import presidio_analyzer"],
    "`bedside --help`": [BEDSIDE, "--help"],
    "`bedside run note_to_fhir` of a note": [BEDSIDE, "run", "note_to_fhir", NOTE],
    "`bedside triage` of a note": [BEDSIDE, "triage", NOTE],
}


def cost(command: list[str]) -> tuple[float, float]:
    """Seconds of processor time, and MiB at the peak.

    Raises:
        CalledProcessError: The command failed.
    """
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    # What fails is soon over: its time is no figure.
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    """Print a table."""
    costs: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for _ in range(RUNS):
        for name, command in COMMANDS.items():
            costs[name].append(cost(command))
    medians = {
        name: (statistics.median(one for one, _ in mine), statistics.median(one for _, one in mine))
        for name, mine in costs.items()
    }
    base, _ = next(iter(medians.values()))
    print("| command | processor time | against Presidio's import | peak memory |\n|---|---|---|---|")
    for name, (seconds, size) in medians.items():
        print(f"| {name} | {seconds:.2f} s | {seconds / base:.1f} | {size:.0f} MiB |")


if __name__ == "__main__":
    main()
