"""Run by test_many_at_once in a process of its own: threads that open one store again and again, write and read.

python loading.py STORE KEY_FILE THREADS ROUNDS
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from langchain_core.runnables import RunnableConfig

from bedside.boundary import Egress
from bedside.persistence import Document, KeyFile, is_postgres
from bedside.persistence.stores import openers

EGRESS = Egress("question", "consult:x", "test/ask", "0" * 64, "Present: chest pain.", left=True)
CASES_A_ROUND = 3


def main(store: str, key_file: Path, threads: int, rounds: int) -> None:
    open_cases, open_saver = openers(store if is_postgres(store) else Path(store))

    def work(_: int) -> None:
        for _ in range(rounds):
            # Opened anew each time: that is what a command does, and what a server with several workers does.
            with open_cases(KeyFile(key_file)) as cases, open_saver(KeyFile(key_file)) as saver:
                for number in range(CASES_A_ROUND):
                    case = cases.open([Document("note", "Synthetic. " * 300)])
                    cases.record_egress(case, EGRESS)
                    assert cases.documents(case) == {"note": "Synthetic. " * 300}
                    config: RunnableConfig = {
                        "configurable": {"thread_id": case, "checkpoint_ns": "", "checkpoint_id": "1"}
                    }
                    saver.put_writes(config, [("channel", "value" * 100)], f"task {number}")

    with ThreadPoolExecutor(threads) as workers:
        list(workers.map(work, range(threads)))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
