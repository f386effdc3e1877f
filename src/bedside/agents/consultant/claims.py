"""An answer, statement by statement: what it cites, how sure it is, what it asks for.

A line that follows no form is a statement that cites what it names, or nothing. Headings are left out; the whole
answer stays beside the statements.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

from bedside.records import AdviceClaim, FactNeed
from bedside.tools.terminology import find_concepts

__all__ = ["Parsed", "parse_answer"]

MOST_CLAIMS = 12
"""Statements of one answer that are kept apart; what follows stays in the answer's text."""

_BULLET = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,2}[.)])\s+")
_MARKS = re.compile(r"\*\*|__|^#+\s*|`")
_URGENCY = re.compile(r"(?i)^urgency\s*[:=]\s*\(?([1-5])\b[\s.)]*")
_NEED = re.compile(r"(?i)^need\s*[:=]\s*(.+?)[\s.]*$")
# Brackets anywhere in a line: citations, confidence, source. Names may hold brackets themselves ("pain (left)").
_BRACKETS = re.compile(r"\s*[(\[]([^()\[\]]*(?:\([^()]*\)[^()\[\]]*)*)[)\]]")
_HEADING = re.compile(r"[^.!?]*:\W*")
_ITEM = re.compile(r"[;,](?![^(]*\))")
_CONFIDENCE = re.compile(r"(?i)(?:confidence\s*[:=]?\s*)?(high|moderate|medium|low)(?:\s+confidence)?")
_SOURCE = re.compile(r"(?i)(?:source|guideline)s?\s*[:=]\s*(.*)")
_NO_SOURCE = frozenset({"not known", "none", "unknown", "not stated", "n/a", "na", "guideline", ""})
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Parsed:
    """An answer, parsed into its claims.

    Attributes:
        urgency: 1 to 5, where it stands on a line of its own.
        needs: The kind of fact that it asks for, if it is of the fixed list.
    """

    claims: tuple[AdviceClaim, ...] = ()
    urgency: int | None = None
    needs: FactNeed | None = None


def parse_answer(text: str, citable: Sequence[tuple[str, str]]) -> Parsed:
    """Take an answer apart.

    Args:
        text: The answer.
        citable: Names of what the question showed, each with the id of its fact, or "" where it stands for none.
    """
    claims: list[AdviceClaim] = []
    urgency: int | None = None
    needs: FactNeed | None = None
    for raw in text.splitlines():
        line = _MARKS.sub("", _BULLET.sub("", raw)).strip()
        if found := _URGENCY.match(line):
            urgency = urgency or int(found[1])
            line = line[found.end() :].strip(" -–.")
        elif found := _NEED.match(line):
            needs = needs or _need(found[1])
            continue
        elif claims and (found := _SOURCE.fullmatch(line)):
            claims[-1] = claims[-1].model_copy(update={"source": claims[-1].source or _source(found[1])})
            continue
        if any(character.isalnum() for character in line):
            claims += _claims(line, citable)
    # A small model repeats itself; said once is enough.
    return Parsed(tuple(dict.fromkeys(claims))[:MOST_CLAIMS], urgency, needs)


def _claims(line: str, citable: Sequence[tuple[str, str]]) -> list[AdviceClaim]:
    """A line is one statement where brackets cite something; otherwise each sentence speaks for itself."""
    cited = [(found, one) for found in _BRACKETS.finditer(line) if (one := _cited(found[1], citable)) is not None]
    if not cited:
        if _HEADING.fullmatch(line) or _CONFIDENCE.fullmatch(line.strip(" .,;:()")):
            return []
        claims: list[AdviceClaim] = []
        for sentence in _SENTENCE.split(line):
            if claims and (source := _SOURCE.fullmatch(sentence)):
                claims[-1] = claims[-1].model_copy(update={"source": _source(source[1])})
            else:
                claims.append(AdviceClaim(statement=sentence, facts=_mentioned(sentence, citable)))
        return claims
    statement = line
    for found, _ in reversed(cited):
        statement = f"{statement[: found.start()]}{statement[found.end() :]}"
    statement = statement.strip(" ;,:")
    statement = statement if statement.endswith("...") else statement.removesuffix(".")
    facts = dict.fromkeys(fact for _, one in cited for fact in one.facts)
    return [
        AdviceClaim(
            statement=statement,
            facts=tuple(facts) or _mentioned(statement, citable),
            unknown=sum(one.unknown for _, one in cited),
            confidence=next((one.confidence for _, one in cited if one.confidence), None),
            source=next((one.source for _, one in cited if one.source), ""),
        )
    ]


def _mentioned(statement: str, citable: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """The facts that a sentence names word for word: it speaks of them, brackets or not."""
    folded = statement.casefold()
    return tuple(
        dict.fromkeys(
            fact
            for name, fact in citable
            if fact and re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", folded)
        )
    )


def _cited(inside: str, citable: Sequence[tuple[str, str]]) -> AdviceClaim | None:
    """Return what brackets cite, or `None` where they hold no citation."""
    facts: dict[str, None] = {}
    confidence, source, unknown = None, "", 0
    known = False
    for item in filter(None, (part.strip(" .*") for part in _ITEM.split(inside))):
        if found := _CONFIDENCE.fullmatch(item):
            confidence = _confidence(found[1])
        elif found := _SOURCE.fullmatch(item):
            source = _source(found[1])
        elif (named := _named(item, citable)) is not None:
            facts |= dict.fromkeys(named)
            known = True
        else:
            unknown += 1
    if not (known or confidence or source):
        return None
    return AdviceClaim(
        statement="", facts=tuple(filter(None, facts)), unknown=unknown, confidence=confidence, source=source
    )


def _named(item: str, citable: Sequence[tuple[str, str]]) -> list[str] | None:
    """Return the facts of the longest name that begins an item; a value may follow it ("heart rate 138")."""
    folded = item.casefold()
    names = {
        name
        for name, _ in citable
        if folded.startswith(name.casefold()) and not folded[len(name) : len(name) + 1].isalnum()
    }
    if not names:
        # "paracetamol" where "acetaminophen" was shown: the tables know that they are one.
        said = {match.concept.display for match in find_concepts(item)}
        names = {name for name, _ in citable if name in said}
    if not names:
        return None
    longest = max(names, key=len)
    return [fact for name, fact in citable if name == longest]


def _source(text: str) -> str:
    named = text.strip(" .")
    return "" if named.casefold() in _NO_SOURCE else named[:200]


def _confidence(word: str) -> Literal["high", "moderate", "low"]:
    folded = word.casefold()
    return "moderate" if folded == "medium" else cast(Literal["high", "moderate", "low"], folded)


def _need(text: str) -> FactNeed | None:
    """One of the list, or nothing: what the model writes beside it is not read."""
    words = text.casefold().strip(" \"'.")
    return next((need for need in FactNeed if words == need.value), None)
