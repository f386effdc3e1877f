"""A default-deny rule for digits: six and more in a row or in groups identify, unless they are values.

The second check counts as this does (`bedside.boundary.word_allowlist`): what it would refuse is hidden here.
"""

from __future__ import annotations

from collections.abc import Iterator

import regex

from bedside.boundary.detection import Detection, Identifier
from bedside.boundary.detectors.grammar import NOT_A_VALUE
from bedside.boundary.detectors.rules import GUESSED, TIMEOUT, Seen, TextRecognizer, result
from bedside.boundary.word_allowlist import COUNTED_NOUN

__all__ = ["ManyDigits"]

# Letters before and after belong to it: "E-5129535", "AC-36863-001-B".
_GROUPS = regex.compile(
    r"(?<![^\W_])(?:[A-Za-z]{1,6}[\-./#]{1,2})?(?P<digits>\d(?:[\-‐-―−./ _:+|*()]{0,2}\d){5,})(?P<behind>(?:[\-./][A-Za-z0-9]+)*)"
    rf"(?![^\W_]){NOT_A_VALUE}"
)
# Pressures, decimals, ratios, percentages and years occur in rows; so do ranges.
_VALUES = regex.compile(
    r"(?<![\d./])\d{1,3}\.\d{1,2}(?![\d/]|\.\d)|(?<![\d./\-])(?:\d{2,3}/\d{2,3}|\d{1,2}/(?:5|10)|\d{1,2}[ ]?[-–][ ]?\d{1,3}|(?<![\d][ .])(?:19|20)\d\d(?![ .]\d))(?![\d/\-]|\.\d)"
)
_LONG = regex.compile(r"\d(?:[\W_]{0,2}\d){5,}")


class ManyDigits(TextRecognizer):
    """A recognizer of six digits and more in a row or in groups."""

    def __init__(self) -> None:
        super().__init__("digits")

    def find(self, text: str, seen: Seen | None = None) -> Iterator[Detection]:
        """Yield each run of digits that is no row of values."""
        counts = {place for count in COUNTED_NOUN.finditer(text) for place in range(*count.span())}
        for match in _GROUPS.finditer(text, timeout=TIMEOUT):
            if match.start() not in counts and _LONG.search(_VALUES.sub(";;;", match["digits"])):
                yield result(self._called, Identifier.OTHER_NUMBER, match.span(), GUESSED, "many digits")
