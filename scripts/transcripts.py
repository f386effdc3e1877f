"""Bring the transcripts in README and docs up to date: `python scripts/transcripts.py`.

A transcript is a fenced `text` block behind a line `<!-- transcript: COMMAND -->`; `COMMAND <<< LINE / LINE` gives
what somebody types. The tests compare each with what the command prints now.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"(<!-- transcript: (?P<command>.+?) -->\n```text\n)(?P<output>.*?)(```\n)", re.DOTALL)
WIDTH = "116"


def run(command: str) -> str:
    """What a command prints, run beside a copy of the examples so that it writes nothing into the checkout."""
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(ROOT / "examples", Path(folder) / "examples")
        command, _, typed = command.partition(" <<< ")
        program, *words = command.split()
        binary = Path(sys.executable).with_name(program)
        environment = {**os.environ, "COLUMNS": WIDTH}
        done = subprocess.run(
            [str(binary), *words],
            cwd=folder,
            env=environment,
            input="".join(f"{line.strip()}\n" for line in typed.split(" / ")) if typed else "",
            capture_output=True,
            text=True,
            check=True,
        )
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines()) + "\n"


def refreshed(text: str) -> str:
    """A page with each transcript as its command prints it now."""
    return BLOCK.sub(lambda match: match[1] + run(match["command"]) + match[4], text)


def pages() -> list[Path]:
    """The pages that may hold transcripts."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


if __name__ == "__main__":
    for page in pages():
        before = page.read_text(encoding="utf-8")
        if (after := refreshed(before)) != before:
            page.write_text(after, encoding="utf-8")
            print(f"updated {page.relative_to(ROOT)}")
