"""Trains the second ear that comes with Bedside on its corpus and writes `src/bedside/models/ear/data/ear.npz`.

python scripts/build_ear.py
"""

from __future__ import annotations

from bedside.models.ear import shipped
from bedside.models.ear.ear import INSTALLED
from bedside.tuning.ear import write_ear


def main() -> None:
    """Write the ear anew."""
    INSTALLED.unlink(missing_ok=True)
    ear = write_ear(shipped(), INSTALLED)
    print(f"{ear.name}: {len(shipped())} texts, {INSTALLED.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
