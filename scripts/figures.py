"""Runs the commands whose figures stand in Markdown, where the code that they measure has changed.

    python scripts/figures.py DATA

A block of figures looks like this; `DATA` is the data folder that is given here, and the last word stands for the
code that was measured, so that `tests/docs/test_figures.py` can say when figures are stale:

    <!-- figures: python benchmarks/guard.py DATA | src/bedside/boundary src/bedside/testing | 0123456789abcdef -->
    | … |
    <!-- /figures -->

What a command prints up to its first heading of the second level is its figures; headings and lists are left out.
"""

from __future__ import annotations

import ast
import hashlib
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "benchmarks/README.md")
BLOCK = re.compile(
    r"<!-- figures: (?P<command>[^|]+) \| (?P<of>[^|]+) \| (?P<digest>\w*) -->\n(?P<text>.*?)<!-- /figures -->",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Figures:
    """One block: where it stands, the command, the code it measures and the digest of that code at the time."""

    page: str
    command: str
    of: tuple[str, ...]
    digest: str

    @property
    def is_stale(self) -> bool:
        """Whether the code was changed since."""
        return self.digest != digest(self.of)


def digest(folders: tuple[str, ...]) -> str:
    """Return a digest of the code and the tables in these folders. Comments and docstrings change no figure."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    whole = hashlib.sha256()
    for path in sorted(path for path in found if path.suffix in {".py", ".txt", ".tsv", ".json"}):
        content = without_words(path.read_text(encoding="utf-8")) if path.suffix == ".py" else path.read_bytes()
        whole.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(content).digest())
    return whole.hexdigest()[:16]


def without_words(source: str) -> bytes:
    """Return what a module does: its syntax tree, without comments and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            body[:] = [one for one in body if not _is_text(one)]
    return ast.dump(tree).encode()


def _is_text(statement: ast.AST) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def blocks() -> Iterator[Figures]:
    """Every block of figures."""
    for page in PAGES:
        for found in BLOCK.finditer((ROOT / page).read_text(encoding="utf-8")):
            yield Figures(page, found["command"].strip(), tuple(found["of"].split()), found["digest"])


def measured(command: str, data: Path) -> str:
    """What a command prints, as far as it is figures."""
    words = [
        word.replace("DATA", str(data), 1) if word.startswith("DATA") else word for word in shlex.split(command)
    ]
    words[0] = str(Path(sys.executable).with_name(words[0]))
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    lines = done.stdout.partition("\n## ")[0].splitlines()
    kept = "\n".join(line for line in lines if not line.startswith(("# ", "- "))).strip()
    return re.sub(r"\n{3,}", "\n\n", kept) + "\n"


def main(data: Path) -> None:
    """Refresh what is stale."""
    for one in list(blocks()):
        if not one.is_stale:
            print(f"{one.page}: {one.command}: fresh")
            continue
        print(f"{one.page}: {one.command}: measuring", flush=True)
        text, now = measured(one.command, data), digest(one.of)
        head = f"<!-- figures: {one.command} | {' '.join(one.of)} | {now} -->"
        path = ROOT / one.page

        def put(found: re.Match[str], one: Figures = one, new: str = f"{head}\n{text}<!-- /figures -->") -> str:
            return new if found["command"].strip() == one.command else found[0]

        path.write_text(BLOCK.sub(put, path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]).resolve())
