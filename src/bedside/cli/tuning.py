"""The command `bedside tune`: the plan of a run, the run, and its figures."""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from bedside.boundary import PromptRegistry
from bedside.tuning import Plan, Recipe, Scores, make_plan, tune

__all__ = ["run_tuning"]

TOLD = 20
"""The most omitted lines that are named."""


def run_tuning(data: Path, model: str, out: Path | None, recipe: Recipe, prompts: Path | None = None) -> None:
    """Print the plan and, where there is a folder to write to, tune and print the figures before and after.

    Raises:
        BedsideError: Anything that stops the run; nothing is written then.
    """
    plan = make_plan(data, model, recipe, PromptRegistry.installed(prompts))
    print("\n".join(_plan(plan)), flush=True)
    if out is None:
        print("Nothing was trained (--dry-run).")
        return
    tuned = tune(plan, out, tell=lambda line: print(line, file=sys.stderr, flush=True))
    print("\n".join(_figures(tuned.before, tuned.after)))
    print(f"\nWrote {out}. It has learned from patients' texts and can repeat them: keep it as you keep those.")
    print(f"Use it with: --model hf:{model},adapter={out}")


def _plan(plan: Plan) -> list[str]:
    split, lengths, answers = plan.split, sorted(plan.lengths), plan.answers
    images = sum(len(pair.images) for pair in plan.data.pairs)
    lines = [
        f"rows       {len(plan.data.pairs):,}, {images:,} images",
        f"training   {len(split.training):,} rows of {len(split.training_patients):,} patients, "
        f"{plan.steps:,} steps",
        f"held out   {len(split.held_out):,} rows of {len(split.held_out_patients):,} other patients "
        f"(seed {plan.recipe.seed})",
        f"tokens     {lengths[0]:,} to {lengths[-1]:,} a row, median {statistics.median(lengths):,.0f}; "
        f"answers up to {max(answers):,}",
        f"limit      {plan.limit:,} tokens of the model's {plan.base.context:,}",
        f"device     {plan.device}",
        *(f"prompt     {name}" for name in plan.prompts),
    ]
    if plan.left_out:
        named = ", ".join(map(str, plan.left_out[:TOLD]))
        more = f" and {len(plan.left_out) - TOLD:,} more" if len(plan.left_out) > TOLD else ""
        lines.append(f"left out   {len(plan.left_out):,} rows above the limit, whole: lines {named}{more}")
    if split.repeated:
        lines.append(
            f"warning    {split.repeated:,} held-out rows show what a training row of another patient shows too: "
            "is one person here under two ids?"
        )
    return lines


def _figures(before: Scores, after: Scores) -> list[str]:
    rows = [
        ("loss of an answer's token", before.loss, after.loss),
        ("replies that are JSON", before.json_valid, after.json_valid),
        ("fields that agree", before.field_agreement, after.field_agreement),
        ("F1 of words", before.token_f1, after.token_f1),
        ("replies cut short", before.cut_short / before.generated, after.cut_short / after.generated),
    ]
    lines = [f"\n{'held-out part':28}{'before':>10}{'after':>10}"]
    for name, old, new in rows:
        if old is not None and new is not None:
            lines.append(f"{name:28}{old:>10.3f}{new:>10.3f}")
    return [*lines, f"{after.generated} of its rows were answered in full."]
