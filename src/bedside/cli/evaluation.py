"""The command `bedside eval`: run an evaluation, print its tables, and keep them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bedside.errors import InputError
from bedside.evaluate import evaluate, task_named

__all__ = ["run_evaluation"]


def run_evaluation(name: str, data: Path, out: Path | None, *, baselines: bool, quote: bool) -> None:
    """Run a task over data, print the report as Markdown, and write `NAME.md` and `NAME.json` if requested.

    Raises:
        InputError: There is no such task, or data or output cannot be used.
    """
    if out is not None:
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot make {out}: {error.strerror}; choose another --out") from None
    report = evaluate(
        task_named(name), data, baselines=baselines, tell=lambda line: print(line, file=sys.stderr, flush=True)
    )
    page = report.markdown(quote=quote)
    print(page)
    if out is not None:
        try:
            (out / f"{name}.md").write_text(page, encoding="utf-8")
            (out / f"{name}.json").write_text(
                json.dumps(report.json(quote=quote), indent=1) + "\n", encoding="utf-8"
            )
        except OSError as error:
            raise InputError(f"cannot write to {out}: {error.strerror}; choose another --out") from None
