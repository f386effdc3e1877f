"""Build `src/bedside/tools/terminology/data/icd10cm_sides.tsv`. A developer's tool; the result is committed.

    python scripts/build_icd_sides.py

Of each code of the tables that says "unspecified" of a side, the codes that say left, right or bilateral of the
same thing. Descriptions come from the package `simple-icd-10-cm`: US government work, public domain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import simple_icd_10_cm as icd

from bedside.tools.terminology import concepts, further_concepts

TABLE = Path(__file__).parents[1] / "src" / "bedside" / "tools" / "terminology" / "data" / "icd10cm_sides.tsv"
SIDES = ("left", "right", "bilateral")


def main() -> None:
    codes = {concept.code.code for concept in (*concepts(), *further_concepts()) if concept.code is not None}
    rows = [row for code in sorted(codes) if icd.is_valid_item(code) for row in sided(code)]
    lines = ["code\tside\tsided\tdisplay", *("\t".join(row) for row in rows)]
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(rows)} codes of a side")


def sided(code: str) -> Iterator[tuple[str, str, str, str]]:
    """The siblings of a code whose description differs from its own by the side alone."""
    plain = _plain(icd.get_description(code))
    if "unspecified" not in icd.get_description(code):
        return
    for sibling in icd.get_children(icd.get_parent(code)):
        description = icd.get_description(sibling)
        for side in SIDES:
            if re.search(rf"\b{side}\b", description, re.I) and _plain(description) == plain:
                yield code, side, sibling, description


def _plain(description: str) -> str:
    words = re.sub(r"\b(?:unspecified|left|right|bilateral|side)\b|[,()]", " ", description.lower())
    # "Pain in right knee" and "pain in unspecified joints" name one thing in singular and plural.
    return " ".join(word.removesuffix("s") for word in words.split())


if __name__ == "__main__":
    main()
