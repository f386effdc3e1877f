"""The second ear: a small linear classifier that hears the whole note beside the rules, and only ever raises."""

from bedside.models.ear.corpus import Row, read_rows, shipped
from bedside.models.ear.ear import Ear, Heard
from bedside.models.ear.grams import BUCKETS, counted, grams, words

__all__ = ["BUCKETS", "Ear", "Heard", "Row", "counted", "grams", "read_rows", "shipped", "words"]
