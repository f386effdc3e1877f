"""The record of a run, beside the adapter: settings, data and figures; never whose data or which words."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bedside.tuning.base import identity
from bedside.tuning.metrics import Scores
from bedside.tuning.plan import Plan
from bedside.tuning.training import targets

__all__ = ["RECORD", "run_record", "write_record"]

RECORD = "tuning.json"
PACKAGES = ("bedside", "torch", "transformers", "peft", "trl", "datasets", "bitsandbytes")


def run_record(plan: Plan, before: Scores, after: Scores, *, seconds: float) -> dict[str, Any]:
    """Return the record of a run as plain data.

    Args:
        seconds: The duration of the run, loading and measuring included.
    """
    split = plan.split
    return {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "device": plan.device,
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "base": {"model": plan.base.model, **asdict(identity(plan.base.model))},
        "data": {
            "sha256": plan.data.sha256,
            "images_sha256": plan.data.images_sha256,
            "rows": len(plan.data.pairs),
            "left_out_rows": len(plan.left_out),
            "max_tokens": plan.limit,
            "prompts": list(plan.prompts),
        },
        "split": {
            "by": "patient",
            "seed": plan.recipe.seed,
            "held_out": plan.recipe.held_out,
            "training": {"rows": len(split.training), "patients": len(split.training_patients)},
            "held_out_part": {"rows": len(split.held_out), "patients": len(split.held_out_patients)},
            "repeated_rows": split.repeated,
            "patients_hash": split.fingerprint(plan.data.key),
        },
        "recipe": {
            **asdict(plan.recipe),
            "alpha": plan.recipe.alpha,
            "targets": targets(plan.base),
            "loss": "answer tokens only",
        },
        "before": asdict(before),
        "after": asdict(after),
    }


def write_record(record: dict[str, Any], folder: Path) -> None:
    """Write a record into the adapter's folder."""
    (folder / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
