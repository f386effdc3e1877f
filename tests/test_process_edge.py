"""What warnings, logs and uncaught exceptions of a guarded process tell. Each case runs in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

SECRET = "Zebulon"  # synthetic

UNGUARDED = f"""
import asyncio, logging, sys, threading, warnings
from bedside.errors import InputError
SECRET = "{SECRET}"
"""
GUARDED = UNGUARDED + "import bedside\nbedside.guard_process()\n"

CASES = {
    "a warning": 'warnings.warn(f"cannot serialize {SECRET}")',
    "a library's log": 'logging.getLogger("somebody.else").error("retry after %s", SECRET)',
    "a library's log with a traceback": (
        'try:\n    raise ValueError(SECRET)\nexcept ValueError:\n    logging.getLogger("else").exception("failed")'
    ),
    "an uncaught exception": "raise ValueError(SECRET)",
    "one of Bedside's type": "raise InputError(SECRET)",
    "one behind another": (
        'try:\n    raise ValueError(SECRET)\nexcept ValueError as error:\n    raise KeyError("x") from error'
    ),
    "a log at the root": 'logging.warning("could not parse %s", SECRET)',
    "a library's log after one at the root": (
        'logging.warning("begun")\nlogging.getLogger("somebody.else").warning("retry after %s", SECRET)'
    ),
    "a log that cannot be written": 'logging.getLogger("else").warning("%d", SECRET)',
    "in a thread": "t = threading.Thread(target=lambda: int(SECRET)); t.start(); t.join()",
    "in a destructor": "class A:\n    def __del__(self):\n        raise ValueError(SECRET)\na = A()\ndel a",
    "in a forgotten task": (
        "async def bad():\n    raise ValueError(SECRET)\nasync def main():\n    asyncio.create_task(bad())\n"
        "    await asyncio.sleep(0.05)\nasyncio.run(main())\nimport gc; gc.collect()"
    ),
}


def told(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("what", CASES)
def test_guarantee_a_guarded_process_tells_kind_and_place_and_no_word(what: str) -> None:
    shown = told(GUARDED + CASES[what])
    assert SECRET not in shown
    assert "line" in shown
    assert SECRET in told(UNGUARDED + CASES[what]), "without the guard it is told: the case is one"


def test_what_bedside_says_is_told() -> None:
    code = GUARDED + 'logging.getLogger("bedside.models").warning("the engine is busy")\nfrom pathlib import Path\n'
    shown = told(code + "from bedside.persistence import load_key\nload_key(Path('/dev/null/key'))")
    assert "bedside: the engine is busy" in shown
    assert "the key file /dev/null/key cannot be used" in shown


def test_an_interrupt_says_so() -> None:
    assert told(GUARDED + "raise KeyboardInterrupt(SECRET)").strip() == "bedside: interrupted"
