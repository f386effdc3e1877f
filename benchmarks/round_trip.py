"""Whether de-identified texts come back, and whether moved dates keep their intervals.

    python benchmarks/round_trip.py DATA_FOLDER [TEXTS_A_SET]

identity   texts that come back character for character when nobody changed them
by value   the same when the way back knows the placeholders alone and not the document: a name comes back in its
           fullest form, so that "Mr. Walker" may become "Mr. Logan Walker"
intervals  pairs of dates of one text whose distance in days is kept by `shifted`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import combinations
from pathlib import Path

from bedside.boundary import Boundary, Detection, Identifier, Style, Vocabulary, deidentify, reidentify
from bedside.boundary.date_resolution import resolve
from bedside.boundary.detectors import PresidioDetector
from bedside.persistence import Document, MemoryCaseStore


class Remembering:
    """The built-in detector, asked once a text."""

    name = "presidio"

    def __init__(self) -> None:
        own = PresidioDetector()
        self._detect = lru_cache(maxsize=64)(lambda text: tuple(own.detect(text)))

    def detect(self, text: str) -> Sequence[Detection]:
        return self._detect(text)


def main(data: Path, most: int | None) -> None:
    detector, vocabulary = Remembering(), Vocabulary.installed()
    today = datetime.now(UTC).date()
    print("| set | texts | identity, three styles | by value, placeholders | intervals |\n|---|---|---|---|---|")
    for file in sorted((data / "deid").glob("*.jsonl")):
        texts = [json.loads(line)["text"] for line in file.read_text(encoding="utf-8").splitlines()][:most]
        same = by_value = kept = pairs = 0
        for text in texts:
            cases = MemoryCaseStore()
            case = cases.open([Document("text", text)])
            boundary = Boundary(cases, [detector], vocabulary)
            results = {style: deidentify(boundary, case, text, style) for style in Style}
            same += sum(reidentify(boundary, case, result.text) == (text, ()) for result in results.values())
            vault = cases.vault(case)
            by_value += vault.restore_export(results[Style.PLACEHOLDERS].text)[0] == text
            dates = [one for one in results[Style.SHIFTED].spans if one.label is Identifier.DATE]
            before = resolve([text[one.start : one.end] for one in dates], today)
            after = {
                text[one.start : one.end]: day
                for one in dates
                if (day := resolve([one.replacement], today.replace(year=today.year + 2)).get(one.replacement))
            }
            for one, other in combinations(sorted(before.keys() & after.keys()), 2):
                pairs += 1
                kept += before[one] - before[other] == after[one] - after[other]
        shares = f"{same} of {3 * len(texts)} | {by_value} of {len(texts)} | {kept} of {pairs}"
        print(f"| {file.stem} | {len(texts)} | {shares} |", flush=True)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) == 3 else None)
