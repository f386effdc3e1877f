"""Scores and vital-sign thresholds: published tables and the arithmetic on them."""

from bedside.tools.scores.asks import news2_asks
from bedside.tools.scores.news2 import NEWS2_ATTRIBUTION, News2, Risk, news2
from bedside.tools.scores.vitals import (
    DANGER_SPO2,
    Reading,
    danger_limits,
    danger_zone,
    low_pulse_limit,
    low_systolic_limit,
    qsofa,
    shock_index,
    sipa_limit,
)

__all__ = [
    "DANGER_SPO2",
    "NEWS2_ATTRIBUTION",
    "News2",
    "Reading",
    "Risk",
    "danger_limits",
    "danger_zone",
    "low_pulse_limit",
    "low_systolic_limit",
    "news2",
    "news2_asks",
    "qsofa",
    "shock_index",
    "sipa_limit",
]
