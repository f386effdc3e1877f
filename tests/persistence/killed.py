"""Run by test_durability in a process of its own: takes a case through `triage` and kills itself in one node.

python killed.py FOLDER NODE before|after     starts a case and dies there
python killed.py FOLDER resume                goes on with it and prints the result as JSON

BEDSIDE_STORE may name a PostgreSQL store; otherwise it is in the folder.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from langchain_core.runnables import RunnableConfig

from bedside.boundary import Boundary, Vocabulary
from bedside.boundary.detectors import PresidioDetector
from bedside.flow import CompiledClinicalGraph, Services
from bedside.graphs.triage import build
from bedside.models import Endpoint
from bedside.persistence import Document, SealedSaver, load_key
from bedside.persistence.stores import openers
from bedside.records import CaseId

# Synthetic.
NOTE = """Patient: Chidi Okonkwo  MRN 00-48-27
62-year-old male with crushing chest pain. PMH: hypertension. Meds: metformin 500 mg BD.
Vitals: HR 138, BP 82/54, Temp 37.1 C, SpO2 95% on room air, RR 22, alert.
"""


def graph(saver: SealedSaver, deadly: str = "", when: str = "before") -> CompiledClinicalGraph:
    """`triage`, in which one node ends the process."""
    built: Any = build()
    if deadly:
        node = built.nodes[deadly].runnable
        invoke = node.runnable.ainvoke

        async def die(state: Any, config: RunnableConfig) -> None:
            if when == "after":
                await invoke(state, config)
            os.kill(os.getpid(), signal.SIGKILL)

        node.action = die
    compiled: CompiledClinicalGraph = built.compile(saver)
    return compiled


async def main(folder: Path, node: str, when: str) -> None:
    key = load_key(folder / "key")
    open_cases, open_saver = openers(os.environ.get("BEDSIDE_STORE") or folder)
    cases, saver = open_cases(key), open_saver(key)
    answers = folder / "answers.json"
    more = {"contains": "danger not to be missed", "answer": "ACS (chest pain)\nNEED: medications"}
    answers.write_text(json.dumps([more, {"contains": ".", "answer": "ACS"}]))
    services = Services(
        cases=cases,
        boundary=Boundary(cases, [PresidioDetector()], Vocabulary.installed()),
        remote_endpoint=Endpoint.parse(f"scripted:{answers}"),
    )
    if node != "resume":
        case = cases.open([Document("note", NOTE)])
        config: RunnableConfig = {"configurable": {"thread_id": case}}
        app = graph(saver, node if node != "none" else "", when)
        output = await app.ainvoke({"case": case}, config, context=services, durability="sync")
    else:
        case = CaseId(cases.cases()[0].id)
        config = {"configurable": {"thread_id": case}}
        output = await graph(saver).ainvoke(None, config, context=services, durability="sync")
    result = output["result"]
    sent = [egress.text for egress in cases.egress(case) if egress.left]
    print(
        json.dumps(
            {
                "urgency": result.urgency,
                "facts": [fact.display for fact in result.record.facts],
                "outcomes": sorted(one.outcome for one in result.advice),
                "questions": sorted({one.template for one in result.advice}),
                "sent": len(sent),
                "sent_twice": len(sent) - len(set(sent)),
                "not_done": list(result.not_done),
                "resources": len(json.loads(result.bundle)["entry"]),
            }
        )
    )


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else ""))
