"""Text that a terminal shows and does not obey."""

from __future__ import annotations

import re

__all__ = ["clean"]

# A note or an answer could otherwise move the cursor or change the colours of the terminal.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069]")


def clean(text: str) -> str:
    """A text without characters that steer a terminal or turn the direction of writing."""
    return _CONTROLS.sub(" ", text)
