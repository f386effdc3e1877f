"""How a process ends while a model in it still computes: soon, with its own exit code, and with no half reply."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WEIGHTS = Path(os.environ.get("BEDSIDE_WEIGHTS", ""))

ENDLESS = """
import threading, time
from bedside.models.reply import Piece
from bedside.models.threads import pumped

def run(put):
    while not put(Piece("word ")):
        time.sleep(0.01)

pieces = pumped(run)
next(pieces)
"""

READ_ON = """
def rest():
    try:
        for _ in pieces:
            pass
        print("whole")
    except Exception as error:
        print(type(error).__name__)

threading.Thread(target=rest, daemon=False).start()
"""

TIMED_OUT = """
import asyncio, sys
from bedside.models import Endpoint

model = Endpoint.parse(sys.argv[1]).chat_model(timeout=9)
model.load()

async def main():
    try:
        async with asyncio.timeout(0.5):
            await model.ainvoke("Write a long story.", max_tokens=1500)
    except TimeoutError:
        print("timed out")

asyncio.run(main())
"""

LEFT_OPEN = """
import sys
from bedside.models import Endpoint

model = Endpoint.parse(sys.argv[1]).chat_model(timeout=9)
stream = model.stream("Write a long story.", max_tokens=1500)
next(stream)
print("timed out")
"""


def ended(program: str, *words: str) -> tuple[int, str]:
    """The exit code of a program, and what it printed."""
    found = subprocess.run(
        [sys.executable, "-c", program, *words], capture_output=True, text=True, timeout=120, check=False
    )
    return found.returncode, found.stdout


@pytest.mark.parametrize(("program", "printed"), [(ENDLESS, ""), (ENDLESS + READ_ON, "ModelError\n")])
def test_a_reply_that_nobody_left_ends_with_the_process_and_is_no_whole_one(program: str, printed: str) -> None:
    assert ended(program) == (0, printed)


@pytest.mark.slow
@pytest.mark.parametrize("program", [TIMED_OUT, LEFT_OPEN])
@pytest.mark.parametrize("scheme", ["gguf", "hf"])
def test_a_process_whose_model_still_computes_ends_by_itself(
    program: str, scheme: str, smollm2_folder: Path
) -> None:
    file = WEIGHTS / "smollm2-135m.gguf"
    spec = f"gguf:{file},context=2048,threads=1" if scheme == "gguf" else f"hf:{smollm2_folder},device=cpu"
    assert ended(program, spec) == (0, "timed out\n")
