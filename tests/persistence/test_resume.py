"""A case that waits before `consult` goes on in another process, with the seals of the first still good."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from langchain_core.runnables import RunnableConfig

from bedside.boundary import Boundary, SealedText, Vocabulary
from bedside.boundary.detectors import PresidioDetector
from bedside.flow import Services
from bedside.graphs.triage import build
from bedside.models import Endpoint
from bedside.persistence import Document, SealedSqliteSaver, SqliteCaseStore, load_key

pytestmark = pytest.mark.slow

# Synthetic.
NOTE = """Patient: Chidi Okonkwo  MRN 00-48-27
62-year-old male with crushing chest pain. PMH: hypertension. Vitals: HR 138, BP 82/54, SpO2 95%, RR 22, alert.
"""

OTHER_PROCESS = """
import asyncio, sys
from pathlib import Path
from tests.persistence.test_resume import resume
print(asyncio.run(resume(Path(sys.argv[1]))))
"""


def services(folder: Path) -> Services:
    cases = SqliteCaseStore(folder / "cases.db", load_key(folder / "key"))
    answers = folder / "answers.json"
    answers.write_text(json.dumps([{"contains": ".", "answer": "ACS"}]))
    boundary = Boundary(cases, [PresidioDetector()], Vocabulary.installed())
    return Services(cases=cases, boundary=boundary, remote_endpoint=Endpoint.parse(f"scripted:{answers}"))


async def resume(folder: Path) -> str:
    """Go on with the one case of a folder; how each question ended, as JSON."""
    found = services(folder)
    assert isinstance(found.cases, SqliteCaseStore)
    (case,) = found.cases.cases()
    with SealedSqliteSaver(folder / "checkpoints.db", load_key(folder / "key")) as saver:
        config: RunnableConfig = {"configurable": {"thread_id": case.id}}
        output = await build().compile(saver).ainvoke(None, config, context=found)
    return json.dumps([one.outcome for one in output["result"].advice])


@pytest.mark.parametrize("foreign", [False, True])
async def test_a_waiting_case_is_consulted_in_another_process(tmp_path: Path, foreign: bool) -> None:
    """With the vault of the case. With another's secret in it, not one question leaves."""
    here = services(tmp_path)
    case = here.cases.open([Document("note", NOTE)])
    config: RunnableConfig = {"configurable": {"thread_id": case}}
    with SealedSqliteSaver(tmp_path / "checkpoints.db", load_key(tmp_path / "key")) as saver:
        app = build().compile(saver, interrupt_before=["consult"])
        await app.ainvoke({"case": case}, config, context=here)
        waiting = app.get_state(config)
    assert set(waiting.next) == {"consult"}
    questions = waiting.values["questions"]
    assert all(isinstance(one, SealedText) for one in questions)
    if foreign:
        vault = here.cases.vault(case)
        vault.secret = bytes(32)
        vault.learned = 1  # a change, so that it is kept
    done = subprocess.run(
        [sys.executable, "-c", OTHER_PROCESS, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout.splitlines()[-1])
    assert len(outcomes) == len(questions)
    assert set(outcomes) == ({"not_sealed"} if foreign else {"answered"})
    left = [one for one in here.cases.egress(case) if one.left]
    assert len(left) == (0 if foreign else len(questions))
