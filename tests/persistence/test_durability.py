"""`kill -9` in each node of `triage`, then resume: same result, nothing lost, no question sent twice unsaid."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bedside.boundary import Outcome
from tests.places import PostgresPlace

SCRIPT = Path(__file__).with_name("killed.py")
NODES = [
    "read",
    "ground",
    "score",
    "ask",
    "release",
    "review_questions",
    "consult",
    "merge",
    "follow_up",
    "weigh",
    "lay_sources",
    "review_result",
    "write_fhir",
    "result",
]

pytestmark = pytest.mark.slow


def run(folder: Path, *words: str, store: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(folder), *words]
    environ = {**os.environ, "BEDSIDE_STORE": store}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environ)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    done = run(tmp_path_factory.mktemp("undisturbed"), "none")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("node", NODES)
def test_a_killed_case_resumes_to_the_same_result(tmp_path: Path, undisturbed: Any, node: str, when: str) -> None:
    resumes_to_the_same_result(tmp_path, undisturbed, node, when)


@pytest.mark.parametrize(("node", "when"), [("release", "after"), ("consult", "after"), ("merge", "before")])
def test_a_killed_case_resumes_from_postgresql_too(
    tmp_path: Path, postgres: PostgresPlace, undisturbed: Any, node: str, when: str
) -> None:
    resumes_to_the_same_result(tmp_path, undisturbed, node, when, postgres.store)


def resumes_to_the_same_result(folder: Path, undisturbed: Any, node: str, when: str, store: str = "") -> None:
    killed = run(folder, node, when, store=store)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    resumed = run(folder, "resume", store=store)
    assert resumed.returncode == 0, resumed.stderr
    result = json.loads(resumed.stdout.splitlines()[-1])
    assert result["sent_twice"] == 0
    for name in ("urgency", "facts", "questions", "resources"):
        assert result[name] == undisturbed[name]
    # Killed while it waited, or after the answer was noted and before the step was kept.
    lost = sum(outcome in (Outcome.INTERRUPTED, Outcome.ALREADY_ASKED) for outcome in result["outcomes"])
    if (node, when) == ("consult", "after"):
        assert lost >= 1  # it left, and no answer was kept: said, and not sent again
        assert sum("not sent a second time" in reason for reason in result["not_done"]) == lost
    else:
        assert lost == 0
        assert result["outcomes"] == undisturbed["outcomes"]
        assert result["sent"] == undisturbed["sent"]
