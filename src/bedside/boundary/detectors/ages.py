"""Ages over 89, which Safe Harbor treats as identifiers."""

from __future__ import annotations

from bedside.boundary.detection import Identifier
from bedside.boundary.detectors.rules import Rule, RuleRecognizer
from bedside.boundary.vocabulary import Vocabulary

__all__ = ["ages"]

OLD = r"(?P<id>(?:9\d|1[0-2]\d))"


def ages(vocabulary: Vocabulary) -> RuleRecognizer:
    """Rules for class (C), ages over 89, of 45 CFR 164.514(b)(2)(i)."""
    return RuleRecognizer(
        "ages",
        [
            Rule(
                "age with unit",
                Identifier.AGE,
                rf"(?<![\d/.]){OLD}[ \t\-]*(?i:y(?:ea)?rs?\b|y/?o\b|y\.[ ]?o\.|years?[ \-]old)",
            ),
            Rule("age with sex", Identifier.AGE, rf"(?<![\d/.]){OLD}[ \t]?(?:[MF]|(?i:male|female|man|woman))\b"),
            Rule(
                "age in words",
                Identifier.AGE,
                r"(?i:\b(?P<id>ninety(?:[ \-](?:one|two|three|four|five|six|seven|eight|nine))?|(?:one )?hundred(?: and \w+)?)"
                r"[ \-]years?\b)",
            ),
            Rule("age behind a cue", Identifier.AGE, rf"(?i:\bage[ds]?[ \t:]*){OLD}\b"),
        ],
        vocabulary,
    )
