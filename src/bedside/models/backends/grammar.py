"""A JSON schema in the form of llguidance, for the backends that decode under one in this process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bedside.errors import MissingExtraError, ModelError

__all__ = ["grammar"]

# One form of white space, the one that json.dumps writes: a small model that may choose writes blanks for ever.
FORM = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}


def grammar(schema: Mapping[str, Any], extra: str) -> str:
    """Return the grammar of a schema.

    It is looked at before a model is asked: llama.cpp silently ignores a grammar it does not know, and
    the reply would be in no form at all.

    Args:
        extra: The extra of Bedside's that brings llguidance.

    Raises:
        MissingExtraError: llguidance is not installed.
        ModelError: The schema uses what llguidance does not know.
    """
    try:
        from llguidance import LLMatcher
    except ImportError:
        raise MissingExtraError("llguidance", extra) from None
    text = json.dumps({**schema, "x-guidance": FORM}, ensure_ascii=False)
    found = f"%llguidance {{}}\nstart: %json {text}\n"
    if LLMatcher.validate_grammar(found):
        raise ModelError("the schema cannot be decoded under: it uses what llguidance does not know")
    return found
