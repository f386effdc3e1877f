"""A run from the plan to the adapter: measure, train, measure again, and write everything or nothing."""

from __future__ import annotations

import shutil
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bedside.errors import BedsideError, InputError, ModelError
from bedside.tuning.base import load_weights, quiet
from bedside.tuning.encoding import Encoder
from bedside.tuning.metrics import Scores, measure
from bedside.tuning.plan import Plan
from bedside.tuning.record import run_record, write_record
from bedside.tuning.training import save_adapter, train

__all__ = ["Tuned", "tune"]


@dataclass(frozen=True, slots=True)
class Tuned:
    """A finished run.

    Attributes:
        adapter: The folder.
        model: The model with its adapter, a `peft.PeftModel`.
    """

    adapter: Path
    plan: Plan
    before: Scores
    after: Scores
    model: Any


def tune(plan: Plan, out: Path, tell: Callable[[str], None] = lambda _: None) -> Tuned:
    """Tune a model and write the adapter with its run record.

    Args:
        plan: The plan of the run.
        out: A folder that does not exist yet. It appears when all is written, and only its owner may read it.
        tell: Called with the progress; never with a word of the data.

    Raises:
        InputError: `out` is there already, or cannot be made.
        ModelError: The weights cannot be loaded, or the training fails.
    """
    started = time.monotonic()
    with _appearing(out) as folder, quiet(), _withheld():
        tell(f"loading {plan.base.model}")
        model = load_weights(plan.base, quantized=plan.recipe.quantized)
        encoder = Encoder(plan.base)
        before = measure(model, encoder, plan.split.held_out, tell)
        tell(f"training on {len(plan.split.training)} rows")
        tuned = train(model, plan.base, encoder, plan.split.training, plan.recipe, folder, tell)
        after = measure(tuned, encoder, plan.split.held_out, tell)
        save_adapter(tuned, folder)
        write_record(run_record(plan, before, after, seconds=time.monotonic() - started), folder)
    return Tuned(adapter=out, plan=plan, before=before, after=after, model=tuned)


@contextmanager
def _withheld() -> Iterator[None]:
    """Report only the kind and the place of a library's error: its message may quote the data."""
    try:
        yield
    except BedsideError:
        raise
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(frame.filename).name}, line {frame.lineno}"
        raise ModelError(
            f"the run failed with {type(error).__name__} at {place}; its message may quote the data and is withheld"
        ) from None


@contextmanager
def _appearing(out: Path) -> Iterator[Path]:
    """Give a folder beside `out` that becomes `out` when the block ends well and is removed when it does not."""
    if out.exists() or out.is_symlink():
        raise InputError(f"{out} is there already; name another --out, an adapter is never written over another")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.unfinished-", dir=out.parent))
    except OSError as error:
        raise InputError(f"cannot make a folder beside {out}: {error.strerror}; choose another --out") from None
    try:
        yield folder
        try:
            folder.rename(out)
        except OSError as error:
            raise InputError(f"cannot name the adapter {out}: {error.strerror}; choose another --out") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
