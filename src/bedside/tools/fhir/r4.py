"""The only door to `fhir.resources`: its R4B models, which equal R4 for what Bedside writes.

The package's plain modules (`fhir.resources.patient`) are R5 and wrong here. Importing a model takes a while, so
it is done where a resource is validated and nowhere else.
"""

from __future__ import annotations

from functools import cache

from pydantic import BaseModel

__all__ = ["model_of"]


@cache
def model_of(kind: str) -> type[BaseModel] | None:
    """Return the model of a resource type, or `None` for the few types of R4 that R4B dropped."""
    from fhir.resources.R4B import get_fhir_model_class

    try:
        found: type[BaseModel] = get_fhir_model_class(kind)
    except (KeyError, ValueError):
        return None
    return found
