"""The command `bedside train-ear`: an ear trained on your notes too, and whether that helped."""

from __future__ import annotations

import sys
from pathlib import Path

from bedside.errors import InputError
from bedside.models.ear import Ear, Row, read_rows, shipped
from bedside.tuning.ear import FOLDS, LEAST, EarScores, by_others, measured, write_ear

__all__ = ["run_training"]


def run_training(notes: Path, out: Path) -> None:
    """Measure the ear that comes with Bedside on the notes, then one trained on others of them, and write it.

    Raises:
        InputError: The notes cannot be read or are too few, or the file exists.
        MissingExtraError: scikit-learn is not installed.
    """
    rows = read_rows(notes)
    emergencies, calm = sum(row.emergency for row in rows), sum(row.urgency >= 4 for row in rows)
    if min(emergencies, calm) < LEAST:
        raise InputError(
            f"{notes} holds {emergencies} emergencies and {calm} notes that can wait; {LEAST} of each are needed"
        )
    if out.exists():
        raise InputError(f"{out} exists; name a file that does not")
    print(
        f"{len(rows)} notes of yours, {len(shipped())} that come with Bedside; in {FOLDS} parts:", file=sys.stderr
    )
    before = measured(Ear.installed(), rows)
    after = by_others(rows, tell=lambda line: print(line, file=sys.stderr, flush=True))
    print("\n".join(_table(before, after)))
    named = sum(bool(row.conditions) for row in rows)
    print(f"{named} of your notes name a condition; from the others it learns urgencies and no names.")
    ear = write_ear(_together(rows), out)
    print(f"\nWrote {out} ({ear.name}). It holds numbers by hashes of words, and no text of your notes.")
    print(f'Use it with the setting: ear = "{out}"')


def _together(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    return (*shipped(), *rows)


def _table(before: EarScores, after: EarScores) -> list[str]:
    """Return a table of figures on the user's notes: of the original ear, and of one trained on the other parts."""
    lines = [f"{'on your notes':44}{'as it comes':>16}{'with yours':>16}"]
    for name, found, of in (
        ("emergencies raised to 2", "found", "emergencies"),
        ("emergencies raised to 2 or 3", "found_at_all", "emergencies"),
        ("notes of 4 and 5 raised to 2", "raised", "calm"),
        ("notes of 4 and 5 raised to 2 or 3", "raised_at_all", "calm"),
    ):
        told = [f"{getattr(one, found)} of {getattr(one, of)}" for one in (before, after)]
        lines.append(f"{name:44}{told[0]:>16}{told[1]:>16}")
    lines.append(f"{'area under the curve':44}{before.area:>16.3f}{after.area:>16.3f}")
    return [*lines, _verdict(before, after)]


def _verdict(before: EarScores, after: EarScores) -> str:
    gained, alarms = after.found - before.found, after.raised - before.raised
    if gained > 0 and gained >= alarms:
        return "It helped: more emergencies are heard than notes falsely raised."
    if gained >= 0 and alarms <= 0 and (gained, alarms) != (0, 0):
        return "It helped: fewer notes are falsely raised."
    return "It did not help: stay with the ear that comes with Bedside."
