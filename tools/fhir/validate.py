"""Base validation of one resource against the R4B models."""

from __future__ import annotations

from pydantic import ValidationError

from bedside.tools.fhir.values import Resource

__all__ = ["defect"]


def defect(resource: Resource) -> str | None:
    """The first defect of a resource as "path: kind of error", or `None` where it is valid.

    No value appears in it. `fhir.resources` checks structure, types and cardinalities; of terminology and
    invariants it knows little, so builders and their tests carry those.
    """
    # Half a second to import: only who writes FHIR pays for it.
    from bedside.tools.fhir.r4 import MODELS

    kind = str(resource["resourceType"])
    try:
        MODELS[kind].model_validate(resource)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        return f"invalid {kind}: {'.'.join(map(str, first['loc']))}: {first['type']}"
    return None
