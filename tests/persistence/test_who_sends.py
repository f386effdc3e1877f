"""Several processes on one case: one transaction of the store decides who sends."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from bedside.boundary import Egress, Outcome
from bedside.persistence import Document, StoreKey, load_key
from tests.places import StorePlace

EGRESS = Egress("q", "consult:x", "test/ask", "0" * 64, "Present: chest pain.", left=True)

ASKER = """
import sys, time
from pathlib import Path
from bedside.boundary import Egress
from bedside.persistence.stores import openers
from bedside.persistence import load_key
store, key, case, start = sys.argv[1:]
cases = openers(store if "://" in store else Path(store))[0](load_key(Path(key)))
egress = Egress("q", "consult:x", "test/ask", "0" * 64, "Present: chest pain.", left=True)
time.sleep(max(0.0, float(start) - time.time()))
print(cases.record_egress(case, egress))
"""


@pytest.mark.slow
def test_guarantee_of_processes_that_want_to_send_the_same_words_one_does(
    where: StorePlace, tmp_path: Path
) -> None:
    with where.cases(load_key(tmp_path / "key")) as cases:
        case = cases.open([Document("note", "Synthetic.")])
        start = time.time() + 8
        command = [sys.executable, "-c", ASKER, where.store, str(tmp_path / "key"), case, str(start)]
        askers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
        said = sorted(one.communicate()[0].strip() for one in askers)
        assert said == ["0", "interrupted", "interrupted", "interrupted"]
        assert len(cases.egress(case)) == 1


def test_how_it_ended_is_kept_and_decides_what_may_be_asked_again(where: StorePlace) -> None:
    key = StoreKey.random()
    with where.cases(key) as cases:
        case = cases.open([Document("note", "Synthetic.")])
        assert cases.record_egress(case, EGRESS) == 0
        cases.record_outcome(case, 0, Outcome.BUSY)
    with where.cases(key) as cases:
        assert [one.outcome for one in cases.egress(case)] == ["busy"]
        assert cases.record_egress(case, EGRESS) == 1
        cases.record_outcome(case, 1, Outcome.ANSWERED)
        assert cases.record_egress(case, EGRESS) is Outcome.ALREADY_ASKED
        assert [one.outcome for one in cases.egress(case)] == ["busy", "answered"]
        assert len(cases.audit().entries) == 2, "each attempt stands in the trail"
