"""Rules about one JSON object: FHIR's invariants, written in FHIRPath, and Bedside's own.

An invariant is evaluated by fhirpathpy, except where `native.py` says why it is written in Python.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from bedside.tools.fhir.validation.definitions import table
from bedside.tools.fhir.validation.findings import Severity
from bedside.tools.fhir.validation.native import ELSEWHERE, NATIVE
from bedside.tools.fhir.validation.scope import Check, Scope

__all__ = ["Rule", "fhirpath", "invariant", "invariant_rows"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        key: Its name.
        severity: The severity of a finding.
        code: Issue type of a finding.
        message: The requirement, in words.
        holds: Whether an object, whose type or path is the second argument, keeps it.
        at: Element in question, below the object.
    """

    key: str
    severity: Severity
    code: str
    message: str
    holds: Check
    at: str = ""


@cache
def invariant_rows() -> Mapping[str, tuple[Severity, str, str]]:
    """Return the severity, expression and wording of each invariant."""
    lines = (line.split("\t") for line in table("invariants.tsv").splitlines() if not line.startswith("#"))
    return {key: (Severity(severity), expression, human) for key, severity, expression, human in lines}


@cache
def invariant(key: str) -> Rule | None:
    """Return the rule of this name; `None` where another module implements it."""
    if key in ELSEWHERE:
        return None
    severity, expression, human = invariant_rows()[key]
    holds = NATIVE[key].check if key in NATIVE else _fhirpath(expression)
    return Rule(key.partition("@")[0], severity, "invariant", human, holds)


def fhirpath(expression: str) -> Check:
    """Return the check of a FHIRPath expression; it is parsed on first use."""
    held: list[Check] = []

    def check(value: Any, kind: str, scope: Scope) -> bool:
        if not held:
            held.append(_fhirpath(expression))
        return held[0](value, kind, scope)

    return check


def _fhirpath(expression: str) -> Check:
    # The grammar takes a while to import and an expression to parse: only a rule that is needed is compiled.
    from fhirpathpy import compile as compile_path
    from fhirpathpy.engine.nodes import ResourceNode
    from fhirpathpy.models import models

    own = {"hasValue": {"fn": _has_value, "arity": {0: []}}}
    # Without a function of ours, trace() prints what it is given.
    options = {"userInvocationTable": own, "traceFn": lambda label, values: None}
    evaluate: Any = compile_path(expression, models["r4"], options)
    node: Any = ResourceNode

    def holds(value: Any, kind: str, scope: Scope) -> bool:
        variables = {"resource": scope.resource, "rootResource": scope.root}
        answer = evaluate(node(value, kind), variables)
        # No answer is no objection: what the rule asks about is not there.
        return answer in ([], [True])

    return holds


def _has_value(inputs: list[Any]) -> bool:
    return len(inputs) == 1 and inputs[0] is not None and not isinstance(inputs[0], dict)
