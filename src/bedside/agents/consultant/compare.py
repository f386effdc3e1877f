"""Contradictions between answers, or between answers and the rules: shown side by side, not decided."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import combinations

from bedside.agents.reader import read_note
from bedside.records import Advice, Assertion, Disagreement, Fact, FactKind
from bedside.tools.terminology import Domain, concepts, further_concepts

__all__ = ["disagreements"]

_SAID = (Assertion.PRESENT, Assertion.POSSIBLE)
_RULES = "rules"
FEWEST_WORDS = 3
"""Words beside the names of findings with which a sentence says something of them."""
# "fever would make sepsis more likely" does not say that there is fever.
_CONDITIONAL = re.compile(
    r"(?i)\b(?:would|could|should|might|may|can|if|unless|whether|consider|exclude|without)\b"
)


def disagreements(advice: Sequence[Advice], urgency: int | None, shown: Mapping[str, str]) -> list[Disagreement]:
    """Find statements that cannot both be right.

    Two answers disagree where one speaks of a diagnosis and the other denies it. That the same finding was shown to
    both as present or absent is no disagreement, but an answer that says the opposite of what it was shown is one.

    Args:
        advice: All answers; of a question that was asked again only the last one counts. Where several models
            answered, each is named by its destination.
        urgency: What the rules found.
        shown: Display of each problem of the record that questions may show, with how the record speaks of it.
    """
    answered = [one for one in advice if one.claims or one.urgency is not None]
    several = len({one.destination for one in answered}) > 1
    last = {(f"{one.template} of {one.destination}" if several else one.template): one for one in answered}
    urgencies = [(speaker, one.urgency) for speaker, one in last.items() if one.urgency is not None]
    if urgency is not None:
        urgencies.insert(0, (_RULES, urgency))
    found = [
        Disagreement(about="urgency", one=(speaker, f"urgency {one}"), other=(against, f"urgency {other}"))
        for (speaker, one), (against, other) in combinations(urgencies, 2)
        if one != other and (speaker == _RULES or last[speaker].destination != last[against].destination)
    ]
    stands = {speaker: _stands(one) for speaker, one in last.items()}
    for template, said in stands.items():
        for fact, statement in said.values():
            known = shown.get(fact.display)
            if known and _opposed(fact.assertion, Assertion(known)) and _states(statement, shown):
                record = ("record", f"{fact.display}: {known}")
                found.append(Disagreement(about=fact.display, one=record, other=(template, statement)))
    for (first, one), (second, other) in combinations(stands.items(), 2):
        for display in sorted(one.keys() & other.keys() - shown.keys()):
            (here, statement), (there, against) = one[display], other[display]
            if here.concept in _diagnoses() and _opposed(here.assertion, there.assertion):
                found.append(Disagreement(about=display, one=(first, statement), other=(second, against)))
    return found


def _states(statement: str, shown: Mapping[str, str]) -> bool:
    """True if a sentence states something: not "fever would speak for it", nor a list of names repeated."""
    if _CONDITIONAL.search(statement):
        return False
    rest = statement.casefold()
    for display in sorted(shown, key=len, reverse=True):
        rest = rest.replace(display.casefold(), " ")
    return len(re.findall(r"[a-z]{2,}", rest)) >= FEWEST_WORDS


def _opposed(one: Assertion, other: Assertion) -> bool:
    return Assertion.ABSENT in (one, other) and (one in _SAID or other in _SAID)


def _stands(advice: Advice) -> dict[str, tuple[Fact, str]]:
    """Return an answer's statement on each problem that the code tables know; the first statement counts."""
    stands: dict[str, tuple[Fact, str]] = {}
    for claim in advice.claims:
        for fact in _problems(claim.statement):
            stands.setdefault(fact.display, (fact, claim.statement))
    return stands


def _problems(statement: str) -> Iterable[Fact]:
    for fact in read_note("answer", statement).facts:
        if fact.kind is FactKind.PROBLEM and fact.assertion in (*_SAID, Assertion.ABSENT):
            yield fact


@lru_cache(maxsize=1)
def _diagnoses() -> frozenset[str]:
    """Keys of diseases. An answer names symptoms to look for; of these it does not say that they are there."""
    return frozenset(one.key for one in (*concepts(), *further_concepts()) if one.domain is Domain.PROBLEM)
