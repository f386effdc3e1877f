"""`note_to_fhir` over every open note: does each bundle load, does each fact read back, how fast is it?

    python benchmarks/note_to_fhir.py DATA_FOLDER

The baseline in the same run is the built-in reader alone, outside any graph, writing nothing.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

from corpora import aci_bench, primock57, synthea
from fhir.resources.R4B.bundle import Bundle

from bedside.agents.reader import read_note
from bedside.boundary import Boundary, Vocabulary
from bedside.boundary.detectors import PresidioDetector
from bedside.flow import Services
from bedside.graphs.note_to_fhir import build
from bedside.persistence import Document, MemoryCaseStore


async def main(data: Path) -> None:
    cases = MemoryCaseStore()
    services = Services(cases=cases, boundary=Boundary(cases, [PresidioDetector()], Vocabulary.installed()))
    app = build().compile()
    print("| set | notes | facts/note | resources/note | set aside | read back | loads | notes/s | reader alone |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, notes in (("aci_bench", aci_bench), ("primock57", primock57), ("synthea", synthea)):
        rows = list(notes(data))
        read_note("warm", rows[0][1])
        started = time.perf_counter()
        for identity, text in rows:
            read_note(identity, text)
        alone = time.perf_counter() - started
        results, started = [], time.perf_counter()
        for identity, text in rows:
            case = cases.open([Document(identity, text)])
            output = await app.ainvoke({"case": case}, context=services)
            cases.delete(case)
            results.append((identity, text, output["result"]))
        seconds = time.perf_counter() - started
        facts = [fact for _, _, result in results for fact in result.record.facts]
        texts = {identity: text for identity, text, _ in results}
        back = sum(bool(texts[f.evidence.document][f.evidence.start : f.evidence.end].strip()) for f in facts)
        loads = Counter(_loads(result.bundle) for _, _, result in results)
        resources = [len(json.loads(result.bundle)["entry"]) for _, _, result in results]
        aside = sum(len(result.set_aside) for _, _, result in results)
        print(
            f"| {name} | {len(rows)} | {len(facts) / len(rows):.1f} | {statistics.mean(resources):.1f} | {aside} "
            f"| {back} of {len(facts)} | {loads[True]} of {len(rows)} | {len(rows) / seconds:.1f} "
            f"| {len(rows) / alone:.1f} |"
        )


def _loads(bundle: str) -> bool:
    try:
        Bundle.model_validate_json(bundle)
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    asyncio.run(main(Path(sys.argv[1])))
