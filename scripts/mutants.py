"""How many small faults the tests notice: a sample of mutants of `flow/`, `boundary/` and `persistence/`.

    pip install "cosmic-ray>=8.4,<9" "pytest-cov>=7,<8"
    python scripts/mutants.py 60

In a copy of the working tree, the tests of these rooms run once under coverage. Then one fault at a time is made by
cosmic-ray (a comparison turned, a condition negated, a loop that never runs, another exception caught: faults of
decisions, not of tuning constants), and the tests that reach its line run until one fails. Lines that only slow
tests reach, PostgreSQL's for instance, are counted apart.

The sample is drawn by a seed, as many of each room as its lines allow. It takes about a minute a mutant, so it is
no part of the tests. What survives is printed as a diff: a person decides whether it is a fault at all.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOMS = ("flow", "boundary", "persistence")
TESTS = ("tests/flow", "tests/boundary", "tests/persistence", "tests/attacks")
PYTEST = ("-m", "not slow", "-p", "no:xdist", "-p", "no:cacheprovider", "-x", "--tb=no", "-q")
TIMEOUT = 300
"""Seconds that the tests of one mutant may take: one that hangs is noticed."""

OPERATORS = (
    *(
        "ReplaceComparisonOperator_" + pair
        for pair in ("Eq_NotEq", "NotEq_Eq", "Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt")
    ),
    *("ReplaceComparisonOperator_" + pair for pair in ("Is_IsNot", "IsNot_Is", "Lt_GtE", "Gt_LtE")),
    *("ReplaceBinaryOperator_" + pair for pair in ("Add_Sub", "Sub_Add")),
    "ReplaceUnaryOperator_Delete_Not",
    "AddNot",
    "ReplaceTrueWithFalse",
    "ReplaceFalseWithTrue",
    "ReplaceAndWithOr",
    "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue",
    "ReplaceContinueWithBreak",
    "ExceptionReplacer",
    "ZeroIterationForLoop",
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: a file, the line it is on and the whole text with it."""

    room: str
    file: Path
    line: int
    first: int
    """Where the statement begins."""
    operator: str
    occurrence: int

    def text(self, source: str) -> str:
        """The file's text with the fault."""
        from cosmic_ray.mutating import mutate_code
        from cosmic_ray.plugins import get_operator

        made = mutate_code(source, get_operator("core/" + self.operator)(), self.occurrence)
        assert isinstance(made, str)
        return made


def mutants_of(root: Path, file: Path, room: str) -> Iterator[Mutant]:
    """Every fault in a file, but for those in annotations and texts, which nobody executes."""
    from cosmic_ray.ast import get_ast
    from cosmic_ray.plugins import get_operator

    source = (root / file).read_text(encoding="utf-8")
    idle = _idle_lines(source)
    begins = _statements(source)
    for name in OPERATORS:
        operator = get_operator("core/" + name)()
        places = [start for node in _nodes(get_ast(source)) for start, _ in operator.mutation_positions(node)]
        for occurrence, (line, _) in enumerate(places):
            if line not in idle:
                yield Mutant(room, file, line, begins.get(line, line), name, occurrence)


def _nodes(node: object) -> Iterator[object]:
    yield node
    for child in getattr(node, "children", ()):
        yield from _nodes(child)


def _statements(source: str) -> dict[int, int]:
    """The first line of the innermost statement of each line."""
    found = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    outer_first = sorted(found, key=lambda one: (one.lineno, -(one.end_lineno or 0)))
    return {line: one.lineno for one in outer_first for line in range(one.lineno, (one.end_lineno or 0) + 1)}


def _idle_lines(source: str) -> set[int]:
    """Lines that say types alone, and how a dataclass is laid out in memory."""
    idle: list[ast.expr | ast.stmt] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg) and node.annotation:
            idle.append(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
            idle.append(node.returns)
        elif isinstance(node, ast.ClassDef):
            idle += [one for one in node.decorator_list if ast.unparse(one).startswith("dataclass")]
        elif isinstance(node, ast.AnnAssign | ast.If) and _says_types_alone(node):
            idle.append(node)
    return {line for one in idle for line in range(one.lineno, (one.end_lineno or one.lineno) + 1)}


def _says_types_alone(node: ast.AnnAssign | ast.If) -> bool:
    return node.value is None if isinstance(node, ast.AnnAssign) else ast.unparse(node.test) == "TYPE_CHECKING"


def covered(root: Path) -> dict[Path, dict[int, list[str]]]:
    """Which tests reach which line."""
    from coverage import CoverageData

    _pytest(root, "--cov=bedside", "--cov-context=test", "--cov-report=", *TESTS, stop=False)
    data = CoverageData(str(root / ".coverage"))
    data.read()
    reached: dict[Path, dict[int, list[str]]] = {}
    for name in data.measured_files():
        lines = data.contexts_by_lineno(name)
        reached[Path(name).resolve()] = {
            line: sorted({one.partition("|")[0] for one in contexts if one}) for line, contexts in lines.items()
        }
    return reached


def _pytest(root: Path, *args: str, stop: bool = True) -> bool:
    """Whether the tests passed."""
    options = [one for one in PYTEST if stop or one != "-x"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(root / "src"),
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *args],
            cwd=root,
            env=environment,
            capture_output=True,
            timeout=TIMEOUT if stop else None,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def tests_of(mutant: Mutant, reached: dict[int, list[str]]) -> list[str]:
    """The tests that reach the mutant's statement up to its line; the room's tests where only an import does."""
    lines = [line for line in range(mutant.first, mutant.line + 1) if line in reached]
    return sorted({one for line in lines for one in reached[line]}) or [f"tests/{mutant.room}"] * bool(lines)


def survives(root: Path, mutant: Mutant, tests: list[str]) -> bool:
    """Whether no test of those that reach the line fails."""
    file = root / mutant.file
    before = file.read_text(encoding="utf-8")
    chosen = root / "chosen.txt"
    # The room's own tests first: they are the likeliest to fail.
    chosen.write_text("\n".join(sorted(tests, key=lambda one: f"/{mutant.room}/" not in one)), encoding="utf-8")
    file.write_text(mutant.text(before), encoding="utf-8")
    try:
        return _pytest(root, f"@{chosen}")
    finally:
        file.write_text(before, encoding="utf-8")


def _interval(hits: int, of: int) -> tuple[float, float]:
    """Wilson's interval of 95 %."""
    share, z = hits / of, 1.96
    middle, half = share + z * z / (2 * of), z * math.sqrt((share * (1 - share) + z * z / (4 * of)) / of)
    return (middle - half) / (1 + z * z / of), (middle + half) / (1 + z * z / of)


def main() -> None:
    """Print a line a mutant, the diffs of those that survive, and the shares."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("number", type=int, help="how many mutants")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    here = Path(__file__).parents[1]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve() / "tree"
        shutil.copytree(here, root, symlinks=True, ignore=shutil.ignore_patterns(".venv*", ".git", "*cache*"))
        files = [(room, one) for room in ROOMS for one in sorted((root / "src/bedside" / room).rglob("*.py"))]
        every = [one for room, file in files for one in mutants_of(root, file.relative_to(root), room)]
        sample = random.Random(asked.seed).sample(every, min(asked.number, len(every)))
        print(f"{len(sample)} of {len(every)} mutants", flush=True)
        reached = covered(root)
        tried: list[Mutant] = []
        alive: list[Mutant] = []
        unreached = 0
        for number, mutant in enumerate(sample, 1):
            tests = tests_of(mutant, reached.get(root / mutant.file, {}))
            if not tests:
                unreached += 1
                continue
            tried.append(mutant)
            lives = survives(root, mutant, tests)
            alive += [mutant] * lives
            word = "SURVIVES" if lives else "killed"
            print(f"{number} {mutant.file}:{mutant.line} {len(tests)} tests: {word}", flush=True)
            if lives:
                source = (root / mutant.file).read_text(encoding="utf-8")
                changed = mutant.text(source).splitlines()
                print("\n".join(difflib.unified_diff(source.splitlines(), changed, n=1, lineterm="")), flush=True)
        for room in (*ROOMS, "all"):
            mine = [one for one in tried if room in (one.room, "all")]
            dead = sum(one not in alive for one in mine)
            if mine:
                low, high = _interval(dead, len(mine))
                print(f"{room}: {dead} of {len(mine)} killed, {dead / len(mine):.2f} [{low:.2f}, {high:.2f}]")
        print(f"{unreached} on lines that no fast test reaches")


if __name__ == "__main__":
    main()
