"""The environment variables with the keys of model servers: no server is ever shown another one's."""

from __future__ import annotations

__all__ = ["CONSULT_KEY", "MODEL_KEY", "key_variable_of"]

CONSULT_KEY = "BEDSIDE_API_KEY"
"""Of the server that is consulted."""

MODEL_KEY = "BEDSIDE_MODEL_API_KEY"
"""Of the server that reads notes."""


def key_variable_of(consultant: str) -> str:
    """Return the variable of a consultant; the first one has no name."""
    return f"{CONSULT_KEY}_{consultant.upper()}" if consultant else CONSULT_KEY
