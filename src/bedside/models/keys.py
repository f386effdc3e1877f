"""The environment variables with the keys of model servers: no server ever receives another one's."""

from __future__ import annotations

__all__ = ["CONSULT_KEY", "MODEL_KEY", "key_variable_of"]

CONSULT_KEY = "BEDSIDE_API_KEY"
"""The variable with the key of the consulted server."""

MODEL_KEY = "BEDSIDE_MODEL_API_KEY"
"""The variable with the key of the server that reads notes."""


def key_variable_of(consultant: str) -> str:
    """Return the variable of a consultant; the first one has no name."""
    return f"{CONSULT_KEY}_{consultant.upper()}" if consultant else CONSULT_KEY
