"""The runner of tasks over data: each figure is a ratio of sums, with a bootstrap interval over the examples.

Tasks register as entry points `bedside.evaluations`, each a function that returns a `Task`; the runner knows none.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from bedside.errors import InputError, safe_name
from bedside.plugins import load_all

__all__ = ["Metric", "Miss", "Ratio", "Report", "Scored", "Task", "evaluate", "installed_tasks", "task_named"]

RESAMPLES = 1_000
"""The bootstrap samples for an interval of 95 %."""

WORST = 50
"""The most misses that a report lists."""


class Ratio(NamedTuple):
    """A share in one example: `hits` of `of`. Summed over examples before it is divided."""

    hits: float
    of: float


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of a task.

    Attributes:
        name: Its column.
        says: The description of the share.
    """

    name: str
    says: str


@dataclass(frozen=True, slots=True)
class Miss:
    """One error, by its place. `quote` is its text: shown only where a user asks for it.

    Attributes:
        end: 0 where it is the whole example.
        weight: The weight of the error; the worst are listed first.
    """

    example: str
    start: int
    end: int
    label: str
    weight: float
    quote: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Scored:
    """One example with its score.

    Attributes:
        ratios: The ratios by metric.
        by_type: The same for kinds of things in it, by type and metric.
        size: Characters of its text: what speed is counted in.
    """

    ratios: Mapping[str, Ratio]
    by_type: Mapping[str, Mapping[str, Ratio]] = field(default_factory=dict)
    misses: tuple[Miss, ...] = ()
    size: int = 0


class Task(Protocol):
    """A task that can be evaluated."""

    @property
    def name(self) -> str: ...

    @property
    def about(self) -> str: ...

    @property
    def metrics(self) -> Sequence[Metric]: ...

    def systems(self) -> Mapping[str, Callable[[Any], Any]]:
        """Return the systems to evaluate, ours first; the others are baselines of the same run."""
        ...

    def sets(self, data: Path) -> Mapping[str, Iterable[Any]]:
        """Return the examples by set. Raises `InputError` with file and line where one cannot be read."""
        ...

    def score(self, example: Any, output: Any) -> Scored:
        """Judge one output."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one system on one set.

    Attributes:
        figures: By metric, the value and the bounds of its 95 % interval; `None` without examples.
        by_type: Values by type and metric.
        speed: Characters a second.
        rate: Examples a second.
    """

    set: str
    system: str
    examples: int
    figures: Mapping[str, tuple[float, float, float] | None]
    by_type: Mapping[str, Mapping[str, float]]
    speed: float
    rate: float
    misses: tuple[Miss, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The report of a run."""

    task: str
    about: str
    metrics: tuple[Metric, ...]
    rows: tuple[Row, ...]

    def json(self, *, quote: bool) -> dict[str, Any]:
        """Return the report as plain data.

        Args:
            quote: Whether misses carry their text. Of private data they must not.
        """
        data = asdict(self)
        for row in data["rows"]:
            for miss in row["misses"]:
                if not quote:
                    del miss["quote"]
        return data

    def markdown(self, *, quote: bool) -> str:
        """Return the report as tables."""
        lines = [f"# {self.task}: {self.about}", ""]
        lines += [f"- `{metric.name}`: {metric.says}" for metric in self.metrics]
        for name in dict.fromkeys(row.set for row in self.rows):
            lines += ["", *self._table(name)]
        for row in self.rows:
            if row.by_type:
                columns = sorted({name for figures in row.by_type.values() for name in figures})
                lines += ["", f"## {row.set}, {row.system}, by type", ""]
                lines += [f"| type | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
                for kind, figures in sorted(row.by_type.items()):
                    lines.append(f"| {kind} | {' | '.join(f'{figures[name]:.3f}' for name in columns)} |")
            if row.misses:
                lines += ["", f"## {row.set}, {row.system}, worst misses", ""]
                for miss in row.misses:
                    said = f": `{miss.quote}`" if quote else ""
                    place = f" at {miss.start}–{miss.end} of {miss.example}" if miss.end else f": {miss.example}"
                    lines.append(f"- {miss.label}{place}{said}")
        return "\n".join(lines) + "\n"

    def _table(self, name: str) -> Iterator[str]:
        """Yield the figures of one set, a column a system."""
        rows = [row for row in self.rows if row.set == name]
        yield f"| {name}, {rows[0].examples} examples | {' | '.join(row.system for row in rows)} |"
        yield "|---" * (len(rows) + 1) + "|"
        for metric in self.metrics:
            figures = [row.figures[metric.name] for row in rows]
            if any(figures):
                yield f"| {metric.name} | {' | '.join(map(_cell, figures))} |"
        yield f"| examples/s | {' | '.join(f'{row.rate:,.1f}' for row in rows)} |"
        yield f"| characters/s | {' | '.join(f'{row.speed:,.0f}' for row in rows)} |"


def evaluate(
    task: Task, data: Path, *, baselines: bool = False, seed: int = 0, tell: Callable[[str], None] = lambda _: None
) -> Report:
    """Run a task.

    Args:
        data: The place of its examples.
        baselines: Whether the task's other systems run too.
        seed: The seed of the bootstrap.
        tell: Called with the name of each set and system before it runs.

    Raises:
        InputError: An example cannot be read.
    """
    systems = dict(list(task.systems().items())[: None if baselines else 1])
    rows = []
    for name, examples in task.sets(data).items():
        listed = list(examples)
        for system, predict in systems.items():
            tell(f"{name}, {system}: {len(listed)} examples")
            scored, seconds = [], 0.0
            for example in listed:
                started = time.perf_counter()
                output = predict(example)
                seconds += time.perf_counter() - started
                scored.append(task.score(example, output))
            rows.append(_row(name, system, scored, seconds, task.metrics, random.Random(seed)))
    return Report(task.name, task.about, tuple(task.metrics), tuple(rows))


def installed_tasks() -> dict[str, Task]:
    """Return the tasks of all installed packages, by name."""
    return {name: make() for name, make in load_all("bedside.evaluations").items()}


def task_named(name: str) -> Task:
    """Return the installed task of this name.

    Raises:
        InputError: There is none of that name.
    """
    tasks = installed_tasks()
    if name not in tasks:
        raise InputError(f"there is no evaluation {safe_name(name)}; installed: {', '.join(sorted(tasks))}")
    return tasks[name]


def _row(
    name: str, system: str, scored: Sequence[Scored], seconds: float, metrics: Sequence[Metric], rng: random.Random
) -> Row:
    kinds: dict[str, dict[str, list[Ratio]]] = {}
    for one in scored:
        for kind, ratios in one.by_type.items():
            for metric, ratio in ratios.items():
                kinds.setdefault(kind, {}).setdefault(metric, []).append(ratio)
    by_type = {
        kind: {metric: value for metric, ratios in figures.items() if (value := _value(ratios)) is not None}
        for kind, figures in kinds.items()
    }
    misses = sorted((miss for one in scored for miss in one.misses), key=lambda miss: -miss.weight)
    return Row(
        set=name,
        system=system,
        examples=len(scored),
        figures={metric.name: _figure([one.ratios[metric.name] for one in scored], rng) for metric in metrics},
        by_type=by_type,
        speed=sum(one.size for one in scored) / seconds if seconds else 0.0,
        rate=len(scored) / seconds if seconds else 0.0,
        misses=tuple(misses[:WORST]),
    )


def _value(ratios: Sequence[Ratio]) -> float | None:
    of = sum(ratio.of for ratio in ratios)
    return sum(ratio.hits for ratio in ratios) / of if of else None


def _figure(ratios: Sequence[Ratio], rng: random.Random) -> tuple[float, float, float] | None:
    """Return a value and its percentile interval. Examples are resampled, not items: those of a text are alike."""
    value = _value(ratios)
    if value is None:
        return None
    samples = sorted(
        sample for _ in range(RESAMPLES) if (sample := _value(rng.choices(ratios, k=len(ratios)))) is not None
    )
    return value, samples[int(0.025 * len(samples))], samples[int(0.975 * len(samples)) - 1]


def _cell(figure: tuple[float, float, float] | None) -> str:
    return "–" if figure is None else f"{figure[0]:.3f} ({figure[1]:.3f}–{figure[2]:.3f})"
