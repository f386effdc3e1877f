"""The budget of a case: how much identifying information may leave, over all of its questions together.

Each question may be harmless and several of them not: a rare disease, an age, a sex. What lasts and what others can
know of a person counts; how many people share it is estimated as if these things were independent of each other.
Symptoms, measurements and common diseases do not count: they say little, or nobody outside knows them. That is a
limit of this estimate, see docs/guarantees.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import log2

from bedside.boundary.drafts import AgeBand, Coded, Measured, RelativeDay, Sex, Slot
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["Budget"]

POPULATION = 1_000_000
"""The population in which a patient could be looked for: a region with its hospital. Bedside's own."""

CROWD = 20
"""The fewest people who must share what left. Statistical offices publish no cell under 5 to 20; the strictest."""

MOST_BITS = log2(POPULATION / CROWD)

SEX_BITS = 1.0
YEAR_OF_LIFE = 80
"""The years over which ages under 65 are spread evenly."""

SHARE_OVER_65, SHARE_OVER_89 = 0.17, 0.01
"""The shares of a population over 65 and over 89 (United States and European Union, about 2020) [K]."""

DAY_BITS = 7.0
"""The bits of a day in the last months on which something happened: one in about 128."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The information of a case that left, in bits: each halves the number of people who could be meant.

    Attributes:
        spent: The most bits that a single question revealed, by its subject ("age", "sex", a disease).
    """

    vocabulary: Vocabulary
    spent: Mapping[str, float] = field(default_factory=dict)

    def with_slots(self, slots: Iterable[Slot]) -> Budget:
        """Return the budget after these slots, too."""
        spent = dict(self.spent)
        for slot in slots:
            for name, bits in self._bits(slot).items():
                spent[name] = max(bits, spent.get(name, 0.0))
        return Budget(self.vocabulary, spent)

    @property
    def bits(self) -> float:
        """The sum in bits."""
        return sum(self.spent.values())

    @property
    def is_overdrawn(self) -> bool:
        """True if fewer than `CROWD` of `POPULATION` people may share what left."""
        return self.bits > MOST_BITS

    def _bits(self, slot: Slot) -> Mapping[str, float]:
        match slot:
            case AgeBand():
                return {"age": _age_bits(slot)}
            case Sex():
                return {"sex": SEX_BITS}
            case Coded() | Measured():
                one_in = self.vocabulary.rarity(slot.display)
                return {slot.display.casefold(): log2(one_in)} if one_in else {}
            case RelativeDay():
                return {f"day {slot.days}": DAY_BITS}
        # Free text waits for a person's approval. What is rare in it is counted all the same: it adds to what left.
        return {name: log2(one_in) for name, one_in in self.vocabulary.rare_in(slot.render()).items()}


def _age_bits(band: AgeBand) -> float:
    if band.high is None:
        return -log2(SHARE_OVER_89 if band.low >= 90 else SHARE_OVER_65)
    return log2(YEAR_OF_LIFE / (band.high - band.low + 1))
