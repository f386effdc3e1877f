"""The second ear: a small linear classifier that hears the whole note beside the rules, and only ever raises."""

from bedside.models.ear.corpus import OTHER, Row, condition_names, read_rows, says_condition, shipped
from bedside.models.ear.ear import Ear, Heard
from bedside.models.ear.grams import BUCKETS, counted, grams, words
from bedside.models.ear.naming import Naming, condition_key

__all__ = [
    "BUCKETS",
    "OTHER",
    "Ear",
    "Heard",
    "Naming",
    "Row",
    "condition_key",
    "condition_names",
    "counted",
    "grams",
    "read_rows",
    "says_condition",
    "shipped",
    "words",
]
