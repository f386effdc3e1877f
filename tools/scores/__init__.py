"""Scores and vital-sign thresholds: published tables and the arithmetic on them."""

from bedside.tools.scores.news2 import NEWS2_ATTRIBUTION, News2, Risk, news2
from bedside.tools.scores.vitals import (
    Reading,
    danger_zone,
    low_pulse_limit,
    low_systolic_limit,
    qsofa,
    shock_index,
    sipa_limit,
)

__all__ = [
    "NEWS2_ATTRIBUTION",
    "News2",
    "Reading",
    "Risk",
    "danger_zone",
    "low_pulse_limit",
    "low_systolic_limit",
    "news2",
    "qsofa",
    "shock_index",
    "sipa_limit",
]
