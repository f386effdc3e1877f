"""Reader, reconciler and scribe over 5,000 notes in one process: speed on one core, and whether memory grows.

    python benchmarks/many_notes.py DATA_FOLDER

Each note is made different from every other one: nothing is remembered of it. Validation is on. The baseline
in the same run is the reader alone.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from corpora import aci_bench, primock57, synthea

from bedside.agents.reader import read_note
from bedside.agents.reconciler import reconcile
from bedside.agents.scribe import DeviceInfo, write_bundle

MANY = 5_000
TOLD = (200, 1_000, 2_000, 3_000, 4_000, 5_000)


def main(data: Path) -> None:
    notes = [text for corpus in (aci_bench, primock57, synthea) for _, text in corpus(data)]
    read_note("warm", notes[0])
    started = time.process_time()
    for text in notes:
        read_note("note", text)
    print(f"reader alone: {len(notes) / (time.process_time() - started):.1f} notes a second of one core\n")
    print("| notes | notes/s of one core | memory, MB |\n|---|---|---|")
    started = time.process_time()
    for done in range(1, MANY + 1):
        text = f"{notes[done % len(notes)]}\nCopy {done}."
        record = reconcile([read_note("note", text)])
        software = DeviceInfo("Bedside", "benchmark")
        write_bundle(
            record, None, {"note": text}, case=f"case-{done}", recorded=datetime.now(UTC), device=software
        ).to_json()
        if done in TOLD:
            print(f"| {done:,} | {done / (time.process_time() - started):.1f} | {_memory()} |", flush=True)


def _memory() -> int:
    """Resident memory now, in MB. Linux only."""
    pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1])
    return pages * 4096 // 1_000_000


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
