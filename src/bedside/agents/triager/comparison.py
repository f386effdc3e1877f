"""Comparisons of the rules: `spo2<90`, `age>=15 days`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["COMPARE", "Comparison"]

COMPARE: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_IN_A_YEAR: Mapping[str, int] = {"days": 365, "weeks": 52, "months": 12, "years": 1}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of a named value with a limit."""

    name: str
    sign: str
    limit: Decimal

    @classmethod
    def parse(cls, text: str) -> Comparison:
        """Read `name<limit`, of an age also `age>=15 days`; raises `ValueError` on anything else."""
        found = re.fullmatch(r"([a-z0-9-]+?)(<=|>=|<|>)([0-9.]+)(?:(?<=[0-9]) (days|weeks|months|years))?", text)
        if found is None or (found[4] and found[1] != "age"):
            raise ValueError(f"not a comparison: {text!r}; the form is 'spo2<90', of an age also 'age>=15 days'")
        return cls(found[1], found[2], Decimal(found[3]) / _IN_A_YEAR[found[4] or "years"])

    def holds(self, value: Decimal) -> bool:
        """True if `value` meets the limit."""
        return COMPARE[self.sign](value, self.limit)
