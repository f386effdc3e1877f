"""Draws the page of a triage as a terminal shows it: `docs/page.svg`, or another file, width and ground.

python scripts/picture.py [FILE.svg [COLUMNS [light]]]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, MONOKAI
from rich.text import Text

ROOT = Path(__file__).parents[1]
NOTE = ROOT / "examples" / "notes" / "chest_pain.txt"


def main(file: Path, columns: int, *, light: bool) -> None:
    """Run the command and draw what it prints."""
    with tempfile.TemporaryDirectory() as out:
        done = subprocess.run(
            [Path(sys.executable).with_name("bedside"), "triage", NOTE, "--out", out],
            env={**os.environ, "FORCE_COLOR": "1", "COLORTERM": "truecolor", "COLUMNS": str(columns)},
            capture_output=True,
            text=True,
            check=True,
        )
    page = Text.from_ansi(done.stdout.strip("\n").replace(out, "out"))
    console = Console(record=True, width=columns, file=open(os.devnull, "w"), force_terminal=True)  # noqa: SIM115
    console.print(page)
    theme = DEFAULT_TERMINAL_THEME if light else MONOKAI
    console.save_svg(str(file), title="bedside triage chest_pain.txt", theme=theme)


if __name__ == "__main__":
    words = sys.argv[1:]
    target = Path(words[0]) if words else ROOT / "docs" / "page.svg"
    main(target, int(words[1]) if len(words) > 1 else 100, light="light" in words)
