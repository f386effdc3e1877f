"""Tuning of a model with LoRA on pairs of a note or image and its answer, on this machine (docs/tuning.md)."""

from bedside.tuning.metrics import Scores
from bedside.tuning.pairs import Data, Pair, read_pairs
from bedside.tuning.plan import Plan, make_plan
from bedside.tuning.recipe import Recipe
from bedside.tuning.run import Tuned, tune
from bedside.tuning.split import Split, split_by_patient

__all__ = [
    "Data",
    "Pair",
    "Plan",
    "Recipe",
    "Scores",
    "Split",
    "Tuned",
    "make_plan",
    "read_pairs",
    "split_by_patient",
    "tune",
]
